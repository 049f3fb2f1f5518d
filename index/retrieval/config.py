"""Search configuration: which channels rank, and how much each counts."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..domain.papers import Language
from ..engine.limits import EXACT_SCAN_ROWS

# English words match by chance in far more chunks than Korean ones.
_ENGLISH_WORDS = 0.5


class SearchConfig(BaseModel):
    """How papers are ranked: the table `search` of nonmun.toml, or NONMUN_SEARCH__* variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dense: bool = Field(default=True, description="rank by vectors")
    dense_lang: Literal["", "ko", "en"] = Field(default="", description="rank by the vectors of one language's chunks")
    centring: bool = Field(
        default=True,
        description="subtract each language's mean from vectors; abstention is calibrated with it",
    )
    lexical: bool = Field(default=True, description="rank by the question's words")
    names: bool = Field(default=True, description="match unknown words with names of the index, by sound and spelling")
    lexicon: bool = Field(default=True, description="rank by the words' translations into the other language")
    # The channels have absolute scales (a centered cosine; the share of the question's information in a chunk). Scores
    # are added without normalization per question, so that sums are comparable between questions. Words match within
    # one language only: at a higher weight, the few papers with a Korean summary displace, for Korean questions, those
    # of which the index has only the English abstract.
    lexical_weight: float = Field(
        default=0.6, ge=0, le=100, description="weight of words relative to the dense channel"
    )
    # Across languages, translated words are stronger evidence than vectors.
    lexicon_weight: float = Field(
        default=1.2, ge=0, le=100, description="weight of translated words relative to the dense channel"
    )
    scanned: int = Field(default=EXACT_SCAN_ROWS, ge=0, description="largest index that is scanned without Chroma")
    candidates: int = Field(default=200, ge=1, le=5_000, description="chunks that each channel proposes")
    rerank: str = Field(default="", description="cross-encoder that reorders the first papers: its name or directory")
    rerank_papers: int = Field(default=20, ge=1, le=200, description="papers that it reorders")

    def for_language(self, lang: Language) -> SearchConfig:
        """Return the configuration for questions in a language."""
        if lang == "ko":
            return self
        return self.model_copy(update={"lexical_weight": _ENGLISH_WORDS * self.lexical_weight})
