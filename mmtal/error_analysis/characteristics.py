"""Characteristics of instances after DETAD, in buckets.

Source: DETAD (Alwassel et al., ECCV 2018), and the bucket edges of its released code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mmtal.datasets.annotation_file import AnnotationFile
from mmtal.results.instance_table import InstanceTable

Buckets = Literal["fit", "thumos14", "activitynet"]
SIZES = ("XS", "S", "M", "L", "XL")
MAX_ROOM = 3
"""Most lengths of background that count on either side, so that the sum ends at DETAD's 6."""

_INF = float("inf")
EDGES: dict[str, dict[str, tuple[float, ...]]] = {
    "thumos14": {
        "coverage": (0, 0.02, 0.04, 0.06, 0.08, 1),
        "length": (0, 3, 6, 12, 18, _INF),
        "instances": (-1, 1, 40, 80, _INF),
    },
    "activitynet": {
        "coverage": (0, 0.2, 0.4, 0.6, 0.8, 1),
        "length": (0, 30, 60, 120, 180, _INF),
        "instances": (-1, 1, 4, 8, _INF),
    },
}
FIXED = {
    "context size": ((-1, 0, 1, 2, 3, 4, 5, 6), ("0", "1", "2", "3", "4", "5", "6")),
    "context distance": ((-1, 0, 1, 2, 3), ("Inf", "N", "M", "F")),
    "agreement": ((0, 0.2, 0.4, 0.6, 0.8, 1), ("XW", "W", "M", "H", "XH")),
}
ANNOTATED = {
    "coverage": "coverage",
    "instances": "num-instances",
    "context size": "context-size",
    "context distance": "context-distance",
    "agreement": "agreement",
}
"""Characteristics that the annotation file may give for each instance, under the name on the right
(as DETAD's own files do); they go before what is computed."""


@dataclass(frozen=True)
class Characteristic:
    """One property of all instances, and the buckets it is looked at in.

    Attributes:
        name: Such as ``length``.
        values: (N,); NaN where it is not known.
        edges: B + 1 numbers; a bucket is above its lower and up to its upper edge.
        buckets: B names, such as ``XS``.
        source: Where the values come from, in words.
    """

    name: str
    values: NDArray[np.float64]
    edges: tuple[float, ...]
    buckets: tuple[str, ...]
    source: str

    @property
    def bucket(self) -> NDArray[np.int64]:
        """(N,) index into ``buckets``; -1 where the value is not known or outside."""
        edges = np.array(self.edges)
        index = np.searchsorted(edges, self.values, "left") - 1
        index[self.values == edges[0]] = 0
        return np.where((index >= len(self.buckets)) | np.isnan(self.values), -1, index)

    @property
    def counts(self) -> NDArray[np.int64]:
        """(B,) instances in each bucket."""
        return np.bincount(self.bucket[self.bucket >= 0], minlength=len(self.buckets))

    @property
    def unknown(self) -> int:
        """Instances in no bucket."""
        return int((self.bucket < 0).sum())

    def limits(self, bucket: int) -> str:
        """What the bucket holds, in words, such as ``3-6 s``."""
        if self.name in FIXED and self.name != "agreement":
            return self.buckets[bucket]
        low, high = self.edges[bucket : bucket + 2]
        scale, unit = (100, " %") if self.name == "coverage" else (1, "")
        unit = " s" if self.name in ("length", "next event") else unit
        if self.name == "instances":
            first = max(int(low) + 1, 1)
            if high == _INF:
                return f">= {first}"
            return f"{first}" if first == high else f"{first}-{int(high)}"
        if high == _INF:
            return f"> {low * scale:g}{unit}"
        return f"{max(low, 0) * scale:g}-{high * scale:g}{unit}"


