"""E2E-Spot's predictions: ``[{video, events: [{label, frame, score}], fps}]``, points in frames.

Source: ``jhong93/spot``, ``util/eval.py``. Where ``fps`` is -1 or missing (FineDiving), a frame is
taken as a second, as by ``mmtal data import --fps 1``.
"""

from mmtal.results.submissions.file_content import FileContent
from mmtal.results.submissions.raw_detections import RawDetections


def matches(content: FileContent) -> bool:
    """Whether it is a list of objects with ``video`` and ``events``."""
    return (
        isinstance(content.json, list)
        and bool(content.json)
        and all(isinstance(v, dict) and {"video", "events"} <= v.keys() for v in content.json)
    )


def read(content: FileContent, raw: RawDetections) -> None:
    """Add the events of each video."""
    for entry in content.json:
        raw.recording(entry["video"])
        rate = entry.get("fps", -1)
        for number, event in enumerate(entry["events"]):
            time = event.get("frame")
            if isinstance(time, int) and rate > 0:
                time /= rate
            place = f"event {number}"
            raw.add(entry["video"], [time, time], event.get("label"), event.get("score"), place)
