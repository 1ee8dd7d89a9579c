"""Colors with one meaning in all pictures, distinguishable by color-blind readers."""

# The first six are Okabe and Ito's (2008) without yellow, which is too pale for bars, and black,
# which is kept for text. Each further one is the color, neither pale nor glaring, that is
# furthest from all before it (CIELAB), taking the least of normal, protanopic and deuteranopic
# vision (simulated after Machado et al. 2009).
PALETTE = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#662200"),
    *("#661144", "#112299", "#BBDD88", "#5577FF", "#99DDBB", "#DD1144", "#003377"),
    *("#77DDEE", "#445577", "#7799FF", "#FF8855", "#2255BB", "#446633", "#337777"),
)
BASE = PALETTE[:7]
GROUND_TRUTH = "#4d4d4d"
HIT = "#0072B2"
MISS = "#D55E00"
BACKGROUND = "#DDDDDD"
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "ooo", "+++")


def class_color(label: int) -> str:
    """Color of a class, ``#rrggbb``; it depends on the label alone, hence is the same everywhere.

    The first 21 classes have colors of their own; beyond, :func:`class_hatch` tells apart those
    that share a color.
    """
    return PALETTE[label % len(PALETTE)]


def class_hatch(label: int) -> str:
    """Matplotlib hatch of a class: none for the first 21, then one more pattern for each 21."""
    return HATCHES[label // len(PALETTE) % len(HATCHES)]
