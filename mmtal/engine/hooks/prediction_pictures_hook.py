"""Draw predictions while a model is tested or trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmtal.datasets.extraction import video_of
from mmtal.engine.hooks.operating_point_hook import score_threshold
from mmtal.evaluation.recording_hits import find_hits
from mmtal.registry import HOOKS
from mmtal.structures import RecordingView, TemporalDataSample, without_classes
from mmtal.utils.file_names import file_stem
from mmtal.visualization.layout import save_figure
from mmtal.visualization.thumbnails import thumbnails
from mmtal.visualization.timeline import draw_predictions


@HOOKS.register_module()
class PredictionPicturesHook(Hook):
    """Draw predictions against ground truth on the way.

    Pictures of the video stand above the time where its features say which it is
    (``mmtal data extract``).

    Args:
        show_dir: Folder for a picture of every tested recording; None: none are drawn.
        in_training: How many recordings are drawn at each validation, always the same ones. The
            runner's visualizer gets them: they appear in TensorBoard and as files.
        score_thr: Predictions that score lower are not drawn; None: the threshold of best F1 of
            the latest validation or of the checkpoint, else 0.3.
    """

    def __init__(
        self, show_dir: str | None = None, *, in_training: int = 0, score_thr: float | None = None
    ) -> None:
        if in_training < 0:
            raise ValueError(f"in_training must be >= 0, but got {in_training}")
        if show_dir is not None and Path(show_dir).exists() and not Path(show_dir).is_dir():
            raise ValueError(f"show_dir must be a folder, but '{show_dir}' is a file")
        self.show_dir = None if show_dir is None else Path(show_dir)
        self.in_training = in_training
        self.score_thr = score_thr
        self._drawn = 0

    def before_test(self, runner: Runner) -> None:
        if self.show_dir is not None:
            self.show_dir.mkdir(parents=True, exist_ok=True)

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict[str, Any] | None = None,
        outputs: Sequence[TemporalDataSample] | None = None,
    ) -> None:
        if self.show_dir is not None:
            for sample in outputs or ():
                figure = self._draw(runner, runner.test_dataloader, sample)
                save_figure(figure, self.show_dir / f"{file_stem(sample.video_id)}.png")

    def after_test(self, runner: Runner) -> None:
        if self.show_dir is not None:
            print_log(f"pictures: {self.show_dir}", "current")

    def before_val_epoch(self, runner: Runner) -> None:
        self._drawn = 0

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict[str, Any] | None = None,
        outputs: Sequence[TemporalDataSample] | None = None,
    ) -> None:
        by_epoch = getattr(runner.log_processor, "by_epoch", True)
        step = runner.epoch if by_epoch else runner.iter
        for sample in list(outputs or ())[: self.in_training - self._drawn]:
            self._drawn += 1
            figure = self._draw(runner, runner.val_dataloader, sample)
            name = f"predictions_{file_stem(sample.video_id)}"
            runner.visualizer.add_image(name, _pixels(figure), step)

    def _draw(self, runner: Runner, loader: DataLoader[Any], sample: TemporalDataSample) -> Figure:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        classes = loader.dataset.metainfo["classes"]  # type: ignore[attr-defined]
        view, names = without_classes(view_of_sample(sample), classes, model)
        if width := getattr(loader.dataset, "point_width", None):
            view = view.as_events(width / 2)
        threshold = score_threshold(runner) if self.score_thr is None else self.score_thr
        video = video_of(getattr(loader.dataset, "folders", ()), sample.video_id)
        hits, pictures = find_hits(view), thumbnails(video)
        return draw_predictions(view, names, hits, score_thr=threshold, pictures=pictures)


def view_of_sample(sample: TemporalDataSample) -> RecordingView:
    """What a picture needs of a predicted sample."""
    truth, found = sample.gt_instances, sample.pred_instances
    return RecordingView(
        sample.video_id,
        float(sample.duration),
        truth.segments.double().cpu().numpy(),
        truth.labels.cpu().numpy(),
        found.segments.double().cpu().numpy(),
        found.scores.double().cpu().numpy(),
        found.labels.cpu().numpy(),
    )


def _pixels(figure: Figure) -> np.ndarray:
    """RGB uint8 (height, width, 3)."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
