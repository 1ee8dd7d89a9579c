"""Collect all problems of a data set and raise them as one error."""

from collections.abc import Mapping, Sequence

SHOWN = 5
"""Cases of each kind that an error message shows."""

REMEDIES = {
    "reversed segment": "swap the two times; a published benchmark file is read as it is with "
    "bad_segments='keep'",
    "empty segment": "give it an end after its start or take it out; a published benchmark file "
    "is read as it is with bad_segments='keep'",
    "segment outside the recording": "correct the segment or the duration (both are in seconds); "
    "a published benchmark file is read as it is with bad_segments='keep'",
    "times in another unit": "times must be in seconds: convert them with mmtal data import, and "
    "the --unit that is named",
    "unknown label": "correct the label or the argument classes",
    "name is no path below the features": "give the recording and its feature file another name",
    "missing feature file": "add the files, check features, file_prefix and file_ext, or leave "
    "these recordings out with allow_missing=True",
    "missing duration": "add it: without a feature_stride it alone says where the features lie",
    "unusable feature file": "see the message of each file",
    "axes seem to be exchanged": "they are (C, T): save features.T, a row for each feature",
    "wrong channel count": "extract all recordings with the same model",
    "duration and feature length disagree": "check feature_stride, snippet_frames, fps and the "
    "duration (in seconds); check_duration=False leaves this check out",
    "NaN, infinite or absurd feature": "extract these recordings again",
}


class Problems:
    """Collects problems and raises them together.

    The error begins with what was checked, ``source``, and what that means, ``verdict``;
    ``remedies`` say how to fix each kind of problem, of which there are no others.
    """

    def __init__(
        self,
        source: str,
        *,
        verdict: str = "the data cannot be used",
        remedies: Mapping[str, str] = REMEDIES,
    ) -> None:
        self.source = source
        self.verdict = verdict
        self.remedies = remedies
        self._cases: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, kind: str, case: str, *, count: int = 1) -> None:
        """Note a case of a ``kind`` of ``remedies``; the case names recording or file.

        It stands for ``count`` such things.
        """
        self._cases.setdefault(kind, []).append(case)
        self._counts[kind] = self._counts.get(kind, 0) + count

    def take(self, kinds: Sequence[str]) -> dict[str, int]:
        """Stop treating these kinds as problems, and return how many there were of each."""
        return {kind: self._counts[kind] for kind in kinds if self._cases.pop(kind, None)}

    def raise_if_any(self) -> None:
        """Raise one error with all kinds, their counts and the first cases of each.

        FileNotFoundError: all that is wrong is that files are missing; else ValueError.
        """
        if not self._cases:
            return
        lines = [f"{self.source}: {self.verdict}."]
        for kind, cases in self._cases.items():
            lines.append(f"{kind} ({self._counts[kind]:,} found): {self.remedies[kind]}")
            lines += [f"  - {case}" for case in cases[:SHOWN]]
            if len(cases) > SHOWN:
                lines.append(f"  - and {len(cases) - SHOWN} more")
        only_missing = set(self._cases) == {"missing feature file"}
        raise (FileNotFoundError if only_missing else ValueError)("\n".join(lines))
