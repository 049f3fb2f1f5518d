"""Verification: accept the sentences of a reply that quotations support, and reject all others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ....index.analysis.language import has_hangul, language
from ....index.domain.hits import Citation
from ....index.domain.papers import Language
from ....ingest.trust.refusals.empty_sentences import is_apology, is_uninformative
from ..prompt_injection import is_unsafe
from ..rendering.messages import source_note
from .claims import has_words, split_claims, to_plain_text
from .passages import Passage
from .prompt import NO_ANSWER
from .sentence_stream import MAX_SENTENCE_CHARACTERS
from .support import SupportChecker

MAX_SENTENCES = 12
"""Sentences of a reply that are read; the prompt asks for five."""

_MAX_WORDLESS = 100  # pieces of a reply without words
_SPACE_BEFORE_PUNCTUATION = re.compile(r"(?<=\]) (?=[,;.])")
_REFUSAL = re.compile(
    rf"^\W*{NO_ANSWER}\W*$"
    r"|^\W*(?:unfortunately,?\s+|sorry,?\s+(?:but\s+)?)?i(?:'m| am)?\s+(?:sorry|afraid|unable|not able|cannot"
    r"|can ?not|can[’']t"
    r"|won[’']t|will not|do not|don[’']t|must decline)\b"
    r"|^\W*(?:sorry|as an ai\b|as a (?:large )?language model)"
    r"|^\W*(?:none of )?(?:the|these) (?:provided |numbered |given )?(?:passages?|texts?|evidence|context"
    r"|documents?|papers?)\b"
    r"[^.]{0,40}\b(?:do(?:es)? not|don[’']t|doesn[’']t|no|not|answers?)\b"
    r"|^\W*there is (?:no|not enough) (?:information|evidence|answer)\b"
    r"|죄송|미안하지만|(?:답변|대답|도움|도와|제공|응답)\S*\s?(?:드릴|할|해\s?드릴|을 드릴)\s?수\s?(?:가\s?)?없"
    r"|답할\s?수\s?없|알\s?수\s?없습니다"
    r"|(?:글|자료|근거|문서|본문)(?:들)?(?:에는|에서는?|에|만으로는?)\s[^.]{0,30}?(?:(?:정보|내용|답|언급|근거|설명)\S{0,2}\s?없"
    r"|찾을 수 없|포함되어 있지 않|나와 있지 않|언급되지 않)",
    re.IGNORECASE,
)

RejectionReason = Literal["garbage", "refused", "nothing_supported"]


@dataclass(frozen=True, slots=True)
class VerifiedSentence:
    """A sentence that quotations support.

    Attributes:
        text: the sentence with its papers' ids, and the white space that separates it from the one before.
        citations: the quotations, in the order of the sentence's claims.
    """

    text: str
    citations: tuple[Citation, ...]


@dataclass(slots=True)
class SentenceVerifier:
    """Verifies the sentences of one reply in order.

    Attributes:
        checker: checks claims against the passages.
        passages: what the model received.
        lang: language of the answer.
        verified: the accepted sentences so far.
        rejected: number of rejected sentences so far.
    """

    checker: SupportChecker
    passages: Sequence[Passage]
    lang: Language
    verified: list[VerifiedSentence] = field(default_factory=list[VerifiedSentence])
    rejected: int = 0
    _seen: set[str] = field(default_factory=set[str])
    _refusals: int = 0
    _wordless: int = 0
    _after_line_break: bool = False

    def verify(self, sentence: str) -> VerifiedSentence | None:
        """Return the next sentence as it is shown, or None if it is rejected, repeated or has no words."""
        text = to_plain_text(sentence)
        if not has_words(text):
            self._after_line_break |= "\n" in sentence
            self._wordless += 1
            return None
        if text in self._seen:  # small models repeat themselves
            return None
        self._seen.add(text)
        verified = self._with_citations(text) if self._is_acceptable(text) else None
        if verified is None:
            self.rejected += 1
        else:
            separator = ("\n" if self._after_line_break else " ") if self.verified else ""
            verified = VerifiedSentence(separator + verified.text, verified.citations)
            self.verified.append(verified)
            self._after_line_break = False
        self._after_line_break |= "\n" in sentence
        return verified

    @property
    def is_full(self) -> bool:
        """Whether enough of the reply has been read: the prompt asks for a few sentences."""
        return len(self._seen) >= MAX_SENTENCES or self._wordless > _MAX_WORDLESS

    @property
    def rejection_reason(self) -> RejectionReason:
        """Why no sentence was accepted; only meaningful if none was."""
        if not self._seen:
            return "garbage"
        return "refused" if self._refusals else "nothing_supported"

    def _is_acceptable(self, text: str) -> bool:
        """Return whether a sentence is in the language of the answer, and neither a refusal nor unsafe nor too long."""
        words = " ".join(claim.text for claim in split_claims(text, {}))
        if is_refusal(words):
            self._refusals += 1
            return False
        is_in_language = has_hangul(words) if self.lang == "ko" else language(words) == "en"
        return is_in_language and len(words) < MAX_SENTENCE_CHARACTERS and not is_unsafe(words)

    def _with_citations(self, text: str) -> VerifiedSentence | None:
        """Return a sentence with the ids of the papers that support its claims, or None if a claim is unsupported."""
        numbers = {str(passage.number): passage.number for passage in self.passages}
        numbers |= {passage.paper_id: passage.number for passage in self.passages}
        parts: list[str] = []
        citations: dict[Citation, None] = {}
        for claim in split_claims(text, numbers):
            support = self.checker.supporting_citations(claim)
            if not support:
                return None
            markers = " ".join(f"[{paper_id}]" for paper_id in dict.fromkeys(citation.paper_id for citation in support))
            parts.append(f"{claim.text} {markers}")
            citations |= dict.fromkeys(support)
        notes = dict.fromkeys(filter(None, (source_note(self.lang, citation.trust) for citation in citations)))
        return VerifiedSentence(_SPACE_BEFORE_PUNCTUATION.sub("", " ".join([*parts, *notes])), tuple(citations))


def is_refusal(sentence: str) -> bool:
    """Return whether a plain sentence without markers only states that there is no answer, or declines to give one."""
    return bool(_REFUSAL.search(sentence)) or is_uninformative(sentence) or is_apology(sentence)
