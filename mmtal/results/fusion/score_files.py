"""Read class scores of whole recordings in published layouts. V recordings, K classes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmtal.checkpoints.plain_pickle import load_plain_pickle
from mmtal.results.fusion.external_scores import CLASS_KEYS, ExternalScores, check_external_scores
from mmtal.results.submissions.thumos import CLASS_IDS
from mmtal.utils.files import write_json
from mmtal.utils.reading import read_json, reading

THUMOS14_NUMBERS = {number: name for name, number in CLASS_IDS.items()}
"""Of the 101 classes of UCF101, those of the detection task, by THUMOS14's own numbers."""
UNTRIMMEDNET_SHAPE = (1574, 101)
"""All test recordings of THUMOS14, all classes of UCF101."""


def load_score_file(
    path: str | Path,
    *,
    videos: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    softmax: bool = False,
) -> ExternalScores:
    """Class scores from a JSON, a pickle (whose code is not run) or a NumPy array.

    JSON and pickle: ``{recording: scores}``, alone or under ``results`` with the classes beside
    it. The scores of a recording are K numbers, the same in one more list (as those for HACS), or
    ``[{label, score}, ...]`` (ActivityNet's classification task), where a class not named gets 0.
    NumPy: (V, K), whose rows ``videos`` names. An array of 1,574 x 101 without ``videos`` is
    UntrimmedNet's for THUMOS14: row i is ``video_test_<i + 1>``, of the columns the 20 classes
    of the detection task are kept.

    ``classes`` names the columns, if the file does not; ``softmax``: the scores are logits, to be
    made to sum to 1. ValueError: the file holds something else, or what it needs is not given.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} {'is a folder' if path.is_dir() else 'does not exist'}")
    if path.suffix == ".npy":
        array = _load_array(path)
        if videos is None and classes is None and array.shape == UNTRIMMEDNET_SHAPE:
            table, own = _untrimmednet(array)
        else:
            table, own = _by_row(array, videos, path), None
    else:
        if videos is not None:
            raise ValueError(f"videos name the rows of a .npy file, but {path} is none")
        table, own = _load_mapping(path)
    if own is not None and classes is not None:
        raise ValueError(f"{path} names its own {len(own)} classes: leave out classes")
    if softmax:
        table = {video: _softmax(scores) for video, scores in table.items()}
    return check_external_scores(table, classes=own or classes, source=str(path))


def write_external_scores(path: str | Path, scores: ExternalScores) -> None:
    """Write what :func:`mmtal.results.fusion.external_scores.read_external_scores` reads."""
    content: dict[str, Any] = {} if scores.classes is None else {"class": list(scores.classes)}
    content["results"] = {video: values.tolist() for video, values in scores.videos.items()}
    write_json(path, content)


def _load_array(path: Path) -> NDArray[Any]:
    with reading(path, "cannot be read as an array of numbers"):
        return np.load(path, allow_pickle=False)


def _by_row(
    array: NDArray[Any], videos: Sequence[str] | None, path: Path
) -> dict[str, NDArray[Any]]:
    if array.ndim != 2:
        raise ValueError(f"{path} must be an array (recordings, classes), but is {array.shape}")
    if videos is None:
        raise ValueError(
            f"{path} holds {array.shape[0]} rows without names: give the recordings' names, one "
            f"for each row (only UntrimmedNet's array for THUMOS14, "
            f"{' x '.join(map(str, UNTRIMMEDNET_SHAPE))}, is known without)"
        )
    if len(videos) != len(array) or len(set(videos)) != len(videos):
        raise ValueError(
            f"{path} holds {array.shape[0]} rows, but {len(set(videos))} different recordings "
            "are named"
        )
    return dict(zip(videos, array, strict=True))


def _untrimmednet(array: NDArray[Any]) -> tuple[dict[str, NDArray[Any]], list[str]]:
    columns = np.array(list(THUMOS14_NUMBERS)) - 1
    table = {f"video_test_{row + 1:07d}": scores[columns] for row, scores in enumerate(array)}
    return table, list(THUMOS14_NUMBERS.values())


def _load_mapping(path: Path) -> tuple[dict[str, Any], list[str] | None]:
    if path.suffix in (".pkl", ".pickle"):
        content = load_plain_pickle(path)
    elif path.suffix == ".json":
        content = read_json(path)
    else:
        raise ValueError(
            f"class scores must be a .json, .pkl, .pickle or .npy file, but got {path}"
        )
    classes = None
    if isinstance(content, Mapping) and "results" in content:
        classes = next((content[key] for key in CLASS_KEYS if key in content), None)
        content = content["results"]
    if not isinstance(content, Mapping) or not content:
        raise ValueError(f"{path} must hold {{recording: class scores}}, but it does not")
    if any(_is_ranking(values) for values in content.values()):
        return _from_rankings(content, classes, path)
    return {str(video): _flat(values, path, video) for video, values in content.items()}, classes


def _is_ranking(values: Any) -> bool:
    return isinstance(values, list) and len(values) > 0 and isinstance(values[0], Mapping)


def _from_rankings(
    content: Mapping[str, Any], classes: Sequence[str] | None, path: Path
) -> tuple[dict[str, Any], list[str]]:
    """Scores by class from ``[{label, score}, ...]`` of each recording."""
    try:
        pairs = {
            video: {str(row["label"]): float(row["score"]) for row in rows}
            for video, rows in content.items()
        }
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} must hold [{{label, score}}, ...] for every recording, but one does not: "
            f"{error}"
        ) from error
    if any("segment" in row for rows in content.values() for row in rows):
        raise ValueError(
            f"{path} holds detections, but class scores of whole recordings are needed"
        )
    names = list(classes or sorted({label for scores in pairs.values() for label in scores}))
    table = {
        video: np.array([scores.get(name, 0.0) for name in names])
        for video, scores in pairs.items()
    }
    return table, names


def _flat(values: Any, path: Path, video: str) -> NDArray[Any]:
    try:
        scores = np.asarray(values, dtype=np.float64)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}, recording '{video}': class scores must be numbers, but got {values!r:.80}"
        ) from error
    return scores[0] if scores.ndim == 2 and len(scores) == 1 else scores


def _softmax(scores: NDArray[Any]) -> NDArray[Any]:
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()
