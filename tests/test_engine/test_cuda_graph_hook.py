"""CudaGraphHook, as far as a CPU shows: what is recorded, when it is used, what is refused."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import AmpOptimWrapper
from mmengine.structures import InstanceData
from torch import nn

from mmtal.config_files import find_config
from mmtal.engine.hooks import CudaGraphHook, cuda_graph_hook
from mmtal.engine.hooks.cuda_graph_hook import training_length
from mmtal.models.layers import PaddingRule
from mmtal.registry import MODELS
from mmtal.structures import FeatureGrid, TemporalDataSample

PADDING = PaddingRule(max_seq_len=2304, coarsest_stride=32, divisor=256)


def small_model() -> nn.Module:
    torch.manual_seed(0)
    config = Config.fromfile(find_config("actionformer/demo"))
    config.model.backbone.update(embed_channels=16, drop_path=0.0)
    return MODELS.build(config.model).train()


def batch(model: nn.Module, *lengths: int) -> dict:
    random = torch.Generator().manual_seed(0)
    samples = []
    for n in lengths:
        grid = FeatureGrid(feature_stride=1, snippet_frames=0, fps=1)
        sample = TemporalDataSample(metainfo=dict(video_id=str(n), duration=float(n), grid=grid))
        sample.gt_instances = InstanceData(
            segments=torch.tensor([[3.0, 9.0], [20.0, 60.0]]), labels=torch.tensor([1, 0])
        )
        samples.append(sample)
    channels = model.backbone.in_channels
    inputs = [torch.randn(n, channels, generator=random) for n in lengths]
    return dict(inputs=inputs, data_samples=samples)


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([100, 300, 200], 352),  # the longest, and one of the coarsest steps as padding
        ([5000, 300], 2304),  # training windows end at max_seq_len
        ([2290], 2304),  # no further than the release pads
    ],
)
def test_one_length_for_all_batches(lengths: list[int], expected: int) -> None:
    assert training_length(SimpleNamespace(num_features_list=lengths), PADDING) == expected


def test_the_length_changes_no_loss_and_no_gradient() -> None:
    model = small_model()
    found = []
    for length in (None, 384):
        model.data_preprocessor.training_length = length
        data = model.data_preprocessor(batch(model, 90, 130), training=True)
        assert data["inputs"].shape[2] == (length or 192)
        model.head.loss_normalizer.fill_(100)
        losses = model(**data, mode="loss")
        found.append([*losses.values(), *torch.autograd.grad(sum(losses.values()), weights(model))])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def weights(model: nn.Module) -> list[nn.Parameter]:
    return [p for p in model.parameters() if p.requires_grad]


def test_testing_ignores_the_length() -> None:
    model = small_model()
    model.data_preprocessor.training_length = 384
    assert model.data_preprocessor(batch(model, 90))["inputs"].shape[2] < 384


def runner(model: nn.Module, **kwargs: object) -> SimpleNamespace:
    dataset = SimpleNamespace(num_features_list=[90, 130])
    loader = SimpleNamespace(dataset=dataset, batch_size=2, drop_last=True)
    return SimpleNamespace(
        **{"model": model, "optim_wrapper": None, "train_dataloader": loader, **kwargs}
    )


def test_nothing_on_a_cpu() -> None:
    model = small_model()
    CudaGraphHook().before_train(runner(model))
    assert "raw_predictions" not in vars(model)
    assert model.data_preprocessor.training_length is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(optim_wrapper=AmpOptimWrapper.__new__(AmpOptimWrapper)), "full precision"),
        (
            dict(train_dataloader=SimpleNamespace(drop_last=False)),
            "needs train_dataloader.drop_last=True",
        ),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    monkeypatch: pytest.MonkeyPatch, change: dict, message: str
) -> None:
    model = small_model()
    monkeypatch.setattr(cuda_graph_hook, "on_gpu", lambda _: True)
    with pytest.raises(ValueError, match=message):
        CudaGraphHook().before_train(runner(model, **change))


def test_only_training_batches_are_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recording stands in for a GPU: it counts its calls."""
    model, replayed = small_model(), []

    def record(network: nn.Module, sample: tuple) -> object:
        assert {id(p) for p in network.parameters()} == {id(p) for p in weights(model)}
        assert sample[0].shape == (2, model.backbone.in_channels, 192)

        def replay(*args: torch.Tensor) -> object:
            replayed.append(args[0].shape)
            return network(*args)

        return replay

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", record)
    expected = model(**model.data_preprocessor(batch(model, 90, 130), True), mode="loss")
    model.head.loss_normalizer.fill_(100)
    hook = CudaGraphHook()
    monkeypatch.setattr(cuda_graph_hook, "on_gpu", lambda _: True)
    hook.before_train(runner(model))
    found = model(**model.data_preprocessor(batch(model, 90, 130), True), mode="loss")
    assert replayed == [(2, model.backbone.in_channels, 192)]
    torch.testing.assert_close(dict(found), dict(expected))

    model(**model.data_preprocessor(batch(model, 90), True), mode="loss")  # another batch size
    model.eval()(**model.data_preprocessor(batch(model, 90, 130)), mode="predict")
    hook.after_train(runner(model))
    model.train()(**model.data_preprocessor(batch(model, 90, 130), True), mode="loss")
    assert len(replayed) == 1, "no other batch, no test, nothing after training"
