"""From which likeness on a paper answers a question: two ends of a scale that are measured on the index itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.papers import Language

# What the bundled model gives over 16 days of digests: where nothing has been measured.
USUAL_REACHED: dict[Language, float] = {"ko": 0.25, "en": 0.3}
USUAL_KNOWN = 1.07
# A question that a paper answers reaches less than the paper's own title, but at least this share of the way there from
# what unrelated questions reach. Chosen on the development half of benchmarks/abstention.
_SHARE = 0.22


@dataclass(frozen=True, slots=True)
class Calibration:
    """What questions reach in an index: how relevant the best paper looks to them.

    Attributes:
        reached: by the language of the question, what nine in ten questions reach at most that nothing answers.
        known: what nine in ten of the papers' own titles reach at least, asked as questions.
        measured: whether both were measured on this index; else they are what is usual.
    """

    reached: Mapping[Language, float]
    known: float
    measured: bool = True

    @classmethod
    def usual(cls) -> Calibration:
        """Where nothing could be measured."""
        return cls(USUAL_REACHED, USUAL_KNOWN, measured=False)

    def threshold(self, lang: Language) -> float:
        """From which relevance on (`ranking.relevance`) a paper answers a question in a language."""
        return self.reached[lang] + _SHARE * max(self.known - self.reached[lang], 0.0)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` makes it from again."""
        return {"reached": dict(self.reached), "known": self.known, "measured": self.measured}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Calibration:
        """A calibration from what `as_json` gave."""
        return cls(record["reached"], record["known"], record["measured"])
