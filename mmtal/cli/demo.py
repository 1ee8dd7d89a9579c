"""Find the actions of a shipped recording with a shipped model, in seconds.

A person wearing a phone walks, sits and lies down for ten minutes. The model was trained by
``make demo``'s recipe on eight other people.
"""

import json
from argparse import Namespace
from pathlib import Path

from mmtal.config_files import demo_checkpoint, demo_recording

ARGUMENTS = {"--out": dict(default="mmtal_demo", note="a folder"), "--device": ""}


def run(args: Namespace) -> None:
    """Print the detections; write them, a picture and a page; say what to run next."""
    from mmtal.cli.main import main
    from mmtal.inference.detections import format_detections
    from mmtal.inference.inferencer import TemporalActionInferencer

    recording = demo_recording()
    data = recording.parents[1]
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    results, picture, viewer = (
        out / name for name in ("detections.json", "timeline.png", "page.html")
    )
    [found] = TemporalActionInferencer("demo", device=args.device)(recording, out_file=results)
    files = [str(results), "--ann", str(data / "annotations.json")]
    main(["show", "predictions", *files, "--recording", recording.stem, "--out", str(picture)])
    main(["show", "page", *files, "--out", str(viewer)])
    mean_ap = 100 * json.loads(demo_checkpoint().with_suffix(".json").read_text())["mAP"]["float16"]
    print(
        f"""{format_detections([found])}
The model has {mean_ap:.1f} % mAP on four people that it was not trained on; this is one of them.

picture, with what really happened: {picture}
interactive page:                   {viewer}
all {len(found)} detections:                 {results}

Next:
  train this model, in two minutes: mmtal run demo --data-path {data}
  train one on data of yours:       mmtal run auto --data-path DIR"""
    )
