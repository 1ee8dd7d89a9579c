"""Transforms of pictures: alike for all of a recording, as they are decoded."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import number_of, write_clip

from mmtal.datasets.frames import FrameArray
from mmtal.datasets.transforms.frames import RandomCropFrames
from mmtal.registry import TRANSFORMS
from mmtal.structures import FeatureGrid

pytest.importorskip("av", reason="needs PyAV: pip install av")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "a.mp4", times=40)


def apply(name: str, feats: FrameArray, seed: int = 0, **settings) -> FrameArray:
    transform = TRANSFORMS.build(dict(type=name, **settings))
    return transform(dict(feats=feats, rng=np.random.default_rng(seed)))["feats"]


RANDOM = [
    ("RandomCropFrames", dict(size=20)),
    ("FlipFrames", dict(prob=1.0)),
    ("JitterFrames", {}),
]


@pytest.mark.parametrize(("name", "settings"), RANDOM)
def test_all_pictures_are_changed_alike(clip: Path, name: str, settings: dict) -> None:
    """The lower halves of the clip's pictures are all the same."""
    feats = apply(name, FrameArray(clip, np.arange(6) / 25), **settings)
    whole = feats.read()
    assert np.abs(whole[:, -3:].astype(int) - whole[:1, -3:]).max() <= 12, "but for their mean"
    assert np.array_equal(feats[2:5].read(), whole[2:5]), "in a part, too"


@pytest.mark.parametrize(("name", "settings"), [r for r in RANDOM if r[0] != "FlipFrames"])
def test_recordings_are_changed_otherwise(clip: Path, name: str, settings: dict) -> None:
    feats = FrameArray(clip, np.arange(2) / 25)
    same, again, other = (apply(name, feats, seed, **settings).read() for seed in (0, 0, 1))
    assert np.array_equal(same, again) and not np.array_equal(same, other)


def test_flips_are_flips(clip: Path) -> None:
    feats = FrameArray(clip, np.arange(3) / 25)
    flipped = apply("FlipFrames", feats, prob=1.0).read()
    assert np.array_equal(flipped[:, :, ::-1], feats.read())
    seen = [apply("FlipFrames", feats, seed).read()[1, 0, 0, 0] > 99 for seed in range(20)]
    assert 4 <= sum(seen) <= 16, "half of them: the first bit of picture 1 is white"


def test_values_after_resizing_and_cropping_are_those_of_mmaction() -> None:
    """The smaller side to 160, the middle of it: figures of OpenTAD's pipeline."""
    feats = FrameArray(Path("x"), np.zeros(4))
    for name in ("ResizeFrames", "CropFrames"):
        feats = apply(name, feats, size=160)
    pictures = []
    for index in range(4):
        picture = np.random.RandomState(index).randint(0, 256, (240, 321, 3)).astype(np.uint8)
        for change in feats.changes:
            picture = change(picture)
        pictures.append(picture)
    values = np.stack(pictures).transpose(3, 0, 1, 2)[None]  # (1, 3, 4, 160, 160)
    assert values.shape == (1, 3, 4, 160, 160)
    assert values.mean() == pytest.approx(127.54993815104167, abs=0.01)


def test_boxes_are_inside_and_as_large_as_drawn() -> None:
    transform, random = RandomCropFrames(8), np.random.default_rng(0)
    shares, ratios = [], []
    for _ in range(300):
        top, left, height, width = transform.box(90, 120, random.random((10, 4)))
        assert 0 <= top <= 90 - height and 0 <= left <= 120 - width
        shares.append(height * width / (90 * 120))
        ratios.append(width / height)
    assert 0.07 < min(shares) < 0.12 and 0.85 < max(shares) <= 1
    assert 0.7 < min(ratios) < 0.8 and 1.25 < max(ratios) < 1.4
    # a wide picture: no box of these shapes is as large, so the middle is taken
    assert RandomCropFrames(8, area=(1, 1)).box(10, 100, random.random((10, 4))) == (0, 45, 10, 10)


def test_jitter_keeps_gray_gray_and_turns_hues() -> None:
    gray = np.full((4, 4, 3), 100, np.uint8)
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 200
    hues = set()
    for seed in range(8):
        rng = np.random.default_rng(seed)
        change = TRANSFORMS.build(dict(type="JitterFrames")).draw(rng)
        found = change(gray)
        assert (found == found[..., :1]).all() and 49 <= found[0, 0, 0] <= 151
        hues.add(int(cv2.cvtColor(change(red), cv2.COLOR_RGB2HSV)[0, 0, 0]))
    assert len(hues) > 3 and all(hue <= 18 or hue >= 162 for hue in hues)


def test_several_pictures_of_each_step(clip: Path) -> None:
    load = TRANSFORMS.build(dict(type="LoadFrames", per_step=2))
    grid = FeatureGrid(4, 0, fps=25)
    results = dict(video_id="a", feat_paths=[str(clip)], num_features=10, grid=grid)
    feats = load(results)["feats"][3:6]
    pictures = feats.read()
    assert len(feats) == 3 and pictures.shape == (3, 2, 32, 96, 3)
    assert [[number_of(p) for p in step] for step in pictures] == [[12, 14], [16, 18], [20, 22]]
    with pytest.raises(ValueError, match="per_step must be >= 1, but got 0"):
        TRANSFORMS.build(dict(type="LoadFrames", per_step=0))


def test_so_many_pictures_from_all_of_a_video(clip: Path) -> None:
    feats = FrameArray(clip, np.zeros((7, 2)))
    grid = FeatureGrid(1, 1, fps=1)
    resize = TRANSFORMS.build(dict(type="ResizeFeatures", length=5))
    results = resize(dict(feats=feats, grid=grid, duration=1.6))
    numbers = [[number_of(p) for p in step] for step in results["feats"].read()]
    assert numbers == [[2, 6], [10, 14], [18, 22], [26, 30], [34, 38]]


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("ResizeFrames", dict(size=0), "size must be pixels .* all >= 1, but got 0"),
        ("ResizeFrames", dict(size=(3,)), "size must be pixels"),
        ("CropFrames", dict(size=-1), "size must be pixels"),
        ("RandomCropFrames", dict(size=8, area=(2, 1)), r"area must be \(low, high\), 0 < low"),
        ("RandomCropFrames", dict(size=8, ratio=(0, 1)), "ratio must be"),
        ("FlipFrames", dict(prob=2), r"prob must be in \[0, 1\], but got 2"),
        ("JitterFrames", dict(hue=-1), "hue must be >= 0, but got -1"),
    ],
)
def test_bad_arguments(name: str, settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TRANSFORMS.build(dict(type=name, **settings))


def test_a_crop_larger_than_the_picture_is_refused(clip: Path) -> None:
    feats = apply("CropFrames", FrameArray(clip, np.zeros(1)), size=64)
    with pytest.raises(
        ValueError,
        match=r"\.m\w+: size of CropFrames must be at most .* but got 64: put Resize",
    ):
        feats.read()


def test_randaugment_is_alike_for_all_pictures(clip: Path) -> None:
    pytest.importorskip("torchvision", reason="needs torchvision")
    feats = FrameArray(clip, np.zeros(3))  # one picture three times
    changed = [apply("RandAugmentFrames", feats, seed, magnitude=20).read() for seed in range(4)]
    assert len({values.tobytes() for values in changed}) == 4
    assert all(np.array_equal(values, values[[0, 0, 0]]) for values in changed)


def test_randaugment_without_torchvision_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torchvision.transforms.v2", None)
    with pytest.raises(ImportError, match="pip install torchvision"):
        TRANSFORMS.build(dict(type="RandAugmentFrames"))
