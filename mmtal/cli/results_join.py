"""Join verbs and nouns to the actions of EPIC-Kitchens, from results or from two models."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from mmtal.cli.options import passed_on, print_json

JOINING: dict[str, Any] = dict(
    min_tiou=0.3, max_pairs=20_000, sigma=0.4, min_score=0.001, max_per_video=2000,
    boundaries="mean",
)  # fmt: skip
"""Defaults of ``JoinSettings``."""
KINDS = ("verb", "noun")
ARGUMENTS: dict[str, Any] = {
    f"{kind}s": f"results of the {kind} model in any format, or the model as CONFIG:CHECKPOINT"
    for kind in KINDS
}
ARGUMENTS |= {
    "--ann": dict(required=True, note="of actions: which pairs there are"),
    "--out": dict(required=True, note="ActivityNet results JSON"),
    "--subset": dict(default="validation", note="to evaluate"),
    "--variant": dict(
        choices=["official", "corrected", "challenge", "opentad", "none"], default="challenge",
        help="protocols epic100/verb-..., noun-... and action-...; none: do not evaluate",
    ),
    "--boundaries": dict(
        choices=["mean", "confidence"],
        help="of an action: the mean of the verb's and the noun's; confidence: weighted by score",
    ),
    "--allow-partial": "",
    "--metrics": dict(metavar="FILE", help="write the figures here, as JSON"),
    "--json": "the figures",
}  # fmt: skip
GROUPS: dict[str, Any] = {
    "with results": {
        **{
            f"--{kind}-classes": dict(
                type=Path, metavar="FILE",
                help=f"EPIC_100_{kind}_classes.csv, or the annotation JSON of the {kind} model",
            )
            for kind in KINDS
        },
        "--min-tiou": dict(type=float, metavar="T", help="least tIoU of a verb and a noun"),
        "--max-pairs": dict(type=int, metavar="N", help="best pairs before NMS"),
        **{f"--{name.replace('_', '-')}": {} for name in ("sigma", "min_score", "max_per_video")},
    },
    "with models": {
        "--per-point": dict(
            type=int, default=10, metavar="N", help="best verbs, and nouns, of each point"
        ),
        "--device": "",
        "--cfg-options": "the same for both",
    },
}  # fmt: skip
for name, value in JOINING.items():
    {**GROUPS["with results"], **ARGUMENTS}[f"--{name.replace('_', '-')}"]["default"] = value


def run(args: Namespace) -> None:
    from mmtal.evaluation.action_scores import action_scores
    from mmtal.evaluation.report import format_table
    from mmtal.results.coverage import check_coverage
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
        check_coverage(
            found.video_ids,
            truth.video_ids,
            detections=len(found),
            source=f"{args.verbs} and {args.nouns}: the joined result",
            allow_partial=args.allow_partial,
        )
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
    from mmtal.results.fusion.join_actions import ActionSpace, JoinSettings, join_actions
    from mmtal.results.result_files import read_results
    from mmtal.results.submissions.official_list import read_names

    if not (args.verb_classes and args.noun_classes):
        raise ValueError("results need --verb-classes and --noun-classes")
    verbs, nouns = read_names(args.verb_classes), read_names(args.noun_classes)
    space = ActionSpace.from_names(actions, verbs=verbs, nouns=nouns)
    settings = JoinSettings(**passed_on(args, *JOINING))
    tables = (
        read_results(args.verbs, verbs, class_file=args.verb_classes),
        read_results(args.nouns, nouns, class_file=args.noun_classes),
    )
    return join_actions(*tables, space, settings), space, vars(settings)


def from_models(args: Namespace, actions: list[str]) -> tuple[Any, Any, dict[str, Any]]:
    """As :func:`from_results`."""
    from mmtal.inference.ensemble import EnsembleMember, predict_actions
    from mmtal.results.fusion.join_actions import ActionSpace

    verb, noun = (
        EnsembleMember.parse(text, options=args.cfg_options, device=args.device)
        for text in (args.verbs, args.nouns)
    )
    names = (member.facts["classes"] for member in (verb, noun))
    space = ActionSpace.from_names(actions, **dict(zip(("verbs", "nouns"), names, strict=True)))
    settings = passed_on(args, "per_point", "boundaries")
    found = predict_actions(verb, noun, space, **settings)
    return found, space, dict(settings, cfg_options=args.cfg_options)
