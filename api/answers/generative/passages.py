"""Passages: the quotable sentences that a language model receives, numbered by paper and limited by a token budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....index.domain.hits import Hit
from ....index.domain.papers import Language
from ....index.retrieval.request import SearchResult
from ..paper_sentences import PaperSentences, asked_sections
from ..prompt_injection import is_unsafe
from ..quotations import Quotation, has_trustworthy_evidence
from ..rendering.layout import display_title

MAX_PASSAGES = 4


@dataclass(frozen=True, slots=True)
class Passage:
    """What a model receives of one paper.

    Attributes:
        number: number of the passage in the prompt, from 1.
        paper_id: the paper's id.
        title: the paper's title.
        quotations: the sentences, in reading order.
    """

    number: int
    paper_id: str
    title: str
    quotations: tuple[Quotation, ...]

    @property
    def text(self) -> str:
        """The sentences, one per line."""
        return "\n".join(" ".join(quotation.citation.quote.split()) for quotation in self.quotations)


def estimate_tokens(text: str) -> float:
    """Estimate how many tokens a text has: one per Hangul syllable, one per three other characters.

    This is an upper estimate for the tokenizers of current multilingual models, which differ by half.
    """
    syllables = sum("가" <= letter <= "힣" for letter in text)
    return syllables + (len(text) - syllables) / 3


def select_passages(
    result: SearchResult, cited_papers: Sequence[str], budget: int, lang: Language
) -> tuple[Passage, ...]:
    """Return the passages for a question.

    Args:
        result: the search result.
        cited_papers: ids of the papers that the extractive answer cites; they come first.
        budget: maximum number of tokens of all passages, shared out evenly.
        lang: language of the answer.
    """
    hits = {hit.paper_id: hit for hit in result.hits}
    selected = [hits[paper_id] for paper_id in dict.fromkeys(cited_papers) if paper_id in hits]
    if not result.known:  # as in extractive answers, invented summaries count only if the question names their paper
        selected += [
            hit
            for hit in result.hits
            if hit.paper_id in result.assessment.relevant
            and hit not in selected
            and has_trustworthy_evidence(hit.evidence)
        ]
    selected = selected[:MAX_PASSAGES]
    within_budget = [(hit, _quotations_within(result, hit, budget / len(selected), lang)) for hit in selected]
    non_empty = [(hit, quotations) for hit, quotations in within_budget if quotations]
    return tuple(
        Passage(number, hit.paper_id, _title(hit), quotations)
        for number, (hit, quotations) in enumerate(non_empty, start=1)
    )


def _title(hit: Hit) -> str:
    """Return a paper's title for a prompt, or its id if the title reads like an instruction."""
    title = display_title(hit)
    return hit.paper_id if is_unsafe(title) else title


def _quotations_within(result: SearchResult, hit: Hit, budget: float, lang: Language) -> tuple[Quotation, ...]:
    """Return the sentences of a paper that answer best, in reading order, as many as the budget allows."""
    scored = result.sentences.get(hit.paper_id)
    if scored is None:
        return ()
    sentences = PaperSentences(hit, scored, lang, asked_sections(result, (hit,)))
    chosen: list[int] = []
    for at in sentences.best(sentences.answer_scores, len(sentences), margin=float("inf")):
        cost = estimate_tokens(sentences.quotation(at).citation.quote)
        if cost <= budget:
            budget -= cost
            chosen.append(at)
    return tuple(sentences.quotation(at) for at in sorted(chosen))
