"""What a generation keeps besides Chroma: language means, centred vectors, which chunks hold which terms, lexicon,
calibration.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..analysis.analyzer import TERMS_VERSION, has_hangul, terms
from ..catalog.base import CatalogView
from ..domain.errors import IndexDamagedError
from ..domain.vectors import Vectors
from ..lexicon.glossary import added, shipped, taught
from ..lexicon.inline_glosses import glosses
from ..lexicon.lexicon import Lexicon, Pair, with_bigrams
from .bm25 import Postings
from .calibration import Calibration
from .centering import LanguageMeans

# Where code and pages are to be had stands in every other abstract, and translates nothing.
_ADDRESSES = frozenset(
    "http https www com org io github github.com github.io huggingfac code avail publicli websit".split()
)
_MOST_GLOSSES = 5_000  # the newest; more cost seconds at every publish
FILES = ("postings.npz", "lexicon.json", "calibration.json", "means.npy", "rows.npz", "vectors.npy")


@dataclass(frozen=True, slots=True)
class Learned:
    """What was made of one snapshot.

    Attributes:
        means: what vectors are centred with.
        vectors: centred. Chroma finds those near a question, these tell how near any other is. Mapped from the disk:
            they take no memory until they are looked at.
    """

    means: LanguageMeans
    vectors: Vectors
    postings: Postings
    lexicon: Lexicon
    calibration: Calibration = field(default_factory=Calibration.usual)

    @classmethod
    def of(cls, view: CatalogView, vectors: Vectors) -> Learned:
        """Learn from everything in a snapshot, and from its chunks' vectors; what is calibrated is so afterwards."""
        means, postings = LanguageMeans.of(vectors), Postings.of(view.terms.all())
        glossary = shipped()
        lexicon = added(Lexicon.learn(pairs(view), glossed(view), taught(glossary)), glossary, postings.information)
        return cls(means, means.centred(vectors), postings, lexicon)

    def save(self, folder: Path) -> None:
        """Write all."""
        np.savez(folder / FILES[0], **self.postings.arrays())
        record = {"terms": TERMS_VERSION, **self.lexicon.as_json()}
        (folder / FILES[1]).write_text(json.dumps(record, ensure_ascii=False), "utf-8")
        (folder / FILES[2]).write_text(json.dumps(self.calibration.as_json()), "utf-8")
        self.means.save(folder / FILES[3])
        np.savez(folder / FILES[4], rows=self.vectors.rows, korean=self.vectors.korean)
        np.save(folder / FILES[5], self.vectors.matrix)

    @classmethod
    def load(cls, folder: Path) -> Learned:
        """Read what `save` wrote.

        Raises:
            IndexDamagedError: its terms were made by another version of the tokenizer than questions are read with.
        """
        record = json.loads((folder / FILES[1]).read_text("utf-8"))
        if record["terms"] != TERMS_VERSION:
            raise IndexDamagedError(f"its terms are of version {record['terms']}, this nonmun's of {TERMS_VERSION}")
        means, rows = LanguageMeans.load(folder / FILES[3]), _arrays(folder / FILES[4])
        vectors = Vectors(rows["rows"], rows["korean"], np.load(folder / FILES[5], mmap_mode="r", allow_pickle=False))
        calibration = Calibration.from_json(json.loads((folder / FILES[2]).read_text("utf-8")))
        return cls(means, vectors, Postings.load(_arrays(folder / FILES[0])), Lexicon.from_json(record), calibration)


def untaught(postings: Postings) -> Lexicon:
    """The lexicon of an index that has learned nothing: what nonmun brings along."""
    return added(Lexicon(0, {}, {}), shipped(), postings.information)


def glossed(view: CatalogView) -> list[Pair]:
    """What the newest Korean texts of a snapshot give in English in parentheses, oldest first.

    Summaries that were refused or made up translate nothing.
    """
    found: list[Pair] = []
    for text in view.chunks.korean_texts():
        for korean, english in glosses(text):
            words = [word for word in terms(korean) if has_hangul(word)]
            meant = [word for word in terms(english) if not has_hangul(word)]
            if words and meant:
                found.append(Pair(frozenset(with_bigrams(words)), frozenset(meant)))
        if len(found) >= _MOST_GLOSSES:
            break
    return found[::-1]


def _arrays(path: Path) -> dict[str, Any]:
    # Opened here: np.load leaves a file open that turns out to be no archive.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def pairs(view: CatalogView) -> list[Pair]:
    """The papers of a snapshot that it holds in both languages, those that came first before the others.

    Summaries that were refused or made up translate nothing.
    """
    korean: defaultdict[str, set[str]] = defaultdict(set)
    english: defaultdict[str, set[str]] = defaultdict(set)
    for paper_id, is_abstract, text in view.terms.of_bilingual_papers():
        words = text.split()
        if is_abstract:
            english[paper_id].update(word for word in words if not has_hangul(word) and word not in _ADDRESSES)
        else:
            korean[paper_id].update(with_bigrams([word for word in words if has_hangul(word)]))
    return [Pair(frozenset(words), frozenset(english[key])) for key, words in korean.items() if words and english[key]]
