"""The old name of ``mmtal search``."""

import argparse
import sys

from mmtal.cli.main import forward

if __name__ == "__main__":
    old = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    old.add_argument("--study")
    args, others = old.parse_known_args()
    place = ["--work-dir", f"work_dirs/search/{args.study}"] if args.study else []
    sys.argv[1:] = [*others, *place]
    forward("search")
