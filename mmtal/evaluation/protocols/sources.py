"""Sources of facts that several protocols share."""

ACTIONFORMER = "ActionFormer's release (happyharrycn/actionformer_release), libs/utils/metrics.py"
OPENTAD = (
    "OpenTAD (sming256/OpenTAD), opentad/evaluations/{mAP,builder}.py; it rounds segments to 0.01 "
    "s and scores to 4 decimals (opentad/cores/test_engine.py)"
)
ACTIVITYNET = "ActivityNet's evaluator (activitynet/ActivityNet), Evaluation/eval_detection.py"

OPENTAD_DECIMALS = (2, 4)
HIGH_TIOU = "0.5:0.05:0.95"
