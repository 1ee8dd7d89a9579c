"""A complete config as Python text, each choice with its reason."""

import os
import textwrap
from pathlib import Path

from mmtal.preparation.suggestion.data_summary import DataSummary
from mmtal.preparation.suggestion.rules import Settings
from mmtal.version import __version__

WIDTH = 100
BASE = """# loaders, optimizer, hooks and logging: see these files in mmtal's configs/_base_
_base_ = [
    f"{__import__('mmtal.config_files').config_files.resource_root()}/configs/_base_/{name}.py"
    for name in ("datasets/loaders", "schedules/adamw_cosine", "default_runtime")
]
"""


def config_text(summary: DataSummary, settings: Settings, *, name: str) -> str:
    """The config of an ActionFormer with these settings, ready for ``mmtal train``.

    Args:
        summary: Of the data.
        settings: For them.
        name: What the data set is called in the first line.
    """
    parts = [
        _header(summary, name),
        _data(summary, settings),
        _model(summary, settings),
        _training(settings),
    ]
    return "\n".join(parts)


def _header(summary: DataSummary, name: str) -> str:
    seconds = summary.lengths.sum() * summary.grid.feature_stride / summary.grid.fps
    text = (
        f"ActionFormer for {name}, suggested by mmtal {__version__} (mmtal data suggest) from "
        f"{len(summary.lengths)} training recordings of {seconds / 3600:.1f} hours with "
        f"{len(summary.durations)} instances of {len(summary.classes)} classes. Change what you "
        "like: docs/config_anatomy.md explains every part."
    )
    return comment(text) + BASE


def _data(summary: DataSummary, settings: Settings) -> str:
    why = settings.why
    files = [summary.ann_file, *summary.features]
    root = Path(os.path.commonpath([os.path.abspath(path.parent) for path in files]))
    folders = [os.path.relpath(folder, root) for folder in summary.features]
    load = ['dict(type="LoadFeatures"),']
    if settings.sliding_window:
        size, step = settings.sliding_window
        load.append(f'dict(type="SlidingWindow", window_size={size}, window_stride={step}),')
    if settings.temporal_stride > 1:
        load.append(f'dict(type="TemporalStride", factor={settings.temporal_stride}),')
    if settings.normalize:
        load.append('dict(type="Normalize", over="training"),')
    fps = "" if summary.fps_of_recordings else f"    fps={number(summary.grid.fps)},\n"
    noise = (
        f'            dict(type="FeatureNoise", std={settings.noise:g}),\n'
        if settings.noise
        else ""
    )
    repeat = ""
    if settings.repeat > 1:
        repeat = f"{comment(why['repeat'], 8)}        repeat={settings.repeat},\n"
    load_lines = "".join(f"    {line}\n" for line in load)
    reasons = why["load"] + (f" {why['normalize']}" if settings.normalize else "")
    return f"""
# ---------------------------------------------------------------- data
{comment(why["max_seq_len"])}max_seq_len = {settings.max_seq_len}
{comment(why["grid"])}data = dict(
    data_root={str(root)!r},
    ann_file={os.path.relpath(summary.ann_file, root)!r},
    features={folders[0] if len(folders) == 1 else folders!r},
    file_ext={summary.file_ext!r},
    feature_stride={number(summary.grid.feature_stride)},  # frames from one feature to the next
    snippet_frames={number(summary.grid.snippet_frames)},  # frames behind one feature
{fps})
{comment(reasons)}load = [
{load_lines}]
{comment(why["batch_size"])}train_dataloader = dict(
    batch_size={settings.batch_size},
    num_workers=2,
    dataset=dict(
        **data,
        subset={summary.train_subset!r},
{repeat}        pipeline=[
            *load,
            # a random window of at most max_seq_len, or of 90 to 100 % of a shorter recording;
            # instances with less than half inside are dropped, others clipped
            dict(type="Truncate", max_len=max_seq_len, min_overlap=0.5, crop_ratio=(0.9, 1.0)),
{noise}            dict(type="PackInputs"),
        ],
    ),
)
val_dataloader = test_dataloader = dict(
    dataset=dict(
        **data,
        subset={summary.test_subset!r},
        pipeline=[*load, dict(type="PackInputs")],
    ),
)
val_evaluator = test_evaluator = dict(tiou_thresholds=[0.3, 0.4, 0.5, 0.6, 0.7])
"""


