"""Compare recipes with OpenTAD's resolved configs, and run them on tiny data."""

from pathlib import Path

import torch
from mmengine.config import Config
from tiny import CHANNELS

from mmtal.registry import DATASETS, MODELS


def their_values(resolved: dict) -> dict:
    """What a golden file says of OpenTAD's config, in our words."""
    projection, rpn = resolved["model"]["projection"], resolved["model"]["rpn_head"]
    post, nms = resolved["post_processing"], resolved["post_processing"]["nms"]
    data, one_class = resolved["dataset"], rpn["num_classes"] == 1
    [truncation] = [t for t in data["train"]["pipeline"] if t["type"] == "RandomTrunc"]
    return dict(
        in_channels=projection["in_channels"],
        embed_channels=projection["out_channels"],
        depths=tuple(projection["arch"]),
        abs_pos=projection["use_abs_pe"],
        max_seq_len=projection["max_seq_len"],
        channel_dropout=projection.get("input_pdrop", 0),
        num_classes=rpn["num_classes"],
        ranges=rpn["prior_generator"]["regression_range"],
        loss_normalizer=rpn["loss_normalizer"],
        label_smoothing=rpn["label_smoothing"],
        loss_weight=rpn.get("loss_weight", 1.0),
        score_thr=0.0 if one_class else post.get("pre_nms_thresh", 0.001),
        pre_nms_topk=post.get("pre_nms_topk", 2000),
        sigma=nms["sigma"],
        min_score=nms["min_score"],
        voting_thr=None if nms["multiclass"] else nms["voting_thresh"],
        max_per_video=nms["max_seg_num"],
        lr=resolved["optimizer"]["lr"],
        weight_decay=resolved["optimizer"]["weight_decay"],
        max_norm=resolved["solver"]["clip_grad_norm"],
        batch_size=resolved["solver"]["train"]["batch_size"],
        schedule=(resolved["scheduler"]["warmup_epoch"], resolved["scheduler"]["max_epoch"]),
        truncation=(truncation["trunc_len"], truncation["trunc_thresh"]),
        offset_frames=data["test"].get("offset_frames"),  # none where features are resized
    )


def our_values(config: Config) -> dict:
    """What our config says, in the same words."""
    train, head, backbone = (
        config.train_dataloader.dataset,
        config.model.head,
        config.model.backbone,
    )
    transforms = {transform.type: transform for transform in train.pipeline}
    truncate, cosine = transforms["OpenTADTruncate"], config.param_scheduler[1]
    return dict(
        in_channels=backbone.in_channels,
        embed_channels=backbone.embed_channels,
        depths=tuple(backbone.get("depths", (2, 2, 5))),
        abs_pos=backbone.get("abs_pos", False),
        max_seq_len=backbone.max_seq_len,
        channel_dropout=transforms.get("ChannelDropout", {}).get("prob", 0),
        num_classes=head.num_classes,
        ranges=[list(r) for r in head.assigner.regression_ranges],
        loss_normalizer=head.loss_normalizer,
        label_smoothing=head.loss_cls.label_smoothing,
        loss_weight=head.loss_reg.loss_weight,
        score_thr=head.score_thr,
        pre_nms_topk=head.pre_nms_topk,
        sigma=head.nms.sigma,
        min_score=head.nms.min_score,
        voting_thr=head.nms.get("voting_thr"),
        max_per_video=head.max_per_video,
        lr=config.optim_wrapper.optimizer.lr,
        weight_decay=config.optim_wrapper.optimizer.weight_decay,
        max_norm=config.optim_wrapper.clip_grad.max_norm,
        batch_size=config.train_dataloader.batch_size,
        schedule=(cosine.begin, cosine.get("end", config.train_cfg.max_epochs)),
        truncation=(truncate.max_len, truncate.min_overlap),
        offset_frames=None if "OpenTADResize" in transforms else train.snippet_frames / 2,
    )


def train_a_step_and_predict(config: Config, folder: Path, *, padded: int | None = 96) -> None:
    """Run a recipe on the data of :func:`tiny.make_dataset`, its backbone 16 channels wide.

    It pads to ``padded`` features, enough for each recording (None: as many as the recipe says),
    and has windows of 32 where it has any.
    """
    if config.model.get("test_window"):
        config.model.test_window = (32, 16)
    resized = any(t.type == "OpenTADResize" for t in config.train_dataloader.dataset.pipeline)
    if padded is not None and not resized:
        config.model.backbone.max_seq_len = padded
    classes = 3 if config.model.head.num_classes > 1 else 1
    config.model.backbone.update(in_channels=CHANNELS, embed_channels=16)
    config.model.head.num_classes = classes
    datasets = []
    for phase, subset in (("train", "training"), ("test", "validation")):
        dataset = config[f"{phase}_dataloader"].dataset
        own = dict(data_root=str(folder), ann_file="annotations.json", features="features")
        dataset.update(own, subset=subset, feature_stride=1, fps=1, file_prefix="", file_ext=".npy")
        dataset.snippet_frames = min(dataset.snippet_frames, 1)
        if not isinstance(dataset.get("classes"), str):
            dataset.classes = None
        datasets.append(DATASETS.build(dataset))
    train, test = datasets
    model = MODELS.build(config.model)

    batch = {key: [train[i][key] for i in (0, 1)] for key in ("inputs", "data_samples")}
    losses = model(**model.data_preprocessor(batch, training=True), mode="loss")
    total = torch.stack(list(losses.values())).sum()
    total.backward()
    assert total.isfinite() and min(losses.values()) > 0, "there are positive points"
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())

    model.eval()
    [sample] = model.test_step({key: [test[0][key]] for key in ("inputs", "data_samples")})
    found = sample.pred_instances
    assert 0 < len(found.scores) <= config.model.head.max_per_video
    assert (found.scores[:-1] >= found.scores[1:]).all() and found.labels.max() < classes
    assert (found.segments[:, 0] <= found.segments[:, 1]).all()
    assert found.segments.min() >= 0 and found.segments.max() <= sample.duration
