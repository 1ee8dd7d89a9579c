"""What an exported file says of its model, beside the network."""

import json
import types
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from mmtal.utils.files import plain
from mmtal.utils.reading import is_number, parse_json, reading

KEY = "mmtal"
"""Of the JSON in the metadata of an ONNX file."""
VERSION = 1


@dataclass(frozen=True)
class Description:
    """All that predicting needs and that is no weight. Lengths are in grid units unless said.

    Attributes:
        classes: Names by label.
        threshold: Score from which on a detection is shown; None: not known.
        num_channels: C, channels of the features that the network takes.
        level_strides: Grid steps between the points of each level.
        padding: ``max_seq_len``, ``coarsest_stride`` and ``divisor`` of a
            :class:`mmtal.runtime.padding.PaddingRule`, and whether it is ``full``; None: another.
        made_for: Seconds of the longest recording in training; ``max_seq_len``: of so many
            features; None: not known.
        longest_instance: Seconds of the longest instance in training; None: not known.
        feature_stride: Of what is given, see :class:`mmtal.structures.FeatureGrid`.
        snippet_frames: The same.
        fps: The same; None: it varies.
        stages: What makes features of what is given, in order, see :mod:`mmtal.runtime.stages`;
            None: as only PyTorch can.
        left: For each level, how many features before a point matter to it; None: the model needs
            whole recordings, and ``no_windows`` says why.
        right: The same after it.
        no_windows: Why there are no windows and streams.
        decoding: How raw predictions become segments, see :mod:`mmtal.runtime.decoding`; None: as
            only PyTorch knows.
        num_bins: Of the decoding ``bins``.
        event_reach: Of models of events without duration: how far one lies from its point at most;
            None: of segments.
        score_thr: Of the head, as the following; see :class:`mmtal.models.AnchorFreeHead`.
    """

    classes: Sequence[str]
    threshold: float | None
    num_channels: int
    level_strides: Sequence[int]
    padding: dict[str, Any] | None
    made_for: float | str | None
    longest_instance: float | None
    feature_stride: float
    snippet_frames: float
    fps: float | None
    stages: list[dict[str, Any]] | None
    left: Sequence[int] | None
    right: Sequence[int] | None
    no_windows: str
    decoding: str | None
    num_bins: int
    event_reach: float | None
    num_classes: int
    score_thr: float
    pre_nms_topk: int
    min_duration: float | None
    nms: dict[str, Any] | None
    max_per_video: int
    fixed_limits: Sequence[str]

    def to_json(self) -> str:
        """As text; :meth:`from_json` reads it."""
        return json.dumps(plain(dict(asdict(self), version=VERSION)))

    @classmethod
    def from_json(cls, text: str, path: str | Path) -> "Description":
        """Read what :meth:`to_json` wrote.

        ValueError: it is damaged, or of another version of mmtal.
        """
        with reading(path, "does not describe its model", advice="Export it again"):
            content, kinds = parse_json(path, text), get_type_hints(cls)
            if content.pop("version", None) != VERSION or content.keys() != kinds.keys():
                raise ValueError("it was exported by another version of mmtal")
            for name, kind in kinds.items():
                if not _is(content[name], kind):
                    raise ValueError(f"'{name}' is {content[name]!r}"[:100])
            return cls(**content)


def _is(value: Any, kind: Any) -> bool:
    """Whether a value of JSON is of a type, of those that :class:`Description` uses."""
    parts = get_args(kind)
    if get_origin(kind) is types.UnionType:
        return any(_is(value, part) for part in parts)
    if get_origin(kind) is Sequence:
        return isinstance(value, list) and all(_is(item, parts[0]) for item in value)
    if get_origin(kind) in (list, dict):
        items = list(value.values()) if isinstance(value, dict) else value
        return isinstance(value, get_origin(kind)) and all(_is(item, parts[-1]) for item in items)
    if kind in (int, float):
        return is_number(value) and (kind is float or isinstance(value, int))
    return kind is Any or isinstance(value, kind)
