"""model-index.yml, by which OpenMMLab's tools find models, lists the configs that there are.

Run this file to write it: ``python tests/test_model_index.py``.
"""

from pathlib import Path

import yaml

from mmtal.config_files import output_name
from mmtal.experiments.leaderboard.published import PublishedFigure, read_published

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "model-index.yml"
HEAD = """# OpenMMLab's index of models, made by `python tests/test_model_index.py` from the configs
# and mmtal/experiments/leaderboard/published.yaml. Results are others', in percent, and not
# measured with mmtal: `Results From` says whose. Ours are in benchmarks/leaderboard/README.md.
"""
ACTIONFORMER = dict(
    Title="ActionFormer: Localizing Moments of Actions with Transformers",
    URL="https://arxiv.org/abs/2202.07925",
)
COLLECTIONS = {
    "configs/actionformer": ("ActionFormer", ACTIONFORMER, "README.md"),
    "configs/segmentation": (
        "Segmentation",
        dict(
            Title="MS-TCN: Multi-Stage Temporal Convolutional Network for Action Segmentation",
            URL="https://arxiv.org/abs/1903.01945",
        ),
        "docs/protocols.md",
    ),
    "projects/actionmamba/configs": (
        "ActionMamba",
        dict(
            Title="Video Mamba Suite: State Space Model as a Versatile Alternative for Video "
            "Understanding",
            URL="https://arxiv.org/abs/2403.09626",
        ),
        "projects/actionmamba/README.md",
    ),
    "projects/adatad/configs": (
        "AdaTAD",
        dict(
            Title="End-to-End Temporal Action Detection with 1B Parameters Across 1000 Frames",
            URL="https://arxiv.org/abs/2311.17241",
        ),
        "projects/adatad/README.md",
    ),
    "projects/bmn/configs": (
        "BMN",
        dict(
            Title="BMN: Boundary-Matching Network for Temporal Action Proposal Generation",
            URL="https://arxiv.org/abs/1907.09702",
        ),
        "projects/bmn/README.md",
    ),
    "projects/causaltad/configs": (
        "CausalTAD",
        dict(
            Title="Harnessing Temporal Causality for Advanced Temporal Action Detection",
            URL="https://arxiv.org/abs/2407.17792",
        ),
        "projects/causaltad/README.md",
    ),
    "projects/dyfadet/configs": (
        "DyFADet",
        dict(
            Title="DyFADet: Dynamic Feature Aggregation for Temporal Action Detection",
            URL="https://arxiv.org/abs/2407.03197",
        ),
        "projects/dyfadet/README.md",
    ),
    "projects/mstcn/configs": (
        "MS-TCN",
        dict(
            Title="MS-TCN: Multi-Stage Temporal Convolutional Network for Action Segmentation",
            URL="https://arxiv.org/abs/1903.01945",
        ),
        "projects/mstcn/README.md",
    ),
    "projects/opentad_actionformer/configs": (
        "ActionFormer of OpenTAD",
        ACTIONFORMER,
        "projects/opentad_actionformer/README.md",
    ),
    "projects/tadtr/configs": (
        "TadTR",
        dict(
            Title="End-to-end Temporal Action Detection with Transformer",
            URL="https://arxiv.org/abs/2106.10271",
        ),
        "projects/tadtr/README.md",
    ),
    "projects/temporalmaxer/configs": (
        "TemporalMaxer",
        dict(
            Title="TemporalMaxer: Maximize Temporal Context with only Max Pooling for Temporal "
            "Action Localization",
            URL="https://arxiv.org/abs/2303.09055",
        ),
        "projects/temporalmaxer/README.md",
    ),
    "projects/tridet/configs": (
        "TriDet",
        dict(
            Title="TriDet: Temporal Action Detection with Relative Boundary Modeling",
            URL="https://arxiv.org/abs/2303.07347",
        ),
        "projects/tridet/README.md",
    ),
}


def model_index() -> dict:
    published: dict[str | None, list[PublishedFigure]] = {}
    for figure in read_published():
        published.setdefault(figure.config, []).append(figure)
    collections = [
        dict(Name=name, Paper=paper, README=readme) for name, paper, readme in COLLECTIONS.values()
    ]
    models = [
        entry(path, COLLECTIONS[folder][0], published.get(path.relative_to(ROOT).as_posix(), []))
        for folder in COLLECTIONS
        for path in sorted((ROOT / folder).glob("*.py"))
    ]
    return dict(Collections=collections, Models=models)


def entry(path: Path, collection: str, published: list[PublishedFigure]) -> dict:
    name = output_name(path)
    model = {
        "Name": f"actionformer_{name}" if collection == "ActionFormer" else name,
        "In Collection": collection,
        "Config": path.relative_to(ROOT).as_posix(),
    }
    if published:
        [figure] = published
        metrics = {key: round(100 * value, 4) for key, value in figure.metrics.items()}
        task = dict(Task="Temporal Action Localization", Dataset=figure.protocol, Metrics=metrics)
        source = f"{figure.kind}: {figure.source} ({figure.url})"
        note = {"Note": figure.note} if figure.note else {}
        model["Metadata"] = {"Features": figure.features, "Results From": source, **note}
        model["Results"] = [task]
    return model


def test_the_index_is_up_to_date():
    assert yaml.safe_load(FILE.read_text()) == model_index(), (
        f"run `python tests/{Path(__file__).name}`"
    )


def test_every_config_and_every_published_figure_is_in_it():
    models = model_index()["Models"]
    configs = [model["Config"] for model in models]
    others = {"projects/example_project/configs/hapt_centerness.py"}  # shows how, is no method
    folders = (ROOT / "configs", *ROOT.glob("projects/*/configs"))
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in folder.rglob("*.py")
        if "_base_" not in path.parts
    }
    assert set(configs) == found - others
    assert len({model["Name"] for model in models}) == len(models) > 40
    with_results = {model["Config"] for model in models if "Results" in model}
    assert with_results == {figure.config for figure in read_published() if figure.config}


if __name__ == "__main__":
    text = yaml.safe_dump(model_index(), sort_keys=False, width=100, allow_unicode=True)
    FILE.write_text(HEAD + text)
