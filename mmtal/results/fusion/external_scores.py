"""Class scores of whole recordings, and detections without classes that are named by them.

V recordings, K classes, M detections.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax as softmax_of

from mmtal.checkpoints.plain_pickle import load_plain_pickle
from mmtal.results.instance_table import InstanceTable
from mmtal.results.submissions.thumos import CLASS_IDS
from mmtal.utils.files import write_json
from mmtal.utils.reading import decode_text, parse_json, read_file, read_json, reading

ExternalRule = Literal["sqrt", "product"]
CLASS_KEYS = ("class", "classes")
"""Where a score file names its columns: published files use either."""


@dataclass(frozen=True)
class ExternalScores:
    """Class scores of whole recordings.

    Attributes:
        videos: For each recording float64 (K,), finite and >= 0.
        classes: Names of the K columns; None: the file does not say, they are the labels' order.
        source: Where they come from, for messages.
    """

    videos: Mapping[str, NDArray[np.float64]]
    classes: tuple[str, ...] | None
    source: str

    def of(self, video_id: str, classes: Sequence[str] = ()) -> NDArray[np.float64]:
        """Scores of one recording by label; ValueError: the file lacks the recording or a class.

        Columns are matched by name where the file names them, so it may hold more classes, in any
        order; else by position. Without classes: as in the file.
        """
        if video_id not in self.videos:
            raise ValueError(
                f"{self.source}: the external class scores lack recording '{video_id}' (they have "
                f"{len(self.videos)}, such as '{next(iter(self.videos))}')"
            )
        scores = self.videos[video_id]
        if not classes:
            return scores
        if self.classes is None:
            if scores.shape != (len(classes),):
                raise ValueError(
                    f"{self.source}: the external class scores of recording '{video_id}' must be "
                    f"one for each of the {len(classes)} classes, but got shape {scores.shape}"
                )
            return scores
        column = {name: index for index, name in enumerate(self.classes)}
        lacking = [name for name in classes if name not in column]
        if lacking:
            raise ValueError(
                f"{self.source}: the external class scores lack {len(lacking)} of the "
                f"{len(classes)} classes, such as '{lacking[0]}' (they have "
                f"{len(self.classes)}, such as '{self.classes[0]}')"
            )
        return scores[[column[name] for name in classes]]


def read_external_scores(path: str | Path) -> ExternalScores:
    """Class scores of each recording, from a JSON ``{video: [score of class 0, ...]}``.

    The object may be wrapped in ``{"results": ...}``, with the names of the classes in order beside
    it under ``class`` or ``classes``: so are the CUHK scores for ActivityNet
    (``cuhk_val_simp_share.json``). ``mmtal results scores`` makes such a file from others.
    ValueError: it holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"external class scores {path} do not exist: get the file, or set "
            "external_scores=None and class_agnostic=True to evaluate proposals without names"
        )
    other = "is not JSON (mmtal results scores converts .npy files and pickles)"
    content = parse_json(path, decode_text(path, read_file(path), problem=other))
    videos, classes = _unwrapped(content)
    return check_external_scores(videos, classes=classes, source=str(path))


def _unwrapped(content: Any) -> tuple[Any, Any]:
    """Scores by recording, and the names of their columns or None."""
    if not isinstance(content, Mapping) or "results" not in content:
        return content, None
    return content["results"], next((content[key] for key in CLASS_KEYS if key in content), None)


