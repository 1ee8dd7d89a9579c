"""Train and test a model on a data set with one command; ``mmtal run`` does the same.

Example:
    python train_actionformer_wrapper.py --config_template thumos_i3d --data_path data/thumos

The last line of a successful run is ``FINAL_mAP: XX.XX``, the average mAP in percent.
"""

from pathlib import Path

from mmtal.cli import run
from mmtal.cli.main import execute
from mmtal.cli.parser import CommandParser

if __name__ == "__main__":
    parser = CommandParser(module=run)
    parser.alias("--config_template", "config")
    parser.add_argument("--output_name", metavar="NAME", help="work dir, below work_dirs/")
    args = parser.parse_args()
    if args.output_name:
        args.work_dir = str(Path("work_dirs") / args.output_name)
    execute(args, failed=1)
