"""Quotations: sentences of the evidence, each with the citation that verifies it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...index.analysis.sentences import sentences
from ...index.domain.hits import Citation, Evidence, Hit
from ...index.domain.papers import Language, text_hash
from ...ingest.trust.refusals.empty_sentences import is_apology, is_uninformative
from .markdown import strip_markdown
from .prompt_injection import quotable_mask

# Characters; shorter texts are labels, longer ones are no sentences.
_MIN_CHARACTERS, _MAX_CHARACTERS = 12, 600
_CACHED_CHUNKS = 4_096
# A sentence that only states the paper's title.
_TITLE_ONLY = re.compile(r"라는\s제목(?:을\s가지|이며|입니다|의\s(?:논문|연구)입니다)|\b(?:is|paper)\s(?:en)?titled\b")
# An opening that refers to a sentence outside the quotation.
_ANAPHORA = re.compile(
    r"^(?:(?:이를|이로|이러한|이는|이와|이런|그러나|하지만|따라서|또한|그\s결과|이에|이때|특히|추가적인\s연구를)(?![가-힣]{2})"
    r"|(?:This|These|Those|Such|It|They|However|Therefore|Thus|Hence|Moreover|Furthermore|Additionally|Also)\b"
    r"(?!\s(?:paper|work|study|survey|report)))"
)


@dataclass(frozen=True, slots=True)
class Quotation:
    """One sentence of a chunk.

    Attributes:
        citation: where the sentence is.
        lang, section: those of the chunk.
    """

    citation: Citation
    lang: Language
    section: str


def is_anaphoric(sentence: str) -> bool:
    """Return whether a sentence depends on the one before it: "따라서 ...", "This improves ..."."""
    return bool(_ANAPHORA.match(strip_markdown(sentence)))


def cite(paper_id: str, evidence: Evidence, start: int, end: int) -> Citation:
    """Return the citation of `evidence.text[start:end]`.

    Raises:
        ValueError: the offsets are outside the text.
    """
    text = evidence.text
    offset = evidence.offset
    return Citation(
        paper_id,
        evidence.chunk_id,
        text_hash(text),
        start,
        end,
        text[start:end],
        evidence.trust,
        evidence.entry,
        None if offset is None else offset + start,
        None if offset is None else offset + end,
        text=text,
    )


def record_quotations(hit: Hit) -> list[Quotation]:
    """Return those fields of a paper's record that are in its evidence, whole, without instructions."""
    fields = [item for item in hit.evidence if item.source == "record"]
    return [
        Quotation(cite(hit.paper_id, item, 0, len(item.text)), item.lang, item.section)
        for item, is_quotable in zip(fields, quotable_mask([item.text for item in fields]), strict=True)
        if is_quotable
    ]


def extract_quotations(paper_id: str, evidence: Sequence[Evidence]) -> list[Quotation]:
    """Return the quotable sentences of a paper's evidence in reading order, without duplicates.

    Labels, bare titles, apologies of the summary's author, sentences that only state that something is unknown,
    instructions and active content are left out.
    """
    by_text: dict[str, Quotation] = {}
    for chunk in evidence:
        spans = tuple(sentences(chunk.text))
        quotable = quotable_spans(chunk, spans)
        for start, end in spans:
            sentence = chunk.text[start:end]
            if (start, end) in quotable and sentence not in by_text:
                citation = cite(paper_id, chunk, start, end)
                by_text[sentence] = Quotation(citation, chunk.lang, chunk.section)
    return list(by_text.values())


def quotable_spans(chunk: Evidence, spans: tuple[tuple[int, int], ...]) -> frozenset[tuple[int, int]]:
    """Return those of a chunk's sentences that may be quoted; see `extract_quotations`.

    Args:
        chunk: the chunk.
        spans: all its sentences, in order.
    """
    return _quotable_spans(chunk.text, spans, chunk.section == "other")


@lru_cache(_CACHED_CHUNKS)
def _quotable_spans(text: str, spans: tuple[tuple[int, int], ...], is_unsectioned: bool) -> frozenset[tuple[int, int]]:
    # Outside the named sections of a summary, the text next to an apology is a part of the apology.
    if is_unsectioned and is_apology(text):
        return frozenset()
    sentences = [text[start:end] for start, end in spans]
    return frozenset(
        span
        for span, sentence, is_quotable in zip(spans, sentences, quotable_mask(sentences), strict=True)
        if is_quotable and _is_informative(sentence)
    )


def _is_informative(sentence: str) -> bool:
    text = strip_markdown(sentence)
    return (
        _MIN_CHARACTERS <= len(text) <= _MAX_CHARACTERS
        and not text.endswith((":", "："))
        and not _TITLE_ONLY.search(text)
        and not is_uninformative(sentence)
        and not is_apology(sentence)
    )


def has_trustworthy_evidence(evidence: Sequence[Evidence]) -> bool:
    """Return whether any evidence is something other than a summary that was invented from the title."""
    return any(chunk.trust != "invented" for chunk in evidence)
