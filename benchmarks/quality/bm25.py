"""BM25 over three ways to cut text into terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import bm25s
from corpus import Corpus
from systems import SearchConfig, best_papers

from nonmun.index.analysis.analyzer import terms

Tokenizer = Callable[[str], list[str]]

_K1, _B, _METHOD = 1.5, 0.75, "lucene"


def words(text: str) -> list[str]:
    """What white space parts, in lower case, punctuation and particles left on."""
    return text.lower().split()


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring characters within words, in lower case; a word of one character is itself."""
    return [word[at : at + 2] for word in words(text) for at in range(max(len(word) - 1, 1))]


def morphemes(text: str) -> list[str]:
    """The terms of nonmun's own lexical index: Korean morphemes by Kiwi, English stems."""
    return terms(text)


class BM25:
    """BM25 (k1 1.5, b .75, Lucene's never negative idf) over whole documents."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._owners: list[str] = []
        self._index = bm25s.BM25(k1=_K1, b=_B, method=_METHOD)

    def index(self, corpus: Corpus) -> dict[str, Any]:
        """Take in all documents."""
        tokens = [self._tokenizer(one.text) for one in corpus.documents]
        self._owners = [one.paper_id for one in corpus.documents]
        self._index.index(tokens, show_progress=False)
        return {
            "library": f"bm25s {bm25s.__version__}",
            "tokens": self._tokenizer.__name__,
            "k1": _K1,
            "b": _B,
            "method": _METHOD,
            "vocabulary": len({token for some in tokens for token in some}),
        }

    def search(self, texts: Sequence[str], k: int) -> list[SearchConfig]:
        """The best papers for each text; those that share no term with it are no results."""
        return [self._search(text, k) for text in texts]

    def _search(self, text: str, k: int) -> SearchConfig:
        known = self._index.get_tokens_ids(self._tokenizer(text))
        return best_papers(self._owners, self._index.get_scores_from_ids(known), k, above=0.0) if known else []

    def close(self) -> None:
        """Nothing is held."""
