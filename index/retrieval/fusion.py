"""How what the channels say of chunks becomes an order of papers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..domain.chunks import ChunkInfo
from ..domain.papers import Language
from ..domain.trust import Label

# Whether a paper answers, and which of its sentences do, is a question within one language: there, words count more.
ANSWER_WORDS = 0.4
# What a summary's closeness to a question is worth less where its words are in doubt: enough to put the paper's own
# abstract, or what another day wrote of it, first where both say the same; a made-up summary has to be much closer.
TRUST_PENALTY: dict[Label, float] = {"refused": 1.0, "invented": 0.15, "contradicted": 0.05}

# What a chunk's score gains where it is of the section that the question asks about: about as much as the best of a
# paper's chunks is ahead of its third.
SECTION_BONUS = 0.1
# Up to so many vectors are compared one by one: numpy reads them as fast as Chroma finds the nearest, misses none, and
# nothing has to be loaded first (benchmarks/scale.py).
SCANNED_ROWS = 50_000
SECOND = 0.4
"""What the channel counts that says less, of the two that read words."""
_ENGLISH_WORDS = 0.5


class SearchConfig(BaseModel):
    """How papers are ranked: the table `search` of nonmun.toml, or NONMUN_SEARCH__* variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dense: bool = Field(default=True, description="ask the vectors")
    dense_lang: Literal["", "ko", "en"] = Field(default="", description="ask only the vectors of one language's chunks")
    centring: bool = Field(
        default=True,
        description="compare vectors less their language's mean; off to rank without: abstention is measured with it",
    )
    lexical: bool = Field(default=True, description="ask the words")
    names: bool = Field(default=True, description="look up unknown words among the names, by sound and by spelling")
    lexicon: bool = Field(default=True, description="ask the words that the lexicon gives in the other language")
    # The channels have natural scales (a centred cosine; the share of the question's information that a chunk holds):
    # they add without being rescaled to each question's best, and the sum means the same for every question. Words
    # only meet within one language: a higher weight lets the few papers with a Korean summary crowd out, from Korean
    # questions, those of which an index knows the English abstract alone.
    lexical_weight: float = Field(default=0.6, ge=0, le=100, description="what words count beside vectors")
    # Across languages words say more than vectors do.
    lexicon_weight: float = Field(default=1.2, ge=0, le=100, description="what translated words count beside vectors")
    scanned: int = Field(default=SCANNED_ROWS, ge=0, description="up to so many chunks are compared without Chroma")
    candidates: int = Field(default=200, ge=1, le=5_000, description="chunks that each channel names")
    rerank: str = Field(default="", description="a cross-encoder that reorders the first papers: its name or directory")
    rerank_papers: int = Field(default=20, ge=1, le=200, description="how many papers it reorders")

    def asked_in(self, lang: Language) -> SearchConfig:
        """How papers are ranked for a question in this language: English words are met by chance in far more chunks."""
        if lang == "ko":
            return self
        return self.model_copy(update={"lexical_weight": _ENGLISH_WORDS * self.lexical_weight})

    def fuse(self, near: Any, lexical: Any, lexicon: Any) -> Any:
        """One score of what the channels say: the vectors', and of the two that read words the one that says more.

        Of numbers one, of arrays of one shape such an array.

        What the other one says counts `SECOND`: their sum would put every paper that has text in both languages before
        those that have it in one, and where both say so, that is still worth more than one word for it.
        """
        words, translated = self.lexical_weight * lexical, self.lexicon_weight * lexicon
        if isinstance(words, float):
            return near + max(words, translated) + SECOND * min(words, translated)
        return near + np.maximum(words, translated) + SECOND * np.minimum(words, translated)


@dataclass(frozen=True, slots=True)
class Scored:
    """A chunk with what each channel says of it.

    Attributes:
        near: its cosine with the question, less the doubt about the summary that it stands in.
        lexical: its share of the question's words.
        lexicon: its share of what the lexicon translates them to; where the chunk is in the question's language 0, or,
            of a paper that is here in Korean alone, its share of the words themselves.
        relevance: how well it answers; words of either language count alike.
        lift: what it gains for being of the section that the question asks about.
    """

    spot: ChunkInfo
    near: float
    lexical: float
    lexicon: float
    relevance: float
    lift: float = 0.0

    @property
    def score(self) -> float:
        """By which the chunks of a paper are ordered."""
        return self.relevance + self.lift


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper with its chunks, best first.

    Attributes:
        near, lexical, lexicon: the best that any of its chunks reaches in each channel.
        score: all, fused: a paper may be near in one chunk and share words in another.
    """

    paper_id: str
    chunks: tuple[Scored, ...]
    near: float
    lexical: float
    lexicon: float
    score: float

    @property
    def relevance(self) -> float:
        """How well the paper answers, on a scale that is the same for every question of an index."""
        return float(relevance(self.near, self.lexical, self.lexicon))


def relevance(near: Any, lexical: Any, lexicon: Any) -> Any:
    """How well papers, or chunks, answer a question, of what each channel says at best; numbers, or arrays of them."""
    if isinstance(lexical, float):  # of some five hundred chunks a question
        return near + ANSWER_WORDS * max(lexical, lexicon)
    return near + ANSWER_WORDS * np.maximum(lexical, lexicon)


def rank(scored: Sequence[Scored], ranking: SearchConfig, named: Sequence[str] = ()) -> list[Ranked]:
    """Papers by their scores, those that a question names before all others, in its order."""

    def order(paper: Ranked) -> tuple[int, float, str]:
        place = named.index(paper.paper_id) if paper.paper_id in named else len(named)
        return place, -paper.score, paper.paper_id

    return sorted(by_paper(scored, ranking), key=order)


def by_paper(scored: Sequence[Scored], ranking: SearchConfig) -> list[Ranked]:
    """Chunks gathered by paper."""
    papers: defaultdict[str, list[Scored]] = defaultdict(list)
    for item in scored:
        papers[item.spot.paper_id].append(item)
    return [_gathered(paper_id, chunks, ranking) for paper_id, chunks in papers.items()]


def _gathered(paper_id: str, chunks: list[Scored], ranking: SearchConfig) -> Ranked:
    if len(chunks) == 1:  # most are, of some five hundred a question
        [only] = chunks
        fused = ranking.fuse(only.near, only.lexical, only.lexicon)
        return Ranked(paper_id, (only,), only.near, only.lexical, only.lexicon, fused)
    near, lexical = max(item.near for item in chunks), max(item.lexical for item in chunks)
    lexicon = max(item.lexicon for item in chunks)
    best = tuple(sorted(chunks, key=lambda item: (-item.score, item.spot.chunk_id)))
    return Ranked(paper_id, best, near, lexical, lexicon, ranking.fuse(near, lexical, lexicon))
