"""How close a forward pass is to its matrix products, and which kernel multiplies fastest here.

``python benchmarks/products.py``: thumos_i3d, one recording of 1,909 features, one thread. The
products of the network (dense convolutions and projections, counted as it runs) are done alone,
each by the faster of ``torch.mm`` and oneDNN, as a limit that no layer comes into, in turns with
the forward pass; medians. ``peak`` is the rate of one large product: what the products need at it
is the least that any code could take here. Then each way to convolve, in testing and with its
gradients: this is what ``mmtal/models/layers/products.py`` chooses from. ``--threads N``,
``--rounds N``.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.registry import init_default_scope

from mmtal.config_files import find_config, read_config
from mmtal.models.layers import products
from mmtal.registry import MODELS

LENGTH = 1909
LARGE = 2048


def medians(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each, in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(rounds + 1):
        for name, way in ways.items():
            begin = time.perf_counter()
            way()
            if round_:
                seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(values) for name, values in seconds.items()}


def shapes_of(model: Any, batch: dict[str, Any]) -> list[tuple[int, int, int]]:
    """Rows, inner and columns of every dense product of a forward pass."""
    shapes = []

    def note(module: Any, inputs: Any, output: Any) -> None:
        weight = module.weight
        if getattr(module, "groups", 1) == 1:
            out = output[0] if isinstance(output, tuple) else output
            shapes.append((out.numel() // len(weight), weight[0].numel(), len(weight)))

    kinds = torch.nn.Linear | torch.nn.Conv1d
    handles = [m.register_forward_hook(note) for m in model.modules() if isinstance(m, kinds)]
    model(**batch)
    for handle in handles:
        handle.remove()
    return shapes


def fastest_product(
    rows: int, inner: int, columns: int, dtype: torch.dtype, rounds: int
) -> tuple[Callable[[], Any], float]:
    """The faster of two ways to multiply matrices of a size, and its seconds."""
    left, right = torch.randn(rows, inner, dtype=dtype), torch.randn(inner, columns, dtype=dtype)
    image, weight = left.t()[None, :, None], right.t()[:, :, None, None].contiguous()
    ways: dict[str, Callable[[], Any]] = {
        "torch.mm": lambda: left @ right,
        "oneDNN": lambda: F.conv2d(image, weight, dilation=2),  # dilation: see Linear
    }
    found = medians(ways, rounds)
    best = min(found, key=found.__getitem__)
    return ways[best], found[best]


def forward_beside_products(rounds: int) -> None:
    model = MODELS.build(read_config(find_config("thumos_i3d")).model).eval()
    data = dict(inputs=[torch.randn(LENGTH, 2048)], data_samples=None)
    ready = model.data_preprocessor(data)
    batch = dict(inputs=ready["inputs"], masks=ready["masks"])
    shapes = shapes_of(model, batch)
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        model.precision = precision
        model.cast_weights()
        best = {shape: fastest_product(*shape, dtype, rounds)[0] for shape in set(shapes)}
        found = medians(
            dict(
                forward=lambda: model.raw_predictions(**batch),
                products=lambda best=best: [best[shape]() for shape in shapes],
            ),
            rounds,
        )
        macs = sum(m * k * n for m, k, n in shapes)
        peak = LARGE**3 / fastest_product(LARGE, LARGE, LARGE, dtype, rounds)[1]
        print(
            f"forward, {precision}: {found['forward']:.3f} s; at the peak of {peak / 1e9:.0f} "
            f"GMACs a second its {macs / 1e9:.1f} GMACs take {macs / peak:.3f} s: "
            f"{found['forward'] * peak / macs:.2f}; its {len(shapes)} products alone take "
            f"{found['products']:.3f} s, ratio {found['forward'] / found['products']:.2f}"
        )


def ways_to_convolve(rounds: int) -> None:
    for channels, kernel, batch in ((2048, 3, 1), (512, 3, 1), (512, 3, 2), (512, 1, 2)):
        for dtype in (torch.float32, torch.bfloat16):
            weight = torch.randn(512, channels, kernel, dtype=dtype)
            x = torch.randn(batch, LENGTH, channels, dtype=dtype).transpose(1, 2)
            one = lambda x=x, w=weight: F.conv1d(x, w, padding=w.shape[2] // 2)  # noqa: E731
            two = lambda x=x, w=weight: F.conv2d(  # noqa: E731
                x.unsqueeze(2), w.unsqueeze(2), padding=(0, w.shape[2] // 2),
                dilation=1 if w.shape[2] > 1 else 2,
            ).squeeze(2)  # fmt: skip
            ways = {"conv1d": one, "conv2d": two}
            if kernel == 3 and batch == 1:
                ways["shifted"] = lambda x=x, w=weight: products.shifted_products(x, w, None)
            if kernel == 1:
                ways["linear"] = lambda x=x, w=weight: F.linear(x.mT, w[..., 0])
            name = f"{channels} to 512 channels, kernel {kernel}, batch {batch}, {str(dtype)[6:]}"
            with torch.no_grad():
                report(f"{name}, testing", medians(ways, rounds))
            weight.requires_grad_()
            x.requires_grad_(channels == 512)  # features have no gradient
            gradient = torch.randn(batch, LENGTH, 512, dtype=dtype)
            trained = {
                way: lambda way=ways[way], g=gradient if way == "linear" else gradient.mT: (
                    way().backward(g)
                )
                for way in ways
                if way != "shifted"
            }
            report(f"{name}, training", medians(trained, rounds))


def report(name: str, found: dict[str, float]) -> None:
    best = min(found, key=found.__getitem__)
    every = ", ".join(f"{way} {1000 * seconds:.1f}" for way, seconds in found.items())
    print(f"{name}: {every} ms; {best} first, ratio {max(found.values()) / found[best]:.2f}")


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    init_default_scope("mmtal")
    slow = "slow" if products.MKL_IS_SLOW else "fast"
    print(f"torch {torch.__version__}, threads {args.threads}; MKL is taken for {slow}")
    forward_beside_products(args.rounds)
    with torch.enable_grad():
        ways_to_convolve(args.rounds)


if __name__ == "__main__":
    main()
