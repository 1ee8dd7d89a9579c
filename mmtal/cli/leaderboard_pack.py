"""Put finished runs into one file for each method.

Moves the records of a folder, with detections and matches, into packs: one file for each method on
each benchmark, to be committed. All commands read packs as they read single files. Packs never
change: later runs make further ones.
"""

from argparse import Namespace

ARGUMENTS = {"records": ""}


def run(args: Namespace) -> None:
    from mmtal.experiments.leaderboard.measured import read_runs
    from mmtal.experiments.leaderboard.record import pack_runs
    from mmtal.utils.wording import counted

    total = counted(len(read_runs([args.records])), "run")
    packs = pack_runs(args.records)
    for path, number in packs.items():
        print(f"{path}: {counted(number, 'run')}")
    what = "holds" if packs else "has nothing to pack: it holds"
    print(f"{args.records} {what} {total} in packs")