def compute_characteristics(
    truth: InstanceTable,
    durations: Mapping[str, float | None],
    *,
    buckets: Buckets = "fit",
    events: bool = False,
    annotated: Mapping[str, NDArray[np.float64]] | None = None,
) -> list[Characteristic]:
    """Length, instances, coverage and context size, and what the annotations give besides.

    - *length*: in seconds.
    - *instances*: of any class in the same recording, as in DETAD's own files.
    - *coverage*: length over the duration of the recording; not known without one.
    - *context size*: DETAD's is the answer of people, 0 to 6. Where the annotations hold none,
      the room for context stands in: how many times the instance fits into the background right
      before it, up to 3 times, and right after it, up to 3 times; 0 to 6 as well. Without a
      duration it is not known of the last instance.

    ``events`` have no duration; in place of all but the number of instances, *next event* is the
    distance to the nearest other one in the recording, whatever its class, in seconds.
    ``buckets``: DETAD's edges for ``thumos14`` or ``activitynet``, or such that give each bucket
    about the same number of these instances (``fit``); else ValueError.
    """
    if buckets not in get_args(Buckets):
        raise ValueError(f"buckets must be one of {get_args(Buckets)}, but got {buckets!r}")
    duration = np.array([durations.get(v) or np.nan for v in truth.video_ids])[truth.video]
    length = truth.segments[:, 1] - truth.segments[:, 0]
    number = np.bincount(truth.video, minlength=len(truth.video_ids))[truth.video]
    computed = {
        "length": length,
        "instances": number.astype(np.float64),
        "coverage": length / duration,
        "context size": _context_room(truth, duration),
    }
    if events:
        computed = {"instances": computed["instances"], "next event": _next_event(truth)}
    given = annotated or {}
    found = []
    for name, values in {**computed, **given}.items():
        edges, names = _buckets_of(name, values, buckets)
        source = "annotation file" if name in given else "computed"
        found.append(Characteristic(name, values, edges, names, source))
    return found


def read_annotated(annotations: AnnotationFile, subset: str) -> dict[str, NDArray[np.float64]]:
    """Characteristics in an annotation file, (N,) in the order of ``read_ground_truth``.

    A characteristic that no instance has is left out; single gaps are NaN.
    """
    instances = [
        instance
        for entry in annotations.recordings(subset).values()
        for instance in entry.get("annotations", ())
    ]
    found = {}
    for name, key in ANNOTATED.items():
        values = np.array([_number(instance.get(key)) for instance in instances])
        if not np.isnan(values).all():
            found[name] = values
    return found


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


def _next_event(truth: InstanceTable) -> NDArray[np.float64]:
    """(N,) distance to the nearest other event of the recording; NaN where there is none."""
    times = truth.segments.mean(axis=1)
    order = np.lexsort((times, truth.video))
    gaps = np.where(np.diff(truth.video[order]) == 0, np.diff(times[order]), np.inf)
    nearest = np.empty(len(truth))
    nearest[order] = np.minimum(np.append(gaps, np.inf), np.insert(gaps, 0, np.inf))
    return np.where(np.isinf(nearest), np.nan, nearest)


def _context_room(truth: InstanceTable, duration: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) background before and after, in whole lengths of the instance, 0 to 2 * MAX_ROOM."""
    start, end = truth.segments.T
    order = np.lexsort((end, start, truth.video))
    before = _gap_before(truth.video[order], start[order], end[order])
    room = np.empty((2, len(truth)))
    room[0, order] = np.where(np.isnan(before), start[order], before)
    # Seen backwards, what comes after comes before.
    order = np.lexsort((-start, -end, truth.video))
    after = _gap_before(truth.video[order], -end[order], -start[order])
    room[1, order] = np.where(np.isnan(after), duration[order] - end[order], after)
    length = np.maximum(end - start, 1e-9)
    return np.floor(room.clip(min=0) / length + 1e-9).clip(max=MAX_ROOM).sum(axis=0)


def _gap_before(
    video: NDArray[np.int64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N,) time since the last end of the earlier instances of the recording; NaN if none."""
    gap = np.full(len(video), np.nan)
    bounds = np.flatnonzero(np.diff(video, prepend=-1, append=-1))
    for low, high in pairwise(bounds):
        starts = start[low:high]
        latest = np.maximum.accumulate(end[low:high])
        earlier = np.searchsorted(starts, starts, "left")  # how many start before
        some = earlier > 0
        gap[low:high][some] = starts[some] - latest[earlier[some] - 1]
    return gap


def _buckets_of(
    name: str, values: NDArray[np.float64], buckets: Buckets
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    if name in FIXED:
        return FIXED[name]
    if buckets == "fit":
        edges = _fitted_edges(name, values[~np.isnan(values)])
    else:
        edges = EDGES[buckets].get(name) or _fitted_edges(name, values[~np.isnan(values)])
    return edges, SIZES[: len(edges) - 1]


def _fitted_edges(name: str, values: NDArray[np.float64]) -> tuple[float, ...]:
    """Quintiles, rounded to two digits; among instance numbers 1 is a bucket of its own."""
    if name == "instances":
        several = values[values > 1]
        inner = [1.0, *(np.quantile(several, [1 / 3, 2 / 3]).round() if len(several) else ())]
        return (-1.0, *sorted({*inner}), _INF)
    last = 1.0 if name == "coverage" else _INF
    quantiles = np.quantile(values, [0.2, 0.4, 0.6, 0.8]).tolist() if len(values) else []
    return (0.0, *sorted({float(f"{edge:.2g}") for edge in quantiles} - {0.0, last}), last)
