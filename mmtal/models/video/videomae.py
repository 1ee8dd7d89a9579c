"""VideoMAE's vision transformers, with AdaTAD's adapters.

N clips of 16 pictures of H x W pixels; T x h x w tokens of C channels of each: T = 8.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from mmtal.models.video.snippet_backbone import SnippetBackbone
from mmtal.registry import BACKBONES

CLIP, TUBE, SIDE = 16, 2, 224
"""Pictures of a clip and of a token; pixels of the pictures that it was trained on."""

EPS = 1e-6

NAMES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"^(backbone\.model\.)?backbone\.|^encoder\.|^videomae\.(?!encoder)", ""),
    (r"^pos_embed$", "positions"),
    (r"^(patch_embed|embeddings\.patch_embeddings)\.projection\.", "patch_embed.proj."),
    (r"\.mlp\.layers\.0\.0\.", ".mlp.fc1."),
    (r"\.mlp\.layers\.1\.", ".mlp.fc2."),
    (r"^videomae\.encoder\.layer\.", "blocks."),
    (r"\.layernorm_before\.", ".norm1."),
    (r"\.layernorm_after\.", ".norm2."),
    (r"\.attention\.attention\.", ".attn."),
    (r"\.(query|value)\.bias$", lambda match: f".{match[1][0]}_bias"),
    (r"\.attention\.output\.dense\.", ".attn.proj."),
    (r"\.intermediate\.dense\.", ".mlp.fc1."),
    (r"\.output\.dense\.", ".mlp.fc2."),
)
"""Parts of names in the files of others, and what they are here: the official ones."""

UNUSED = re.compile(
    r"(head|cls_head|classifier|decoder|encoder_to_decoder|(layer)?norm|mask_token)(\.|$)"
)
"""What files hold besides: classifiers, and what pretraining needed."""


class Attention(nn.Module):
    """Of all tokens of a clip; keys have no bias."""

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.q_bias = nn.Parameter(torch.zeros(channels))
        self.v_bias = nn.Parameter(torch.zeros(channels))
        self.qkv = nn.Linear(channels, 3 * channels, bias=False)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, L, C) -> (N, L, C)."""
        bias = torch.cat((self.q_bias, torch.zeros_like(self.q_bias), self.v_bias))
        cut = F.linear(x, self.qkv.weight, bias).unflatten(2, (3, self.num_heads, -1))
        query, key, value = cut.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(query, key, value)
        return self.proj(y.transpose(1, 2).flatten(2))


