"""Draw the features of a recording as a heat-map, with its instances above."""

from argparse import Namespace

ARGUMENTS = {
    "config": "",
    "--recording": dict(required=True),
    "--out": dict(required=True, note="PNG, SVG or PDF"),
    "--cfg-options": "",
}


def run(args: Namespace) -> None:
    from mmtal.engine.runner import load_config
    from mmtal.inference.open_recording import open_recording
    from mmtal.visualization.features import draw_features
    from mmtal.visualization.layout import check_format, save_figure

    check_format(args.out)
    found = open_recording(load_config(args.config, options=args.cfg_options), args.recording)
    figure = draw_features(found.features.numpy(), found.sample.grid, found.view, found.classes)
    save_figure(figure, args.out)
