"""Measure how well verification separates supported from unsupported sentences of a language model.

    python benchmarks/support.py DATA

DATA is a data directory that holds the digests of 2025-05-06 to 2025-05-21 with their abstracts.

Claims are sentences of real summaries and abstracts. A true pair is a claim and a passage about the same paper:
- within Korean: a sentence of one day's summary, and another day's summary of the same paper;
- across: a Korean sentence with a figure that the paper's abstract also states, and that abstract; and vice versa.
The false pair of each is the same claim with the same kind of passage of the nearest other paper, by abstract: a wrong
citation. Corrupted claims are true pairs with one figure, the order of two figures, one name or the polarity changed.
The acceptance rate is the share that passes verification: high is better for true pairs, low for all others. Not every
true pair is supported (two summaries of a paper differ in content), so its rate is a lower bound.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nonmun import Library
from nonmun.api.answers.generative.claims import CitedClaim, to_plain_text
from nonmun.api.answers.generative.passages import Passage
from nonmun.api.answers.generative.support import EmbedTexts, SupportChecker
from nonmun.api.answers.quotations import Quotation, extract_quotations
from nonmun.index.domain.hits import Evidence
from nonmun.index.domain.vectors import Matrix, unit_rows
from nonmun.index.facts.agreement import agrees, count_different_things
from nonmun.index.facts.entities import find_entities
from nonmun.index.facts.quantities import Quantity, find_quantities

_SECTIONS = {"contributions", "motivation", "results"}


@dataclass(frozen=True)
class Pair:
    """A claim with a passage of its own paper and one of another paper."""

    kind: str
    claim: str
    true: Passage
    false: Passage


def main(data: str) -> None:
    """Print acceptance rates of true, false and corrupted pairs, and the distribution of scores."""
    with Library.open(data, create=False) as library:
        embed = _CachedEmbedding(library)
        pairs = [pair for pair in _make_pairs(library, embed) if pair.true.quotations and pair.false.quotations]
        kinds = sorted({pair.kind for pair in pairs})
        print(f"{'':28} {'pairs':>6} {'true':>6} {'false':>6}")
        for kind in kinds:
            of_kind = [pair for pair in pairs if pair.kind == kind]
            true = [_is_accepted(embed, pair.claim, pair.true) for pair in of_kind]
            false = [_is_accepted(embed, pair.claim, pair.false) for pair in of_kind]
            print(f"{kind:28} {len(of_kind):6} {np.mean(true):6.3f} {np.mean(false):6.3f}")
            _print_scores(embed, of_kind)
            for fault, corrupt in (
                ("figure", _change_figure),
                ("order", _swap_figures),
                ("name", _change_name),
                ("polarity", _negate),
            ):
                corrupted = [(corrupt(pair.claim), pair.true) for pair, ok in zip(of_kind, true, strict=True) if ok]
                accepted = [_is_accepted(embed, claim, passage) for claim, passage in corrupted if claim]
                if accepted:
                    print(f"    accepted, changed {fault:8} {len(accepted):6} {np.mean(accepted):6.3f}")


class _CachedEmbedding:
    """Centered vectors of texts, with an in-memory cache."""

    def __init__(self, library: Library) -> None:
        self._library, self._cache = library, dict[str, Matrix]()

    def __call__(self, texts: Sequence[str]) -> Matrix:
        missing = [text for text in dict.fromkeys(texts) if text not in self._cache]
        self._cache |= dict(zip(missing, self._library.searcher.center_texts(missing), strict=True))
        return np.stack([self._cache[text] for text in texts])


def _is_accepted(embed: EmbedTexts, claim: str, passage: Passage) -> bool:
    return bool(SupportChecker.of([passage], embed).supporting_citations(CitedClaim(claim, (1,))))


def _print_scores(embed: EmbedTexts, pairs: list[Pair]) -> None:
    for name, passages in (("true", [pair.true for pair in pairs]), ("false", [pair.false for pair in pairs])):
        best: list[float] = []
        for pair, passage in zip(pairs, passages, strict=True):
            scores = SupportChecker.of([passage], embed).score(pair.claim)
            best.append(max(score.similarity for score in scores))
        shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
        quantiles = " ".join(f"{value:5.2f}" for value in np.quantile(best, shares))
        print(f"    score {name:5} 1/5/10/25/50/75/90/95/99: {quantiles}")


def _make_pairs(library: Library, embed: EmbedTexts) -> Iterator[Pair]:
    abstracts: dict[str, list[Quotation]] = defaultdict(list)
    days: dict[str, dict[str, list[tuple[str, Quotation]]]] = defaultdict(lambda: defaultdict(list))
    for chunk in library.chunks():
        evidence = Evidence(chunk.chunk_id, chunk.source, chunk.section, chunk.lang, chunk.text, 0.0)
        quotations = extract_quotations(chunk.paper_id, (evidence,))
        if chunk.source == "abstract":
            abstracts[chunk.paper_id] += quotations
        elif chunk.lang == "ko" and chunk.digest_date:
            days[chunk.paper_id][chunk.digest_date] += [(chunk.section, quotation) for quotation in quotations]
    titles = {paper.paper_id: paper.title for paper in library.papers()}
    nearest = _nearest_papers(embed, abstracts)
    for paper, by_day in days.items():
        if paper not in abstracts:
            continue
        other = nearest[paper]
        first, *more = (by_day[day] for day in sorted(by_day))
        passage = _passage(paper, titles[paper], abstracts[paper])
        wrong = _passage(other, titles[other], abstracts[other])
        yield from _cross_language_pairs("across: Korean of English", _quotations(first), passage, wrong)
        if days.get(other):
            korean = _passage(paper, titles[paper], _quotations(first))
            wrong_korean = _passage(other, titles[other], _quotations(next(iter(days[other].values()))))
            yield from _cross_language_pairs("across: English of Korean", abstracts[paper], korean, wrong_korean)
            if more:
                repeated = {quotation.citation.quote for quotation in _quotations(more[0])}
                later = _passage(paper, titles[paper], _quotations(more[0]))
                for section, quotation in first:
                    if section in _SECTIONS and quotation.citation.quote not in repeated:
                        yield Pair("within Korean", to_plain_text(quotation.citation.quote), later, wrong_korean)


def _quotations(day: list[tuple[str, Quotation]]) -> list[Quotation]:
    return [quotation for _, quotation in day]


def _cross_language_pairs(kind: str, claims: list[Quotation], true: Passage, false: Passage) -> Iterator[Pair]:
    for claim in claims:
        claimed = [figure for figure in find_quantities(claim.citation.quote) if figure.value >= 3]
        stated = find_quantities(true.text)
        if any(
            agrees(figure, other) and not count_different_things(figure, other)
            for figure in claimed
            for other in stated
        ):
            yield Pair(kind, to_plain_text(claim.citation.quote), true, false)


def _passage(paper: str, title: str, quotations: list[Quotation]) -> Passage:
    return Passage(1, paper, title, tuple(quotations))


def _nearest_papers(embed: EmbedTexts, abstracts: dict[str, list[Quotation]]) -> dict[str, str]:
    """Return the nearest other paper of each by cosine of the mean vectors of their abstracts' sentences."""
    papers = list(abstracts)
    rows = [embed([quotation.citation.quote for quotation in abstracts[paper]]).mean(0) for paper in papers]
    centroids = unit_rows(np.stack(rows))
    cosines = centroids @ centroids.T - 2 * np.eye(len(papers))
    return {paper: papers[int(index)] for paper, index in zip(papers, cosines.argmax(1), strict=True)}


