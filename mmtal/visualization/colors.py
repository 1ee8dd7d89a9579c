"""Colours that mean the same in every picture, told apart by colour-blind readers too."""

import colorsys

# Okabe and Ito's palette (2008) with purple for black, which is kept for text, and without yellow,
# which is too pale for bars.
BASE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6BB1")
GROUND_TRUTH = "#4d4d4d"
HIT = "#0072B2"
MISS = "#D55E00"
BACKGROUND = "#DDDDDD"
SHADES = (0.0, -0.35, 0.4)
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "ooo", "+++")


def class_color(label: int) -> str:
    """Colour of a class, ``#rrggbb``; it depends on the label alone, hence is the same everywhere.

    The first 7 classes have colours of their own, 21 differ in colour or lightness; beyond,
    :func:`class_hatch` tells apart those that share a colour.
    """
    base = BASE[label % len(BASE)]
    return _shade(base, SHADES[label // len(BASE) % len(SHADES)])


def class_hatch(label: int) -> str:
    """Matplotlib hatch of a class: none for the first 21, then one more pattern for each 21."""
    return HATCHES[label // (len(BASE) * len(SHADES)) % len(HATCHES)]


def _shade(color: str, amount: float) -> str:
    """Lighter (``amount`` > 0, 1 is white) or darker (< 0, -1 is black)."""
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    lightness = lightness * (1 + amount) if amount < 0 else lightness + (1 - lightness) * amount
    return "#" + "".join(
        f"{round(255 * v):02x}" for v in colorsys.hls_to_rgb(hue, lightness, saturation)
    )
