"""What can be known of feature files before training starts."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from mmengine.dist import get_dist_info

from mmtal.datasets.features import common_length, open_features, read_shape
from mmtal.datasets.problems import Problems
from mmtal.progress import progress

THREADS = min(8, os.cpu_count() or 1)
CHUNK = 1 << 22
"""Values to look at in one piece; bounds the memory of the check."""


def read_shapes(data_list: list[dict], *, key: str, problems: Problems) -> tuple[int, ...]:
    """Put ``num_features`` into each entry, from the headers of its files.

    Args:
        data_list: Entries with ``video_id`` and ``feat_paths``. Where the files are unusable,
            ``num_features`` becomes 0.
        key: Name of the array in files with named arrays.
        problems: Gets unusable files and recordings with other channels than most.

    Returns:
        Channels of each source.
    """

    def shape(info: dict) -> tuple[int, tuple[int, ...]] | str:
        try:
            shapes = {path: read_shape(path, key=key) for path in info["feat_paths"]}
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
    for info in data_list:
        if channels.get(info["video_id"], usual) != usual:
            problems.add(
                "wrong channel count",
                f"recording '{info['video_id']}' has {_join(channels[info['video_id']])} channels, "
                f"most have {_join(usual)} ({', '.join(info['feat_paths'])})",
            )
    return usual


def scan_values(data_list: list[dict], *, key: str, problems: Problems) -> None:
    """Read all features once and look for NaN and infinity.

    Several ranks share the work: each raises what it finds, which ends the job.

    Args:
        data_list: Entries with ``video_id`` and ``feat_paths``.
        key: Name of the array in files with named arrays.
        problems: Gets recordings with such values.
    """

    def first_bad(info: dict) -> str | None:
        features = open_features(info["feat_paths"], key=key)
        rows = max(1, CHUNK // features.num_channels)
        for path, source in zip(info["feat_paths"], features.sources, strict=True):
            for start in range(0, len(source), rows):
                finite = np.isfinite(source[start : start + rows])
                if not finite.all():
                    row, channel = np.argwhere(~finite)[0]
                    return f"feature {start + row}, channel {channel} of {path}"
        return None

    rank, world_size = get_dist_info()
    share = data_list[rank::world_size]
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(first_bad, share)
        checked = progress(found, len(share), text="checking features")
        for info, bad in zip(share, checked, strict=True):
            if bad:
                problems.add("NaN or infinite feature", f"recording '{info['video_id']}': {bad}")


def _join(channels: tuple[int, ...]) -> str:
    return " + ".join(map(str, channels))