def _numerals(claim: str) -> list[Quantity]:
    return [figure for figure in find_quantities(claim) if claim[figure.start : figure.end][:1].isdigit()]


def _change_figure(claim: str) -> str | None:
    figures = _numerals(claim)
    if not figures:
        return None
    start = figures[0].start
    digits = re.match(r"\d+", claim[start:])
    assert digits
    return f"{claim[:start]}{int(digits[0]) * 2 + 3}{claim[start + digits.end() :]}"


def _swap_figures(claim: str) -> str | None:
    """Swap two adjacent figures of the same unit."""
    for a, b in pairwise(_numerals(claim)):
        if a.unit == b.unit and a.value != b.value and a.end <= b.start:
            first, second = claim[a.start : a.end], claim[b.start : b.end]
            return f"{claim[: a.start]}{second}{claim[a.end : b.start]}{first}{claim[b.end :]}"
    return None


def _change_name(claim: str) -> str | None:
    entities = find_entities(claim)
    return f"{claim[: entities[0].start]}QuarkMind-9{claim[entities[0].end :]}" if entities else None


def _negate(claim: str) -> str | None:
    korean = re.sub(r"합니다\.?$", "하지 않습니다.", re.sub(r"(?:하였|했)습니다\.?$", "하지 않았습니다.", claim))
    english = re.sub(r"\b(is|are|was|were|can|does)\b", r"\1 not", claim, count=1)
    changed = korean if korean != claim else english
    return changed if changed != claim else None


if __name__ == "__main__":
    main(sys.argv[1])
