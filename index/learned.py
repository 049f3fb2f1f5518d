"""What a generation has learned from the catalog besides vectors: which chunks hold which terms, and the lexicon."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .bilingual import Lexicon, Pair, with_bigrams
from .errors import IndexDamagedError
from .korean import TERMS_VERSION, has_hangul
from .postings import Postings
from .reading import View

FILES = ("postings.npz", "lexicon.json")


@dataclass(frozen=True, slots=True)
class Learned:
    """Terms and translations of one snapshot."""

    postings: Postings
    lexicon: Lexicon

    @classmethod
    def of(cls, view: View) -> Learned:
        """Learn from everything in a snapshot."""
        return cls(Postings.of(view.terms()), Lexicon.learn(pairs(view)))

    def save(self, folder: Path) -> None:
        """Write both."""
        np.savez(folder / FILES[0], **self.postings.arrays())
        record = {"terms": TERMS_VERSION, **self.lexicon.as_json()}
        (folder / FILES[1]).write_text(json.dumps(record, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Learned:
        """Read what `save` wrote.

        Raises:
            IndexDamagedError: its terms were made by another version of the tokenizer than questions are read with.
        """
        record = json.loads((folder / FILES[1]).read_text("utf-8"))
        if record["terms"] != TERMS_VERSION:
            raise IndexDamagedError(f"its terms are of version {record['terms']}, this nonmun's of {TERMS_VERSION}")
        # Opened here: np.load leaves a file open that turns out to be no archive.
        with (folder / FILES[0]).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            postings = Postings.load(dict(arrays))
        return cls(postings, Lexicon.from_json(record))


def pairs(view: View) -> list[Pair]:
    """The papers of a snapshot that it holds in both languages, those that came first before the others.

    Summaries that were refused or made up translate nothing.
    """
    korean: defaultdict[str, set[str]] = defaultdict(set)
    english: defaultdict[str, set[str]] = defaultdict(set)
    for paper_id, is_abstract, text in view.paired_terms():
        words = text.split()
        if is_abstract:
            english[paper_id].update(word for word in words if not has_hangul(word))
        else:
            korean[paper_id].update(with_bigrams([word for word in words if has_hangul(word)]))
    return [Pair(frozenset(words), frozenset(english[key])) for key, words in korean.items() if words and english[key]]
