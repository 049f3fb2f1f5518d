"""The verdict on summaries: by their own words, then held against their papers' abstracts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...index.analysis.language import has_hangul
from ...index.domain.papers import Entry
from ...index.domain.trust import Reason, Trust
from ...index.domain.vectors import Matrix
from ...index.embeddings.base import Embedder
from ...index.engine.centering import LanguageMeans
from ...index.facts.entities import keys
from .consistency.claims import figure_claims, meaning_claims, name_claims
from .consistency.extraction import LONGEST, Draft, draft
from .consistency.similarity import Abstracts, centred, nearest_paper
from .refusals.detector import testimony
from .verdict import verdict

TRUST_VERSION = "1"
"""Changes whenever the same texts may get another verdict; entries judged by another version are judged again."""

_FEW = 16  # main sentences: three summaries
_NO_ABSTRACT = Reason("no_abstract", "the paper's abstract is not known: nothing to hold the summary against", 0, 0)


@dataclass(frozen=True, slots=True)
class Subject:
    """A summary and what its paper says of itself; title and abstract are empty where they are not known."""

    entry: Entry
    title: str
    abstract: str


class Judge:
    """Gives summaries their labels. Pure: it reads nothing but its arguments, and the same batch gets the same labels.

    Args:
        embedder: gives the vectors of sentences; each distinct sentence of a batch is embedded once.
        means: means of the index's passages, where it has any. They stand in for the means of sentences until a batch
            has enough of its own (some 32 Korean and 32 English sentences: five summaries). Best is a day's digest or
            more at once: of summaries judged one by one, 3 in 100 honest ones seemed to stand under the wrong paper.
        read: called when a batch is read, before its sentences are embedded.
    """

    def __init__(
        self, embedder: Embedder, means: LanguageMeans | None = None, read: Callable[[], object] = lambda: None
    ) -> None:
        self._embedder, self._means, self._read = embedder, means, read

    def judge_all(self, subjects: Sequence[Subject], abstracts: Abstracts | None = None) -> list[Trust]:
        """The verdicts on a batch of summaries, in order.

        Args:
            subjects: the summaries with their papers' titles and abstracts.
            abstracts: the abstracts of the whole index, to find summaries that stand under the wrong paper; None where
                that is not asked. The verdict's `wrong_paper` depends on what else is in the index.
        """
        trusts = [_without_abstract(subject) for subject in subjects]
        drafts = {
            at: draft(subject.entry, subject.title, subject.abstract)
            for at, (subject, trust) in enumerate(zip(subjects, trusts, strict=True))
            if trust is None
        }
        self._read()
        vectors = self._vectors(list(drafts.values()))
        if self._means is None and sum(len(read.core) for read in drafts.values()) < _FEW:
            abstracts = None  # what is common to all sentences cannot be told from what these say
        for at, read in drafts.items():
            trusts[at] = _held_against(subjects[at], read, vectors, abstracts)
        return [trust for trust in trusts if trust is not None]

    def _vectors(self, drafts: Sequence[Draft]) -> dict[str, Matrix]:
        """Centred vectors (d,) of every sentence that the drafts ask for."""
        texts = list(dict.fromkeys(text for read in drafts for text in read.texts()))
        if not texts:
            return {}
        korean = np.array([has_hangul(text) for text in texts])
        return dict(zip(texts, centred(self._embedder.passages(texts), korean, self._means), strict=True))


def _without_abstract(subject: Subject) -> Trust | None:
    """The verdict where none is needed, or none is known."""
    if own := testimony(subject.entry):
        return Trust(*own)
    return None if subject.abstract.strip() else Trust("unchecked", (_NO_ABSTRACT,))


def _held_against(subject: Subject, read: Draft, vectors: dict[str, Matrix], abstracts: Abstracts | None) -> Trust:
    body = subject.entry.body[:LONGEST]
    claims = [
        *figure_claims(read, vectors),
        *name_claims(body, subject.title, subject.abstract),
        *meaning_claims(read, vectors),
    ]
    wrong = None
    if abstracts is not None and read.core:
        sentences = np.stack([vectors[sentence.text] for sentence in read.core])
        wrong = nearest_paper(sentences, keys(body), subject.entry.paper_id, abstracts)
    return verdict(claims, wrong, abstracts.texts.get(wrong, "") if abstracts and wrong else "")
