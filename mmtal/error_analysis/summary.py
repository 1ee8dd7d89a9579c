"""Export the error analysis as numbers in [0, 1] for JSON."""

from typing import Any

import numpy as np

from mmtal.error_analysis.analysis import ErrorAnalysis
from mmtal.error_analysis.false_negatives import CAUSES
from mmtal.error_analysis.false_positives import ERROR_TYPES, OUTCOMES
from mmtal.error_analysis.findings import findings
from mmtal.utils.files import plain


def summary(analysis: ErrorAnalysis) -> dict[str, Any]:
    """Everything but the curves' single points; unknown figures are None."""
    false, missed, scores = (
        analysis.false_positives,
        analysis.false_negatives,
        analysis.calibration,
    )
    names = analysis.present
    return plain(
        dict(
            definitions="DETAD (Alwassel et al., ECCV 2018); see docs/analyze_errors.md",
            findings=findings(analysis),
            evaluation=analysis.stamp,
            average_mAP=analysis.scores[0],
            average_mAP_N=analysis.scores[1],
            mAP_N=analysis.map_n,
            detections=len(analysis.matches.rows),
            detections_ignored=analysis.ignored,
            oracles={o.name: dict(_pair(o.scores), gain=_pair(o.gain)) for o in analysis.oracles},
            false_positives=dict(
                outcomes=OUTCOMES,
                profile_of_each_G=false.profile,
                counts_of_each_tiou_and_G=false.counts,
                top_10G=_pair(false.base),
                gain={n: _pair(g) for n, g in zip(ERROR_TYPES, false.gain, strict=True)},
            ),
            false_negatives=dict(
                rate=missed.rate,
                instances=dict(zip(CAUSES, missed.counts, strict=True)),
                gain={
                    n: _pair(g) for n, g in zip((*CAUSES, "all missed"), missed.gain, strict=True)
                },
            ),
            characteristics={
                part.characteristic.name: dict(
                    source=part.characteristic.source,
                    unknown=part.characteristic.unknown,
                    edges=part.characteristic.edges,
                    buckets={
                        name: dict(
                            limits=part.characteristic.limits(bucket),
                            instances=part.characteristic.counts[bucket],
                            average_mAP_N=part.map_n[bucket],
                            missed=part.missed[bucket],
                            gain_if_found=_pair(part.gain[bucket]),
                        )
                        for bucket, name in enumerate(part.characteristic.buckets)
                    },
                )
                for part in analysis.sensitivity
            },
            characteristics_not_known=analysis.unknown,
            tiou=analysis.curve_tiou,
            confusion=dict(
                rows=[*names, "(background)"],
                columns=[*names, "(missed)"],
                matrix=analysis.confusion,
            ),
            calibration=dict(
                edges=scores.edges,
                counts=scores.counts,
                score=scores.score,
                precision=scores.precision,
                expected_calibration_error=scores.ece,
                best_score_threshold=scores.best_score,
                best_f1_precision_recall=scores.best_f1,
            ),
            ap={analysis.classes[c.label]: c.ap for c in analysis.curves},
            worst_recordings=[
                dict(recording=item.video_id)
                | {name: getattr(item, name) for name in ("instances", "missed", "false", "f1")}
                for item in analysis.worst
            ],
        )
    )


def _pair(values: np.ndarray) -> dict[str, float]:
    return dict(mAP=float(values[0]), average_mAP_N=float(values[1]))
