"""A tiny video data set: a square that rises, falls or goes right, at known times."""

import json
from pathlib import Path

import numpy as np
from clips import write_clip

CLASSES = ("rise", "fall", "right")
WAYS = {"rise": (-1, 0), "fall": (1, 0), "right": (0, 1)}
RATE, HEIGHT, WIDTH, SIDE = 10, 48, 64, 12


def make_videos(folder: Path, *, num_train: int = 10, num_test: int = 5, seconds: int = 30) -> Path:
    """Write ``videos/*.mp4`` and ``annotations.json`` of them; some 20 kB each."""
    random = np.random.default_rng(0)
    (folder / "videos").mkdir(parents=True)
    database = {}
    for index in range(num_train + num_test):
        pictures, annotations = _record(random, seconds * RATE)
        write_clip(
            folder / "videos" / f"rec_{index}.mp4", pictures=pictures,
            times=[step / RATE for step in range(len(pictures))],
        )  # fmt: skip
        subset = "training" if index < num_train else "validation"
        database[f"rec_{index}"] = dict(
            subset=subset, duration=float(seconds), fps=25, annotations=annotations
        )
    (folder / "annotations.json").write_text(json.dumps(dict(database=database)))
    return folder


def _record(random: np.random.Generator, number: int) -> tuple[list[np.ndarray], list[dict]]:
    """Pictures, and what happens in them: between actions the square rests."""
    moves = np.zeros((number, 2))
    annotations = []
    first = int(random.integers(10, 25))
    while first < number - 45:
        label, length = str(random.choice(CLASSES)), int(random.integers(15, 30))
        moves[first : first + length] = WAYS[label]
        segment = [first / RATE, (first + length) / RATE]
        annotations.append(dict(label=label, label_id=CLASSES.index(label), segment=segment))
        first += length + int(random.integers(10, 30))
    places = np.cumsum(moves, axis=0) * 1.5 + random.integers(0, HEIGHT, 2)
    pictures, behind = [], random.integers(0, 40, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    for place in places:
        picture = behind.copy()
        rows = (np.arange(SIDE) + int(place[0])) % HEIGHT
        columns = (np.arange(SIDE) + int(place[1])) % WIDTH
        picture[np.ix_(rows, columns)] = 220
        pictures.append(picture)
    return pictures, annotations
