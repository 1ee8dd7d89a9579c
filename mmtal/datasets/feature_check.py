"""Check feature files before training starts."""

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import filterfalse
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import get_dist_info

from mmtal.datasets.features import (
    MAX_LENGTH_DIFFERENCE,
    Block,
    common_length,
    read_blocks,
    read_shape,
    unusable_values,
)
from mmtal.datasets.problems import Problems
from mmtal.structures import FeatureGrid
from mmtal.utils.media_files import is_video
from mmtal.utils.progress import progress

THREADS = min(8, os.cpu_count() or 1)

DURATION_TOLERANCE = 0.05
"""Share by which a recording's features may be more or fewer than its duration says."""


def expected_length(grid: FeatureGrid, duration: float, length: int) -> float | None:
    """How many features a recording of ``duration`` seconds should have; None: about as many."""
    expected = grid.num_features(duration)
    slack = max(DURATION_TOLERANCE * expected, MAX_LENGTH_DIFFERENCE)
    return None if abs(length - expected) <= slack else max(expected, 0.0)


def first_unusable(block: Block) -> tuple[int, int, float] | None:
    """Feature, channel and value of a block's first unusable value; None if there is none."""
    wrong = unusable_values(block.values)
    if not wrong.any():
        return None
    row, channel = np.argwhere(wrong)[0]
    value = float(block.values[row, channel])
    return block.row + int(row), block.channel + int(channel), value


def read_shapes(
    data_list: list[dict[str, Any]], *, key: str | None, problems: Problems
) -> tuple[int, ...]:
    """Put ``num_features`` into each entry, from the headers of its ``feat_paths``.

    Returned are the channels of each source. Unusable files, whose ``num_features`` becomes 0, and
    recordings with other channels than most are problems.
    """

    def shape(info: dict[str, Any]) -> tuple[int, tuple[int, ...]] | str:
        paths = info["feat_paths"]
        try:
            shapes = {path: read_shape(path, key=key, **reading_of(info)) for path in paths}
            length = common_length({path: size[0] for path, size in shapes.items()})
        except (ValueError, OSError) as error:
            return str(error)
        return length, tuple(size[1] for size in shapes.values())

    channels: dict[str, tuple[int, ...]] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for info, found in zip(data_list, pool.map(shape, data_list), strict=True):
            if isinstance(found, str):
                problems.add("unusable feature file", f"recording '{info['video_id']}': {found}")
                info["num_features"] = 0
            else:
                info["num_features"], channels[info["video_id"]] = found
    if not channels:
        return ()
    usual = Counter(channels.values()).most_common(1)[0][0]
    shapes = [(i["num_features"], channels[i["video_id"]]) for i in data_list if i["num_features"]]
    if text := exchanged_axes(shapes):
        problems.add("axes seem to be exchanged", text)
        return usual
    for info in data_list:
        if channels.get(info["video_id"], usual) != usual:
            problems.add(
                "wrong channel count",
                f"recording '{info['video_id']}' has {_join(channels[info['video_id']])} channels, "
                f"most have {_join(usual)} ({', '.join(info['feat_paths'])})",
            )
    return usual


def reading_of(info: dict[str, Any]) -> dict[str, Any]:
    """How tables of sensors of an entry are read, see :func:`read_shape`."""
    return dict(rate=info.get("rate"), together=[Path(path) for path in info["feat_paths"]])


def exchanged_axes(shapes: Sequence[tuple[int, tuple[int, ...]]]) -> str:
    """Why axes seem to be exchanged, in words; empty if they do not.

    ``shapes`` are features, and channels of each source, of each recording.
    """
    different = {channels for _, channels in shapes}
    if len(different) < max(2, 0.75 * len(shapes)) or len({length for length, _ in shapes}) > 1:
        return ""
    least, most = min(map(sum, different)), max(map(sum, different))
    return (
        f"all {len(shapes)} recordings have {shapes[0][0]} features of {least} to {most} channels"
    )


def scan_values(data_list: list[dict[str, Any]], *, key: str | None, problems: Problems) -> None:
    """Read all features once; recordings with NaN, infinity or absurd numbers are problems.

    Several ranks share the work: each raises what it finds, which ends the job.
    """

    def first_bad(info: dict[str, Any]) -> str | None:
        for path in filterfalse(is_video, info["feat_paths"]):
            for block in read_blocks(path, key=key, **reading_of(info)):
                found = first_unusable(block)
                if found:
                    return f"feature {found[0]}, channel {found[1]} of {path} is {found[2]:g}"
        return None

    rank, world_size = get_dist_info()
    share = data_list[rank::world_size]
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(first_bad, share)
        checked = progress(found, len(share), text="checking features")
        for info, bad in zip(share, checked, strict=True):
            if bad:
                problems.add(
                    "NaN, infinite or absurd feature", f"recording '{info['video_id']}': {bad}"
                )


def _join(channels: tuple[int, ...]) -> str:
    return " + ".join(map(str, channels))
