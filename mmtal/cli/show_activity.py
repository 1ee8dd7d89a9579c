"""Draw what the levels of a model found in a recording, and where its attention looked."""

from argparse import Namespace
from dataclasses import replace
from typing import Any

from mmtal.cli.options import number, shared

ARGUMENTS = {
    **shared("config", "checkpoint"),
    "--recording": dict(required=True),
    "--out": dict(required=True, note="PNG, SVG or PDF"),
    "--score-thr": dict(default=0.3),
    "--at": dict(
        type=number, nargs="+", metavar="SECONDS",
        help="whose attention to draw (default: the middles of the best predictions)",
    ),
    "--cfg-options": "",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.engine.hooks.setup_check_hook import check_setup
    from mmtal.engine.runner import load_config
    from mmtal.inference.model_activity import model_activity
    from mmtal.inference.models import init_model
    from mmtal.inference.open_recording import open_recording
    from mmtal.structures import without_classes
    from mmtal.visualization.activity import draw_activity
    from mmtal.visualization.layout import check_format, save_figure

    check_format(args.out)
    config = load_config(args.config, options=args.cfg_options)
    model: Any = init_model(config, args.checkpoint, "cpu")
    opened = open_recording(config, args.recording, statistics=model.feature_statistics)
    check_setup(model, opened.dataset)
    found = model_activity(model, opened, queries=args.at)
    view, classes = without_classes(found.view, opened.classes, model)
    found = replace(found, view=view)
    figure = draw_activity(found, opened.sample.grid, classes, score_thr=args.score_thr)
    save_figure(figure, args.out)
