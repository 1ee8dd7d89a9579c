"""Run a whole experiment: find the data, check them, train, test."""

import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

import mmengine
import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner

from mmtal.checkpoints.latest import latest_checkpoint
from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.datasets.feature_files import find_file_names, list_feature_files
from mmtal.engine.hooks.operating_point_hook import score_threshold
from mmtal.engine.hooks.setup_check_hook import check_instances
from mmtal.engine.runner import build_runner, load_config, main_metric, override, set_seed
from mmtal.experiments.auto_template import auto_template
from mmtal.experiments.processes import run_processes
from mmtal.experiments.summary import print_run_summary
from mmtal.registry import DATASETS
from mmtal.utils.files import write_json
from mmtal.version import __version__

AUTO = "auto"
LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")


@dataclass(frozen=True)
class DataLocation:
    """Where one data set lies.

    Attributes:
        root: Folder that the other paths start from.
        ann_file: Annotation JSON.
        features: Feature folder, or folders.
        is_official: Whether this is the layout that the template was written for.
    """

    root: Path
    ann_file: str
    features: str | list[str]
    is_official: bool


def find_data(dataset: Mapping[str, Any], data_path: str | Path) -> DataLocation:
    """Find annotations and features below a folder.

    Looked for in turn: the official layout of the template in the folder itself, the same in a
    folder of the template's name below it, and ``annotations.json`` with ``features/``.
    FileNotFoundError lists what was looked for.
    """
    data_path = Path(data_path)
    if not data_path.is_dir():
        raise FileNotFoundError(f"--data-path {data_path} is not a folder")
    features = dataset["features"]
    folders = [features] if isinstance(features, str) else list(features)
    own: str | list[str] = (
        "features" if isinstance(features, str) else [f"features/{name}" for name in folders]
    )
    candidates = [
        DataLocation(data_path, dataset["ann_file"], features, True),
        DataLocation(
            data_path / Path(dataset["data_root"]).name, dataset["ann_file"], features, True
        ),
        DataLocation(data_path, "annotations.json", own, False),
    ]
    tried = []
    for place in candidates:
        names = [place.features] if isinstance(place.features, str) else place.features
        wanted = [place.root / place.ann_file, *(place.root / name for name in names)]
        absent = [str(path) for path in wanted if not path.exists()]
        if not absent:
            return place
        tried.append(" and ".join(str(path) for path in wanted))
    raise FileNotFoundError(
        f"no annotations and features found below --data-path {data_path}; looked for "
        + ", or ".join(tried)
    )


def prepare_config(
    template: str,
    *,
    data_path: str | Path,
    work_dir: str | Path,
    learning_rate: float | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    weight_decay: float | None = None,
    seed: int | None = None,
    options: Mapping[str, Any] | None = None,
    subsets: Sequence[str] | None = None,
    data: Mapping[str, Any] | None = None,
    spotting: bool = False,
) -> Config:
    """A template's config with the data's place and the given options; the rest stays as it is.

    The template ``auto`` verifies the data and suggests a config. Epochs are after warm-up, the
    batch is of each process, and ``options`` are any values by dotted name. ``subsets`` are
    those to train and to test on, ``data`` arguments of the datasets (None is left out).
    ``spotting`` is for ``auto``, see :func:`mmtal.experiments.auto_template.suggest_config`.
    """
    data = {key: value for key, value in (data or {}).items() if value is not None}
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be >= 1, but got {value}")
    if template == AUTO:
        found = auto_template(data_path, work_dir, subsets=subsets, spotting=spotting, **data)
        template = str(found)
    elif spotting:
        raise ValueError(
            f"--spotting is for '{AUTO}', but got the config {template}: its head is what it says, "
            "see docs/protocols.md"
        )
    config = load_config(template, work_dir=str(work_dir))
    place = find_data(config.train_dataloader.dataset, data_path)
    for name in LOADERS:
        config[name].dataset.update(
            data_root=str(place.root), ann_file=place.ann_file, features=place.features, **data
        )
        if subsets:
            config[name].dataset.subset = subsets[name != LOADERS[0]]
    without = ""
    for evaluator in (config.val_evaluator, config.test_evaluator):
        metric = main_metric(evaluator)
        if metric.get("external_scores"):
            name = Path(metric["external_scores"]).name
            scores = place.root / "annotations" / name
            metric["external_scores"] = str(scores)
            if not place.is_official and not scores.exists():  # own data, of any classes
                metric.update(external_scores=None, class_agnostic=True)
                without = str(scores)
    if without:
        text = f"no class scores of whole recordings at {without}: evaluated is where, not what"
        print_log(text, "current")
    given = {
        "optim_wrapper.optimizer.lr": learning_rate,
        "optim_wrapper.optimizer.weight_decay": weight_decay,
        "train_dataloader.batch_size": batch_size,
        "train_cfg.max_epochs": None if epochs is None else config.warmup_epochs + epochs,
    }
    config.merge_from_dict({key: value for key, value in given.items() if value is not None})
    override(config, options or {})
    set_seed(config, seed=seed, deterministic=False)
    if not place.is_official or _has_other_files(config):
        _adapt_to_own_data(config, options or {}, choose=not subsets, classes=data.get("classes"))
    return config