def check_external_scores(
    videos: Any, *, classes: Sequence[str] | None, source: str
) -> ExternalScores:
    """Class scores, K numbers for each recording, whose shapes and values are right.

    ValueError: they are not so, or ``classes`` are not the names of the columns.
    """
    if not isinstance(videos, dict) or not videos:
        raise ValueError(f"{source} must hold {{video: [class scores]}}, but it does not")
    checked = {}
    for video, values in videos.items():
        try:
            checked[str(video)] = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{source}, recording '{video}': class scores must be a list of numbers (other "
                "layouts are converted by mmtal results scores)"
            ) from error
    shapes = sorted({scores.shape for scores in checked.values()})
    if len(shapes) != 1 or len(shapes[0]) != 1:
        raise ValueError(
            f"{source} must hold equally many class scores for every recording, as a flat list, "
            f"but the shapes are {', '.join(map(str, shapes[:3]))} (other layouts are converted by "
            "mmtal results scores)"
        )
    if shapes[0] == (0,):
        raise ValueError(f"{source} holds no class score of any recording")
    for video, scores in checked.items():
        if not (np.isfinite(scores).all() and (scores >= 0).all()):
            raise ValueError(
                f"{source}, recording '{video}': class scores must be finite and >= 0, but the "
                f"least is {scores.min()} (scores before a softmax: mmtal results scores "
                "--softmax)"
            )
    if classes is not None:
        if not isinstance(classes, list | tuple) or len(set(map(str, classes))) != len(classes):
            raise ValueError(f"{source}: its class names must be a list of different names")
        if len(classes) != shapes[0][0]:
            raise ValueError(
                f"{source} must name each of its {shapes[0][0]} columns, but names {len(classes)}"
            )
        classes = tuple(map(str, classes))
    return ExternalScores(checked, classes, source)


def name_detections(
    detections: InstanceTable,
    external: ExternalScores,
    classes: Sequence[str] = (),
    *,
    rule: ExternalRule = "sqrt",
    top_classes: int = 2,
    top_segments: int | None = 200,
) -> InstanceTable:
    """Give the segments of every recording, whatever their labels, the names of its best classes.

    See :func:`fuse_external_scores`. Without classes, labels are the columns of the file.
    ValueError: the class scores lack a recording or a class.
    """
    check_fusion(rule, top_classes, top_segments)
    fused = {}
    for video, rows in detections.rows_by_recording():
        fused[video] = fuse_external_scores(
            dict(segments=detections.segments[rows], scores=detections.scores[rows]),
            external.of(video, classes),
            rule=rule,
            top_classes=top_classes,
            top_segments=top_segments,
        )
    return InstanceTable.from_videos(fused)


def fuse_external_scores(
    detections: Mapping[str, NDArray[Any]],
    class_scores: NDArray[np.float64],
    *,
    rule: ExternalRule = "sqrt",
    top_classes: int = 2,
    top_segments: int | None = 200,
) -> dict[str, NDArray[Any]]:
    """Give each segment of one recording, (M, 2) and scores (M,), its best of K classes.

    ``rule`` makes the new score: ``sqrt`` of class score times segment score, as the official
    ActionFormer and OpenTAD's StandardClassifier (FineAction) have it; or their ``product``, as
    OpenTAD's other classifiers (ActivityNet, THUMOS14, HACS). Both rank alike, so AP does not
    change; scores do, and with them what a threshold keeps. The best ``top_segments`` (None: all,
    as in OpenTAD) get ``top_classes`` each. Returned are ``segments`` (M * top_classes, 2),
    ``scores`` and ``labels``, highest score first. ValueError: there is no such rule, or a number
    is below 1.
    """
    check_fusion(rule, top_classes, top_segments)
    best = np.argsort(-detections["scores"], kind="stable")[:top_segments]
    classes = np.argsort(-class_scores, kind="stable")[:top_classes]
    scores = (class_scores[classes][:, None] * detections["scores"][best][None]).ravel()
    if rule == "sqrt":
        scores = np.sqrt(scores)
    order = np.argsort(-scores, kind="stable")
    return dict(
        segments=np.tile(detections["segments"][best], (len(classes), 1))[order],
        scores=scores[order],
        labels=np.repeat(classes, len(best))[order],
    )


def check_fusion(rule: str, top_classes: int, top_segments: int | None) -> None:
    """Check the settings of :func:`fuse_external_scores` before work is lost.

    ValueError: there is no such rule, or a number is below 1.
    """
    if rule not in get_args(ExternalRule):
        raise ValueError(f"rule must be one of {get_args(ExternalRule)}, but got {rule!r}")
    for name, value in (("top_classes", top_classes), ("top_segments", top_segments)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be >= 1, but got {value}")


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
        table = {video: softmax_of(scores) for video, scores in table.items()}
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
    content, classes = _unwrapped(content)
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
