"""Damage valid files as disks, networks, editors and attackers do."""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

TOKENS = [
    b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"\\", b"\n", b"\t", b",", b";", b":",
    b"{", b"}", b"[", b"]", b"[" * 99, b"<", b"&a;", b"-", b"nan", b"NaN", b"inf", b"-Infinity",
    b"null", b"true", b"{}", b"[]", b'""', b"0", b"-1", b"1e999", b"1" * 400, b"9" * 5000, b"1:2:3",
    b"4611686018427387904", b"0x1F", b"\\ud800", b"\xe2\x82\xac", b"!!python/name:os.system ",
    b"*a", b"&a ", b"PK\x03\x04", b"\x80\x04",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 0.5, 1e308, -1e308, float("nan"), float("inf"), 2**62, 10**400, "",
    " ", "x", "nan", "1", "\0", "\ud800", "<script>", "../../x", "x" * 5000, [], {}, [[]], [None],
    {"a": 1}, [1, 2], [2, 1], ["1", "2"], [[1, 2]], [{}], {"": []},
]  # fmt: skip

Mutation = Callable[[bytes], bytes]
_PLACES = st.integers(0, 1 << 20)


def _at(data: bytes, place: int) -> int:
    return place % (len(data) + 1)


def _flip(place: int, value: int) -> Mutation:
    def change(data: bytes) -> bytes:
        where = _at(data, place)
        return data[:where] + bytes([value]) + data[where + 1 :]

    return change


def _cut(place: int) -> Mutation:
    return lambda data: data[: _at(data, place)]


def _remove(place: int, size: int) -> Mutation:
    return lambda data: data[: _at(data, place)] + data[_at(data, place) + size :]


def _repeat(place: int, size: int, times: int) -> Mutation:
    def change(data: bytes) -> bytes:
        where = _at(data, place)
        return data[:where] + data[where : where + size] * times + data[where:]

    return change


def _insert(place: int, token: bytes) -> Mutation:
    return lambda data: data[: _at(data, place)] + token + data[_at(data, place) :]


def _word(place: int, token: bytes) -> Mutation:
    """Another token in place of a number or word."""

    def change(data: bytes) -> bytes:
        words = list(re.finditer(rb"[-+\w.]+", data))
        if not words:
            return token
        word = words[place % len(words)]
        return data[: word.start()] + token + data[word.end() :]

    return change


BYTES = st.one_of(
    st.builds(_flip, _PLACES, st.integers(0, 255)),
    st.builds(_cut, _PLACES),
    st.builds(_remove, _PLACES, st.integers(1, 40)),
    st.builds(_repeat, _PLACES, st.integers(1, 40), st.integers(1, 5)),
    st.builds(_insert, _PLACES, st.sampled_from(TOKENS)),
    st.builds(_word, _PLACES, st.sampled_from(TOKENS)),
)


class _Twice(dict):  # type: ignore[type-arg]
    """A JSON object that holds its first name twice."""

    def items(self) -> Any:
        pairs = list(super().items())
        return pairs + pairs[:1]


def _structure(place: int, kind: str, value: Any) -> Mutation:
    """A change of one value of a JSON text; another text stays as it is."""

    def change(data: bytes) -> bytes:
        try:
            content = json.loads(data)
        except (ValueError, RecursionError):
            return data
        holder = [content]
        places: list[tuple[Any, Any]] = [(holder, 0)]
        for parent, key in places:
            child = parent[key]
            if isinstance(child, dict | list):
                keys = child if isinstance(child, dict) else range(len(child))
                places += [(child, name) for name in keys]
        parent, key = places[place % len(places)]
        old = parent[key]
        if kind == "replace":
            parent[key] = value
        elif kind == "wrap":
            for _ in range(place % 300):
                old = [old]
            parent[key] = old
        elif kind == "twice" and isinstance(old, dict):
            parent[key] = _Twice(old)
        elif kind == "twice" and isinstance(old, list):
            parent[key] = old * 2
        elif kind == "rename" and isinstance(parent, dict):
            parent[str(value)] = parent.pop(key)
        elif kind == "remove" and parent is not holder:
            del parent[key]
        # Python's own encoder, which asks an object for its items
        return "".join(json.JSONEncoder(indent=0).iterencode(holder[0])).encode("utf-8", "replace")

    return change


STRUCTURE = st.builds(
    _structure,
    _PLACES,
    st.sampled_from(["replace", "replace", "replace", "wrap", "twice", "rename", "remove"]),
    st.sampled_from(VALUES),
)


def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def _zipped(method: int, name: str, flag: int) -> Mutation:
    def change(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
        made = bytearray(out.getvalue())
        made[6] ^= flag
        made[made.rindex(b"PK\x01\x02") + 8] ^= flag
        return bytes(made)

    return change


PACKING = st.one_of(
    st.just(_gzipped),
    st.builds(
        _zipped,
        st.sampled_from(
            [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
        ),
        st.sampled_from(["a.json", "../a.json", "/a.txt", "a", "a.npy"]),
        st.sampled_from([0, 0, 1, 8]),
    ),
)


def damages(*, structured: bool, packed: bool) -> st.SearchStrategy[list[Mutation]]:
    """One to four changes, one after the other."""
    content = st.one_of(STRUCTURE, STRUCTURE, BYTES) if structured else BYTES
    lists = st.lists(content, min_size=1, max_size=3)
    if not packed:
        return lists
    ends = st.one_of(
        st.just([]),
        st.builds(lambda p: [p], PACKING),
        st.builds(lambda p, b: [p, b], PACKING, BYTES),
    )
    return st.builds(lambda first, last: first + last, lists, ends)
