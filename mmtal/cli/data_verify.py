"""Find everything that is wrong with a data set.

Exit code 0: the data can be used; 1: errors were found; 2: nothing could be verified (a file is
missing or in another format, or an option is wrong); 130: interrupted.
"""

from argparse import Namespace

from mmtal.cli.options import print_json
from mmtal.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("config", nargs="?", note="its data, pipelines and model are verified")
    parser.add_argument("--ann", nargs="+")
    parser.add_argument("--features")
    parser.add_argument("--subset", nargs="+", note="only these")
    parser.add_argument(
        "--file-prefix", default="", metavar="TEXT", help="before the recording in file names"
    )
    parser.add_argument("--file-ext", choices=[".npy", ".npz", ".pt"], help="default: as in DIR")
    parser.add_argument(
        "--feature-key", default="feats", metavar="NAME", help="array in .npz and .pt files"
    )
    parser.add_argument("--feature-stride")
    parser.add_argument("--snippet-frames")
    parser.add_argument("--fps", note="of all recordings")
    parser.add_argument("--max-seq-len", type=int, metavar="N", help="longest sequence in training")
    parser.add_argument(
        "--min-overlap", type=float, default=0.5, metavar="SHARE",
        help="of an instance that truncation leaves (default: 0.5)",
    )  # fmt: skip
    parser.add_argument("--out", note="the whole report, as JSON")
    parser.add_argument("--json", note="the whole report")
    parser.add_argument(
        "--fix", metavar="FILE", note="into these annotations, and a .log.json of the changes"
    )
    parser.add_argument("--cfg-options")


def run(args: Namespace) -> int:
    from mmtal.engine.runner import load_config
    from mmtal.preparation.verification import fix, verify, verify_config
    from mmtal.utils.files import write_json

    if (args.config is None) == (args.ann is None):
        raise ValueError("give either a config or --ann")
    if args.config and (args.features or args.subset):
        raise ValueError("--features and --subset are for --ann: the config names its own")
    if args.config:
        report = verify_config(load_config(args.config, options=args.cfg_options))
    else:
        report = verify(
            args.ann,
            features=args.features,
            subset=args.subset,
            file_prefix=args.file_prefix,
            file_ext=args.file_ext,
            feature_key=args.feature_key,
            feature_stride=args.feature_stride,
            snippet_frames=args.snippet_frames,
            fps=args.fps,
            max_seq_len=args.max_seq_len,
            min_overlap=args.min_overlap,
        )
    if args.json:
        print_json(args, report.to_json())
    else:
        print(report.format())
    if args.out:
        write_json(args.out, report.to_json(), indent=1)
    if args.fix:
        changes = fix(report, args.fix)
        print(f"{args.fix}: {sum(changes.values())} changes {changes or ''}")
    return 0 if report.ok else 1
