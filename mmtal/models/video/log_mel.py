"""The sound of videos: how loud it is in each band of frequencies."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch

from mmtal.models.video.snippet_backbone import SnippetBackbone
from mmtal.registry import BACKBONES
from mmtal.utils.live_source import LiveSource
from mmtal.utils.sound_reader import RATE, sound_at, sound_duration

BANDS, LOWEST, HIGHEST = 64, 125.0, 7500.0
"""Number of bands, and their range in Hz: those of VGGish."""

FLOOR = 1e-6
"""Power that silence is given: -60 dB of a full sine, about."""


@BACKBONES.register_module("log_mel")
class LogMel(SnippetBackbone):
    """Mean and deviation over a snippet of the log-mel spectrum: C is 128.

    What is looked at are windows of ``size`` samples at 16 kHz, ``fps`` a second; each gives the
    natural logarithm of the power in 64 bands, triangles on the mel scale of HTK.
    """

    size = 400
    fps = 100.0
    feature_stride = 25.0
    snippet_frames = 25

    @classmethod
    def duration(cls, video: Path) -> float:
        return sound_duration(video)

    def read(
        self, video: Path | LiveSource, times: Iterable[float], size: int | tuple[int, int]
    ) -> Iterator[np.ndarray]:
        assert isinstance(size, int)
        return sound_at(video, times, size)

    def check(self, snippet_frames: int, size: int | tuple[int, int]) -> None:
        if not isinstance(size, int):
            raise ValueError(f"size of log_mel must be one number of samples, but got {size}")

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        size = frames.shape[-1]
        length = 1 << (size - 1).bit_length()
        window = torch.hann_window(size, device=frames.device)
        power = torch.fft.rfft(frames * window, length).abs().square() / window.sum().square() * 4
        bands = mel_bands(length).to(frames.device)
        spectrum = (power @ bands + FLOOR).log()  # (N, S, BANDS)
        return torch.cat([spectrum.mean(1), spectrum.std(1, correction=0)], dim=1)


def mel_bands(length: int) -> torch.Tensor:
    """Weights of the frequencies of a Fourier transform of ``length`` samples: (F, BANDS)."""
    low, high = (2595 * math.log10(1 + hertz / 700) for hertz in (LOWEST, HIGHEST))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hertz = np.arange(length // 2 + 1)[:, None] * RATE / length
    rising = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    return torch.from_numpy(np.minimum(rising, falling).clip(min=0)).float()
