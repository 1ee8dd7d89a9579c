"""MMEngine's plain runner, on a config of ours, reads no checkpoint that runs code."""

import copy
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

sys.path.insert(0, str(Path(__file__).parent.parent))
from tiny import make_dataset, write_config

from mmtal.config_files import find_config, list_configs, list_project_configs
from mmtal.engine.runner import SAFETY_HOOKS, build_runner


class Touch:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return eval, (f"open({str(self.path)!r}, 'w').close()",)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("tiny")
    config = Config.fromfile(write_config(folder / "tiny.py", make_dataset(folder / "data")))
    config.train_dataloader.update(num_workers=0, persistent_workers=False)
    return config


@pytest.mark.parametrize("start", [Runner.from_cfg, build_runner])
@pytest.mark.parametrize(
    ("method", "resume"), [("train", False), ("train", True), ("test", False), ("val", False)]
)
def test_a_malicious_checkpoint_is_refused(config, tmp_path, start, method, resume):
    ran, path = tmp_path / "ran", tmp_path / "evil.pth"
    torch.save({"state_dict": {}, "meta": Touch(ran)}, path)
    config = copy.deepcopy(config)
    config.update(work_dir=str(tmp_path), load_from=str(path), resume=resume, launcher="none")
    with pytest.raises(ValueError, match=r"evil\.pth was refused and nothing in it was run"):
        getattr(start(config), method)()
    assert not ran.exists()


def test_the_front_door_adds_the_hook_to_configs_without(config, tmp_path):
    config = copy.deepcopy(config)
    del config.default_hooks["safe_checkpoint"]
    torch.save({"weight": torch.ones(1)}, tmp_path / "other.pth")
    config.update(work_dir=str(tmp_path), load_from=str(tmp_path / "other.pth"), launcher="none")
    with pytest.raises(ValueError, match="is not one of the config's model"):
        build_runner(config).test()


def test_every_config_has_the_hooks():
    configs = [*list_configs(), *list_project_configs()]
    assert len(configs) > 30
    for config in configs:
        hooks = Config.fromfile(find_config(config)).default_hooks
        assert {name: hooks[name].type for name in SAFETY_HOOKS} == SAFETY_HOOKS, config
