"""A transformer's layers, norms after the sums. B batch, C channels, T features, Q queries."""

from typing import Any

from torch import Tensor, nn

from mmtal.checkpoints.names import Rule
from mmtal.models.layers import DeformableAttention


class EncoderLayer(nn.Module):
    """Deformable attention among the features, then an MLP.

    Args:
        channels: C.
        num_heads: Attention heads.
        num_points: Places that each head of a position reads.
        mlp_channels: Hidden width of the MLP.
        dropout: On what each part adds, and in the MLP.
        halved: See :class:`mmtal.models.layers.DeformableAttention`.
    """

    num_norms = 2

    def __init__(
        self,
        channels: int,
        *,
        num_heads: int,
        num_points: int,
        mlp_channels: int,
        dropout: float,
        halved: bool,
    ) -> None:
        super().__init__()
        self.attn = DeformableAttention(
            channels, num_heads=num_heads, num_points=num_points, halved=halved
        )
        self.attn_drop = nn.Dropout(dropout)
        self.mlp = nn.Sequential(
            nn.Linear(channels, mlp_channels),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(mlp_channels, channels),
            nn.Dropout(dropout),
        )
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(self.num_norms))

    def forward(self, x: Tensor, position: Tensor, memory: Tensor, reference: Tensor) -> Tensor:
        """What positions x (B, Q, C) become that read ``memory`` (B, T, C), as itself.

        Args:
            x: (B, Q, C).
            position: Added to x where places are chosen; (Q, C).
            memory: (B, T, C).
            reference: Of each position, as :class:`mmtal.models.layers.DeformableAttention` has it.
        """
        before, after = self.norms[-2:]
        x = before(x + self.attn_drop(self.attn(x + position, memory, reference)))
        return after(x + self.mlp(x))


class DecoderLayer(EncoderLayer):
    """Attention among the queries, then as the encoder's layer.

    Args:
        channels: C.
        num_heads: Attention heads.
        dropout: Also on the attention among the queries.
        others: As the encoder layer's.
    """

    num_norms = 3

    def __init__(self, channels: int, *, num_heads: int, dropout: float, **others: Any) -> None:
        super().__init__(channels, num_heads=num_heads, dropout=dropout, **others)
        self.self_attn = nn.MultiheadAttention(channels, num_heads, dropout, batch_first=True)

    def forward(self, x: Tensor, position: Tensor, memory: Tensor, reference: Tensor) -> Tensor:
        """As the parent."""
        query = x + position
        x = self.norms[0](x + self.self_attn(query, query, x, need_weights=False)[0])
        return super().forward(x, position, memory, reference)


def xavier(module: nn.Module) -> None:
    """Xavier's initialization of all matrices, but for those of deformable attention."""
    for parameter in module.parameters():
        if parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter)
    for part in module.modules():
        if isinstance(part, DeformableAttention):
            part.init_weights()


def opentad_rules(theirs: str, ours: str, *, attention: int) -> tuple[Rule, ...]:
    """OpenTAD's names of the layers ``theirs.{i}``; its deformable attention has that number."""
    names = {"ffns.0.layers.0.0": "mlp.0", "ffns.0.layers.1": "mlp.3", "norms.{n}": "norms.{n}"}
    for part in ("sampling_offsets", "attention_weights", "value_proj", "output_proj"):
        names[f"attentions.{attention}.{part}"] = f"attn.{part}"
    rules = [Rule(f"{theirs}.{{i}}.{t}.{{p}}", f"{ours}.{{i}}.{o}.{{p}}") for t, o in names.items()]
    for end in ("in_proj_{p}", "out_proj.{p}"):
        rules.append(
            Rule(f"{theirs}.{{i}}.attentions.0.attn.{end}", f"{ours}.{{i}}.self_attn.{end}")
        )
    return tuple(rules)
