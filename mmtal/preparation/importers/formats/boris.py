"""BORIS projects (``.boris``): the observations with their events, media and ethogram."""

from typing import Any

from mmtal.preparation.importers.collected import Collected
from mmtal.preparation.importers.format import Format
from mmtal.preparation.importers.options import ImportOptions, Source
from mmtal.preparation.importers.pairing import Event, paired
from mmtal.preparation.importers.probe import Probe, read_json
from mmtal.preparation.importers.times import in_seconds, to_positive
from mmtal.preparation.importers.values import media_name


def matches(probe: Probe) -> bool:
    """Whether it has observations and an ethogram."""
    content = probe.json
    return isinstance(content, dict) and {"observations", "behaviors_conf"} <= content.keys()


def read(source: Source, options: ImportOptions, collected: Collected) -> None:
    """Read each observation as a recording of its name, or of its first video's.

    The latter with ``columns["recording"] = "media"``. Times are those of the first player, in
    which several media follow each other. ValueError: there is no observation.
    """
    content = read_json(source.path)
    kinds = {
        behavior["code"]: "POINT" if "point" in str(behavior["type"]).lower() else "STATE"
        for behavior in content["behaviors_conf"].values()
    }
    if not content["observations"]:
        raise ValueError(f"{source.path}: the project has no observation")
    for name, observation in content["observations"].items():
        where = f"{source.path}, observation '{name}'"
        with collected.at(where):
            _add_observation(name, observation, where, kinds, source, options, collected)


def _add_observation(
    name: str,
    observation: dict[str, Any],
    where: str,
    kinds: dict[str, str],
    source: Source,
    options: ImportOptions,
    collected: Collected,
) -> None:
    files = observation.get("file") or {}
    media = list((files.get("1") or []) if isinstance(files, dict) else files)
    info = observation.get("media_info") or {}
    lengths = [to_positive((info.get("length") or {}).get(path), name="length") for path in media]
    rates = {to_positive((info.get("fps") or {}).get(path), name="fps") for path in media}
    if options.columns.get("recording") == "media":
        if not media:
            raise ValueError("has no media file: leave out --columns recording=media")
        name = media_name(media[0])
    recording = collected.recording(
        name,
        where=where,
        subset=source.subset,
        duration=round(sum(filter(None, lengths)), 6) if media and all(lengths) else None,
        fps=rates.pop() if len(rates) == 1 else None,
        group=_group(observation, options),
        once=True,
    )
    if observation.get("time offset"):
        collected.note(f"{where}: the time offset is not added: times count from the media's start")
    events = []
    for number, row in enumerate(observation["events"]):
        place = f"{where}, event {number + 1}"
        with collected.at(place):
            time, subject, code, modifiers, comment = row[:5]
            if code not in kinds:
                raise ValueError(f"behavior '{code}' is not in the project's ethogram")
            details = dict(subject=subject, modifiers=modifiers, comment=comment)
            events.append(Event(in_seconds(time, None, None), kinds[code], code, place, details))
    for event, end in paired(events, collected):
        collected.add(
            recording, event.time, end, event.label,
            where=event.where, point=event.kind == "POINT", **event.details,
        )  # fmt: skip


def _group(observation: dict[str, Any], options: ImportOptions) -> str | None:
    """The independent variable of this name, if it has a value."""
    variables = observation.get("independent_variables") or {}
    value = variables.get(options.group_column or "")
    return str(value) if value not in (None, "") else None


FORMAT = Format("boris", "BORIS project", matches, read, ("*.boris", "*.boris.gz"))
