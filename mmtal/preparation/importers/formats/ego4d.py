"""Ego4D Moment Queries: ``moments_train.json``, ``moments_val.json``.

The rules are those of the official ActionFormer release (its conversion script): a recording is
a clip; clips with an implausible frame rate or without instances are left out; only labels that
are marked as primary and last at least 0.25 s count. Features of clips are cut out of features of
whole videos there, so that a clip begins at the last multiple of the feature stride before it.
"""

from typing import Any

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.values import is_name
from mmtal.utils.reading import is_number

STRIDE, SNIPPET = 16, 32
"""Frames; of the features of the official release."""
SHORTEST = 0.25
FRAME_RATES = (10, 100)
SUBSETS = {"train": "training", "val": "validation"}


def matches(probe: Probe) -> bool:
    """Whether it is an object with ``videos`` that have ``clips``."""
    videos = probe.json.get("videos") if isinstance(probe.json, dict) else None
    return isinstance(videos, list) and all(isinstance(v, dict) and "clips" in v for v in videos)


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read the clips of all videos."""
    for video in read_json(source.path)["videos"]:
        split = video.get("split")
        subset = source.subset or SUBSETS.get(split, split)
        for clip in video["clips"]:
            where = f"{source.path}, clip '{clip.get('clip_uid')}'"
            with collected.at(where):
                _add_clip(clip, subset, where, options, collected)


def _add_clip(
    clip: dict[str, Any],
    subset: str | None,
    where: str,
    options: ImportOptions,
    collected: Collected,
) -> None:
    first = max(float(clip["video_start_sec"]), 0.0)
    first_frame = max(int(clip["video_start_frame"]), 0)
    duration = float(clip["video_end_sec"]) - first
    frames = int(clip["video_end_frame"]) - first_frame
    fps = frames / duration if duration > 0 else 0.0
    if not FRAME_RATES[0] <= fps <= FRAME_RATES[1]:
        collected.drop("clip with less than 10 or more than 100 frames per second")
        return
    stride, snippet = int(options.feature_stride or STRIDE), int(options.snippet_frames or SNIPPET)
    before = first_frame % stride
    after = -(frames + before - snippet) % stride
    shift = before / fps
    found = []
    for annotator in clip.get("annotations") or ():
        for number, item in enumerate(annotator.get("labels") or ()):
            place = f"{where}, label {number} of '{annotator.get('annotator_uid')}'"
            if not item["primary"]:
                collected.drop("label that is not primary")
                continue
            times = item["video_start_time"], item["video_end_time"]
            if not all(map(is_number, times)) or not is_name(item["label"]):
                collected.error(place, f"needs two times and a label, but got {item!r:.80}")
                continue
            start, end = (time - first + shift for time in times)
            if end - start < SHORTEST:
                collected.drop(f"shorter than {SHORTEST} s")
            else:
                found.append((round(start, 2), round(end, 2), item["label"], place))
    if not found:
        collected.drop("clip without instances")
        return
    recording = collected.recording(
        clip["clip_uid"],
        where=where,
        subset=subset,
        duration=round(duration + shift + after / fps, 2),
        fps=round(fps, 2),
        once=True,
    )
    for start, end, label, place in found:
        collected.add(recording, start, end, label, where=place)


FORMAT = Format("ego4d", "Ego4D Moment Queries JSON", matches, read)
