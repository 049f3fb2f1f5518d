"""arXiv identifiers: the new form (2505.09264v2) and the old one (math.GT/0309136), alone or within a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import InputError

# https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNN from 0704, YYMM.NNNNN from 1501;
# before that archive(.CLASS)/YYMMNNN.
_NEW = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD = r"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_ID = re.compile(rf"(?P<id>{_NEW}|{_OLD})(?:v(?P<version>[1-9]\d{{0,2}}))?", re.ASCII)
# A Korean particle may follow directly (2505.10527은); a digit, a Latin letter or a further dotted part may not.
_END = r"(?![0-9A-Za-z_]|\.\d)"
_IN_TEXT = re.compile(rf"(?<![\w./-]){_ID.pattern}{_END}", re.ASCII)
_URL = re.compile(rf"(?i:arxiv\.org/(?:abs|pdf|html)|huggingface\.co/papers)/{_ID.pattern}{_END}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ArxivId:
    """An arXiv identifier.

    Attributes:
        paper_id: the identifier without version, which is the key of a paper.
        version: the version; None where the text names none.
    """

    paper_id: str
    version: int | None = None


def parse_arxiv_id(text: str) -> ArxivId | None:
    """Parse a text that is an identifier and nothing else.

    White space around it, an `arXiv:` prefix and a version are allowed.

    Returns:
        The identifier; None where the text is not one.
    """
    match = _ID.fullmatch(re.sub(r"^arxiv:\s*", "", text.strip(), flags=re.IGNORECASE))
    return _arxiv_id(match) if match else None


def require_arxiv_id(text: str, field: str = "paper_id") -> ArxivId:
    """Parse a text that has to be an identifier and nothing else, as `parse_arxiv_id` does.

    Args:
        text: user input.
        field: name of the argument or JSON field, for the error.

    Raises:
        InputError: it is not one.
    """
    if (parsed := parse_arxiv_id(text)) is None:
        raise InputError(field, f"{text[:60]!r} is not an arXiv id (expected one such as 2505.09264)")
    return parsed


def find_arxiv_ids(text: str) -> tuple[ArxivId, ...]:
    """Return the identifiers in a running text, bare or in a URL, in order of occurrence, one per paper."""
    ids: dict[str, ArxivId] = {}
    for match in sorted((*_IN_TEXT.finditer(text), *_URL.finditer(text)), key=lambda match: match.start("id")):
        arxiv_id = _arxiv_id(match)
        if arxiv_id:
            ids.setdefault(arxiv_id.paper_id, arxiv_id)
    return tuple(ids.values())


def _arxiv_id(match: re.Match[str]) -> ArxivId | None:
    paper_id, version = match["id"], match["version"]
    if "/" not in paper_id:
        digits = len(paper_id.partition(".")[2])
        if digits != (5 if int(paper_id[:2]) >= 15 else 4):
            return None
    return ArxivId(paper_id, int(version) if version else None)
