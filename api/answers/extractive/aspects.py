"""The parts of a paper that an answer quotes: sections of a summary, or sentences of an abstract that stand for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....index.domain.hits import Evidence, Hit
from ....index.domain.papers import Language
from ..quotations import Quotation, quotations, sound
from ..rendering.messages import Aspect

_ENOUGH = 2  # sentences
ASPECTS: tuple[Aspect, ...] = ("motivation", "method", "results")
_SECTIONS: dict[str, tuple[str, ...]] = {"method": ("contributions", "architecture")}
_OF_ABSTRACT = {"contributions": "method", "architecture": "method", "motivation": "motivation", "results": "results"}

_METHOD = re.compile(
    r"\b(?:we|this\s(?:paper|work|study|report)|the\s(?:paper|authors))\s(?:\w+\s){0,2}?"
    r"(?:propos|introduc|present|develop|design|describ|build|releas|explor|investigat|stud|revisit|provid|construct)\w*"
    r"|\bour\s(?:method|approach|framework|model|system|key|core)\b|제안|소개|개발|설계|제시",
    re.IGNORECASE,
)
_RESULTS = re.compile(
    r"\b(?:experiment\w*|results?|achiev\w*|outperform\w*|surpass\w*|demonstrat\w*|state-of-the-art|improves?|improvements?|"
    r"we\s(?:show|find|observe)|evaluations?)\b|\d\s?\\?%|실험|결과|달성|향상|성능",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\d")
_OUTCOME = re.compile(r"\d\s?\\?%|\b(?:achiev|outperform|surpass|exceed)\w*|state-of-the-art|달성|능가", re.IGNORECASE)


def section(hit: Hit, name: str, lang: Language, chunks: int) -> list[Quotation]:
    """The sentences of a section of a paper, in the language asked for where there are such, else in the other one."""
    told = _told(hit, name)
    return _without_leaning(aspect(hit, name, lang, chunks) or quotations(hit.paper_id, told[:chunks]))


def aspect(hit: Hit, name: str, lang: Language, chunks: int) -> list[Quotation]:
    """The sentences of a paper that speak of one of its aspects or sections, likeliest first.

    In the language asked for, and none where none does: an abstract says what a paper is for, does and shows, but
    hardly ever its limits.

    Args:
        hit: the paper with its evidence.
        name: an `Aspect` or the name of a section.
        lang: the language asked for.
        chunks: how many of them are read.
    """
    native = quotations(hit.paper_id, [one for one in _told(hit, name) if one.lang == lang][:chunks])
    return native or _of_abstract(hit, sound(hit.evidence), _OF_ABSTRACT.get(name, name), lang)


def _told(hit: Hit, name: str) -> list[Evidence]:
    """The passages of an aspect's sections, in order."""
    sections = _SECTIONS.get(name, (name,))
    found = (one for one in sound(hit.evidence) if one.section in sections)
    return sorted(found, key=lambda one: _place(one, sections))


def _without_leaning(pool: list[Quotation]) -> list[Quotation]:
    """Sentences that stand by themselves, where there are enough of them."""
    alone = [one for one in pool if not one.leans]
    return alone if len(alone) >= _ENOUGH else pool


def _place(one: Evidence, sections: Sequence[str]) -> tuple[int, str, int]:
    """Sections in their order, a section's passages as they follow each other in their digest."""
    source, _, ordinal = one.chunk_id.rpartition(":")
    return sections.index(one.section), source, int(ordinal) if ordinal.isdigit() else 0


def _of_abstract(hit: Hit, evidence: Sequence[Evidence], name: str, lang: Language) -> list[Quotation]:
    """Sentences of the abstract that speak of an aspect."""
    told = quotations(hit.paper_id, [one for one in in_order(evidence, "abstract") if one.lang == lang])
    read = [one for one in told if "://" not in one.citation.quote]  # where code and models are to be had
    method = [one for one in read if _METHOD.search(one.citation.quote)]
    # What stands before the paper's own work is what others achieved.
    since = read.index(method[0]) if method else 0
    after = [one for one in read[since:] if one not in method]
    results = [one for one in after if _RESULTS.search(one.citation.quote)] or [
        one for one in after if _COUNT.search(one.citation.quote)
    ]
    results.sort(key=lambda one: not _OUTCOME.search(one.citation.quote))
    if name == "motivation":
        return read[:since][:2] or read[:1]
    return method if name == "method" else results if name == "results" else []


def in_order(evidence: Sequence[Evidence], section: str) -> list[Evidence]:
    """The passages of one section as they follow each other."""
    return sorted((one for one in evidence if one.section == section), key=lambda one: _place(one, (section,)))


def one_line(hit: Hit, lang: Language, chunks: int) -> list[Quotation]:
    """The sentence that says best what a paper is, for a list of many: what it proposes, else what it begins with."""
    evidence = sound(hit.evidence)
    for name in ("method", "motivation"):
        read = _without_leaning(aspect(hit, name, lang, chunks))
        if read:
            return [next((one for one in read if _METHOD.search(one.citation.quote)), read[0])]
    return quotations(hit.paper_id, evidence[:chunks])[:1]
