"""Negotiation: the representation that an HTTP request asks for, by the suffix of its path or its header `Accept`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from .formats import MEDIA_TYPES, SUFFIXES, ExportFormat

Representation = Literal["json", ExportFormat]

_SUFFIXES: Mapping[str, Representation] = {
    **{suffix: export_format for export_format, suffix in SUFFIXES.items()},
    ".json": "json",  # after .csl.json
}
_TYPES: Mapping[str, Representation] = {
    "application/json": "json",  # first: what ranges such as */* mean
    **{media_type: export_format for export_format, media_type in MEDIA_TYPES.items()},
}
_ALIASES: Mapping[str, str] = {
    "text/x-bibtex": MEDIA_TYPES["bibtex"],
    "application/x-ris": MEDIA_TYPES["ris"],
    "application/citeproc+json": MEDIA_TYPES["csl-json"],
    "text/x-markdown": MEDIA_TYPES["markdown"],
}
_LONGEST_HEADER = 2_000  # characters that are read; those of browsers have some 200
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PARAMETER = re.compile(r';[ \t]*([\w.-]+)=("(?:[^"\\]|\\.)*"|[^;,"\s]*)[ \t]*')
_RANGE = re.compile(r"[ \t]*([\w!#$%&'*+.^`|~-]+/[\w!#$%&'*+.^`|~-]+)[ \t]*")
_QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class _Range:
    """A media range of the header.

    Attributes:
        media_range: type and subtype in lower case, either of which may be `*`.
        quality: from 0 to 1.
        position: its place in the header.
    """

    media_range: str
    quality: float
    position: int

    @property
    def specificity(self) -> int:
        """2 for a media type, 1 for `type/*`, 0 for `*/*`."""
        return 2 - self.media_range.count("*")

    def covers(self, media_type: str) -> bool:
        """Return whether the range covers a media type."""
        main, _, sub = self.media_range.partition("/")
        return self.media_range in {media_type, "*/*"} or (sub == "*" and media_type.startswith(f"{main}/"))


def split_suffix(path: str) -> tuple[str, Representation | None]:
    """Return a path without the suffix of a representation, and that representation; None if it has no such suffix.

    The suffixes are `.json` and those of `SUFFIXES`. An arXiv id holds a dot as well, which is none.
    """
    for suffix, representation in _SUFFIXES.items():
        if path.lower().endswith(suffix) and len(path) > len(suffix):
            return path[: -len(suffix)], representation
    return path, None


def negotiate_accept(accept: str) -> Representation:
    """Return the representation that a header `Accept` prefers (RFC 9110, section 12.5.1).

    Each media type has the quality of the most specific range that covers it. Among those of the same quality, one that
    is named precedes one that only a range covers; the order of the header decides next, and that JSON comes first.
    Where nothing here is acceptable, JSON is sent all the same, which the RFC allows.
    """
    ranges = list(_parse(accept))
    best: tuple[float, int, int] | None = None
    chosen: Representation = "json"
    for media_type, representation in _TYPES.items():
        covering = [found for found in ranges if found.covers(media_type)]
        if not covering:
            continue
        decisive = max(covering, key=lambda found: (found.specificity, -found.position))
        rank = decisive.quality, decisive.specificity, -decisive.position
        if decisive.quality > 0 and (best is None or rank > best):
            best, chosen = rank, representation
    return chosen


def negotiate(path: str, accept: str = "") -> tuple[str, Representation]:
    """Return a path without its suffix, and the representation that is asked for: by the suffix, else by `Accept`.

    A response that depends on the header has to say so with `Vary: Accept`.
    """
    bare, representation = split_suffix(path)
    return bare, representation or negotiate_accept(accept)


def content_type(export_format: ExportFormat) -> str:
    """Return the header `Content-Type` of an export.

    JSON takes no charset (RFC 8259, section 8.1).
    """
    charset = "" if export_format == "csl-json" else "; charset=utf-8"
    return f"{MEDIA_TYPES[export_format]}{charset}"


def _parse(accept: str) -> Iterator[_Range]:
    """Yield the media ranges of a header; what is malformed is skipped."""
    for position, element in enumerate(_ELEMENT.findall(accept[:_LONGEST_HEADER])):
        match = _RANGE.match(element)
        if match is None:
            continue
        parameters = {name.lower(): value for name, value in _PARAMETER.findall(element[match.end() :])}
        quality = parameters.get("q", "1")
        if _QUALITY.fullmatch(quality):
            media_range = match[1].lower()
            yield _Range(_ALIASES.get(media_range, media_range), float(quality), position)