class Adapter(nn.Module):
    """A small branch that also sees the tokens before and after, of the neighboring clips, too.

    Source: AdaTAD's temporal-informative adapter (Liu et al., CVPR 2024). It changes nothing before
    it is trained.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        width = channels // 4
        self.down_proj = nn.Linear(channels, width)
        self.dwconv = nn.Conv1d(width, width, 3, padding=1, groups=width)
        self.conv = nn.Conv1d(width, width, 1)
        self.up_proj = nn.Linear(width, channels)
        self.gamma = nn.Parameter(torch.ones(1))
        nn.init.trunc_normal_(self.down_proj.weight, std=0.02)
        nn.init.normal_(self.dwconv.weight, std=(2 / 3) ** 0.5)
        nn.init.normal_(self.conv.weight, std=(2 / width) ** 0.5)
        nn.init.zeros_(self.up_proj.weight)
        for layer in (self.down_proj, self.dwconv, self.conv, self.up_proj):
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, sequences: int) -> Tensor:
        """(N, T * h * w, C) -> the same; each N / ``sequences`` clips follow each other."""
        y = F.gelu(self.down_proj(x))
        over_time = y.view(sequences, len(x) * CLIP // TUBE // sequences, -1, y.shape[2])
        mixed = self.conv(self.dwconv(over_time.permute(0, 2, 3, 1).flatten(0, 1)))
        mixed = mixed.unflatten(0, (sequences, -1)).permute(0, 3, 1, 2).reshape(y.shape)
        return x + self.up_proj(y + mixed) * self.gamma


class Block(nn.Module):
    """Attention and MLP; branches of whole clips are dropped in training."""

    def __init__(
        self, channels: int, num_heads: int, hidden: int, *, drop_path: float, adapter: bool
    ) -> None:
        super().__init__()
        self.drop_path = drop_path
        self.norm1 = nn.LayerNorm(channels, eps=EPS)
        self.attn = Attention(channels, num_heads)
        self.norm2 = nn.LayerNorm(channels, eps=EPS)
        layers = dict(
            fc1=nn.Linear(channels, hidden), act=nn.GELU(), fc2=nn.Linear(hidden, channels)
        )
        self.mlp = nn.Sequential(OrderedDict(layers))
        self.adapter = Adapter(channels) if adapter else None

    def forward(self, x: Tensor, sequences: int) -> Tensor:
        """(N, L, C) -> (N, L, C)."""
        x = x + self.dropped(self.attn(self.norm1(x)))
        x = x + self.dropped(self.mlp(self.norm2(x)))
        return x if self.adapter is None else self.adapter(x, sequences)

    def dropped(self, branch: Tensor) -> Tensor:
        """(N, L, C), some of them zero."""
        if not self.training or not self.drop_path:
            return branch
        kept = branch.new_empty(len(branch), 1, 1).bernoulli_(1 - self.drop_path)
        return branch * (kept / (1 - self.drop_path))


class VideoMAE(SnippetBackbone):
    """VideoMAE (Tong et al., 2022) and VideoMAE v2 (Wang et al., 2023): 16 pictures at a time.

    Weights: official files (fine-tuned or pretrained), those of mmaction2 and of OpenTAD (of whole
    detectors, too), and of transformers.

    Args:
        adapters: Numbers of the blocks with adapters, or whether all have them.
        drop_path: Probability of dropping a branch of a clip in the last block; less before it.
        checkpointing: Keep only what passes between blocks for the backward pass, and compute the
            rest again: less memory, a third more time.
    """

    size = (SIDE, SIDE)
    fps = 30.0
    feature_stride = 4.0
    snippet_frames = CLIP
    unused = ("fc_norm",)
    channels: int
    depth: int
    num_heads: int
    hidden: int
    patch = 16
    mean: Tensor
    std: Tensor
    positions: Tensor

    def __init__(
        self,
        *,
        adapters: bool | Sequence[int] = False,
        drop_path: float = 0.0,
        checkpointing: bool = False,
    ) -> None:
        super().__init__()
        if isinstance(adapters, bool):
            adapters = range(self.depth if adapters else 0)
        if not set(adapters) <= set(range(self.depth)):
            raise ValueError(f"adapters must be blocks 0 to {self.depth - 1}, but got {adapters}")
        if not 0 <= drop_path < 1:
            raise ValueError(f"drop_path must be in [0, 1), but got {drop_path}")
        self.out_channels, self.num_layers = self.channels, self.depth + 2
        self.own_parts = ("mean", "std", "positions", *(f"blocks.{i}.adapter." for i in adapters))
        self.checkpointing = checkpointing
        size = (TUBE, self.patch, self.patch)
        self.patch_embed = nn.ModuleDict(dict(proj=nn.Conv3d(3, self.channels, size, size)))
        self.blocks = nn.ModuleList(
            Block(
                self.channels, self.num_heads, self.hidden, adapter=i in adapters,
                drop_path=drop_path * i / (self.depth - 1),
            )
            for i in range(self.depth)
        )  # fmt: skip
        self.fc_norm = nn.LayerNorm(self.channels, eps=EPS)
        self.register_buffer("mean", torch.tensor([123.675, 116.28, 103.53]))
        self.register_buffer("std", torch.tensor([58.395, 57.12, 57.375]))
        table = sinusoids(CLIP // TUBE * (SIDE // self.patch) ** 2, self.channels)
        self.register_buffer("positions", table)

    @classmethod
    def default_weights(cls, model: str = "") -> Path:
        """ValueError: none come with it."""
        raise ValueError("VideoMAE comes without weights: give a file of them with --weights FILE")

    def check(self, snippet_frames: int, size: int | tuple[int, int]) -> None:
        if snippet_frames != CLIP:
            raise ValueError(f"snippet_frames of VideoMAE must be 16, but got {snippet_frames}")
        if min(size if isinstance(size, tuple) else (size,)) < self.patch:
            raise ValueError(f"size of VideoMAE must be >= {self.patch} pixels, but got {size}")

    def forward(self, frames: Tensor) -> Tensor:
        return self.fc_norm(self.feature_map(self.normalized(frames)).flatten(2).mean(2))

    def sequence(self, frames: Tensor) -> Tensor:
        clips = frames.unflatten(1, (-1, CLIP)).flatten(0, 1)
        maps = self.feature_map(self.normalized(clips), len(frames))
        return maps.mean((3, 4)).unflatten(0, (len(frames), -1)).transpose(1, 2).flatten(2)

    def normalized(self, frames: Tensor) -> Tensor:
        """Pictures uint8 (N, 16, H, W, 3) as clips float32 (N, 3, 16, H, W)."""
        return ((frames.float() - self.mean) / self.std).permute(0, 4, 1, 2, 3)

    def feature_map(self, clips: Tensor, sequences: int | None = None) -> Tensor:
        """Clips (N, 3, 16, H, W) to (N, C, T, h, w).

        Each N / ``sequences`` clips follow each other, which adapters see; None: each is alone.
        """
        x = self.patch_embed["proj"](clips)
        shape = x.shape[2:]
        x = x.flatten(2).mT + self.positions_of(shape[1:])
        for block in self.blocks:
            if self.checkpointing and torch.is_grad_enabled():
                x = checkpoint(block, x, sequences or len(x), use_reentrant=False)
            else:
                x = block(x, sequences or len(x))
        return x.mT.unflatten(2, shape)

    def positions_of(self, shape: Sequence[int]) -> Tensor:
        """(1, T * h * w, C), of the table of 224 x 224 pixels, resized."""
        side = SIDE // self.patch
        if tuple(shape) == (side, side):
            return self.positions
        table = self.positions.view(-1, side, side, self.channels).permute(0, 3, 1, 2)
        table = F.interpolate(table, tuple(shape), mode="bicubic", align_corners=False)
        return table.permute(0, 2, 3, 1).reshape(1, -1, self.channels)

    def layer_of(self, name: str) -> int:
        if name.startswith("blocks."):
            return int(name.split(".")[1]) + 1
        return 0 if name.startswith("patch_embed.") else self.num_layers - 1

    @classmethod
    def renamed(cls, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        own = "backbone.model.backbone."  # in files of detectors
        detector = any(name.startswith(own) for name in weights)
        named = {}
        for name, value in weights.items():
            if detector and not name.startswith(own):
                continue
            for theirs, ours in NAMES:
                name = re.sub(theirs, ours, name)
            if not UNUSED.match(name):
                named[name] = value
        for query in [name for name in named if name.endswith(".attn.query.weight")]:
            parts = [named.pop(query.replace("query", part)) for part in ("query", "key", "value")]
            named[query.replace("query", "qkv")] = torch.cat(parts)
        if any(name.startswith("decoder.") for name in weights):  # pretrained, not fine-tuned
            named.setdefault("fc_norm.weight", torch.ones(cls.channels))
            named.setdefault("fc_norm.bias", torch.zeros(cls.channels))
        return named


def sinusoids(number: int, channels: int) -> Tensor:
    """Sines and cosines of positions, in turn: (1, number, channels)."""
    powers = 2 * (np.arange(channels) // 2) / channels
    angles = np.arange(number)[:, None] / 10000**powers
    angles[:, 0::2], angles[:, 1::2] = np.sin(angles[:, 0::2]), np.cos(angles[:, 1::2])
    return torch.from_numpy(angles).float()[None]


@BACKBONES.register_module("videomae_s")
class VideoMAES(VideoMAE):
    """VideoMAE-S: C = 384, 22 M weights."""

    channels, depth, num_heads, hidden = 384, 12, 6, 1536


@BACKBONES.register_module("videomae_b")
class VideoMAEB(VideoMAE):
    """VideoMAE-B: C = 768, 86 M weights."""

    channels, depth, num_heads, hidden = 768, 12, 12, 3072


@BACKBONES.register_module("videomae_l")
class VideoMAEL(VideoMAE):
    """VideoMAE-L: C = 1024, 304 M weights."""

    channels, depth, num_heads, hidden = 1024, 24, 16, 4096


@BACKBONES.register_module("videomae_h")
class VideoMAEH(VideoMAE):
    """VideoMAE-H: C = 1280, 631 M weights."""

    channels, depth, num_heads, hidden = 1280, 32, 16, 5120


@BACKBONES.register_module("videomaev2_g")
class VideoMAEV2G(VideoMAE):
    """VideoMAE v2-g: C = 1408, 1,012 M weights."""

    channels, depth, num_heads, hidden, patch = 1408, 40, 16, 6144, 14
