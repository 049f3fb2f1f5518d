"""What a generation keeps besides Chroma: language means, centred vectors, which chunks hold which terms, lexicon,
calibration.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..analysis.analyzer import TERMS_VERSION
from ..catalog.session import CatalogView, Vectors
from ..domain.errors import IndexDamagedError
from ..lexicon.alignment import learn_lexicon
from ..lexicon.glossary import add_glossary, as_parallel_texts, bundled_glossary
from ..lexicon.lexicon import Lexicon
from ..lexicon.training_data import parallel_glosses, parallel_papers
from .bm25 import Postings
from .calibration import Calibration
from .centering import LanguageMeans

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
        means, postings = LanguageMeans.of(vectors), Postings.of(view.terms())
        glossary = bundled_glossary()
        papers = parallel_papers(view.paired_terms())
        learned = learn_lexicon(papers, parallel_glosses(view.korean_texts()), as_parallel_texts(glossary))
        lexicon = add_glossary(learned, glossary, postings.information)
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
    return add_glossary(Lexicon(0, {}, {}), bundled_glossary(), postings.information)


def _arrays(path: Path) -> dict[str, Any]:
    # Opened here: np.load leaves a file open that turns out to be no archive.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)
