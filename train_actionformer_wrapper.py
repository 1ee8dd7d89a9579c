"""Train and test a model on a data set with one command.

Example:
    python train_actionformer_wrapper.py --config_template thumos_i3d --data_path data/thumos

The last line of a successful run is ``FINAL_mAP: XX.XX``, the average mAP in percent.
"""

import argparse
from pathlib import Path

from mmengine.config import DictAction

from mmtal.cli.entry import run_tool
from mmtal.config_files import output_name
from mmtal.experiments.experiment import AUTO, find_template, prepare_config, run_experiment


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--config_template",
        required=True,
        help="a config: its path, or its name below configs/actionformer (thumos_i3d, anet_tsp, "
        "epic_slowfast_verb, ...); auto: verify the data, and write a config that fits them",
    )
    parser.add_argument("--data_path", required=True, help="folder with annotations and features")
    parser.add_argument("--learning_rate", type=float, help="default: the template's")
    parser.add_argument("--epochs", type=int, help="after warm-up; default: the template's")
    parser.add_argument("--batch_size", type=int, help="per process; default: the template's")
    parser.add_argument("--weight_decay", type=float, help="default: the template's")
    parser.add_argument("--output_name", help="folder below work_dirs/; default: the template's")
    parser.add_argument("--resume", action="store_true", help="go on where a run was interrupted")
    parser.add_argument("--seed", type=int, help="default: the template's")
    parser.add_argument("--gpus", type=int, default=1, help="processes, one per GPU")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=DictAction,
        metavar="KEY=VALUE",
        help="override any value of the config, by dotted name",
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    template = args.config_template
    output = args.output_name or (
        AUTO if template == AUTO else output_name(find_template(template))
    )
    config = prepare_config(
        template,
        data_path=args.data_path,
        work_dir=Path("work_dirs") / output,
        learning_rate=args.learning_rate,
        epochs=args.epochs,
        batch_size=args.batch_size,
        weight_decay=args.weight_decay,
        seed=args.seed,
        options=args.cfg_options,
    )
    metrics = run_experiment(config, resume=args.resume, gpus=args.gpus)
    print(f"FINAL_mAP: {100 * metrics['tal/mAP']:.2f}", flush=True)


if __name__ == "__main__":
    run_tool(main)
