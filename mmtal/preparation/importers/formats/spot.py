"""E2E-Spot's JSON: a list of videos with events at frames."""

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.times import in_seconds, to_positive


def matches(probe: Probe) -> bool:
    """Whether it is a list of objects with ``video`` and ``events``."""
    content = probe.json
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(v, dict) and {"video", "events"} <= v.keys() for v in content)
    )


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read the events as points. ValueError: the frame rate of a video is not known."""
    for entry in read_json(source.path):
        name = entry["video"]
        where = f"{source.path}, video '{name}'"
        rate = entry.get("fps")
        fps = options.fps if rate in (None, -1) else to_positive(rate, name="fps")
        if fps is None:
            raise ValueError(f"{where}: its frame rate is not known: give --fps")
        with collected.at(where):
            frames = to_positive(entry.get("num_frames"), name="num_frames")
            recording = collected.recording(
                str(name),
                where=where,
                subset=source.subset,
                duration=None if frames is None else frames / fps,
                fps=fps,
                once=True,
            )
            for number, event in enumerate(entry["events"]):
                place = f"{where}, event {number}"
                with collected.at(place):
                    time = in_seconds(event["frame"], "frames", fps)
                    details = {name: event.get(name) for name in ("comment", "score")}
                    label = event["label"]
                    collected.add(recording, time, time, label, where=place, point=True, **details)


FORMAT = Format("spot", "E2E-Spot JSON", matches, read, ("*.json",))
