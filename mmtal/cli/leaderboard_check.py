"""Fail if new runs fell below accepted ones.

Exit code 0: nothing fell; 1: something fell by more than seed noise; 2: nothing fell, but something
could not be judged, or no method is on both sides (or the input is wrong).
"""

from argparse import Namespace

from mmtal.cli.options import print_result

FELL, NOT_JUDGED = 1, 2

ARGUMENTS = {
    "new": "folder of new records",
    "--accepted": dict(required=True, metavar="DIR", help="folder of accepted records"),
    "--confidence": dict(
        type=float, default=0.99, metavar="P", help="probability that an unchanged method passes",
    ),
    "--json": "",
}  # fmt: skip


def run(args: Namespace) -> int:
    from mmtal.experiments.leaderboard.measured import read_runs
    from mmtal.experiments.leaderboard.regression import judge, judgment_text

    judgments = judge(read_runs([args.new]), read_runs([args.accepted]), confidence=args.confidence)
    text = judgment_text(judgments, args.confidence)
    print_result(args, [vars(judgment) for judgment in judgments], text)
    verdicts = {judgment.verdict for judgment in judgments}
    if "fell" in verdicts:
        return FELL
    compared = verdicts & {"rose", "as before"}
    return NOT_JUDGED if "not judged" in verdicts or not compared else 0
