"""Find everything that is wrong with a data set: python tools/verify_dataset.py CONFIG.

Exit code 0: the data can be used; 1: errors were found; 2: nothing could be verified (a file is
missing or in another format, or an option is wrong); 130: interrupted.
"""

import argparse
import sys

from mmengine.config import DictAction

from mmtal.cli.entry import run_tool
from mmtal.engine.runner import load_config
from mmtal.preparation.verification import fix, verify, verify_config
from mmtal.utils.files import write_json


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", nargs="?", help="a config: its data, pipelines and model")
    parser.add_argument("--ann", nargs="+", metavar="FILE", help="annotation JSON")
    parser.add_argument("--features", nargs="+", metavar="DIR", help="feature folders")
    parser.add_argument("--split", nargs="+", metavar="NAME", help="only these subsets")
    parser.add_argument("--file-prefix", default="", help="before the recording in file names")
    parser.add_argument("--file-ext", choices=[".npy", ".npz", ".pt"], help="default: as in DIR")
    parser.add_argument("--feature-key", default="feats", help="array in .npz and .pt files")
    parser.add_argument("--feature-stride", type=float, help="frames between features")
    parser.add_argument("--snippet-frames", type=float, help="frames behind a feature")
    parser.add_argument("--fps", type=float, help="frames per second of all recordings")
    parser.add_argument("--max-seq-len", type=int, help="longest sequence in training")
    parser.add_argument(
        "--min-overlap", type=float, default=0.5, help="share of an instance that truncation leaves"
    )
    parser.add_argument("--out", metavar="FILE", help="write the whole report here, as JSON")
    parser.add_argument(
        "--fix", metavar="OUT", help="write cleaned annotations here, and OUT's .log.json"
    )
    parser.add_argument("--cfg-options", nargs="+", action=DictAction, metavar="KEY=VALUE")
    args = parser.parse_args()
    if (args.config is None) == (args.ann is None):
        parser.error("give either a config or --ann")
    if args.config and (args.features or args.split):
        parser.error("--features and --split are for --ann: the config names its own")
    return args


def main() -> None:
    args = parse_args()
    if args.config:
        report = verify_config(load_config(args.config, options=args.cfg_options))
    else:
        report = verify(
            args.ann,
            features=args.features,
            subset=args.split,
            file_prefix=args.file_prefix,
            file_ext=args.file_ext,
            feature_key=args.feature_key,
            feature_stride=args.feature_stride,
            snippet_frames=args.snippet_frames,
            fps=args.fps,
            max_seq_len=args.max_seq_len,
            min_overlap=args.min_overlap,
        )
    print(report.format())
    if args.out:
        write_json(args.out, report.to_json(), indent=1)
    if args.fix:
        changes = fix(report, args.fix)
        print(f"{args.fix}: {sum(changes.values())} changes {changes or ''}")
    sys.exit(0 if report.ok else 1)


if __name__ == "__main__":
    run_tool(main, failed=2, interrupted="nothing was written")
