"""The old name of ``mmtal data suggest``."""

import argparse
import sys

from mmtal.cli.main import forward

if __name__ == "__main__":
    old = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    old.add_argument("--train-subset", default="")
    old.add_argument("--test-subset", default="")
    args, others = old.parse_known_args()
    subsets = [args.train_subset, args.test_subset]
    sys.argv[1:] = [*others, *(["--subset-names", *subsets] if any(subsets) else [])]
    forward("data suggest")