def _model(summary: DataSummary, settings: Settings) -> str:
    why = settings.why
    channels = summary.source_channels
    ranges = "".join(
        f"{' ' * 16}({low:g}, {high:g}),  # level stride {2**level}: {100 * share:.0f} % of the "
        "instances\n"
        for level, ((low, high), share) in enumerate(
            zip(settings.regression_ranges, settings.level_shares, strict=True)
        )
    )
    in_channels = settings.in_channels(channels)
    nms = f'dict(method="gaussian", sigma={settings.sigma:g}, min_score=0.001)'
    return f"""
# ---------------------------------------------------------------- model
{comment(why["model"])}model = dict(
    type="TemporalLocalizer",
    backbone=dict(
        type="ConvTransformer",
        in_channels={in_channels},
        embed_channels={settings.width},
        max_seq_len=max_seq_len,
        depths=(2, 2, {settings.num_levels - 1}),  # embedding, stem, one for each further level
        num_heads={settings.num_heads},
{comment(why["window"], 8)}        window={settings.window},
{comment(why["dropout"], 8)}        dropout={settings.dropout:g},
        drop_path=0.1,
    ),
    neck=dict(type="IdentityNeck"),
    head=dict(
        type="AnchorFreeHead",
        num_classes={len(summary.classes)},
        prior_prob=0.01,
{comment(why["loss_normalizer"], 8)}        loss_normalizer={settings.loss_normalizer},
        assigner=dict(
            type="CenterAssigner",
            center_radius=1.5,
{comment(why["regression_ranges"], 12)}            regression_ranges=[
{ranges}            ],
        ),
        loss_cls=dict(type="FocalLoss", label_smoothing=0.0),
        loss_reg=dict(type="DIoULoss", loss_weight=1.0),
        score_thr=0.001,
        pre_nms_topk={settings.pre_nms_topk},
        min_duration=0.05,
{comment(why["sigma"], 8)}        nms={nms},
{comment(why["max_per_video"], 8)}        max_per_video={settings.max_per_video},
    ),
)
"""


def _training(settings: Settings) -> str:
    why = settings.why
    epochs = settings.warmup_epochs + settings.epochs
    average = f'dict(type="EMAHook", momentum={settings.ema_momentum:g})'
    return f"""
# ---------------------------------------------------------------- training
{comment(why["epochs"])}warmup_epochs = {settings.warmup_epochs}
train_cfg = dict(
    max_epochs=warmup_epochs + {settings.epochs},
    val_interval={max(1, -(-epochs // 4))},
)
{comment(why["learning_rate"])}optim_wrapper = dict(optimizer=dict(lr={settings.learning_rate:g}))
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(
        type="CosineAnnealingLR",
        begin=warmup_epochs,
        eta_min=1e-8,
        convert_to_iter_based=True,
    ),
]
{comment(why["ema_momentum"])}custom_hooks = [{average}]
default_hooks = dict(checkpoint=dict(interval={max(1, epochs // 10)}))
randomness = dict(seed=0)
"""


def explanation(settings: Settings) -> str:
    """What was chosen and why, for a terminal."""
    return "\n".join(
        textwrap.fill(f"{name}: {reason}", WIDTH, subsequent_indent="    ")
        for name, reason in settings.why.items()
    )


def comment(text: str, indent: int = 0) -> str:
    """Text as comment lines."""
    start = " " * indent + "# "
    lines = textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=start)
    return "".join(f"{line}\n" for line in lines)


def number(value: float) -> str:
    """4.0 -> '4', 29.97 -> '29.97'."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
