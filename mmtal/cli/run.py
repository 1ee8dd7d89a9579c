"""Check the data, train and test in one command.

The last line of a successful run is ``FINAL_mAP: XX.XX``, the average mAP in percent; of a protocol
without mAP, such as one of proposals, its main figure: ``FINAL_AUC: XX.XX``.
"""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.options import PLACES, class_names, passed_on, print_json, shared

AUTO = "auto"

ARGUMENTS = {
    "config": "auto: verify the data, and write a config that fits them",
    "--data-path": dict(required=True),
    "--learning-rate": dict(
        type=float, metavar="N", help="learning rate (default: the config's)",
    ),
    "--epochs": dict(type=int, metavar="N", help="epochs after warm-up (default: the config's)"),
    "--batch-size": "of each process (default: the config's)",
    "--weight-decay": dict(
        type=float, metavar="N", help="weight decay (default: the config's)",
    ),
    **shared("--subset-names", "--feature-key"),
    "--classes": "default: the config's, or the labels that occur",
    "--feature-stride": "default: the config's",
    "--snippet-frames": "default: the config's",
    "--fps": "default: the config's",
    "--spotting": "with auto; default: as segments of one width",
    "--work-dir": "default: work_dirs/ and the config's name",
    "--resume": dict(action="store_true"),
    "--seed": "default: the config's",
    "--amp": "",
    "--gpus": dict(
        type=int, metavar="N", help="number of processes and GPUs (default: one process)",
    ),
    "--json": "all metrics",
    "--cfg-options": "",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.config_files import find_config, output_name
    from mmtal.engine.runner import use_amp
    from mmtal.engine.work_dir_lock import training_in
    from mmtal.experiments.experiment import check_gpus, prepare_config, run_experiment
    from mmtal.utils.repeats import say_repeats

    check_gpus(args.gpus)
    name = AUTO if args.config == AUTO else output_name(find_config(args.config))
    work_dir = args.work_dir or Path("work_dirs") / name
    with training_in(work_dir):
        config = prepare_config(
            args.config,
            work_dir=work_dir,
            options=args.cfg_options,
            subsets=args.subset_names,
            spotting=args.spotting,
            data=dict(classes=class_names(args), **passed_on(args, *PLACES)),
            **passed_on(args, "data_path", "learning_rate", "epochs", "batch_size"),
            **passed_on(args, "weight_decay", "seed"),
        )
        if args.amp:
            use_amp(config, args.amp, training=True)
        metrics = run_experiment(config, resume=args.resume, gpus=args.gpus)
    if args.json:
        print_json(args, metrics)
    say_repeats()
    figure = "tal/mAP" if "tal/mAP" in metrics else next(iter(metrics))
    print(f"FINAL_{figure.removeprefix('tal/')}: {100 * metrics[figure]:.2f}", flush=True)
