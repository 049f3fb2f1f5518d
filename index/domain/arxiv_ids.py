"""arXiv identifiers: the new form (2505.09264v2), the old one (math.GT/0309136), and where they stand in a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

# https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNN from 0704, YYMM.NNNNN from 1501;
# before that archive(.CLASS)/YYMMNNN.
_NEW = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD = r"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_ID = re.compile(rf"(?P<id>{_NEW}|{_OLD})(?:v(?P<version>[1-9]\d{{0,2}}))?", re.ASCII)
# A Korean particle may follow at once (2505.10527은); a digit, a Latin letter or a further dotted part may not.
_END = r"(?![0-9A-Za-z_]|\.\d)"
_IN_TEXT = re.compile(rf"(?<![\w./-]){_ID.pattern}{_END}", re.ASCII)
_URL = re.compile(rf"(?i:arxiv\.org/(?:abs|pdf|html)|huggingface\.co/papers)/{_ID.pattern}{_END}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ArxivId:
    """An arXiv identifier; papers are keyed by `paper_id`, which carries no version."""

    paper_id: str
    version: int | None = None


def _read(match: re.Match[str]) -> ArxivId | None:
    paper_id, version = match["id"], match["version"]
    if "/" not in paper_id:
        digits = len(paper_id.partition(".")[2])
        if digits != (5 if int(paper_id[:2]) >= 15 else 4):
            return None
    return ArxivId(paper_id, int(version) if version else None)


def parse_arxiv_id(text: str) -> ArxivId | None:
    """The identifier that `text` is, white space, an `arXiv:` prefix and a version allowed; None where it is none."""
    match = _ID.fullmatch(re.sub(r"^arxiv:\s*", "", text.strip(), flags=re.IGNORECASE))
    return _read(match) if match else None


def find_arxiv_ids(text: str) -> tuple[ArxivId, ...]:
    """Every identifier in a running text, bare or in a URL, in order, each paper once."""
    found: dict[str, ArxivId] = {}
    places = sorted((*_IN_TEXT.finditer(text), *_URL.finditer(text)), key=lambda match: match.start("id"))
    for match in places:
        arxiv_id = _read(match)
        if arxiv_id:
            found.setdefault(arxiv_id.paper_id, arxiv_id)
    return tuple(found.values())
