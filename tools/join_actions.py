"""EPIC-Kitchens actions: python tools/join_actions.py VERBS NOUNS --ann ACTIONS --out FILE."""

import argparse
from pathlib import Path

from mmtal.apis.run import run_tool
from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.datasets.importers.class_names import read_class_names
from mmtal.evaluation.fusion.action_scores import action_scores
from mmtal.evaluation.fusion.action_space import ActionSpace
from mmtal.evaluation.fusion.join_actions import JoinSettings, join_actions
from mmtal.evaluation.report import format_table
from mmtal.evaluation.result_files import read_ground_truth, read_results, write_results
from mmtal.evaluation.submissions.official_list import class_names
from mmtal.files import write_json
from mmtal.wording import counted


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verbs", help="results of the verb model, in any format")
    parser.add_argument("nouns", help="results of the noun model")
    parser.add_argument(
        "--ann", required=True, help="annotation JSON of actions: which pairs there are"
    )
    parser.add_argument("--subset", default="validation", help="to evaluate (default: validation)")
    for kind in ("verb", "noun"):
        file = f"EPIC_100_{kind}_classes.csv"
        parser.add_argument(
            f"--{kind}-classes",
            type=Path,
            required=True,
            help=f"names of the {kind}s: {file}, or the annotation JSON of the {kind} model",
        )
    parser.add_argument("--out", required=True, help="ActivityNet results JSON to write")
    parser.add_argument(
        "--variant",
        default="challenge",
        help="of the protocols epic100/verb-..., noun-... and action-... (default: challenge); "
        "none: do not evaluate, the labels of the recordings are not known",
    )
    parser.add_argument("--metrics", help="write the figures here, as JSON")
    for name, value in vars(JoinSettings()).items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=type(value), default=value, help=f"default: {value}")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    names = {}
    for kind in ("verb", "noun"):
        names[f"{kind}s"] = class_list(getattr(args, f"{kind}_classes"), kind)
    truth, actions = read_ground_truth(args.ann, args.subset)
    space = ActionSpace.from_names(actions, **names)
    settings = JoinSettings(**{name: getattr(args, name) for name in vars(JoinSettings())})
    verbs, nouns = (read_results(getattr(args, kind), names[kind]) for kind in names)
    found = join_actions(verbs, nouns, space, settings)
    stamp = dict(joined=[Path(args.verbs).name, Path(args.nouns).name], **vars(settings))
    if args.variant != "none":
        scores = action_scores(truth, found, space, protocol=args.variant)
        for part in scores.values():
            print(format_table(part))
        stamp["metrics"] = {part: figures["metrics"] for part, figures in scores.items()}
        if args.metrics:
            write_json(args.metrics, scores)
    write_results(args.out, found, space.names, stamp)
    print(
        f"{args.out}: {counted(len(found), 'action')} in "
        f"{counted(len(found.video_ids), 'recording')}, of {counted(len(verbs), 'verb')} and "
        f"{counted(len(nouns), 'noun')}"
    )


def class_list(path: Path, kind: str) -> list[str]:
    if path.suffix == ".json":
        return class_names(AnnotationFile(path))
    by_number = read_class_names(path)
    return [by_number.get(number, f"{kind}_{number}") for number in range(max(by_number) + 1)]


if __name__ == "__main__":
    run_tool(main)
