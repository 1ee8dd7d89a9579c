"""Distinguish known defects of published annotation files from new ones.

The repository holds no data: a defect is recognized by a hash of recording, label and times, so
that it is known in a copy, a part or a new edition of the file, and any other defect is new. What
concerns a whole file is known only in the file itself, recognized by its list of recordings.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mmtal.preparation.verification.annotations import AnnotationContent
from mmtal.preparation.verification.findings import Finding
from mmtal.preparation.verification.recording import Instance, Recording
from mmtal.utils.yaml_files import read_yaml

LENGTH = 8
"""Hexadecimal digits of a case's hash: a new defect among a million is taken for a known one."""

_PUBLISHED = read_yaml(Path(__file__).with_name("assets") / "known_defects.yaml")
_CASES = {
    name: Counter((kind, case) for kind, text in kinds.items() for case in text.split())
    for name, kinds in _PUBLISHED["cases"].items()
}


def mark_known(
    findings: Iterable[Finding], recordings: Sequence[Recording], files: Sequence[AnnotationContent]
) -> list[Finding]:
    """The findings, those that are known marked with the name of the published data set.

    A case is known as often as it is published; a further copy of it is new.
    """
    instances = {
        (str(recording.setting.ann_file), recording.video_id, instance.index): instance
        for recording in recordings
        for instance in recording.instances
    }
    published = {
        str(file.path): _PUBLISHED["files"].get(list_hash(file.database)) for file in files
    }
    left = {name: Counter(cases) for name, cases in _CASES.items()}
    marked = []
    for finding in findings:
        known: str | None = None
        if finding.recording is None:
            file = published.get(finding.ann_file) or {"data set": "", "kinds": {}}
            known = (
                file["data set"] if finding.subset in file["kinds"].get(finding.kind, ()) else None
            )
        else:
            place = (finding.ann_file, finding.recording, finding.instance)
            instance = instances.get(place)  # type: ignore[arg-type]
            if instance is not None or finding.instance is None:
                case = finding.kind, case_hash(finding.recording, instance)
                known = next((name for name, cases in left.items() if cases[case] > 0), None)
                if known:
                    left[known][case] -= 1
        marked.append(replace(finding, known=known) if known else finding)
    return marked


def case_hash(recording: str, instance: Instance | None) -> str:
    """Name of an instance, or of a recording, by its content; times to a millisecond."""
    content = recording
    if instance is not None:
        content += f"\n{instance.label}\n{instance.start:.3f}\n{instance.end:.3f}"
    return _sha256(content)[:LENGTH]


def list_hash(video_ids: Iterable[str]) -> str:
    """Name of a list of recordings, whatever their order."""
    return _sha256("\n".join(sorted(video_ids)))[:32]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