def _has_other_files(config: Config) -> bool:
    """Whether the features are all in files of another ending than the config's."""
    own = config.train_dataloader.dataset
    features = own.features if isinstance(own.features, str) else own.features[0]
    files = list_feature_files(Path(own.data_root, features))
    return bool(files) and not any(file.endswith(own.get("file_ext", ".npy")) for file in files)


def _adapt_to_own_data(
    config: Config,
    options: Mapping[str, Any],
    *,
    choose: bool,
    classes: Sequence[str] | None,
) -> None:
    """Check own data strictly, and give the model their classes and channels.

    But for what the user says in ``options``.
    """
    own = config.train_dataloader.dataset
    features = own.features if isinstance(own.features, str) else own.features[0]
    names = find_file_names(
        list_feature_files(Path(own.data_root, features)),
        AnnotationFile(Path(own.data_root, own.ann_file)).database,
    )
    for name in LOADERS:
        strict = dict(
            bad_segments="error", check_duration=True, allow_missing=False, classes=classes,
            file_prefix=names.prefix, file_ext=names.ending,
        )  # fmt: skip
        config[name].dataset.update(
            {key: x for key, x in strict.items() if f"{name}.dataset.{key}" not in options}
        )
    if choose:
        _choose_subsets(config)
    dataset = build_dataset(config, "train_dataloader")
    backbone, head = config.model.backbone, config.model.head
    num_classes = len(dataset.metainfo["classes"])
    if head.get("num_classes") not in (None, 1, num_classes):
        print_log(f"num_classes {head.num_classes} -> {num_classes}, as the data say", "current")
        head.num_classes = num_classes
    most = max(len(dataset.get_data_info(index)["labels"]) for index in range(len(dataset)))
    limit = ceil(3 * most / 100) * 100  # as in suggested configs
    if "max_per_video" not in head.get("fixed_limits", ()) and limit > head.get(
        "max_per_video", limit
    ):
        print_log(
            f"max_per_video {head.max_per_video} -> {limit}: up to {most} instances in a recording",
            "current",
        )
        head.max_per_video = limit
    channels = dataset.num_channels
    expected = backbone.get("in_channels")
    if isinstance(expected, int) and expected != channels:
        print_log(f"in_channels {expected} -> {channels}, as the data say", "current")
        backbone.in_channels = channels


def _choose_subsets(config: Config) -> None:
    """Benchmarks name their subsets in their own ways; own data have training and the like."""
    train = config.train_dataloader.dataset
    file = AnnotationFile(Path(train.data_root) / train.ann_file)
    present = {entry["subset"].lower() for entry in file.database.values()}
    for names, loaders in (
        (("training", "train"), LOADERS[:1]),
        (("validation", "val", "test", "testing"), LOADERS[1:]),
    ):
        found = [name for name in names if name in present]
        for loader in loaders:
            if found and config[loader].dataset.subset not in found:
                config[loader].dataset.subset = found[0]


