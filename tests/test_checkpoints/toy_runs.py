"""A small model that MMEngine's plain runner trains, resumes and tests."""

import itertools
from pathlib import Path

import torch
from mmengine.evaluator import Evaluator
from mmengine.hooks import EMAHook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn

from mmtal.engine.hooks import SafeCheckpointHook


class Toy(BaseModel):
    def __init__(self, outputs=1, init_cfg=None):
        super().__init__(init_cfg=init_cfg)
        self.linear = nn.Linear(2, outputs)

    def forward(self, inputs, mode="tensor"):
        if mode == "predict":
            return list(self.linear(inputs))
        return {"loss": self.linear(inputs).square().mean()}


class Points(torch.utils.data.Dataset):
    def __init__(self):
        self.metainfo = dict(classes=("a", "b"), dataset_name="points")

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return {"inputs": torch.tensor([index, 1.0])}


RUNS = itertools.count()


def run(
    work_dir: Path,
    *,
    resume_from: Path | None = None,
    load_from: Path | None = None,
    hooks: tuple = (SafeCheckpointHook(),),
    outputs: int = 1,
    init_cfg: dict | None = None,
    scope: str = "mmtal",
    test: bool = False,
) -> Runner:
    """Train or test through MMEngine's plain runner."""
    torch.manual_seed(0)
    loader = dict(
        dataset=Points(),
        batch_size=2,
        sampler=dict(type="DefaultSampler", shuffle=True),
        collate_fn=dict(type="default_collate"),
    )
    source = resume_from or load_from
    runner = Runner(
        Toy(outputs, init_cfg),
        str(work_dir),
        train_dataloader=loader,
        train_cfg=dict(by_epoch=True, max_epochs=3),
        test_dataloader=loader,
        test_evaluator=Evaluator([]),
        test_cfg={},
        optim_wrapper=dict(optimizer=dict(type="AdamW", lr=0.1)),
        param_scheduler=dict(type="ExponentialLR", gamma=0.9),
        default_hooks=dict(logger=dict(type="LoggerHook", interval=1)),
        custom_hooks=[EMAHook(), *hooks],
        randomness=dict(seed=0),
        load_from=source and str(source),
        resume=resume_from is not None,
        experiment_name=f"run{next(RUNS)}",  # a message hub of its own, as in a new process
        default_scope=scope,
        log_level="INFO",
    )
    if test:
        runner.test()
    else:
        runner.train()
    return runner
