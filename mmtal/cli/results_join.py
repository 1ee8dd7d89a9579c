"""Join verbs and nouns to the actions of EPIC-Kitchens, from results or from two models."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from mmtal.cli.options import print_json
from mmtal.cli.parser import CommandParser

JOINING = dict(min_tiou=0.3, max_pairs=20_000, sigma=0.4, min_score=0.001, max_per_video=2000)
"""Defaults of ``JoinSettings``."""


def add_arguments(parser: CommandParser) -> None:
    for kind in ("verb", "noun"):
        text = f"results of the {kind} model in any format, or the model as CONFIG:CHECKPOINT"
        parser.add_argument(f"{kind}s", help=text)
    parser.add_argument("--ann", required=True, note="of actions: which pairs there are")
    parser.add_argument("--out", required=True, note="ActivityNet results JSON")
    parser.add_argument("--subset", default="validation", note="to evaluate; default: validation")
    parser.add_argument(
        "--variant",
        choices=["official", "corrected", "challenge", "opentad", "none"],
        default="challenge",
        help="protocols epic100/verb-..., noun-... and action-... (default: challenge); none: do "
        "not evaluate",
    )
    parser.add_argument("--metrics", metavar="FILE", help="write the figures here, as JSON")
    parser.add_argument("--json", note="the figures")
    results = parser.add_argument_group("with results")
    for kind in ("verb", "noun"):
        text = f"EPIC_100_{kind}_classes.csv, or the annotation JSON of the {kind} model"
        parser.add_argument(
            f"--{kind}-classes", group=results, type=Path, metavar="FILE", help=text
        )
    add_setting(parser, results, "min_tiou", help="least tIoU of a verb and a noun", metavar="T")
    add_setting(parser, results, "max_pairs", help="best pairs before NMS", metavar="N")
    for name in ("sigma", "min_score", "max_per_video"):
        add_setting(parser, results, name)
    models = parser.add_argument_group("with models")
    parser.add_argument(
        "--per-point", group=models, type=int, default=10, metavar="N",
        help="best verbs, and nouns, of each point (default: 10)",
    )  # fmt: skip
    parser.add_argument("--device", group=models)
    parser.add_argument("--cfg-options", group=models, note="the same for both")


def add_setting(parser: CommandParser, group: Any, name: str, **kwargs: Any) -> None:
    value = JOINING[name]
    kwargs |= dict(type=type(value), default=value)
    parser.add_argument(f"--{name}", group=group, note=f"default: {value:g}", **kwargs)


def run(args: Namespace) -> None:
    from mmtal.evaluation.action_scores import action_scores
    from mmtal.evaluation.report import format_table
    from mmtal.results.result_files import read_ground_truth, write_results
    from mmtal.utils.files import check_writable, write_json
    from mmtal.utils.wording import counted

    truth, actions = read_ground_truth(args.ann, args.subset)
    are_models = {":" in text and not Path(text).exists() for text in (args.verbs, args.nouns)}
    if len(are_models) > 1:
        raise ValueError("verbs and nouns must both be results or both CONFIG:CHECKPOINT")
    check_writable(args.out)
    found, space, settings = (from_models if are_models.pop() else from_results)(args, actions)
    stamp = dict(settings, joined=[Path(args.verbs).name, Path(args.nouns).name])
    write_results(args.out, found, space.names, stamp)  # also where the figures cannot be had
    scores: dict[str, Any] = {}
    if args.variant != "none":
        scores = action_scores(truth, found, space, protocol=args.variant)
        stamp["metrics"] = {part: figures["metrics"] for part, figures in scores.items()}
        write_results(args.out, found, space.names, stamp)
        if args.metrics:
            write_json(args.metrics, scores)
    if args.json:
        print_json(args, scores)
        return
    for part in scores.values():
        print(format_table(part))
    videos = counted(len(found.video_ids), "recording")
    print(f"{args.out}: {counted(len(found), 'action')} in {videos}")


def from_results(args: Namespace, actions: list[str]) -> tuple[Any, Any, dict[str, Any]]:
    """Actions, their names, and settings for the stamp."""
    from mmtal.results.fusion.action_space import ActionSpace
    from mmtal.results.fusion.join_actions import JoinSettings, join_actions
    from mmtal.results.fusion.named_results import read_names
    from mmtal.results.result_files import read_results

    if not (args.verb_classes and args.noun_classes):
        raise ValueError("results need --verb-classes and --noun-classes")
    verbs, nouns = read_names(args.verb_classes), read_names(args.noun_classes)
    space = ActionSpace.from_names(actions, verbs=verbs, nouns=nouns)
    settings = JoinSettings(**{name: getattr(args, name) for name in JOINING})
    tables = read_results(args.verbs, verbs), read_results(args.nouns, nouns)
    return join_actions(*tables, space, settings), space, vars(settings)


def from_models(args: Namespace, actions: list[str]) -> tuple[Any, Any, dict[str, Any]]:
    """As :func:`from_results`."""
    from mmtal.inference.action_models import predict_actions
    from mmtal.inference.ensemble import EnsembleMember
    from mmtal.results.fusion.action_space import ActionSpace

    verb, noun = (
        EnsembleMember.parse(text, options=args.cfg_options, device=args.device)
        for text in (args.verbs, args.nouns)
    )
    names = (member.facts["classes"] for member in (verb, noun))
    space = ActionSpace.from_names(actions, **dict(zip(("verbs", "nouns"), names, strict=True)))
    found = predict_actions(verb, noun, space, per_point=args.per_point)
    return found, space, dict(per_point=args.per_point, cfg_options=args.cfg_options)
