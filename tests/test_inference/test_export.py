"""Exported files give the raw predictions of PyTorch, for recordings of any length."""

import builtins
import json

import numpy as np
import onnxruntime
import pytest
import torch
from inference_case import EVENTS, make_case

from mmtal.apis import TemporalActionInferencer
from mmtal.inference.export import RawPredictions, export

WITHIN = 2e-5
AMPLIFIED = {"DyFADet": 5e-4}  # gates let little through, which norms amplify: float64 is as far
MODELS = {
    "local and global attention, absolute positions": """
model['backbone'].update(window=[5, -1], depths=(1, 0, 1), abs_pos=True)
model['head']['assigner'].update(regression_ranges=[(0, 8), (8, 10000)])
""",
    "relative positions, wider than a block": """
model['backbone'].update(window=67, rel_pos=True, depths=(1, 1, 2))
""",
    "convolutions, a pyramid with a top-down path": """
model['backbone'] = dict(
    _delete_=True, type='ConvNet', in_channels=6, embed_channels=16, depths=(1, 1, 2),
    max_seq_len=max_seq_len)
model['neck'] = dict(_delete_=True, type='FPN', out_channels=8)
""",
    "events": EVENTS,
    "TriDet": """
custom_imports = dict(imports='projects.tridet.tridet')
model['backbone'] = dict(
    _delete_=True, type='SGPNet', in_channels=6, embed_channels=32, mlp_channels=32,
    depths=(1, 1, 2), max_seq_len=max_seq_len, init_std=0.3)
model['head'].update(type='TridentHead', num_bins=4, loss_cls=dict(type='TIoUFocalLoss'))
""",
    "TemporalMaxer": """
custom_imports = dict(imports='projects.temporalmaxer.temporalmaxer')
model['backbone'] = dict(
    _delete_=True, type='MaxPoolPyramid', in_channels=6, embed_channels=16, depths=(1, 2),
    max_seq_len=max_seq_len, full_padding=True)
model['neck'] = dict(_delete_=True, type='SharedNormNeck', norm='group')
""",
    "ActionMamba": """
custom_imports = dict(imports='projects.actionmamba.actionmamba')
model['backbone'] = dict(
    _delete_=True, type='ActionMamba', in_channels=6, embed_channels=16, depths=(1, 1, 2),
    max_seq_len=max_seq_len, padding='full')
""",
    "DyFADet": """
custom_imports = dict(imports='projects.dyfadet.dyfadet')
model['backbone'] = dict(
    _delete_=True, type='DynamicEncoder', in_channels=6, embed_channels=16, depths=(1, 1, 2),
    max_seq_len=max_seq_len, init_std=0.05, padding='full')
model['head'].update(type='DynamicHead')
""",
}
LENGTHS = (1, 2, 50, 95, 96, 97, 130, 1001)
QUICK = {"onnx": next(iter(MODELS)), "torch": list(MODELS)[2]}


def models_for(to: str) -> list:
    names = [n for n in MODELS if to == "torch" or n not in ("ActionMamba", "DyFADet")]
    return [pytest.param(n, marks=[] if n == QUICK[to] else pytest.mark.slow) for n in names]


@pytest.fixture(scope="module")
def inferencers(tmp_path_factory):
    made = {}

    def make(name: str) -> TemporalActionInferencer:
        if name not in made:
            folder = tmp_path_factory.mktemp("case")
            made[name] = TemporalActionInferencer(*make_case(folder, MODELS[name]), "cpu")
        return made[name]

    return make


def largest_difference(network: RawPredictions, run, lengths) -> float:
    differences = []
    with torch.no_grad():
        for length in lengths:
            inputs = network.inputs(length)
            pairs = zip(run(*inputs), network(*inputs), strict=True)
            differences += [np.abs(np.asarray(f) - e.numpy()).max() for f, e in pairs]
    return max(differences)


