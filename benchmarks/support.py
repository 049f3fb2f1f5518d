"""How well the check of a model's sentences tells supported from unsupported ones.

    python benchmarks/support.py DATA

DATA is a data directory that holds the digests of 2025-05-06 to 2025-05-21 with their abstracts.

Claims are sentences of real summaries and abstracts; a claim and a passage are a true pair where both say the same:
- within Korean: a sentence of one day's summary, and what another day's summary says of the same paper;
- across: a Korean sentence with a figure that its paper's abstract has too, and that abstract; and the other way round.
The false pair of each is the same claim with the same kind of passage of the nearest other paper, by its abstract: what
a lying citation looks like. Corrupted claims are true pairs in which one figure, the order of two, one name or
the sense was changed.
Kept is the share that passes; a check is good where it keeps much of the true and little of the rest. True pairs are
not all true (two summaries of a paper do not say the same everything), so their share is a lower bound.
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
from nonmun.index.facts.quantities import find_quantities

_SECTIONS = {"contributions", "motivation", "results"}


@dataclass(frozen=True)
class Pair:
    """A claim with the passage that supports it, and one of another paper."""

    kind: str
    claim: str
    true: Passage
    false: Passage


def main(data: str) -> None:
    """Print what is kept of true, false and corrupted pairs, and how scores are distributed."""
    with Library.open(data, create=False) as library:
        vectors = _Remembered(library)
        pairs = [one for one in _pairs(library, vectors) if one.true.quotations and one.false.quotations]
        kinds = sorted({pair.kind for pair in pairs})
        print(f"{'':28} {'pairs':>6} {'true':>6} {'false':>6}")
        for kind in kinds:
            chosen = [pair for pair in pairs if pair.kind == kind]
            true = [_kept(vectors, pair.claim, pair.true) for pair in chosen]
            false = [_kept(vectors, pair.claim, pair.false) for pair in chosen]
            print(f"{kind:28} {len(chosen):6} {np.mean(true):6.3f} {np.mean(false):6.3f}")
            _print_scores(vectors, chosen)
            for what, change in (
                ("figure", _other_figure),
                ("order", _swapped),
                ("name", _other_name),
                ("sense", _denied),
            ):
                changed = [(change(pair.claim), pair.true) for pair, ok in zip(chosen, true, strict=True) if ok]
                kept = [_kept(vectors, claim, passage) for claim, passage in changed if claim]
                if kept:
                    print(f"    kept with another {what:7} {len(kept):6} {np.mean(kept):6.3f}")


class _Remembered:
    """Centred vectors of texts, each embedded once."""

    def __init__(self, library: Library) -> None:
        self._library, self._known = library, dict[str, Matrix]()

    def __call__(self, texts: Sequence[str]) -> Matrix:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, self._library.searcher.center_texts(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def _kept(vectors: EmbedTexts, claim: str, passage: Passage) -> bool:
    return bool(SupportChecker.of([passage], vectors).supporting_citations(CitedClaim(claim, (1,))))


def _print_scores(vectors: EmbedTexts, pairs: list[Pair]) -> None:
    for name, passages in (("true", [one.true for one in pairs]), ("false", [one.false for one in pairs])):
        best: list[float] = []
        for pair, passage in zip(pairs, passages, strict=True):
            scored = SupportChecker.of([passage], vectors).score(pair.claim)
            best.append(max(one.similarity for one in scored))
        shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
        quantiles = " ".join(f"{value:5.2f}" for value in np.quantile(best, shares))
        print(f"    score {name:5} 1/5/10/25/50/75/90/95/99: {quantiles}")


def _pairs(library: Library, vectors: EmbedTexts) -> Iterator[Pair]:
    abstracts: dict[str, list[Quotation]] = defaultdict(list)
    days: dict[str, dict[str, list[tuple[str, Quotation]]]] = defaultdict(lambda: defaultdict(list))
    for chunk in library.chunks():
        evidence = Evidence(chunk.chunk_id, chunk.source, chunk.section, chunk.lang, chunk.text, 0.0)
        found = extract_quotations(chunk.paper_id, (evidence,))
        if chunk.source == "abstract":
            abstracts[chunk.paper_id] += found
        elif chunk.lang == "ko" and chunk.digest_date:
            days[chunk.paper_id][chunk.digest_date] += [(chunk.section, one) for one in found]
    titles = {paper.paper_id: paper.title for paper in library.papers()}
    near = _nearest(vectors, abstracts)
    for paper, by_day in days.items():
        if paper not in abstracts:
            continue
        other = near[paper]
        first, *more = (by_day[day] for day in sorted(by_day))
        passage = _passage(paper, titles[paper], abstracts[paper])
        wrong = _passage(other, titles[other], abstracts[other])
        yield from _across("across: Korean of English", [one for _, one in first], passage, wrong)
        if days.get(other):
            elsewhere = next(iter(days[other].values()))
            korean = _passage(paper, titles[paper], [one for _, one in first])
            foreign = _passage(other, titles[other], [one for _, one in elsewhere])
            yield from _across("across: English of Korean", abstracts[paper], korean, foreign)
            if more:
                again = {one.citation.quote for _, one in more[0]}
                later = _passage(paper, titles[paper], [one for _, one in more[0]])
                for section, one in first:
                    if section in _SECTIONS and one.citation.quote not in again:
                        yield Pair("within Korean", to_plain_text(one.citation.quote), later, foreign)


def _across(kind: str, claims: list[Quotation], true: Passage, false: Passage) -> Iterator[Pair]:
    for one in claims:
        mine = [figure for figure in find_quantities(one.citation.quote) if figure.value >= 3]
        theirs = find_quantities(true.text)
        if any(
            agrees(figure, stated) and not count_different_things(figure, stated)
            for figure in mine
            for stated in theirs
        ):
            yield Pair(kind, to_plain_text(one.citation.quote), true, false)


def _passage(paper: str, title: str, found: list[Quotation]) -> Passage:
    return Passage(1, paper, title, tuple(found))


def _nearest(vectors: EmbedTexts, abstracts: dict[str, list[Quotation]]) -> dict[str, str]:
    papers = list(abstracts)
    rows = [vectors([one.citation.quote for one in abstracts[paper]]).mean(0) for paper in papers]
    centres = unit_rows(np.stack(rows))
    cosines = centres @ centres.T - 2 * np.eye(len(papers))
    return {paper: papers[int(at)] for paper, at in zip(papers, cosines.argmax(1), strict=True)}


def _other_figure(claim: str) -> str | None:
    found = [one for one in find_quantities(claim) if claim[one.start : one.end][:1].isdigit()]
    if not found:
        return None
    start = found[0].start
    digits = re.match(r"\d+", claim[start:])
    assert digits
    return f"{claim[:start]}{int(digits[0]) * 2 + 3}{claim[start + digits.end() :]}"


def _swapped(claim: str) -> str | None:
    """Two figures of one unit, each where the other was."""
    found = [one for one in find_quantities(claim) if claim[one.start : one.end][:1].isdigit()]
    for one, other in pairwise(found):
        if one.unit == other.unit and one.value != other.value and one.end <= other.start:
            first, second = claim[one.start : one.end], claim[other.start : other.end]
            return f"{claim[: one.start]}{second}{claim[one.end : other.start]}{first}{claim[other.end :]}"
    return None


def _other_name(claim: str) -> str | None:
    found = find_entities(claim)
    return f"{claim[: found[0].start]}QuarkMind-9{claim[found[0].end :]}" if found else None


def _denied(claim: str) -> str | None:
    korean = re.sub(r"합니다\.?$", "하지 않습니다.", re.sub(r"(?:하였|했)습니다\.?$", "하지 않았습니다.", claim))
    english = re.sub(r"\b(is|are|was|were|can|does)\b", r"\1 not", claim, count=1)
    changed = korean if korean != claim else english
    return changed if changed != claim else None


if __name__ == "__main__":
    main(sys.argv[1])
