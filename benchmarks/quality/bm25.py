"""BM25 with three tokenizers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import bm25s
from corpus import QualityCorpus
from systems import Ranking, best_papers

from nonmun.index.analysis.analyzer import terms

Tokenizer = Callable[[str], list[str]]

_K1, _B, _METHOD = 1.5, 0.75, "lucene"


def words(text: str) -> list[str]:
    """Split lower-case text at white space; punctuation and particles stay attached."""
    return text.lower().split()


def bigrams(text: str) -> list[str]:
    """Return lower-case character bigrams within words; a word of one character is its own term."""
    return [word[at : at + 2] for word in words(text) for at in range(max(len(word) - 1, 1))]


def morphemes(text: str) -> list[str]:
    """Return the terms of nonmun's lexical index: Korean morphemes by Kiwi, English stems."""
    return terms(text)


class BM25:
    """BM25 (k1 1.5, b .75, Lucene's non-negative idf) over whole documents."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._owners: list[str] = []
        self._index = bm25s.BM25(k1=_K1, b=_B, method=_METHOD)

    def index(self, corpus: QualityCorpus) -> dict[str, Any]:
        """Index all documents."""
        tokens = [self._tokenizer(document.text) for document in corpus.documents]
        self._owners = [document.paper_id for document in corpus.documents]
        self._index.index(tokens, show_progress=False)
        return {
            "library": f"bm25s {bm25s.__version__}",
            "tokens": self._tokenizer.__name__,
            "k1": _K1,
            "b": _B,
            "method": _METHOD,
            "vocabulary": len({token for document in tokens for token in document}),
        }

    def search(self, texts: Sequence[str], k: int) -> list[Ranking]:
        """Return the best papers for each text, without those that share no term with it."""
        return [self._search(text, k) for text in texts]

    def _search(self, text: str, k: int) -> Ranking:
        token_ids = self._index.get_tokens_ids(self._tokenizer(text))
        if not token_ids:
            return []
        return best_papers(self._owners, self._index.get_scores_from_ids(token_ids), k, above=0.0)

    def close(self) -> None:
        """Do nothing: the index is in memory."""
