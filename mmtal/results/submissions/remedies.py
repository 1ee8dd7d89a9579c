"""Kinds of problems of detections, with fix and remedy."""

FIXES = {
    "labels": "unknown label",
    "nan": "NaN or infinite number",
    "unlisted": "unlisted recording",
    "missing": "missing recording",
    "reversed": "reversed or empty segment",
    "outside": "segment outside the recording",
}
"""What a user may ask to be fixed, to its kind of problem."""

LARGE = "large-losses"
MOST_LOST = 0.05
"""Share of the detections that fixes may leave out, unless ``LARGE`` is asked for, too."""

FIXED = {
    "unknown label": "detections of unknown classes are left out",
    "NaN or infinite number": "detections with NaN or infinity are left out",
    "unlisted recording": "recordings that are not on the list are left out",
    "missing recording": "recordings without results get an empty list",
    "reversed or empty segment": "detections that do not end after their start are left out",
    "segment outside the recording": "detections are clipped to their recording",
}
"""Kind of problem to what is done about it."""

_CORRECT = {
    "malformed detection": "a detection is an object with a segment, a label and a score",
    "no label": "these are proposals without classes: name them by a video classifier first, or "
    "evaluate them with average recall",
    "unknown label": "correct the label, or give the annotations (--ann) or class names "
    "(--classes) that the results were made with",
    "NaN or infinite number": "the model or its post-processing is broken here",
    "wrong field": "the evaluation server refuses the file; convert it again to correct it",
    "wrong taxonomy": "the benchmark has other classes; give its own annotations with --ann",
    "unlisted recording": "check that these are results of this subset (--subset)",
    "missing recording": "run the model on these, too",
    "reversed or empty segment": "the end must come after the start",
    "segment outside the recording": "times must be seconds from the start of the recording (for "
    "Ego4D of the clip, not of the whole video)",
}

REMEDIES = {
    kind: text
    + "".join(
        f"; 'mmtal results convert --fix {name}': {FIXED[kind]}"
        for name, fixed in FIXES.items()
        if fixed == kind
    )
    for kind, text in _CORRECT.items()
}
"""Kind of problem to what the user can do."""