@pytest.mark.parametrize("name", models_for("onnx"))
def test_onnx_gives_the_raw_predictions_of_pytorch(name, inferencers, tmp_path):
    inferencer = inferencers(name)
    export(inferencer, tmp_path / "model.onnx", to="onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    names = [output.name for output in session.get_outputs()]
    levels = range(len(inferencer.model.backbone.level_strides))
    assert names == [f"{part}_{level}" for part in ("logits", "offsets") for level in levels]

    def run(features, mask):
        return session.run(None, dict(features=features.numpy(), mask=mask.numpy()))

    network = RawPredictions(inferencer.model)
    lengths = LENGTHS if name == QUICK["onnx"] else (*LENGTHS, 5000, 10000)
    assert largest_difference(network, run, lengths) < WITHIN


@pytest.mark.parametrize("name", models_for("torch"))
def test_a_program_gives_the_raw_predictions_of_pytorch(name, inferencers, tmp_path):
    inferencer = inferencers(name)
    export(inferencer, tmp_path / "model.pt2", to="torch")
    extra = {"mmtal.json": ""}
    program = torch.export.load(tmp_path / "model.pt2", extra_files=extra)
    assert json.loads(extra["mmtal.json"])["classes"] == ["wave", "jump", "sit"]
    network = RawPredictions(inferencer.model)
    assert largest_difference(network, program.module(), LENGTHS) < AMPLIFIED.get(name, WITHIN)


class _Branches(torch.nn.Module):
    def forward(self, features, masks):
        return [x * 2 if x.sum() > 0 else x for x in features]


class _Cheats(torch.nn.Module):
    def forward(self, features, masks):
        return [x + torch.compiler.is_compiling() for x in features]


@pytest.mark.parametrize(
    ("neck", "reason"),
    [
        (_Branches(), "exporter says: Could not guard on data"),
        (_Cheats(), "raw predictions differed"),
    ],
)
def test_a_model_that_cannot_be_traced_is_refused(neck, reason, tmp_path):
    text = MODELS[QUICK["torch"]].partition("model['neck']")[0]
    case = make_case(tmp_path, text)
    inferencer = TemporalActionInferencer(*case, "cpu")
    inferencer.model.neck = neck
    with pytest.raises(ValueError, match=rf"cannot be exported.*{reason}") as caught:
        export(inferencer, tmp_path / "model.pt2", to="torch")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model.pt2").exists()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("model['head'].update(type='CenternessHead')", "CenternessHead"),
        ("test_dataloader['dataset']['pipeline'] = [dict(type='LoadFeatures'), "
         "dict(type='FeatureNoise', std=0.1), dict(type='PackInputs')]", "FeatureNoise"),
    ],
)  # fmt: skip
def test_what_the_run_time_does_not_know_is_not_exported_to_onnx(text, named, tmp_path):
    imports = "custom_imports = dict(imports='projects.example_project.example_project')\n"
    inferencer = TemporalActionInferencer(*make_case(tmp_path, imports + text), "cpu")
    with pytest.raises(ValueError, match=f"{named} does: --to torch gives raw predictions"):
        export(inferencer, tmp_path / "model.onnx", to="onnx")


def test_missing_packages_are_named_before_work(monkeypatch, tmp_path):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "onnxscript":
            raise ImportError(f"No module named {name}", name=name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr("importlib.import_module", without)
    with pytest.raises(ImportError, match=r"needs onnxscript.*pip install 'mmtal\[onnx\]'"):
        export(None, tmp_path / "model.onnx", to="onnx")


def test_a_graph_that_refuses_some_length_is_not_written(tmp_path):
    settings = MODELS["ActionMamba"].replace("'full'", "'none'")
    inferencer = TemporalActionInferencer(*make_case(tmp_path, settings), "cpu")
    with pytest.raises(ValueError, match="does not take a recording of 1 features, padded to 1"):
        export(inferencer, tmp_path / "model.pt2", to="torch")
    assert not (tmp_path / "model.pt2").exists()


def test_the_run_time_does_not_pool_masks(inferencers, tmp_path):
    with pytest.raises(ValueError, match="how to do what ActionMamba does: --to torch gives raw"):
        export(inferencers("ActionMamba"), tmp_path / "model.onnx", to="onnx")
