"""What methods cost with the same recipe, side by side in one run.

Parameters and MACs: as mmtal config cost counts them, at the greatest training length. Seconds:
median CPU time on one thread, without loading data, of training on a batch (with clipping and
optimizer of the recipe) and of testing a recording (with NMS); the methods take turns. Memory: the
most that a process of its own held, less what it held before it had a model. Weights are untrained,
so that NMS gets as many candidates as the recipe lets through.

thumos_i3d needs only THUMOS14's annotations: its features are made up, their lengths real.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch

from mmtal.cli.config_cost import build, count_macs, count_parameters
from mmtal.engine.runner import build_runner, load_config
from mmtal.experiments.experiment import prepare_config
from mmtal.utils.processor import peak_memory
from mmtal.utils.progress import progress

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MMTAL_DATA", ROOT.parent / "shared" / "data")).resolve()
METHODS = {
    "ActionFormer": "configs/actionformer",
    "TemporalMaxer": "projects/temporalmaxer/configs",
    "TriDet": "projects/tridet/configs",
    "segmentation head": "configs/segmentation",
    "ActionMamba": "projects/actionmamba/configs",
    "CausalTAD": "projects/causaltad/configs",
    "DyFADet": "projects/dyfadet/configs",
}
OWN_RECIPE = {  # whole recordings one by one; windows
    "MS-TCN": "projects/mstcn/configs",
    "TadTR": "projects/tadtr/configs",
    "BMN": "projects/bmn/configs",
}
OPENTAD = {"ActionMamba", "CausalTAD", "DyFADet"}  # their recipes for THUMOS14 differ in more
RECIPES = ["salads50_cnn", "gtea_cnn", "sbhar_inertial_small", "thumos_i3d"]
UNITS = [
    ("parameters, M", 1e6),
    ("MACs, G", 1e9),
    ("testing a recording, s", 1),
    ("memory in testing, MB", 1e6),
    ("training step, s", 1),
    ("memory in training, MB", 1e6),
]


def make_up_thumos(source: Path) -> Path:
    """Features of 12 recordings of each subset, in the current folder, beside all annotations."""
    Path("annotations").symlink_to(source)
    Path("i3d_features").mkdir()
    random = np.random.default_rng(0)
    videos = sorted(json.loads((source / "thumos14.json").read_text())["database"].items())
    for subset, step in (("validation", 1), ("test", 17)):
        for name, video in [v for v in videos if v[1]["subset"].lower() == subset][::step][:12]:
            length = int((video["duration"] * video["fps"] - 16) // 4) + 1
            np.save(f"i3d_features/{name}", random.standard_normal((length, 2048), np.float32))
    return Path.cwd()


def recipes_named(name: str) -> dict[str, Path]:
    """Per method the recipe, all alike but for the model."""
    left_out = OPENTAD if name == "thumos_i3d" else set()
    return paths({m: f for m, f in METHODS.items() if m not in left_out}, name)


def paths(methods: Mapping[str, str], name: str) -> dict[str, Path]:
    """Where methods have a recipe of that name."""
    found = {method: ROOT / folder / f"{name}.py" for method, folder in methods.items()}
    return {method: path for method, path in found.items() if path.is_file()}


def size(recipe: Path) -> list[float]:
    """Parameters, and MACs at the greatest training length."""
    config = load_config(recipe).model
    model = build(config, "meta")
    return [count_parameters(model), count_macs(config, model.padding.max_seq_len)]


def work(recipe: Path, data: Path, training: bool) -> Iterator[float]:
    """Endless seconds of training on another batch, or of testing another recording."""
    config = prepare_config(str(recipe), data_path=data, work_dir=f"work{os.getpid()}")
    config.merge_from_dict({"log_level": "ERROR", "env_cfg.mp_cfg.mp_start_method": "spawn"})
    config.test_dataloader.batch_size = 1
    loader = config.train_dataloader if training else config.test_dataloader
    loader.update(num_workers=0, persistent_workers=False)
    runner = build_runner(config)
    optimizer = runner.build_optim_wrapper(config.optim_wrapper)
    batches = runner.build_dataloader(loader)
    runner.model.train(training)
    while True:
        for batch in batches:
            begin = time.process_time()
            runner.model.train_step(batch, optimizer) if training else runner.model.test_step(batch)
            yield time.process_time() - begin


def answer(calls: Connection, recipe: Path, data: Path, training: bool) -> None:
    """What a process does: seconds and bytes of another step, each time it gets True."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(training)
    before = peak_memory()
    seconds = work(recipe, data, training)
    while calls.recv():
        calls.send((next(seconds), peak_memory() - before))


def measure(recipes: list[Path], data: Path, training: bool, steps: int) -> list[list[float]]:
    """Per recipe: median of the seconds of a step, and the most bytes."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in recipes]
    for (_, theirs), recipe in zip(pipes, recipes, strict=True):
        context.Process(target=answer, args=(theirs, recipe, data, training), daemon=True).start()
        theirs.close()  # else a process that failed would be waited for
    answers: list[list] = [[] for _ in recipes]
    for _ in progress(range(1 + steps), 1 + steps, text="training" if training else "testing"):
        for (ours, _), found in zip(pipes, answers, strict=True):
            ours.send(True)
            found.append(ours.recv())
    for ours, _ in pipes:
        ours.send(False)
    # the first step only warms up
    return [[statistics.median(s for s, _ in found[1:]), found[-1][1]] for found in answers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config-name", choices=RECIPES, default=RECIPES[0])
    parser.add_argument("--steps", type=int, default=24, help="steps and recordings to time")
    args = parser.parse_args()
    made_up = args.config_name == "thumos_i3d"
    data = DATA / ("benchmarks/thumos14" if made_up else args.config_name.split("_")[0])
    if not data.is_dir():
        sys.exit(f"skipped: needs {data} (set MMTAL_DATA to the folder that holds the data sets)")
    own = {} if made_up else paths(OWN_RECIPE, args.config_name)
    methods = recipes_named(args.config_name) | own
    recipes = list(methods.values())
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        data = make_up_thumos(data) if made_up else data
        sizes = [size(recipe) for recipe in recipes]
        testing = measure(recipes, data, False, args.steps)
        training = measure(recipes, data, True, args.steps)
    columns = [[*s, *a, *b] for s, a, b in zip(sizes, testing, training, strict=True)]
    print(f"{args.config_name}, torch {torch.__version__}; ratios to {next(iter(methods))}")
    for (name, unit), values in zip(UNITS, zip(*columns, strict=True), strict=True):
        for method, value in zip(methods, values, strict=True):
            print(f"{name}, {method}: {value / unit:.3g}, ratio {value / values[0]:.2f}")


if __name__ == "__main__":
    main()
