"""Convert class scores of recordings to one JSON layout, for external_scores and --external."""

from argparse import Namespace
from pathlib import Path

from mmtal.cli.options import class_names, print_json

ARGUMENTS = {
    "scores": ".json, .pkl (numbers only, nothing in it is run) or .npy (V, K)",
    "--out": dict(required=True, note="JSON"),
    "--recordings": dict(
        metavar="FILE", help="names of the rows of an .npy: text file, one a line",
    ),
    "--classes": "of the columns, if the file has none",
    "--softmax": dict(action="store_true", help="the scores are logits"),
    "--json": "what was written",
}  # fmt: skip


def run(args: Namespace) -> None:
    from mmtal.results.fusion.external_scores import load_score_file, write_external_scores
    from mmtal.utils.wording import counted

    scores = load_score_file(
        args.scores,
        videos=lines(args.recordings) if args.recordings else None,
        classes=class_names(args),
        softmax=args.softmax,
    )
    write_external_scores(args.out, scores)
    values = list(scores.videos.values())
    lowest, highest = min(v.min() for v in values), max(v.max() for v in values)
    if args.json:
        found = dict(recordings=list(scores.videos), number_of_classes=len(values[0]))
        named = dict(classes=scores.classes and list(scores.classes), range=[lowest, highest])
        print_json(args, dict(found, **named, out=args.out))
        return
    print(
        f"{args.out}: {counted(len(values), 'recording')}, {counted(len(values[0]), 'class')} "
        + ("named" if scores.classes else "without names (in the order of the labels)")
        + f", scores {lowest:.3g} to {highest:.3g}"
    )


def lines(path: str) -> list[str]:
    from mmtal.utils.reading import decode_text

    text = decode_text(path, Path(path).read_bytes())
    return [line.strip() for line in text.splitlines() if line.strip()]