def build_dataset(config: Config, loader: str) -> Any:
    """Build, and so check, the data set of one loader."""
    return DATASETS.build(config[loader].dataset)


def run_experiment(
    config: Config, *, resume: bool = False, gpus: int | None = None
) -> dict[str, float]:
    """Check the data, train, test the weights of the last epoch, draw, print a summary.

    ``resume``: go on from the latest checkpoint in the work dir, if there is one; ``gpus``:
    processes, one for each GPU (None: one process, on a GPU if there is one). Returned are the
    metrics of the test, values in [0, 1]. ``metrics.json`` has them too, with seed and versions,
    beside ``config.py`` and ``results.json``, which names protocol and recordings. ValueError:
    there are fewer GPUs than ``gpus``, or the data cannot be used.
    """
    train_experiment(config, resume=resume, gpus=gpus)
    runner, metrics = evaluate_experiment(config)
    print_run_summary(
        runner, Path(config.work_dir) / "results.json", score_thr=score_threshold(runner)
    )
    return metrics


def check_gpus(gpus: int | None) -> None:
    """Refuse (ValueError) more GPUs than there are; None asks for none."""
    found = torch.cuda.device_count()
    if gpus is not None and not 1 <= gpus <= found:
        raise ValueError(
            f"--gpus must be 1 to {found}, as many as PyTorch finds, but got {gpus}"
            if found
            else f"--gpus {gpus}: PyTorch finds no GPU. Without --gpus, training is on the CPU"
        )


def train_experiment(config: Config, *, resume: bool = False, gpus: int | None = None) -> None:
    """The first half of :func:`run_experiment`."""
    check_gpus(gpus)
    work_dir = Path(config.work_dir)
    work_dir.mkdir(parents=True, exist_ok=True)
    for name, what in (("train_dataloader", "training"), ("test_dataloader", "a test")):
        check_instances(build_dataset(config, name), what)
    config.resume = resume
    # The runner saves the config under this name, once it is known that its training begins.
    object.__setattr__(config, "_filename", "config.py")
    if gpus is not None and gpus > 1:
        with tempfile.TemporaryDirectory() as folder:
            config_file = Path(folder) / "config.py"
            config.dump(config_file)
            command = [
                sys.executable, "-m", "torch.distributed.run", "--standalone",
                "--nproc_per_node", str(gpus), "--module", "mmtal", "train", str(config_file),
                "--launcher", "pytorch", "--no-summary",
            ]  # fmt: skip
            if resume:
                command.append("--resume")
            run_processes(command, errors=work_dir / "errors.log")
    else:
        build_runner(config).train()


def evaluate_experiment(config: Config) -> tuple[Runner, dict[str, float]]:
    """The second half of :func:`run_experiment`, on what :func:`train_experiment` left."""
    work_dir = Path(config.work_dir)
    # A runner that has trained would test the raw weights, since MMEngine's EMAHook starts again
    # with every run. The checkpoint holds the averaged ones.
    checkpoint = latest_checkpoint(work_dir)
    if checkpoint is None:
        raise ValueError(f"training left no checkpoint in {work_dir}: default_hooks must save some")
    config.resume, config.load_from = False, str(checkpoint)
    main_metric(config.test_evaluator)["out_file"] = str(work_dir / "results.json")
    runner = build_runner(config)
    metrics = runner.test()
    points = [getattr(metric, "operating_point", None) for metric in runner.test_evaluator.metrics]
    record = dict(
        metrics=metrics,
        operating_point=next((asdict(point) for point in points if point), None),
        seed=runner.seed,
        versions=versions(),
    )
    write_json(work_dir / "metrics.json", record, indent=1)
    return runner, metrics


def versions() -> dict[str, str]:
    """Versions that a number may depend on."""
    return dict(
        mmtal=__version__,
        mmengine=mmengine.__version__,
        torch=torch.__version__,
        numpy=np.__version__,
        python=platform.python_version(),
    )
