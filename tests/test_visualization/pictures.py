"""What every picture must hold: nothing written over something else, nothing cut off."""

import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

from mmtal.structures import RecordingView


def class_names(number: int) -> list[str]:
    names = ("cut", "take the cutting board out of the cupboard below", "put $5 on the $table", "x")
    return [f"{names[i % 4]} {i}" for i in range(number)]


def view(num_classes: int, duration: float, number: int, *, seed: int = 0) -> RecordingView:
    """Instances, and predictions of which about half are right."""
    random = np.random.default_rng(seed)
    start = np.sort(random.uniform(0, 0.97 * duration, number))
    length = random.lognormal(np.log(max(duration, 100) / 90), 0.7, number)
    segments = np.stack([start, np.minimum(start + length, duration)], axis=1)
    labels = random.integers(0, num_classes, number)
    labels[:1] = num_classes - 1
    moved = np.sort(segments + random.normal(0, 0.2, segments.shape) * length[:, None], axis=1)
    return RecordingView(
        f"a recording of {num_classes} classes",
        float(duration),
        segments,
        labels,
        moved.clip(0, duration),
        random.uniform(0.2, 1, number),
        np.where(random.random(number) < 0.7, labels, random.integers(0, num_classes, number)),
    )


def texts(figure: Figure) -> list[Text]:
    """All texts that are drawn."""
    found = list(figure.texts)
    for axes in figure.axes:
        found += axes.texts
        if axes.axison:
            found += [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
            for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
                found += ticks(axis, *sorted(limits))
        legend = axes.get_legend()
        found += [] if legend is None else legend.get_texts()
    return [text for text in found if text.get_text().strip()]


def ticks(axis: Axis, low: float, high: float) -> list[Text]:
    """Labels of the ticks inside the limits; others exist, too."""
    slack = 1e-6 * (high - low)
    return [
        label
        for tick, place in zip(axis.get_major_ticks(), axis.get_majorticklocs(), strict=False)
        for label in (tick.label1, tick.label2)
        if low - slack <= place <= high + slack and label.get_visible()
    ]


def check_texts(figure: Figure) -> int:
    """No text lies over another or outside the figure; returns how many there are."""
    figure.draw_without_rendering()
    width, height = figure.canvas.get_width_height()
    boxes = []
    for text in texts(figure):
        box = text.get_window_extent()
        assert box.x0 >= -1 and box.x1 <= width + 1, f"'{text.get_text()}' is cut off"
        assert box.y0 >= -1 and box.y1 <= height + 1, f"'{text.get_text()}' is cut off"
        boxes.append((box.x0, box.x1, box.y0, box.y1, text.get_text()))
    boxes.sort()
    for index, (_, right, low, high, name) in enumerate(boxes):
        for left, _, other_low, other_high, other in boxes[index + 1 :]:
            if left > right - 2:
                break
            over = min(high, other_high) - max(low, other_low)
            assert over < 0.25 * min(high - low, other_high - other_low), f"'{name}' on '{other}'"
    return len(boxes)


def written(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts(figure)]
