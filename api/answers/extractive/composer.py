"""What each shape of answer quotes: of which papers, which sentences, under which lead."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace

from ....index.domain.hits import Citation, Hit
from ....index.domain.papers import Language
from ....index.retrieval.searcher import SearchResult
from ..quotations import Quotation, quotations, sound
from ..rendering.layout import Group, Quoted, by_paper, side_by_side
from .abstract_pairing import Beside, Translate
from .aspects import ASPECTS, aspect, one_line, section
from .figures import asked_unit, with_figures
from .selection import Score, choose, distinct, shortlist

MAX_PAPERS = 3  # that are quoted unasked
MAX_NAMED = 5  # of those that a question names

_CHUNKS = 4  # a paper's best chunks are read for sentences
_FIRST, _OTHER = 3, 2  # sentences quoted of the best paper, and of a further one
_READ_FIRST, _READ_OTHER = 4, 2  # sentences read closely
_OF_SECTION = 4
_MOST_OF_EACH = 2  # of a method


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before it has its lead and notices.

    Attributes:
        lead: name of the lead.
        groups: what is quoted, by paper.
        lines: its text.
    """

    lead: str
    groups: tuple[Group, ...]
    lines: tuple[str, ...]


class Composer:
    """Composes the answer to one question.

    Args:
        result: what the search found.
        speakers: the papers to quote, best first.
        score: how well each of some sentences answers the question.
        translate: what terms mean in the other language; None quotes no abstract beside a summary.
    """

    def __init__(
        self, result: SearchResult, speakers: Sequence[Hit], score: Score, translate: Translate | None = None
    ) -> None:
        self._result, self._speakers, self._score, self._translate = result, speakers, score, translate
        self._question = result.question
        self._lang: Language = result.question.response_language

    def compose(self) -> Draft:
        """The answer in the shape that is asked for."""
        composers: dict[str, Callable[[], Draft]] = {
            "list": self._list,
            "explain": self._explain,
            "section": self._section,
            "compare": self._compare,
            "figure": self._figure,
            "digest": self._digest,
        }
        return composers[self._question.intent]()

    def _list(self, lead: str = "list") -> Draft:
        return self._grouped(lead, self._chosen([self._pool(hit) for hit in self._speakers]))

    def _explain(self) -> Draft:
        if self._question.aspects and self._result.known:
            return self._list("explain")
        speakers = self._speakers if self._result.known else self._speakers[:1]
        told = [[one for part in self._parts(hit) for one in part] for hit in speakers]
        if not any(told):
            return self._list("explain")
        return self._grouped("explain", told, speakers, look=True)

    def _parts(self, hit: Hit) -> list[list[Quotation]]:
        """A paper's motivation, method and results, one or two sentences each."""
        parts: list[list[Quotation]] = []
        for name in ASPECTS:
            told = [one for part in parts for one in part]
            pool = [one for one in aspect(hit, name, self._lang, _CHUNKS) if one not in told]
            count = _MOST_OF_EACH if name == "method" else 1
            parts.append(distinct(shortlist(pool, self._result.weights, count), count))
        return parts

    def _section(self) -> Draft:
        name = self._question.section or "other"
        pools = [section(hit, name, self._lang, _CHUNKS) for hit in self._speakers]
        if not any(pools):
            return self._list("no_section")
        if all(len(pool) <= _OF_SECTION for pool in pools):
            return self._grouped("section", [distinct(pool, _OF_SECTION) for pool in pools], look=True)
        return self._grouped("section", self._chosen(pools, first=_OF_SECTION, near=False), look=True)

    def _figure(self) -> Draft:
        unit = asked_unit(self._question.effective_text)
        pools = [with_figures(self._pool(hit, figures=True), unit) for hit in self._speakers]
        if not any(pools):
            return self._list("no_figure")
        return self._grouped("figure", self._chosen(pools), look=True)

    def _compare(self) -> Draft:
        if len(self._speakers) < 2:
            return replace(self._explain(), lead="compare_one")
        if len(self._result.known) < 2:
            return self._list("compare")
        names = (self._question.section,) if self._question.section else ASPECTS
        beside = {hit.paper_id: self._beside(hit) for hit in self._speakers}
        found: dict[str, list[Group]] = {}
        told: set[Citation] = set()
        for name in sorted(names, key="motivation".__eq__):  # last: an abstract that begins "We present" gives none
            groups = [self._of_aspect(hit, name, beside[hit.paper_id], told) for hit in self._speakers]
            told |= {one.citation for group in groups for one in group.quoted}
            found[name] = [group for group in groups if group.quoted]
        aspects = [(name, found[name]) for name in names if found[name]]
        whole = tuple(
            Group(hit, tuple(one for _, parts in aspects for part in parts if part.hit is hit for one in part.quoted))
            for hit in self._speakers
        )
        if not any(group.quoted for group in whole):
            return self._list("compare")
        return Draft("compare", whole, tuple(side_by_side(whole, aspects, self._lang)))

    def _of_aspect(self, hit: Hit, name: str, beside: Beside, told: Container[Citation]) -> Group:
        whole = name == self._question.section
        found = (section if whole else aspect)(hit, name, self._lang, _CHUNKS)
        pool = distinct([one for one in found if one.citation not in told], _OF_SECTION if whole else 1)
        return Group(hit, tuple(one for quotation in pool for one in beside.pair(quotation, look=False)))

    def _digest(self) -> Draft:
        told = [one_line(hit, self._lang, 1) for hit in self._speakers]
        total, shown = self._result.total, sum(bool(pool) for pool in told)
        return self._grouped("digest" if total is None else "window" if total == shown else "window_part", told)

    def _pool(self, hit: Hit, *, figures: bool = False) -> list[Quotation]:
        """Sentences of a paper's best chunks that have any to quote, in the language of the answer if possible."""
        evidence = sound(hit.evidence)
        if figures:
            evidence = tuple(item for item in evidence if any(map(str.isdigit, item.text))) or evidence
        native = [item for item in evidence if item.lang == self._lang]
        parts = [chunks[at : at + _CHUNKS] for chunks in (native, evidence) for at in range(0, len(chunks), _CHUNKS)]
        return next((found for part in parts if (found := quotations(hit.paper_id, part))), [])

    def _chosen(
        self, pools: Sequence[Sequence[Quotation]], *, first: int = _FIRST, near: bool = True
    ) -> list[list[Quotation]]:
        """The sentences to quote, of each paper's; all that are read closely are read at once."""
        weights = self._result.weights
        read = [
            shortlist(pool, weights, (_READ_FIRST if not at else _READ_OTHER) if near else first)
            for at, pool in enumerate(pools)
        ]
        if not near:
            return [distinct(pool, first if not at else _OTHER) for at, pool in enumerate(read)]
        scores = iter(self._score([one.citation.quote for pool in read for one in pool]))
        return [choose(pool, [next(scores) for _ in pool], first if not at else _OTHER) for at, pool in enumerate(read)]

    def _beside(self, hit: Hit) -> Beside:
        return Beside(hit, self._translate, self._result.contradictions)

    def _grouped(
        self,
        lead: str,
        chosen: Sequence[Sequence[Quotation]],
        speakers: Sequence[Hit] | None = None,
        *,
        look: bool = False,
    ) -> Draft:
        """A draft by paper; the abstract is looked up beside every sentence, or only the first of each paper."""
        groups: list[Group] = []
        for hit, pool in zip(speakers or self._speakers, chosen, strict=True):
            beside, quoted = self._beside(hit), list[Quoted]()
            for at, one in enumerate(pool):
                quoted += beside.pair(one, look=(look or not at) and self._question.intent != "digest")
            if quoted:
                groups.append(Group(hit, tuple(quoted)))
        return Draft(lead, tuple(groups), tuple(by_paper(groups, self._lang)))
