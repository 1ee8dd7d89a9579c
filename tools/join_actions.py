"""EPIC-Kitchens actions: python tools/join_actions.py VERBS NOUNS --ann ACTIONS --out FILE."""

import argparse
from pathlib import Path

from mmengine.config import DictAction

from mmtal.cli.entry import run_tool
from mmtal.evaluation.protocols import protocol_names
from mmtal.evaluation.report import format_table
from mmtal.inference.action_models import predict_actions
from mmtal.inference.ensemble import EnsembleMember
from mmtal.results.fusion.action_scores import action_scores
from mmtal.results.fusion.action_space import ActionSpace
from mmtal.results.fusion.join_actions import JoinSettings, join_actions
from mmtal.results.fusion.named_results import read_names
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import read_ground_truth, read_results, write_results
from mmtal.utils.files import check_writable, write_json
from mmtal.utils.wording import counted

Joined = tuple[InstanceTable, ActionSpace, dict]  # the dict: settings, for the stamp


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for kind in ("verb", "noun"):
        text = f"results of the {kind} model in any format, or the model as CONFIG:CHECKPOINT"
        parser.add_argument(f"{kind}s", help=text)
    parser.add_argument(
        "--ann", required=True, help="annotation JSON of actions: which pairs there are"
    )
    parser.add_argument("--out", required=True, help="ActivityNet results JSON to write")
    parser.add_argument("--subset", default="validation", help="to evaluate (default: validation)")
    start = "epic100/action-"
    variants = [name.removeprefix(start) for name in protocol_names() if name.startswith(start)]
    text = "of epic100/verb-..., noun-... and action-... (default: challenge); none: no evaluation"
    parser.add_argument("--variant", choices=[*variants, "none"], default="challenge", help=text)
    parser.add_argument("--metrics", help="write the figures here, as JSON")
    results = parser.add_argument_group("with results")
    for kind in ("verb", "noun"):
        text = f"EPIC_100_{kind}_classes.csv, or the annotation JSON of the {kind} model"
        results.add_argument(f"--{kind}-classes", type=Path, help=text)
    for name, value in vars(JoinSettings()).items():
        option = f"--{name.replace('_', '-')}"
        results.add_argument(option, type=type(value), default=value, help=f"default: {value}")
    models = parser.add_argument_group("with models")
    models.add_argument("--per-point", type=int, default=10, help="best verbs, and nouns, of each")
    models.add_argument("--device", help="such as cuda:0 (default: a GPU if there is one)")
    models.add_argument("--cfg-options", nargs="+", action=DictAction, metavar="KEY=VALUE")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    truth, actions = read_ground_truth(args.ann, args.subset)
    are_models = {":" in text and not Path(text).exists() for text in (args.verbs, args.nouns)}
    if len(are_models) > 1:
        raise ValueError("verbs and nouns must both be results or both CONFIG:CHECKPOINT")
    check_writable(args.out)
    found, space, settings = (from_models if are_models.pop() else from_results)(args, actions)
    stamp = dict(settings, joined=[Path(args.verbs).name, Path(args.nouns).name])
    write_results(args.out, found, space.names, stamp)  # also where the figures cannot be had
    if args.variant != "none":
        scores = action_scores(truth, found, space, protocol=args.variant)
        for part in scores.values():
            print(format_table(part))
        stamp["metrics"] = {part: figures["metrics"] for part, figures in scores.items()}
        write_results(args.out, found, space.names, stamp)
        if args.metrics:
            write_json(args.metrics, scores)
    videos = counted(len(found.video_ids), "recording")
    print(f"{args.out}: {counted(len(found), 'action')} in {videos}")


def from_results(args: argparse.Namespace, actions: list[str]) -> Joined:
    if not (args.verb_classes and args.noun_classes):
        raise ValueError("results need --verb-classes and --noun-classes")
    verbs, nouns = read_names(args.verb_classes), read_names(args.noun_classes)
    space = ActionSpace.from_names(actions, verbs=verbs, nouns=nouns)
    settings = JoinSettings(**{name: getattr(args, name) for name in vars(JoinSettings())})
    tables = read_results(args.verbs, verbs), read_results(args.nouns, nouns)
    return join_actions(*tables, space, settings), space, vars(settings)


def from_models(args: argparse.Namespace, actions: list[str]) -> Joined:
    verb, noun = (
        EnsembleMember.parse(text, options=args.cfg_options, device=args.device)
        for text in (args.verbs, args.nouns)
    )
    names = (member.facts["classes"] for member in (verb, noun))
    space = ActionSpace.from_names(actions, **dict(zip(("verbs", "nouns"), names, strict=True)))
    found = predict_actions(verb, noun, space, per_point=args.per_point)
    return found, space, dict(per_point=args.per_point, cfg_options=args.cfg_options)


if __name__ == "__main__":
    run_tool(main)
