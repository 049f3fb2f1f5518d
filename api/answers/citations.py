"""Quotations: sentences of evidence with the citation that proves them."""

from __future__ import annotations

from dataclasses import dataclass

from ...index.papers import Citation, Evidence, Language, text_hash
from ...index.sentences import sentences
from ...ingest.trust.words import apologises, says_nothing
from .injections import harmless

_SHORTEST, _LONGEST = 12, 600  # characters; shorter is a label, longer is no sentence


@dataclass(frozen=True, slots=True)
class Quotation:
    """One sentence of a chunk: where it stands, and the chunk's own rank among the paper's evidence."""

    citation: Citation
    lang: Language
    rank: int


def cite(paper_id: str, evidence: Evidence, start: int, end: int) -> Citation:
    """The citation of `evidence.text[start:end]`.

    Raises:
        ValueError: the offsets do not lie in the text.
    """
    text = evidence.text
    hashed, quote = text_hash(text), text[start:end]
    return Citation(paper_id, evidence.chunk_id, hashed, start, end, quote, evidence.trust, text=text)


def quotations(paper_id: str, evidence: tuple[Evidence, ...]) -> list[Quotation]:
    """The sentences of a paper's evidence that say something, in order, each text once.

    Left out are labels, apologies of the summary's writer, sentences that only say that nothing is known, and those
    that give instructions or would be more than text where they are shown.
    """
    found: dict[str, Quotation] = {}
    for rank, item in enumerate(evidence):
        # Outside the summary's sections, what stands beside an apology belongs to it.
        if item.section == "other" and apologises(item.text):
            continue
        spans = sentences(item.text)
        safe = harmless([item.text[start:end] for start, end in spans])
        for (start, end), quotable in zip(spans, safe, strict=True):
            words = item.text[start:end]
            bare = words.replace("*", "").strip()
            long_enough = _SHORTEST <= len(bare) <= _LONGEST and not bare.endswith((":", "："))
            if long_enough and quotable and not says_nothing(words) and not apologises(words):
                found.setdefault(words, Quotation(cite(paper_id, item, start, end), item.lang, rank))
    return list(found.values())


def sound(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Evidence without summaries that were made up from a title; all of it where nothing else is left."""
    return tuple(item for item in evidence if item.trust != "invented") or evidence
