"""Published figures: each with its source, a known protocol, and a config that exists."""

from pathlib import Path

import pytest

from mmtal.evaluation.protocols import protocol_names
from mmtal.experiments.leaderboard.published import PUBLISHED, PublishedFigure, read_published

ROOT = Path(__file__).resolve().parents[3]


def figure(protocol: str, method: str, features: str) -> PublishedFigure:
    (found,) = [
        one
        for one in read_published()
        if (one.protocol, one.method, one.features) == (protocol, method, features)
    ]
    return found


@pytest.mark.parametrize(
    ("protocol", "method", "features", "source", "average"),
    [
        ("thumos14/official-212", "ActionFormer", "I3D", "ActionFormer", 66.83),
        ("thumos14/opentad-211", "ActionFormer", "I3D", "OpenTAD", 68.44),
        ("thumos14/official-212", "TriDet", "I3D", "TriDet", 69.27),
        ("thumos14/opentad-211", "CausalTAD", "I3D", "OpenTAD", 69.75),
        ("thumos14/opentad-211", "BMN", "TSN (every frame)", "OpenTAD", 46.19),
        ("thumos14/opentad-211", "DyFADet", "VideoMAEv2-g", "OpenTAD", 71.70),
        ("activitynet13/full", "ActionFormer", "TSP", "ActionFormer", 36.56),
        ("activitynet13/available-4728", "ETAD", "TSP", "OpenTAD", 37.73),
        ("epic100/verb-official", "ActionFormer", "SlowFast", "ActionFormer", 23.51),
        ("epic100/noun-opentad", "ActionFormer", "SlowFast", "OpenTAD", 22.33),
        ("ego4d-mq/official", "ActionFormer", "SlowFast + Omnivore + EgoVLP", "ActionF", 22.09),
        ("hacs/opentad", "ActionFormer", "SlowFast", "OpenTAD", 37.71),
        ("salads50/split1", "ActionFormer, small", "spatial CNN", "one seed (0)", 60.19),
    ],
)
def test_averages_and_their_sources(
    protocol: str, method: str, features: str, source: str, average: float
) -> None:
    found = figure(protocol, method, features)
    assert found.metrics["mAP"] == pytest.approx(average / 100)
    assert source in found.source
    assert (found.kind == "published") == ("one seed" not in source)


def test_normalized_map_and_recall() -> None:
    loso = figure("sbhar/loso", "TemporalMaxer", "raw inertial windows")
    assert loso.metrics == {"mAP_N": pytest.approx(0.9387)}
    recall = figure("ego4d-mq/official", "ActionFormer", "EgoVLP").metrics["recall@1x@0.50"]
    assert recall == pytest.approx(0.3712)


def test_every_figure_can_be_placed() -> None:
    found = read_published()
    assert len(found) >= 40
    known = protocol_names()
    configs = [one.config for one in found if one.config]
    assert len(configs) >= 20
    for one in found:
        assert one.protocol in known, one
        assert one.url.startswith("https://") and one.source and one.obtain
        assert one.config is None or (ROOT / one.config).is_file(), one.config
    keys = [(one.protocol, one.method, one.features) for one in found]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("one", read_published(), ids=lambda one: f"{one.protocol} {one.method}")
def test_average_is_the_mean_of_its_thresholds(one: PublishedFigure) -> None:
    """Where all of them are published; a slip of the pen would show."""
    parts = [value for name, value in one.metrics.items() if name.startswith("mAP@")]
    if one.protocol.split("/")[0] in ("thumos14", "epic100", "ego4d-mq") and len(parts) == 5:
        # TemporalMaxer's are rounded to one decimal.
        assert one.metrics["mAP"] == pytest.approx(sum(parts) / 5, abs=1.1e-3)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    method: TriDet\n", "", r"figure 2: missing \['method'\], unknown \[\]"),
        ("    source: tridet", "    source: nobody", "source 'nobody' is not among 'sources'"),
        ("data: thumos14-i3d", "data: x", "figure 1: data 'x' is not among 'data'"),
        ("mAP: 66.83", "mAP: 166.83", r"mAP must be a percentage in \[0, 100\], but got 166.83"),
        ("mAP: 66.83", "mAP: much", "but got 'much'"),
        ("\nfigures:", "\nfigure:", "must have exactly the sections sources, data, figures"),
        ("\nsources:", "\nsources: [", "cannot be read as YAML"),
        ("mAP: 66.83", "mAP: 66.83, mAP: 66.84", "the key 'mAP' is there twice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = PUBLISHED.read_text()
    assert old in text
    path = tmp_path / "published.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        read_published(path)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yaml does not exist"):
        read_published(tmp_path / "nowhere.yaml")
