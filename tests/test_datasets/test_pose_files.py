"""Files of pose trackers, and what transforms make of keypoints."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from valid_files import DLC, SLEAP

from mmtal.datasets import (
    FeatureArray,
    FillKeypoints,
    PoseFeatures,
    open_features,
    split_animals,
)
from mmtal.datasets.pose_files import is_pose, point_names, read_pose
from mmtal.datasets.sensor_tables import clock_rate, table_names
from mmtal.preparation.verification import verify
from mmtal.structures import FeatureGrid


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_deeplabcut_with_one_animal_or_several(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", *DLC)
    assert is_pose(path) and table_names(path)[2:4] == ("m1.nose likelihood", "m2.nose x")
    expected = [[1.5, 2.5, 0.9, 3, 4, 0.8], [1.75, 2.5, 0.9, 0, 0, 0]]
    np.testing.assert_allclose(open_features([path]).read(), expected, rtol=1e-6)
    second = open_features([path], key="m2").read()
    np.testing.assert_allclose(second, np.array(expected)[:, 3:], rtol=1e-6)
    with pytest.raises(ValueError, match=r"a\.csv .*no animal 'm3' \(feature_key\).*'m1', 'm2'"):
        open_features([path], key="m3")
    single = [line.rsplit(",", 3)[0] for line in DLC if "individuals" not in line]
    path = write(tmp_path / "b.csv", *single)
    assert read_pose(path).names == ("nose",) and clock_rate([path]) is None
    np.testing.assert_allclose(open_features([path]).read(), np.array(expected)[:, :3], rtol=1e-6)


def test_sleap_tables_have_a_row_for_each_animal_and_frame(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", *SLEAP)
    assert read_pose(path).names == ("m1.a", "m2.a")
    expected = [[1.5, 2.5, 0.9, 3, 4, 0.8], [0] * 6, [1.75, 2.5, 0.5, 0, 0, 0]]
    np.testing.assert_allclose(open_features([path]).read(), expected, rtol=1e-6)
    path = write(tmp_path / "b.csv", "track,frame_idx,a.x,a.y", ",0,1.5,2.5")
    np.testing.assert_allclose(open_features([path]).read(), [[1.5, 2.5, 1]], rtol=1e-6)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (DLC[:2], "must begin with rows scorer, bodyparts and coords"),
        ([*DLC, "2,1"], r"row 7: must have 7 fields, as the first one, but has 2"),
        ([t.replace("likelihood", "z") for t in DLC], "'nose' must have x, y and likelihood"),
        (DLC[:4], "has no row of a frame"),
        ([f"{line},{line.split(',')[-1]}" for line in DLC], "'nose' has likelihood twice"),
        ([*SLEAP, SLEAP[1]], "has 'm1' in frame 0 twice"),
        (["track,frame_idx,a,b", "m1,0,1,2"], "must have columns such as 'nose.x'"),
        ([SLEAP[0], "m1,99999999999,1,2,1"], "would become"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=rf"a\.csv.*{message}"):
        open_features([write(tmp_path / "a.csv", *lines)])


def test_files_of_movement_are_read_alike(tmp_path: Path) -> None:
    """CSV by us and H5 by movement, as movement itself reads either."""
    load_poses = pytest.importorskip("movement.io.load_poses")
    save_poses = pytest.importorskip("movement.io.save_poses")
    random = np.random.default_rng(0)
    position, likelihood = random.uniform(0, 500, (60, 2, 3, 2)), random.uniform(0, 1, (60, 3, 2))
    position[20:25, :, 1, 0], likelihood[20:25, 1, 0] = np.nan, np.nan
    names = dict(individual_names=["m1", "m2"], keypoint_names=["nose", "ear", "tail"])
    poses = load_poses.from_numpy(position, likelihood, **names)
    for name in ("a.csv", "a.h5"):
        save_poses.to_dlc_file(poses, tmp_path / name, split_individuals=False)
    save_poses.to_sleap_analysis_file(poses, tmp_path / "sleap.h5")
    values = np.concatenate([position, likelihood[:, None]], axis=1).transpose(0, 3, 2, 1)
    expected = np.nan_to_num(values.reshape(60, 18))
    for name in ("a.csv", "a.h5", "sleap.h5"):
        np.testing.assert_allclose(open_features([tmp_path / name]).read(), expected, rtol=1e-6)
        assert table_names(tmp_path / name)[:2] == ("m1.nose", "m1.ear")


def run(transform, points: np.ndarray, fps: float = 10) -> np.ndarray:
    feats = FeatureArray((points.reshape(len(points), -1).astype(np.float32),))
    results = dict(video_id="a", feats=feats, grid=FeatureGrid(1, 1, fps))
    return transform(results)["feats"].read()


def test_short_losses_are_bridged_and_long_ones_masked() -> None:
    points = np.ones((40, 2, 3))
    points[:, :, 0] = np.arange(40)[:, None]
    points[5:8, 0], points[20:33, 0] = [0, 0, 0.1], [0, 0, 0.1]
    points[:, 1, 2] = 0.2
    filled = run(FillKeypoints(max_loss=5), points).reshape(40, 2, 3)
    np.testing.assert_allclose(filled[:, 0, 0], np.arange(40))
    assert (filled[20:33, 0, 2] == 0).all() and filled[:, 0, 2].sum() == 27
    assert (filled[:, 1, 2] == 0).all()
    with pytest.raises(ValueError, match=r"must have x, y and likelihood of each point, but has 4"):
        run(FillKeypoints(), np.ones((5, 2, 2)))
    for wrong in (dict(min_likelihood=0), dict(max_loss=-1)):
        with pytest.raises(ValueError, match="must be"):
            FillKeypoints(**wrong)


def animal(angle: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Tail, neck and nose on a line, 10 pixels apart, heading along ``angle``."""
    ahead = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.stack([place - 10 * ahead, place, place + 10 * ahead], axis=1)
    return np.concatenate([points, np.ones((len(angle), 3, 1))], axis=2)


