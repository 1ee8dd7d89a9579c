"""Check the annotation file that a protocol is evaluated on."""

from pathlib import Path

from mmtal.evaluation.protocols.evaluation_protocol import EvaluationProtocol
from mmtal.results.instance_table import InstanceTable
from mmtal.results.result_files import read_ground_truth


def read_protocol_truth(
    protocol: EvaluationProtocol,
    ann_file: str | Path | None = None,
    subset: str | None = None,
) -> tuple[InstanceTable, list[str]]:
    """Instances of the protocol's subset, and the classes by label.

    Args:
        protocol: Names the subset, and where its annotation file is looked for.
        ann_file: The annotation file; None: where this project's configs have it.
        subset: Of the file, where its name is not the protocol's (OpenTAD's THUMOS14 file calls
            the test set ``validation``).

    Raises:
        FileNotFoundError: There is no such file; the message says where to get it.
        ValueError: It is no annotation file, or has nothing to find in the subset.
    """
    path = ann_file or protocol.annotations
    if not path or not Path(path).is_file():
        missing = f"there is no file {path}" if path else "its place is not fixed"
        source = f" ({protocol.obtain})" if protocol.obtain else ""
        raise FileNotFoundError(
            f"the annotation file of protocol {protocol.name}{source} is needed, but {missing}: "
            "name it with --ann"
        )
    subset = subset or protocol.subset
    try:
        truth, classes = read_ground_truth(path, subset)
    except ValueError as error:
        hint = f" (protocol {protocol.name} takes {protocol.obtain})" if protocol.obtain else ""
        raise ValueError(f"{error}{hint}") from error
    if not len(truth):
        raise ValueError(f"{path}: subset '{subset}' holds no instance to find")
    return truth, classes
