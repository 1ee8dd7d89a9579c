"""Colors of classes."""

import numpy as np
import pytest

from mmtal.visualization.colors import PALETTE, class_color, class_hatch

# What is seen of linear RGB: Machado, Oliveira and Fernandes (2009), severity 1.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def test_each_of_110_classes_has_a_look_of_its_own() -> None:
    looks = {(class_color(label), class_hatch(label)) for label in range(110)}
    assert len(looks) == 110
    assert len({class_color(label) for label in range(21)}) == 21
    assert {class_hatch(label) for label in range(21)} == {""}


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(("number", "least"), [(7, 17), (len(PALETTE), 16)])
def test_any_two_colors_are_told_apart(vision: str, number: int, least: float) -> None:
    """A distance of 2 in CIELAB is just noticed, one of 10 seen at a glance."""
    colors = [[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in PALETTE[:number]]
    lab = cielab(np.array(colors), np.array(VISIONS[vision]))
    distance = np.linalg.norm(lab[:, None] - lab, axis=-1)
    assert distance[~np.eye(number, dtype=bool)].min() > least


def cielab(rgb: np.ndarray, vision: np.ndarray) -> np.ndarray:
    """(N, 3) sRGB in [0, 1] -> (N, 3) L*, a*, b* of white D65."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = (linear @ vision.T).clip(0, 1) @ np.transpose(TO_XYZ) / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
