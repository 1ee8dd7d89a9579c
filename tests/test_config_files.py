"""Names of what configs yield; where configs lie is in test_packaging.py."""

from pathlib import Path

import pytest

from mmtal.config_files import output_name
from mmtal.engine.runner import load_config

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("config", "expected", "why"),
    [
        ("configs/actionformer/gtea_cnn.py", "gtea_cnn", "the main method needs no prefix"),
        ("configs/other_method/gtea_cnn.py", "other_method_gtea_cnn", "a second method here"),
        ("projects/tridet/configs/gtea_cnn.py", "tridet_gtea_cnn", "ActionFormer has one, too"),
        ("configs/my_data.py", "my_data", "a loose config"),
        ("my_data.py", "my_data", "a loose config"),
        ("my_plugin/configs/my_data.py", "my_data", "folders above it may be called anything"),
    ],
)
def test_results_are_named_after_config_and_method(config, expected, why):
    assert output_name(Path(config)) == expected, why


def test_configs_of_the_same_name_have_their_own_work_dirs():
    configs = [*ROOT.glob("configs/*/*.py"), *ROOT.glob("projects/*/configs/*.py")]
    configs = [path for path in configs if path.parts[-2] != "_base_"]
    assert len({output_name(path) for path in configs}) == len(configs) > 30
    same = [path for path in configs if path.stem == "gtea_cnn"]
    assert len({load_config(path).work_dir for path in same}) == len(same) >= 3