NAMES = ("tail", "neck", "nose")


def test_egocentric_features_do_not_depend_on_the_place() -> None:
    steps = np.arange(50)
    place = np.stack([3.0 * steps, np.zeros(50)], axis=1)  # 30 pixels per second, ahead
    transform = PoseFeatures(
        NAMES, center="neck", front="nose", distances=[("tail", "nose")],
        angles=[("tail", "neck", "nose")],
    )  # fmt: skip
    values = run(transform, animal(np.zeros(50), place))
    assert values.shape[1] == transform.num_outputs(9) == 4 + 1 + 2 + 6
    np.testing.assert_allclose(
        values[0], [-10, 0, 10, 0, 20, -1, 0, 30, 0, 30, 0, 30, 0], atol=1e-4
    )
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    turned = animal(np.full(50, np.arctan2(0.8, 0.6)), place @ turn + [200, 300])
    np.testing.assert_allclose(run(transform, turned), values, atol=1e-3)


def test_masked_points_leave_their_channels_at_the_mean() -> None:
    points = animal(np.linspace(0, 1, 30), np.zeros((30, 2)))
    points[10:20, 2] = 0
    values = run(PoseFeatures(NAMES, center="neck", velocities=False), points)
    others = np.delete(values[:, 2:], slice(10, 20), axis=0)
    np.testing.assert_allclose(values[10:20, 2:], np.tile(others.mean(axis=0), (10, 1)), atol=1e-5)
    assert np.ptp(values[10:20, 0]) > 0.1, "the tail was seen"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(keypoints=["a", "a"]), "names of their own"),
        (dict(keypoints=["a", "b"], front="a"), "front must be given with center"),
        (dict(keypoints=["a", "b"], center="c"), "'c' must be one of keypoints"),
        (dict(keypoints=["a", "b"], distances=[("a", "x")]), "'x' must be one of keypoints"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PoseFeatures(**arguments)


def test_the_number_of_points_must_fit() -> None:
    with pytest.raises(ValueError, match=r"2 keypoints, which are 6 channels, but .* has 9"):
        run(PoseFeatures(["a", "b"]), np.ones((5, 3, 3)))


def test_animals_become_recordings(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", *DLC)
    files = split_animals(path, tmp_path / "each")
    assert [file.name for file in files] == ["a.m1.csv", "a.m2.csv"]
    for file, animal in zip(files, ("m1", "m2"), strict=True):
        assert point_names(file) == ("nose",)
        np.testing.assert_array_equal(
            open_features([file]).read(), open_features([path], key=animal).read()
        )
    assert point_names(path, "m2") == ("m2.nose",)
    (file,) = split_animals(files[0], tmp_path / "one")
    assert file.name == "a.m1.csv"
    with pytest.raises(ValueError, match=r"b\.csv: must be a file of DeepLabCut or SLEAP"):
        split_animals(write(tmp_path / "b.csv", "x,y", "1,2"), tmp_path)


def test_a_real_output_of_deeplabcut(shared_data) -> None:
    """Video EPM_15 of DLCAnalyzer (never committed), against NumPy's own reader."""
    path = shared_data("dlc/EPM_15.csv")
    table = np.genfromtxt(path, delimiter=",", skip_header=3)[:, 1:]
    pose = read_pose(path)
    assert pose.animals == ("",) and pose.values.shape == (len(table), table.shape[1] // 3, 3)
    np.testing.assert_allclose(pose.channels(), table, rtol=1e-6)
    assert len(set(pose.names)) == len(pose.names) and "nose" in pose.names


def test_a_real_table_of_sleap(shared_data) -> None:
    """SimBA's example (never committed): a row for each track and frame."""
    path = shared_data("simba/misc/sleap_csv_example.csv")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    tracks = list(dict.fromkeys(row["track"] for row in rows))
    pose = read_pose(path)
    assert pose.animals == tuple(tracks) and len(pose.names) == 4 * len(tracks)
    for row in rows:
        place = pose.names.index(f"{row['track']}.Thorax")
        x, y, likelihood = pose.values[int(row["frame_idx"]), place]
        assert (x, y, likelihood) == pytest.approx(
            (float(row["Thorax.x"]), float(row["Thorax.y"]), 1)
        )


def test_a_folder_as_deeplabcut_leaves_it_is_verified(tmp_path: Path) -> None:
    """Files have the names of the videos and of the model; a likelihood may be constant."""
    database = {}
    for name, subset in (("a", "training"), ("b", "test")):
        file = tmp_path / "poses" / f"{name}DLC_resnet50_xJan1shuffle1_1000.csv"
        file.parent.mkdir(exist_ok=True)
        rows = [f"{k},{(k + ord(name)) % 7},{k % 5},0.9" for k in range(40)]
        write(file, "scorer,s,s,s", "bodyparts,nose,nose,nose", "coords,x,y,likelihood", *rows)
        annotations = [dict(label="run", segment=[0.1, 0.5])]
        database[name] = dict(subset=subset, duration=1.6, fps=25, annotations=annotations)
    (tmp_path / "a.json").write_text(json.dumps(dict(database=database)))
    report = verify(tmp_path / "a.json", features=tmp_path / "poses", feature_stride=1,
                    snippet_frames=1)  # fmt: skip
    assert not any(finding.severity == "error" for finding in report.findings)
    (found,) = (f for f in report.findings if f.kind == "constant channel")
    assert "(nose likelihood)" in found.value
