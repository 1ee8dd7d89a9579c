"""Extract the features of one video.

T features of C channels, from snippets of S pictures.
"""

import hashlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice, tee
from pathlib import Path

import numpy as np
import torch

from mmtal.checkpoints.loading import load_state_dict_file
from mmtal.checkpoints.pretrained import load_backbone
from mmtal.datasets.extraction import Extraction
from mmtal.models.video.snippet_backbone import SnippetBackbone, find_backbone
from mmtal.utils.files import whole_file
from mmtal.utils.live_source import LiveSource
from mmtal.utils.progress import progress

ENDINGS = ".safetensors", ".bin"
"""Of weights in a model's folder."""

BATCH_PICTURES = 64
"""Pictures that a backbone gets at once."""


def weights_of(name: str, weights: str | Path | None = None) -> Path | None:
    """The file of a backbone's weights: the user's, else that which comes with it.

    ValueError: none does, and it needs some.
    """
    kind, model = find_backbone(name)
    return kind.default_weights(*model) if weights is None else Path(weights)


def hash_of(weights: Path | None) -> str | None:
    """SHA-256 of a file of weights, or of those in a folder; FileNotFoundError: there is none."""
    if weights is None:
        return None
    files = [weights]
    if weights.is_dir():
        files = next((f for e in ENDINGS if (f := sorted(weights.glob(f"*{e}")))), [])
    if not files or not files[0].is_file():
        raise FileNotFoundError(f"file of weights {weights} does not exist")
    found = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            while chunk := content.read(1 << 20):
                found.update(chunk)
    return found.hexdigest()


def build_backbone(name: str, weights: Path | None = None) -> SnippetBackbone:
    """A backbone ready to extract with; ValueError: the weights do not fit."""
    kind, model = find_backbone(name)
    folder = weights is not None and weights.is_dir()
    backbone = kind.from_folder(weights) if folder else kind(*model)  # type: ignore[arg-type]
    if weights is not None and not folder:
        load_backbone(backbone, load_state_dict_file(weights), source=weights)
    return backbone.eval().requires_grad_(False)


@dataclass(frozen=True)
class Extracted:
    """What an extraction did.

    Attributes:
        features: How many there are.
        pictures: How many were looked at.
        seconds: That it took.
        duration: Seconds of the video.
        damage: What was left out of the video, since it is damaged.
    """

    features: int
    pictures: int
    seconds: float
    duration: float
    damage: str = ""

    def __str__(self) -> str:
        rate = self.pictures / max(self.seconds, 1e-9)
        return (
            f"{self.features} features of {self.duration:.0f} s, {rate:.0f} pictures/s{self.damage}"
        )


def extract_video(
    video: Path, out: Path, extraction: Extraction, backbone: SnippetBackbone
) -> Extracted:
    """Write the features of a video, float32 (T, C), as ``.npy``, whole or not at all.

    One batch of pictures is held at a time, whatever the length.

    Raises:
        ValueError: The video cannot be read, or ends before its header says.
    """
    started = time.monotonic()
    device = next((p.device for p in backbone.parameters()), torch.device("cpu"))
    duration = backbone.duration(video)
    length = max(math.floor(extraction.grid.num_features(duration) + 1e-3), 1)
    step = max(BATCH_PICTURES // extraction.snippet_frames, 1)
    with whole_file(out) as temporary, temporary.open("wb") as file:
        found = snippets(backbone, video, extraction, length, end=duration)
        batches = iter(lambda: list(islice(found, step)), [])
        for batch in progress(batches, -(-length // step), text=f"extracting {video.name}"):
            with torch.inference_mode():
                frames = torch.from_numpy(np.stack(batch)).to(device)
                values = backbone(frames).float().cpu().numpy()
            if not file.tell():
                shape = (length, values.shape[1])
                header = dict(descr="<f4", fortran_order=False, shape=shape)
                np.lib.format.write_array_header_1_0(file, header)
            file.write(values.astype("<f4").tobytes())
    pictures = sum(1 for _ in _places(extraction, length))
    return Extracted(length, pictures, time.monotonic() - started, duration)


def snippets(
    backbone: SnippetBackbone,
    video: Path | LiveSource,
    extraction: Extraction,
    length: int | None = None,
    *,
    end: float = math.inf,
) -> Iterator[np.ndarray]:
    """What is looked at of each snippet: pictures uint8 (S, H, W, 3); each is decoded once.

    Of so many snippets; None: until the pictures end. After ``end`` (s), where a snippet is longer
    than the video, it is what is there at the end.
    """
    places, twice = tee(_places(extraction, length))
    times = (min((place + 0.5) / extraction.fps, end) for place in twice)
    stream = zip(places, backbone.read(video, times, extraction.size), strict=False)
    held: dict[float, np.ndarray] = {}
    for index in count() if length is None else range(length):
        wanted = _positions(index, extraction)
        held = {place: picture for place, picture in held.items() if place >= wanted[0]}
        while not held or max(held) < wanted[-1]:
            found = next(stream, None)
            if found is None:
                return
            held[found[0]] = found[1]
        yield np.stack([held[place] for place in wanted])


def _positions(index: int, extraction: Extraction) -> list[float]:
    """Where the pictures of a snippet lie, in pictures."""
    start = index * extraction.feature_stride
    return [round(start + step, 6) for step in range(extraction.snippet_frames)]


def _places(extraction: Extraction, length: int | None) -> Iterator[float]:
    """Where all pictures of all snippets lie, each once, rising."""
    held: set[float] = set()
    for index in count() if length is None else range(length):
        wanted = _positions(index, extraction)
        yield from sorted(place for place in held if place < wanted[0])
        held = {place for place in held if place >= wanted[0]}.union(wanted)
    yield from sorted(held)
