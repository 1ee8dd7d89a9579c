"""Dates with times in the forms that tables have, as ISO 8601."""

import datetime
import re
from collections.abc import Sequence

from dateutil.parser import ParserError, parse

_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?(?P<zone>\s*(?:Z|UTC|[+-]\d\d:?\d\d))?"
)
_CLOCK = re.compile(_TIME)
_NUMBERS = re.compile(rf"(\d{{1,4}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{1,2}})(?:,?\s+|T){_TIME}")
_NAMED = re.compile(
    rf"((?:\w{{3,9}}\.?,?\s+)?(?:\d{{1,2}}[-\s.]+[A-Za-z]{{3,9}}|[A-Za-z]{{3,9}}\.?\s+\d{{1,2}})"
    rf"[-,\s.]+\d{{4}})(?:,?\s+|T){_TIME}"
)


def iso_dates(texts: Sequence[str]) -> dict[str, str]:
    """What the dates and 12-hour clocks among the texts of a column are in ISO 8601.

    ``2024/03/01 12:00``, ``01.03.2024 12:00`` (the day first), ``Mar 1, 2024 1:05 PM``, and
    ``3/1/2024 13:05``, where some date of the column, or that all are of one day, tells what is the
    month. Texts in other forms are left out.

    Raises:
        ValueError: No date tells what is the month, or they contradict each other.
    """
    found = {text: match for text in texts if (match := _NUMBERS.fullmatch(text.strip()))}
    unclear = {t: m for t, m in found.items() if len(m[1]) <= 2 and m[2] != "."}
    days = {(m[1], m[3], m[4]): t for t, m in unclear.items()}
    day_first = [t for (one, _, _), t in days.items() if int(one) > 12]
    month_first = [t for (_, two, _), t in days.items() if int(two) > 12]
    if day_first and month_first:
        raise ValueError(
            f"'{day_first[0]}' begins with the day, '{month_first[0]}' with the month: write them "
            "as 2024-03-01 13:05:00"
        )
    if len(days) > 1 and not (day_first or month_first):
        text = min(days.values())
        raise ValueError(
            f"'{text}' may begin with the day or with the month, and no other date tells: write "
            "them as 2024-03-01 13:05:00"
        )
    iso = {t: _iso(m, t, _date(m, day_first=bool(day_first))) for t, m in found.items()}
    for text in texts:
        if text not in found and (named := _NAMED.fullmatch(text.strip())):
            try:
                iso[text] = _iso(named, text, parse(named[1]).date())
            except (ParserError, OverflowError) as error:
                raise ValueError(f"'{text}' is no date: {error}") from error
        elif (clock := _CLOCK.fullmatch(text.strip())) and clock["half"]:
            iso[text] = _time(clock, text).isoformat()
    return iso


def _date(match: re.Match[str], *, day_first: bool) -> datetime.date:
    one, two, three = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) > 2:
        year, month, day = one, two, three
    elif day_first or match[2] == ".":
        day, month, year = one, two, three
    else:
        month, day, year = one, two, three
    try:
        return datetime.date(year + 2000 * (year < 100), month, day)
    except ValueError as error:
        raise ValueError(f"'{match[0]}' is no date: {error}") from error


def _iso(match: re.Match[str], text: str, date: datetime.date) -> str:
    zone = (match["zone"] or "").strip().replace("UTC", "Z")
    return f"{date.isoformat()}T{_time(match, text).isoformat()}{zone}"


def _time(match: re.Match[str], text: str) -> datetime.time:
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        raise ValueError(f"'{text}' is no time of day")
    hour = hour % 12 + 12 * (half == "p") if half else hour
    part = int((match["part"] or "0").ljust(6, "0")[:6])
    try:
        return datetime.time(hour, int(match["minute"]), int(match["second"] or 0), part)
    except ValueError as error:
        raise ValueError(f"'{text}' is no time of day: {error}") from error
