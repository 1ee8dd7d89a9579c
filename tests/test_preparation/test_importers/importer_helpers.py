"""What tests of the importers share besides fixtures."""

from mmtal.preparation.importers import Imported


def instances(imported: Imported, name: str) -> list[tuple[str, float, float]]:
    """(label, start, end) of the instances of a recording."""
    found = imported.database[name]["annotations"]
    return [(i["label"], *i["segment"]) for i in found]
