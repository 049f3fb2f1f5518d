"""Quotations: sentences of evidence with the citation that proves them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...index.analysis.sentences import sentences
from ...index.domain.hits import Citation, Evidence
from ...index.domain.papers import Language, text_hash
from ...ingest.trust.refusals.empty_sentences import apologises, says_nothing
from .prompt_injection import harmless
from .rendering.markdown import undecorated

_SHORTEST, _LONGEST = 12, 600  # characters; shorter is a label, longer is no sentence
# A sentence that only names the paper's title.
_TITLE_ONLY = re.compile(r"라는\s제목(?:을\s가지|이며|입니다|의\s(?:논문|연구)입니다)|\b(?:is|paper)\s(?:en)?titled\b")
# One that leans on a sentence that is not quoted with it.
_LEANING = re.compile(
    r"^(?:(?:이를|이로|이러한|이는|이와|이런|그러나|하지만|따라서|또한|그\s결과|이에|이때|특히|추가적인\s연구를)(?![가-힣]{2})"
    r"|(?:This|These|Those|Such|It|They|However|Therefore|Thus|Hence|Moreover|Furthermore|Additionally|Also)\b"
    r"(?!\s(?:paper|work|study|survey|report)))"
)


@dataclass(frozen=True, slots=True)
class Quotation:
    """One sentence of a chunk.

    Attributes:
        citation: where it stands.
        lang, section: the chunk's.
        rank: the chunk's place among the paper's evidence.
        score: the chunk's share in why the paper was found.
    """

    citation: Citation
    lang: Language
    rank: int
    section: str
    score: float

    @property
    def leans(self) -> bool:
        """Whether it says little without the sentence before it: "따라서 ...", "This improves ..."."""
        return bool(_LEANING.match(undecorated(self.citation.quote)))


def cite(paper_id: str, evidence: Evidence, start: int, end: int) -> Citation:
    """The citation of `evidence.text[start:end]`.

    Raises:
        ValueError: the offsets do not lie in the text.
    """
    text = evidence.text
    hashed, quote = text_hash(text), text[start:end]
    return Citation(paper_id, evidence.chunk_id, hashed, start, end, quote, evidence.trust, text=text)


def quotations(paper_id: str, evidence: Sequence[Evidence]) -> list[Quotation]:
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
            bare = undecorated(words)
            long_enough = _SHORTEST <= len(bare) <= _LONGEST and not bare.endswith((":", "："))
            if (
                long_enough
                and quotable
                and not _TITLE_ONLY.search(bare)
                and not says_nothing(words)
                and not apologises(words)
            ):
                found.setdefault(words, _quotation(paper_id, item, start, end, rank))
    return list(found.values())


def _quotation(paper_id: str, item: Evidence, start: int, end: int, rank: int) -> Quotation:
    return Quotation(cite(paper_id, item, start, end), item.lang, rank, item.section, item.score)


def is_read(evidence: Sequence[Evidence]) -> bool:
    """Whether anything speaks but summaries that were made up from a title."""
    return any(item.trust != "invented" for item in evidence)


def sound(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Evidence without summaries that were made up from a title; all of it where nothing else is left."""
    return tuple(item for item in evidence if item.trust != "invented") or evidence
