"""Derive the settings of an ActionFormer from a data set, each with its reason.

All lengths are in steps of the grid that the model sees. The rules were tried out on the data sets
that ``docs/suggest_config.md`` names.
"""

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from mmtal.preparation.suggestion.budget import Budget
from mmtal.preparation.suggestion.data_summary import DataSummary
from mmtal.utils.wording import counted

Range = tuple[float, float]

FIRST_RANGE = 4.0
"""Longer boundary distance, in steps, that the finest level is responsible for at most."""

OPEN_END = 10000.0

TOP_SHARE = 0.02
"""Share of the instances that the coarsest level should have at least."""

BYTES_PER_STEP_AND_CHANNEL = 400
"""Activations kept for the backward pass, per step and unit of width (measured; see the tests)."""

BYTES_PER_PARAMETER = 16
"""float32 weight, gradient and two moments of AdamW."""

MEMORY_SHARE = 0.6
"""Of a GPU's memory that is planned with; kernels and fragmentation take the rest."""

SHORT_INSTANCE = 5
"""Steps that short instances, one in ten, should span: finer features cost more and learn worse."""

RAW_CHANNELS = 32
"""Up to so many channels, dense features are a sensor's raw signal."""

RAW_FACTOR = 8
"""Signals with so many samples to a step, or more, are cut into windows."""

MOST_NORMALIZED = 512
"""Up to so many channels, mean and deviation of each are written into the config."""

CONSTANT = 1e-6
"""Channels of a smaller deviation say nothing."""

FEWEST_LEVELS, MOST_LEVELS = 5, 8

SHORTEST_WINDOW, LONGEST_ON_CPU, LONGEST_ON_GPU = 512, 1280, 2304
"""Training windows, in steps."""

BATCH_ON_CPU = 2560
"""Steps of all windows of a batch."""

STEPS_ON_CPU, STEPS_ON_GPU, FEWEST_EPOCHS = 700, 2000, 15

FEWEST_STEPS = 20
"""Of an epoch; what is done after each epoch, such as saving, would take longer than training."""

FEW_INSTANCES = 5000
"""Fewer than these are memorized without dropout and noise."""

NOISE = 0.3
"""Deviation of the noise on features, in deviations of their channels."""

POSITIVES = 3
"""Points that predict an instance: those within 1.5 level strides of its center."""


@dataclass(frozen=True)
class Settings:
    """What :func:`choose_settings` decides; ``why`` has a sentence for each name that needs one."""

    sliding_window: tuple[int, int] | None
    temporal_stride: int
    normalize: bool
    max_seq_len: int
    regression_ranges: list[Range]
    level_shares: list[float]
    width: int
    num_heads: int
    window: int
    dropout: float
    noise: float
    batch_size: int
    repeat: int
    epochs: int
    warmup_epochs: int
    learning_rate: float
    ema_momentum: float
    loss_normalizer: int
    sigma: float
    pre_nms_topk: int
    max_per_video: int
    tolerances: list[float] = field(default_factory=list)
    spotting_distance: float | None = None
    why: dict[str, str] = field(default_factory=dict)

    @property
    def num_levels(self) -> int:
        return len(self.regression_ranges)

    def in_channels(self, sources: tuple[int, ...]) -> int:
        """Channels that reach the model, all sources together."""
        return sum(sources) * (self.sliding_window[0] if self.sliding_window else 1)


def choose_settings(summary: DataSummary, budget: Budget, *, spotting: bool = False) -> Settings:
    """Settings for a data set within a budget.

    ``spotting``: of the head for events without duration; ValueError: the instances have one.
    """
    if spotting and summary.point_width is None:
        raise ValueError(
            f"{summary.ann_file}: spotting is for events without duration, instances with a "
            "'time', but these have a 'segment'; leave out --spotting"
        )
    return _Choice(summary, budget, spotting).settings()


