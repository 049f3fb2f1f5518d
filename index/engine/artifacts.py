"""Artifacts of a published version: the bilingual lexicon and the calibration of abstention."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..analysis.analyzer import TERMS_VERSION
from ..analysis.term_statistics import TermStatistics, term_information
from ..domain.errors import IndexDamagedError
from ..domain.papers import Language
from ..lexicon.glossary import add_glossary, bundled_glossary
from ..lexicon.lexicon import Lexicon

LEXICON_FILE, CALIBRATION_FILE = "lexicon.json", "calibration.json"

# Measured with the bundled model over 16 days of digests; used where an index has not been calibrated.
DEFAULT_UNRELATED: dict[Language, float] = {"ko": 0.25, "en": 0.3}
DEFAULT_TITLES = 1.07
# The threshold lies at this share of the way from what unrelated questions reach to what a paper's own title reaches.
# Chosen on the development half of benchmarks/abstention.
_THRESHOLD_SHARE = 0.22


@dataclass(frozen=True, slots=True)
class Calibration:
    """The relevance that questions reach in an index, and the threshold of abstention that follows.

    Attributes:
        unrelated: by language of the question, the 0.9 quantile of the best relevance that out-of-domain questions
            reach.
        titles: the 0.1 quantile of the best relevance that the papers' own titles reach, asked as questions.
        measured: whether both were measured on this index; otherwise they are defaults.
    """

    unrelated: Mapping[Language, float]
    titles: float
    measured: bool = True

    @classmethod
    def default(cls) -> Calibration:
        """Return the calibration of an index that was not measured."""
        return cls(DEFAULT_UNRELATED, DEFAULT_TITLES, measured=False)

    def threshold(self, lang: Language) -> float:
        """Return the least relevance (`fusion.relevance`) of a paper that answers a question in a language."""
        return self.unrelated[lang] + _THRESHOLD_SHARE * max(self.titles - self.unrelated[lang], 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object for `from_json`. The keys are those of the file format."""
        return {"reached": dict(self.unrelated), "known": self.titles, "measured": self.measured}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Calibration:
        """Build a calibration from the object of `to_json`."""
        return cls(record["reached"], record["known"], record["measured"])


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What publishing learns from an index.

    Attributes:
        lexicon: translations between Korean and English terms.
        calibration: from which relevance on a paper answers.
    """

    lexicon: Lexicon
    calibration: Calibration = field(default_factory=Calibration.default)

    @classmethod
    def default(cls, statistics: TermStatistics) -> Artifacts:
        """Return the artifacts of an index that has learned nothing: the shipped glossary and the usual calibration."""
        return cls(
            add_glossary(Lexicon(0, {}, {}), bundled_glossary(), lambda term: term_information(statistics, term))
        )

    def save(self, folder: Path) -> None:
        """Write both files."""
        record = {"terms": TERMS_VERSION, **self.lexicon.as_json()}
        (folder / LEXICON_FILE).write_text(json.dumps(record, ensure_ascii=False), "utf-8")
        (folder / CALIBRATION_FILE).write_text(json.dumps(self.calibration.to_json()), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Artifacts:
        """Read the files of `save`.

        Raises:
            IndexDamagedError: the terms were made by another version of the tokenizer.
        """
        record = json.loads((folder / LEXICON_FILE).read_text("utf-8"))
        if record["terms"] != TERMS_VERSION:
            raise IndexDamagedError(f"its terms have version {record['terms']}, expected {TERMS_VERSION}")
        calibration = Calibration.from_json(json.loads((folder / CALIBRATION_FILE).read_text("utf-8")))
        return cls(Lexicon.from_json(record), calibration)
