"""A data set that a model learns in seconds, and its config."""

import json
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CLASSES = ("wave", "jump", "sit")
CHANNELS = 6


def make_dataset(folder: Path, *, num_train: int = 8, num_test: int = 5) -> Path:
    """Write ``annotations.json`` and ``features/``; features are 1 where their class happens."""
    random = np.random.default_rng(0)
    (folder / "features").mkdir(parents=True)
    database = {}
    for index in range(num_train + num_test):
        length = int(random.integers(40, 90))
        features = random.normal(0, 0.3, (length, CHANNELS)).astype(np.float32)
        annotations, position = [], 3
        while position < length - 14:
            label, width = int(random.integers(0, 3)), int(random.integers(4, 12))
            features[position : position + width, label] += 1
            features[position, 3 + label] += 1
            segment = [position + 0.5, position + width + 0.5]
            annotations.append(dict(label=CLASSES[label], label_id=label, segment=segment))
            position += width + int(random.integers(3, 9))
        np.save(folder / "features" / f"rec_{index}.npy", features)
        database[f"rec_{index}"] = dict(
            subset="training" if index < num_train else "validation",
            duration=float(length),
            fps=1,
            annotations=annotations,
        )
    (folder / "annotations.json").write_text(json.dumps(dict(database=database)))
    return folder


def write_config(path: Path, data_root: Path, text: str = "") -> Path:
    """Write a config of a tiny model on :func:`make_dataset`'s data.

    Args:
        path: File to write.
        data_root: Folder of the data set.
        text: More Python, at the end.
    """
    bases = [ROOT / "configs" / "_base_" / f"{name}.py" for name in ("small", "datasets/loaders")]
    path.write_text(
        f"""
_base_ = {[str(base) for base in bases]}
max_seq_len = 96
data = dict(
    data_root={str(data_root)!r},
    ann_file='annotations.json',
    features='features',
    feature_stride=1,
    snippet_frames=1,
)
train_dataloader = dict(
    num_workers=2,
    dataset=dict(
        **data,
        subset='training',
        pipeline=[
            dict(type='LoadFeatures'),
            dict(type='FeatureNoise', std=0.05),
            dict(type='Truncate', max_len=max_seq_len, min_overlap=0.5, crop_ratio=(0.7, 1.0)),
            dict(type='PackInputs'),
        ],
    ),
)
val_dataloader = test_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(**data, subset='validation'),
)
val_evaluator = test_evaluator = dict(tiou_thresholds=[0.3, 0.5, 0.7])
model = dict(
    backbone=dict(
        in_channels={CHANNELS}, embed_channels=16, depths=(1, 1, 2), num_heads=2, window=5,
        max_seq_len=max_seq_len, dropout=0.1,
    ),
    head=dict(
        num_classes=3,
        loss_normalizer=20,
        assigner=dict(regression_ranges=[(0, 4), (4, 8), (8, 10000)]),
    ),
)
optim_wrapper = dict(optimizer=dict(lr=3e-3))
train_cfg = dict(max_epochs=6, val_interval=3)
visualizer = dict(vis_backends=[dict(type='LocalVisBackend')])
{text}
"""
    )
    return path