class _Choice:
    """Chooses one setting after the other, and says why."""

    def __init__(self, summary: DataSummary, budget: Budget, spotting: bool) -> None:
        self.summary, self.budget, self.spotting = summary, budget, spotting
        self.why: dict[str, str] = {}

    def settings(self) -> Settings:
        summary = self.summary
        window, factor = self._time_resolution()
        steps = float(window[1] if window else factor)
        self.durations = summary.durations / steps
        self.lengths = np.maximum(summary.lengths / steps, 1)
        ranges, shares = self._regression_ranges()
        coarsest = 2 ** (len(ranges) - 1)
        max_seq_len = self._max_seq_len(coarsest)
        width = self._width()
        batch = self._batch_size(max_seq_len, width)
        normalized = self._normalize()
        dropout, noise = self._regularization(normalized)
        repeat, epochs, warmup = self._epochs(batch)
        return Settings(
            sliding_window=window,
            temporal_stride=factor,
            normalize=normalized,
            max_seq_len=max_seq_len,
            regression_ranges=ranges,
            level_shares=shares,
            width=width,
            num_heads=4,
            window=self._attention_window(max_seq_len, coarsest),
            dropout=dropout,
            noise=noise,
            batch_size=batch,
            repeat=repeat,
            epochs=epochs,
            warmup_epochs=warmup,
            learning_rate=self._learning_rate(width),
            ema_momentum=self._ema_momentum(
                len(self.lengths) * repeat // batch * (epochs + warmup)
            ),
            loss_normalizer=self._loss_normalizer(max_seq_len, batch),
            sigma=self._sigma(),
            pre_nms_topk=2000 if summary.crowding <= 200 else 5000,
            max_per_video=self._max_per_video(),
            tolerances=self._tolerances(),
            spotting_distance=float(self.durations.max()) if self.spotting else None,
            why=self.why,
        )

    def _tolerances(self) -> list[float]:
        """Seconds at which events are evaluated; of segments none."""
        width, gap = self.summary.point_width, self.summary.gap
        if width is None:
            return []
        apart = "" if math.isinf(gap) else f", and one in ten follows within {gap:.3g} s"
        self.why["point_width"] = (
            "The instances are events without duration. "
            + ("NMS keeps those apart by" if self.spotting else "They are learned as segments of")
            + f" {width:g} s, {float(self.summary.durations[0]):.3g} features{apart}"
            + ("." if self.spotting else "; their middles are the events found.")
        )
        self.why["tolerances"] = (
            "How far off an event may be found, in seconds: a fourth of point_width to its double. "
            "Put what your use allows."
        )
        return [float(f"{width * share:.2g}") for share in (0.25, 0.5, 1, 2)]

    def _time_resolution(self) -> tuple[tuple[int, int] | None, int]:
        """Window and stride over a raw signal, or the factor that thins dense features."""
        summary = self.summary
        short = float(np.quantile(summary.durations, 0.1))
        rate, channels = (
            summary.grid.fps / summary.grid.feature_stride,
            sum(summary.source_channels),
        )
        found = "found from durations and numbers of features"
        self.why["grid"] = (
            f"Where features lie in time ({found if summary.placement.inferred else 'as given'}): "
            f"{rate:.4g} features per second. One instance in ten is shorter than {short:.3g} of "
            f"them; the median is {np.median(summary.durations):.3g}."
        )
        factor = max(1, int(short / SHORT_INSTANCE))
        if channels <= RAW_CHANNELS and factor >= RAW_FACTOR:
            self.why["load"] = (
                f"{channels} channels at {rate:g} per second are a raw signal. Windows of "
                f"{2 * factor} samples every {factor} make features of it; short instances span "
                f"{SHORT_INSTANCE}."
            )
            return (2 * factor, factor), 1
        self.why["load"] = (
            "Every feature is used."
            if factor == 1
            else f"One feature in {factor} is enough: short instances still span {SHORT_INSTANCE}, "
            "and the model sees further."
        )
        return None, factor

    def _regularization(self, normalized: bool) -> tuple[float, float]:
        """Dropout, and deviation of the noise on features."""
        instances = len(self.durations)
        if instances >= FEW_INSTANCES:
            self.why["dropout"] = f"{instances} instances need neither dropout nor noise."
            return 0.0, 0.0
        self.why["dropout"] = (
            f"{instances} instances are soon memorized: dropout, and noise on features."
        )
        scale = 1.0 if normalized else float(np.median(self.summary.std))
        return 0.2, float(f"{NOISE * scale:.2g}")

    def _normalize(self) -> bool:
        """Whether to bring all channels to one scale."""
        varying = self.summary.std[self.summary.std > CONSTANT]
        if not len(varying) or len(self.summary.std) > MOST_NORMALIZED:
            return False
        self.why["normalize"] = (
            "Mean and deviation of each channel over the training recordings, which brings "
            f"channels whose deviations differ {varying.max() / varying.min():.3g}-fold to one "
            "scale."
        )
        return True

    def _regression_ranges(self) -> tuple[list[Range], list[float]]:
        """Ranges that double from level to level, until the coarsest has few instances left."""
        if self.spotting:
            self.why["spotting"] = (
                "The finest level alone finds events: with coarser ones, times were less exact "
                "where it was measured (docs/protocols.md)."
            )
            return [(0.0, OPEN_END)], [1.0]
        durations = self.durations
        reach = durations / 2  # the longer boundary distance at an instance's center
        levels = FEWEST_LEVELS
        while (
            levels < MOST_LEVELS and (reach > FIRST_RANGE * 2 ** (levels - 1)).mean() >= TOP_SHARE
        ):
            levels += 1
        bounds = [0.0, *(FIRST_RANGE * 2**level for level in range(levels - 1)), OPEN_END]
        ranges = list(pairwise(bounds))
        shares = [float(((reach >= low) & (reach < high)).mean()) for low, high in ranges]
        self.why["regression_ranges"] = (
            f"{levels} levels: the longer distance to a boundary, in steps, that each is "
            f"responsible for. Instances span {durations.min():.3g} to {durations.max():.3g} steps "
            f"(median {np.median(durations):.3g}); shares by half their length."
        )
        return ranges, shares

    def _max_seq_len(self, coarsest: int) -> int:
        """Training window: whole recordings where they are short, else several long instances."""
        cap = LONGEST_ON_CPU if self.budget.gpu_bytes is None else LONGEST_ON_GPU
        longest, common = float(self.lengths.max()), float(np.quantile(self.durations, 0.95))
        chosen = longest if longest <= cap else min(cap, max(SHORTEST_WINDOW, 8 * common))
        rounded = math.ceil(chosen / coarsest) * coarsest
        cut = float((self.durations > rounded).mean())
        self.why["max_seq_len"] = (
            f"Training sees at most {rounded} steps (a multiple of the coarsest level's stride "
            f"{coarsest}): "
            + (
                "whole recordings. "
                if rounded >= longest
                else f"recordings have up to {longest:.0f}, nineteen instances in twenty span less "
                f"than {common:.3g}, and every epoch cuts other windows. "
            )
            + (f"{100 * cut:.2g} % of the instances are longer and are cut. " if cut else "")
            + "Testing sees whole recordings."
        )
        return rounded

    def _width(self) -> int:
        """Width of the network by what the budget allows and the amount of data asks for."""
        instances = len(self.durations)
        if self.budget.gpu_bytes is None:
            width, reason = 128, "which trains on a CPU in minutes"
        elif instances < 2000:
            width, reason = 256, f"for {instances} instances; 512 needs thousands"
        else:
            width, reason = 512, f"the published width, for {instances} instances"
        self.why["model"] = f"ActionFormer of width {width}, {reason}."
        return width

    def _batch_size(self, max_seq_len: int, width: int) -> int:
        recordings, memory = len(self.lengths), ""
        batch = min(recordings, max(2, min(4, BATCH_ON_CPU // max_seq_len)))
        if self.budget.gpu_bytes is not None:
            channels = sum(self.summary.source_channels)
            per_recording = max_seq_len * (BYTES_PER_STEP_AND_CHANNEL * width + 8 * channels)
            network = BYTES_PER_PARAMETER * 110 * width**2
            room = MEMORY_SHARE * self.budget.gpu_bytes - network
            batch = max(1, min(int(room / per_recording), 16, max(2, recordings // 8), recordings))
            needed = (per_recording * batch + network) / 2**30
            memory = f"; about {needed:.1f} of {self.budget.gpu_bytes / 2**30:.0f} GB"
        self.why["batch_size"] = (
            f"{counted(batch, 'window')} a step, one from each recording{memory}."
        )
        return batch

    def _epochs(self, batch: int) -> tuple[int, int, int]:
        """Times that an epoch sees a recording, epochs, warm-up epochs before them."""
        recordings = len(self.lengths)
        repeat = math.ceil(FEWEST_STEPS * batch / recordings)
        steps = recordings * repeat // batch
        target = STEPS_ON_CPU if self.budget.gpu_bytes is None else STEPS_ON_GPU
        epochs = max(FEWEST_EPOCHS, math.ceil(target / steps))
        if repeat > 1:
            self.why["repeat"] = (
                f"An epoch sees each recording {repeat} times, with other crops each time: "
                f"{counted(recordings, 'recording')} alone would be {max(1, recordings // batch)} "
                "of its steps."
            )
        self.why["epochs"] = (
            f"{steps} steps an epoch, {steps * epochs} in all after the warm-up: at least {target} "
            f"steps and at least {FEWEST_EPOCHS} epochs. The last epoch's weights count."
        )
        return repeat, epochs, max(1, round(epochs / 15))

    def _attention_window(self, max_seq_len: int, coarsest: int) -> int:
        on_coarsest = max_seq_len // coarsest
        window = min(9, max(3, on_coarsest - 1 + on_coarsest % 2))
        self.why["window"] = (
            f"Every position sees {window // 2} to each side, on the coarsest level "
            f"{coarsest * (window // 2)} steps; the training window has "
            f"{counted(on_coarsest, 'position')} there."
        )
        return window

    def _learning_rate(self, width: int) -> float:
        rate = 5e-4 * 128 / width
        self.why["learning_rate"] = (
            f"Wider networks take smaller steps: 5e-4 at width 128, {rate:g} here."
        )
        return float(f"{rate:.2g}")

    def _ema_momentum(self, iterations: int) -> float:
        momentum = float(f"{min(0.1, max(0.001, 12 / iterations)):.1g}")
        self.why["ema_momentum"] = (
            f"What is tested is the moving average of the weights. It looks back about "
            f"{1 / momentum:.0f} of {iterations} steps: long enough to be smooth, short enough to "
            "forget the beginning."
        )
        return momentum

    def _loss_normalizer(self, max_seq_len: int, batch: int) -> int:
        seen = np.minimum(self.lengths, max_seq_len).sum() / self.lengths.sum()
        per_window = len(self.durations) / len(self.lengths) * seen
        value = max(1, round(per_window * batch * POSITIVES))
        self.why["loss_normalizer"] = (
            f"First guess of the points that predict something: {per_window:.1f} instances a "
            f"window, {POSITIVES} points each; it follows the real number from then on."
        )
        return int(float(f"{value:.2g}"))

    def _sigma(self) -> float:
        overlap = self.summary.overlap
        self.why["sigma"] = (
            f"Soft-NMS per class: {100 * overlap:.2g} % of the instances overlap another of "
            "their class by half or more, so overlapping detections are "
            + ("often right (sigma 0.9)." if overlap > 0.2 else "mostly repetitions (sigma 0.5).")
        )
        return 0.9 if overlap > 0.2 else 0.5

    def _max_per_video(self) -> int:
        value = max(200, math.ceil(3 * self.summary.crowding / 100) * 100)
        self.why["max_per_video"] = (
            f"Three times the most instances of a recording ({self.summary.crowding}), and at "
            "least 200: what is cut off here is never found."
        )
        return value
