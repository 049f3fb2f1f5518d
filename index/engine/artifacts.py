"""Artifacts of a published version: the bilingual lexicon and the calibration of abstention."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from ..analysis.analyzer import TERMS_VERSION
from ..analysis.term_statistics import TermStatistics, term_information
from ..domain.errors import IndexDamagedError
from ..domain.hits import Confidence
from ..domain.papers import Language
from ..lexicon.glossary import add_glossary, bundled_glossary
from ..lexicon.lexicon import Lexicon

LEXICON_FILE, CALIBRATION_FILE = "lexicon.json", "calibration.json"

_RELEVANCE_WEIGHT = 0.5  # of the standardized relevance beside the support; .3 to 1.5 separate alike
# Standard deviations above what unrelated questions reach: of a normal distribution, one in 44 and one in 1,000 reach
# as much.
_LOW, _HIGH = 2.0, 3.09


@dataclass(frozen=True, slots=True)
class Reached:
    """What the best papers for unrelated questions reach, as mean and standard deviation.

    Attributes:
        relevance: `fusion.relevance` of the paper.
        support: `QueryWords.support` of the paper.
        combined: standard deviation of the two together, each standardized (`Calibration.score`).
    """

    relevance: tuple[float, float]
    support: tuple[float, float]
    combined: float

    @classmethod
    def of(cls, relevance: Sequence[float], support: Sequence[float], usual: Reached) -> Reached:
        """Measure samples of both. A deviation is at least half the usual one: a tiny index has no variance."""
        measured = cls(
            (fmean(relevance), max(pstdev(relevance), usual.relevance[1] / 2)),
            (fmean(support), max(pstdev(support), usual.support[1] / 2)),
            1.0,
        )
        combined = pstdev(measured.combine(*values) for values in zip(relevance, support, strict=True))
        return replace(measured, combined=max(combined, usual.combined / 2))

    def combine(self, relevance: float, support: float) -> float:
        """Return the weighted sum of both, standardized."""
        (mean_relevance, sd_relevance), (mean_support, sd_support) = self.relevance, self.support
        return _RELEVANCE_WEIGHT * (relevance - mean_relevance) / sd_relevance + (support - mean_support) / sd_support


# Measured with the bundled model over 16 days of digests; used where an index has not been calibrated.
DEFAULT_REACHED: dict[Language, Reached] = {
    "ko": Reached((0.20, 0.08), (0.4, 0.63), 1.3),
    "en": Reached((0.24, 0.07), (0.7, 0.62), 1.3),
}


@dataclass(frozen=True, slots=True)
class Calibration:
    """What unrelated questions reach in an index: a question that reaches clearly more has an answer in it.

    Attributes:
        unrelated: by language of the question.
        measured: whether it was measured on this index; otherwise these are the usual values.
    """

    unrelated: Mapping[Language, Reached]
    measured: bool = True

    @classmethod
    def default(cls) -> Calibration:
        """Return the calibration of an index that was not measured."""
        return cls(DEFAULT_REACHED, measured=False)

    def score(self, lang: Language, relevance: float, support: float) -> float:
        """Return how far a paper lies above what unrelated questions reach, in standard deviations.

        Args:
            lang: language of the question.
            relevance: `fusion.relevance` of the paper.
            support: `QueryWords.support` of the paper.
        """
        reached = self.unrelated[lang]
        return reached.combine(relevance, support) / reached.combined

    @staticmethod
    def confidence(score: float) -> Confidence:
        """Return the grade of a score."""
        return "high" if score >= _HIGH else "low" if score >= _LOW else "none"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object for `from_json`."""
        return {
            "unrelated": {lang: asdict(reached) for lang, reached in self.unrelated.items()},
            "measured": self.measured,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Calibration:
        """Build a calibration from the object of `to_json`; from that of an earlier version, the default."""
        if "unrelated" not in record:
            return cls.default()
        unrelated = {
            lang: Reached(tuple(reached["relevance"]), tuple(reached["support"]), reached["combined"])
            for lang, reached in record["unrelated"].items()
        }
        return cls(unrelated, record["measured"])


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What publishing learns from an index.

    Attributes:
        lexicon: translations between Korean and English terms.
        calibration: what unrelated questions reach.
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
