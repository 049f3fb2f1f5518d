"""Trust assessment of summaries: detect refusals, then check the claims against the papers' abstracts."""

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
from ...index.facts.entities import entity_keys
from .consistency.claims import check_figures, check_names, check_sentences
from .consistency.extraction import MAX_LENGTH, ExtractedFacts, extract_facts
from .consistency.similarity import AbstractIndex, center_sentences, nearest_other_paper
from .refusals.detector import detect_refusal
from .verdict import make_verdict

TRUST_VERSION = "2"
"""Changes whenever the same texts may get another verdict; entries with a verdict of another version are rejudged."""

_MIN_KEY_SENTENCES = 16  # about three summaries
_NO_ABSTRACT = Reason("no_abstract", "the paper's abstract is unknown: nothing to check the summary against", 0, 0)


@dataclass(frozen=True, slots=True)
class SourcedSummary:
    """A summary, and its paper's title and abstract; both are empty if unknown."""

    entry: Entry
    title: str
    abstract: str


class Judge:
    """Judges summaries. The verdicts depend only on the arguments, and on the other summaries of the batch.

    Args:
        embedder: embeds sentences, each distinct one of a batch once.
        means: means of the index's passages; None if it has none. They serve as a prior for the means of sentences,
            which a batch outweighs from some 32 Korean and 32 English sentences (five summaries). Batches should hold a
            digest or more: of honest summaries judged one by one, 3% were taken for summaries of another paper.
        on_extracted: callback after the facts of a batch are extracted, before its sentences are embedded.
    """

    def __init__(
        self, embedder: Embedder, means: LanguageMeans | None = None, on_extracted: Callable[[], object] = lambda: None
    ) -> None:
        self._embedder, self._means, self._on_extracted = embedder, means, on_extracted

    def judge(self, summaries: Sequence[SourcedSummary], abstracts: AbstractIndex | None = None) -> list[Trust]:
        """Return the verdicts on a batch of summaries, in order.

        Args:
            summaries: the summaries with their papers' titles and abstracts.
            abstracts: the abstracts of the index, to find summaries of another paper, on which `Trust.wrong_paper`
                depends; None to skip that check.
        """
        trusts = [_judge_without_abstract(summary) for summary in summaries]
        facts_by_position = {
            position: extract_facts(summary.entry, summary.title, summary.abstract)
            for position, (summary, trust) in enumerate(zip(summaries, trusts, strict=True))
            if trust is None
        }
        self._on_extracted()
        vectors = self._vectors(list(facts_by_position.values()))
        key_sentences = sum(len(facts.key_sentences) for facts in facts_by_position.values())
        if self._means is None and key_sentences < _MIN_KEY_SENTENCES:
            abstracts = None  # too few sentences to estimate the means
        for position, facts in facts_by_position.items():
            trusts[position] = _judge_with_abstract(summaries[position], facts, vectors, abstracts)
        return [trust for trust in trusts if trust is not None]

    def _vectors(self, extracted: Sequence[ExtractedFacts]) -> dict[str, Matrix]:
        """Return the centered vector (d,) of every sentence to embed."""
        texts = list(dict.fromkeys(text for facts in extracted for text in facts.texts()))
        if not texts:
            return {}
        korean = np.array([has_hangul(text) for text in texts])
        return dict(zip(texts, center_sentences(self._embedder.passages(texts), korean, self._means), strict=True))


def _judge_without_abstract(summary: SourcedSummary) -> Trust | None:
    """Return the verdict if the abstract is not needed or not known; else None."""
    if refusal := detect_refusal(summary.entry):
        return Trust(*refusal)
    return None if summary.abstract.strip() else Trust("unchecked", (_NO_ABSTRACT,))


def _judge_with_abstract(
    summary: SourcedSummary, facts: ExtractedFacts, vectors: dict[str, Matrix], abstracts: AbstractIndex | None
) -> Trust:
    body = summary.entry.body[:MAX_LENGTH]
    claims = [
        *check_figures(facts, vectors),
        *check_names(body, summary.title, summary.abstract),
        *check_sentences(facts, vectors),
    ]
    wrong_paper = None
    if abstracts is not None and facts.key_sentences:
        sentences = np.stack([vectors[sentence.text] for sentence in facts.key_sentences])
        wrong_paper = nearest_other_paper(sentences, entity_keys(body), summary.entry.paper_id, abstracts)
    return make_verdict(claims, wrong_paper, abstracts.texts.get(wrong_paper, "") if abstracts and wrong_paper else "")
