"""Aspects of a paper: find the sentences on its motivation, method or results, or those of one section.

They come from the sections of a summary, or from the sentences of an abstract that take the section's part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ....index.domain.hits import Evidence, Hit
from ....index.domain.papers import Language
from ..quotations import Quotation, extract_quotations, trustworthy_evidence
from ..rendering.messages import Aspect

ASPECTS: tuple[Aspect, ...] = ("motivation", "method", "results")

_MIN_SELF_CONTAINED = 2  # sentences that suffice without the anaphoric ones
_ASPECT_SECTIONS: dict[str, tuple[str, ...]] = {"method": ("contributions", "architecture")}
_SECTION_ASPECTS: dict[str, Aspect] = {"contributions": "method", "architecture": "method"}

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
_DIGIT = re.compile(r"\d")
_OUTCOME = re.compile(r"\d\s?\\?%|\b(?:achiev|outperform|surpass|exceed)\w*|state-of-the-art|달성|능가", re.IGNORECASE)


def section_quotations(hit: Hit, section: str, lang: Language, max_chunks: int) -> list[Quotation]:
    """Return the sentences of a section, in the requested language if there are any, else in the other one.

    Args:
        hit: the paper with its evidence.
        section: name of the section.
        lang: requested language.
        max_chunks: maximum number of chunks to take sentences from.
    """
    quotations = aspect_quotations(hit, section, lang, max_chunks) or extract_quotations(
        hit.paper_id, _summary_chunks(hit, section)[:max_chunks]
    )
    return _without_anaphora(quotations)


def aspect_quotations(hit: Hit, aspect: str, lang: Language, max_chunks: int) -> list[Quotation]:
    """Return the sentences on an aspect or a section in the requested language, likeliest first.

    Abstracts state a paper's purpose, method and results, but hardly ever its limitations, so there may be none.

    Args:
        hit: the paper with its evidence.
        aspect: an `Aspect` or the name of a section.
        lang: requested language.
        max_chunks: maximum number of summary chunks to take sentences from.
    """
    native = [chunk for chunk in _summary_chunks(hit, aspect) if chunk.lang == lang]
    return extract_quotations(hit.paper_id, native[:max_chunks]) or _abstract_quotations(
        hit, _SECTION_ASPECTS.get(aspect, aspect), lang
    )


def representative_quotation(hit: Hit, lang: Language, max_chunks: int) -> Quotation | None:
    """Return the sentence that represents a paper in a list: what it proposes, else the start of its motivation."""
    for aspect in ("method", "motivation"):
        quotations = _without_anaphora(aspect_quotations(hit, aspect, lang, max_chunks))
        if quotations:
            return next(iter(_matching(_METHOD, quotations)), quotations[0])
    return next(iter(extract_quotations(hit.paper_id, trustworthy_evidence(hit.evidence)[:max_chunks])), None)


def section_chunks(evidence: Iterable[Evidence], *sections: str) -> list[Evidence]:
    """Return the chunks of some sections, section by section, each in document order."""

    def position(chunk: Evidence) -> tuple[int, str, int]:
        source, _, ordinal = chunk.chunk_id.rpartition(":")
        return sections.index(chunk.section), source, int(ordinal) if ordinal.isdigit() else 0

    return sorted((chunk for chunk in evidence if chunk.section in sections), key=position)


def _summary_chunks(hit: Hit, aspect: str) -> list[Evidence]:
    return section_chunks(trustworthy_evidence(hit.evidence), *_ASPECT_SECTIONS.get(aspect, (aspect,)))


def _without_anaphora(quotations: list[Quotation]) -> list[Quotation]:
    """Return the self-contained sentences if there are enough of them, else all."""
    self_contained = [quotation for quotation in quotations if not quotation.is_anaphoric]
    return self_contained if len(self_contained) >= _MIN_SELF_CONTAINED else quotations


def _abstract_quotations(hit: Hit, aspect: str, lang: Language) -> list[Quotation]:
    """Return the sentences of the abstract on an aspect."""
    chunks = section_chunks(trustworthy_evidence(hit.evidence), "abstract")
    quotations = [
        quotation
        for quotation in extract_quotations(hit.paper_id, [chunk for chunk in chunks if chunk.lang == lang])
        if "://" not in quotation.citation.quote  # where to find code and models
    ]
    method = _matching(_METHOD, quotations)
    # Before the first sentence on the paper's own work, abstracts describe the work of others.
    own_work = quotations.index(method[0]) if method else 0
    if aspect == "motivation":
        return quotations[:own_work][:2] or quotations[:1]
    if aspect == "method":
        return method
    if aspect == "results":
        rest = [quotation for quotation in quotations[own_work:] if quotation not in method]
        results = _matching(_RESULTS, rest) or _matching(_DIGIT, rest)
        return sorted(results, key=lambda quotation: not _OUTCOME.search(quotation.citation.quote))
    return []


def _matching(pattern: re.Pattern[str], quotations: Sequence[Quotation]) -> list[Quotation]:
    return [quotation for quotation in quotations if pattern.search(quotation.citation.quote)]
