"""A model's sentences, one after the other: what is kept of each, with the quotations that prove it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ....index.analysis.language import has_hangul, language
from ....index.domain.hits import Citation
from ....index.domain.papers import Language
from ..prompt_injection import instructs, is_active
from ..rendering.messages import mark
from .claims import claims, plain, says_anything
from .passages import Passage
from .refusals import refuses
from .sentence_stream import LONGEST
from .support import SupportChecker

MOST_SENTENCES = 12
"""How much of a reply is read; five sentences are asked for."""

_MOST_SIGNS = 100  # pieces of a reply without a word in them

_BEFORE_COMMA = re.compile(r"(?<=\]) (?=[,;.])")

Nothing = Literal["garbage", "refused", "nothing_supported", "empty"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A sentence that quotations support.

    Attributes:
        text: what an answer shows of it, with the white space that parts it from the sentence before.
        citations: the quotations, in the order of its claims.
    """

    text: str
    citations: tuple[Citation, ...]


@dataclass(slots=True)
class SentenceVerifier:
    """Keeps what is supported of a reply, and counts the rest.

    Attributes:
        kept: the sentences of the answer so far.
        dropped: how many sentences were removed.
    """

    checker: SupportChecker
    passages: Sequence[Passage]
    lang: Language
    kept: list[Kept] = field(default_factory=list[Kept])
    dropped: int = 0
    _said: set[str] = field(default_factory=set[str])
    _refused: int = 0
    _signs: int = 0
    _break: bool = False

    def take(self, sentence: str) -> Kept | None:
        """Check the next sentence; None where nothing of it is kept."""
        words = plain(sentence)
        if not says_anything(words):
            self._break |= "\n" in sentence
            self._signs += 1
            return None
        if words in self._said:  # small models repeat themselves
            return None
        self._said.add(words)
        found = self._supported(words) if self._can_be_shown(words) else None
        if found is None:
            self.dropped += 1
        else:
            parted = ("\n" if self._break else " ") if self.kept else ""
            found = Kept(parted + found.text, found.citations)
            self.kept.append(found)
            self._break = False
        self._break |= "\n" in sentence
        return found

    @property
    def is_full(self) -> bool:
        """Whether a reply has been read far enough: a few sentences were asked for."""
        return len(self._said) >= MOST_SENTENCES or self._signs > _MOST_SIGNS

    @property
    def why_nothing(self) -> Nothing:
        """Why nothing was kept, where nothing was."""
        if not self._said:
            return "garbage"
        return "refused" if self._refused else "nothing_supported"

    def _can_be_shown(self, words: str) -> bool:
        """Whether a sentence is one, in the language to answer in, and neither a refusal nor a command nor markup."""
        bare = " ".join(claim.text for claim in claims(words, {}))
        if refuses(bare):
            self._refused += 1
            return False
        spoken = has_hangul(bare) if self.lang == "ko" else language(bare) == "en"
        return spoken and len(bare) < LONGEST and not (instructs(bare) or is_active(bare))

    def _supported(self, words: str) -> Kept | None:
        numbers = {str(one.number): one.number for one in self.passages}
        numbers |= {one.paper_id: one.number for one in self.passages}
        parts: list[str] = []
        cited: list[Citation] = []
        for claim in claims(words, numbers):
            found = self.checker.supports(claim)
            if not found:
                return None
            marks = " ".join(f"[{paper}]" for paper in dict.fromkeys(one.paper_id for one in found))
            parts.append(f"{claim.text} {marks}")
            cited += [one for one in found if one not in cited]
        warned = dict.fromkeys(filter(None, (mark(self.lang, one.trust) for one in cited)))
        return Kept(_BEFORE_COMMA.sub("", " ".join([*parts, *warned])), tuple(cited))
