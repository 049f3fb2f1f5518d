"""References: the papers of an export, each once, with the quotations from it and its citation key."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...index.domain.filters import fold_name
from ...index.domain.hits import Citation
from ...index.domain.papers import Paper
from ..answers.markdown import strip_markdown
from .names import parse_names
from .text import issued, one_line, plain

# Letters that have no decomposition in Unicode; `fold_name` handles the others.
_ASCII = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
_UNINDEXED = frozenset(
    "a an the on in of for to from with and or as at by is are be can do does how what when where why via toward "
    "towards".split()
)
_LONGEST_PART = 30  # characters
_ANONYMOUS = "arxiv"


@dataclass(frozen=True, slots=True)
class Reference:
    """A paper of an export.

    Attributes:
        paper: the paper.
        key: its citation key, in ASCII, unique in the export.
        quotations: the quotations from it.
    """

    paper: Paper
    key: str
    quotations: tuple[Citation, ...] = ()


def refer_to(papers: Iterable[Paper], citations: Sequence[Citation] = ()) -> tuple[Reference, ...]:
    """Return a reference for each of some papers, in their order, each once, with the citations from it."""
    unique: dict[str, Paper] = {}
    for paper in papers:
        unique.setdefault(paper.paper_id, paper)
    keys = citation_keys(unique.values())
    return tuple(
        Reference(paper, keys[paper_id], tuple(citation for citation in citations if citation.paper_id == paper_id))
        for paper_id, paper in unique.items()
    )


def citation_keys(papers: Iterable[Paper]) -> Mapping[str, str]:
    """Return citation keys by paper id: first author, year, first word of the title (`vaswani2017attention`).

    Papers that would share a key all get their arXiv id as well (`kim2025scaling-2505.10527`), so that a key depends
    on the papers of the export, but not on their order.
    """
    keys = {paper.paper_id: _key(paper) for paper in papers}
    shared = Counter(keys.values())
    return {
        paper_id: key if shared[key] == 1 else f"{key}-{re.sub(r'[^0-9A-Za-z.]', '-', paper_id)}"
        for paper_id, key in keys.items()
    }


def note(citation: Citation) -> str:
    """Return a quotation as answers show it, without its Markdown, with its source, on one line."""
    return f"“{one_line(strip_markdown(citation.quote))}” ({source(citation)})"


def source(citation: Citation) -> str:
    """Return where a quotation is from.

    That is "abstract", "record", or the digest, the section and the trust label of a summary.
    """
    _, _, place = citation.chunk_id.partition(":")
    label, _, rest = place.partition(":")
    if citation.entry is None:
        return label or "abstract"
    section = rest.rpartition(":")[0]
    return describe_source(citation.entry, section, citation.trust)


def describe_source(entry: str, section: str, trust: str | None) -> str:
    """Return the digest, the section and the trust label of a passage of a summary."""
    parts = f"digest {entry}", section.replace("_", " "), f"trust: {trust}" if trust else ""
    return ", ".join(filter(None, parts))


def _key(paper: Paper) -> str:
    author = next(parse_names(paper.authors), None)
    words = _ascii_words(plain(paper.title))
    word = next((word for word in words if word not in _UNINDEXED and not word.isdigit()), "")
    name = "".join(_ascii_words(author.full_family)) if author else ""
    year = "".join(str(part) for part in issued(paper)[:1])
    return f"{name[:_LONGEST_PART] or _ANONYMOUS}{year}{word[:_LONGEST_PART]}"


def _ascii_words(text: str) -> Iterator[str]:
    """Yield the words of a text in lower case, in ASCII letters and digits, a hyphenated one as one."""
    for word in re.split(r"[\s:/–—]+", text):
        folded = fold_name(word).translate(_ASCII)
        if letters := "".join(char for char in folded if char.isascii() and char.isalnum()):
            yield letters
