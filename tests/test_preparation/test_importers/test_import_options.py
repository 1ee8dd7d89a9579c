"""Options of an import that a format does not read are refused, not ignored."""

import inspect
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mmtal.preparation.importers import known_formats

TABLE = "recording,start,end,label\na,1.5,4,run\n"
LOG = "time,behavior,status\n1,run,START\n2,run,STOP\n"
SRT = "1\n00:00:01,000 --> 00:00:02,000\nrun\n"
BIDS = "onset\tduration\ttrial_type\n1\t2\trun\n"
FORMATS = [name for name, entry in known_formats().items() if entry.name != "label-studio-series"]


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.csv", TABLE, dict(labels=("run",)), "--labels does not go with table: recording"),
        ("a.srt", SRT, dict(columns={"label": "x"}), "--columns label=... does not go with sub"),
        ("a.srt", SRT, dict(inclusive=True), "--inclusive does not go with subtitles"),
        ("a.srt", SRT, dict(unit="ms"), "--unit does not go with subtitles"),
        ("a_events.tsv", BIDS, dict(columns={"start": "onset"}), "--columns start=... does not"),
        ("a.csv", LOG, dict(columns={"label": "what"}), "no column for --columns label=what; th"),
    ],
)
def test_an_option_that_nothing_reads(
    load: Callable, write: Callable, name: str, content: str, options: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        load(write(name, content), **options)


def test_one_of_several_sources_reads_it(load: Callable, write: Callable) -> None:
    sources = write("a.csv", TABLE), write("b.srt", SRT)
    imported = load(*sources, columns={"label": "label"}, unit="seconds")
    assert set(imported.database) == {"a", "b"}


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_format_takes_is_what_its_code_reads(name: str) -> None:
    entry = known_formats()[name]
    code = inspect.getsource(sys.modules[entry.read.__module__])
    for option, sign in dict(
        unit=r"options\.unit",
        labels=r"options\.(labels|choose)",
        inclusive=r"options\.inclusive",
        columns=r"options\.columns",
    ).items():
        taken = any(part.partition(".")[0] == option for part in entry.takes)
        assert taken == bool(re.search(sign, code)), (option, entry.takes)
