"""What each channel says of chunks, for one question over one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from ..catalog.base import CatalogView
from ..domain.chunks import ChunkInfo
from ..domain.filters import Filter
from ..domain.vectors import Matrix, Rows
from ..engine.bm25 import Scores, Shares, information
from ..engine.local import Dense
from ..lexicon.translation import crossing, groups
from ..query.question import Question
from ..util.timing import Stopwatch
from .fusion import SECTION_BONUS, TRUST_PENALTY, Ranked, Scored, SearchConfig, by_paper, relevance


class Spots:
    """What ranking needs to know of chunks, remembered as long as the catalog stays as it is.

    Safe to share between threads: at worst two of them look the same chunk up.
    """

    def __init__(self) -> None:
        self._known: tuple[tuple[str, int], dict[int, ChunkInfo | None]] = ("", -1), {}

    def of(self, view: CatalogView, rows: Iterable[int]) -> dict[int, ChunkInfo]:
        """Some chunks by row number; rows that are gone are left out."""
        key = (view.catalog_id, view.revision)
        known = self._known
        if known[0] != key:
            known = self._known = key, {}
        wanted = list(rows)
        if new := [row for row in wanted if row not in known[1]]:
            known[1].update(dict.fromkeys(new) | view.chunks.infos(new))
        return {row: spot for row in wanted if (spot := known[1][row])}


class Channels:
    """The dense, the lexical and the lexicon channel.

    Args:
        view: the snapshot.
        dense: vectors and terms.
        spots: what is known of chunks.
        question: the question.
        vector: its vector, float32 (d,).
        ranking: which channels are asked.
        where: which chunks may speak.
        without: ids of chunks to leave out, as if they were not in the index.
        watch: told when each channel is done.
    """

    def __init__(
        self,
        view: CatalogView,
        dense: Dense,
        chunk_infos: Spots,
        question: Question,
        vector: Matrix,
        ranking: SearchConfig,
        where: Filter,
        without: Collection[str] = (),
        watch: Stopwatch | None = None,
    ) -> None:
        watch = watch or Stopwatch()
        self._view, self._spots, self._question = view, chunk_infos, question
        self.ranking = ranking = ranking.asked_in(question.lang)
        self.where, self._without = where, frozenset(without)
        self._limit = ranking.candidates + len(self._without)  # what is left out takes no other chunk's place
        rows = view.chunks.rows(where) if where else None
        self._rows = None if rows is None else set(rows.tolist())
        self.nearest = dense.search(view, vector, question.lang, self._limit if ranking.dense else 0, rows)
        watch.lap("dense")
        lexicon, parts, vocabulary, self.calibration = dense.learned(view)
        self.words = words = vocabulary.words(question, names=ranking.names)
        self.weights = information(parts, words)
        # A paper that an index knows in Korean alone has no words that a translation could meet: its own count as such,
        # beside papers of which an abstract speaks.
        self._alone = ranking.lexicon and question.lang == "ko" and where.admits_abstracts
        self._left_alone = _left_alone(view, self._without) if self._alone else frozenset[str]()
        own = Shares.of(parts, words)
        watch.lap("lexical")
        heard = vocabulary.heard if ranking.names else None
        self.translated = groups(lexicon, question, heard) if ranking.lexicon else []
        crossed = crossing(parts, self.translated, question, self.weights)
        self._own, self.crossing = (own, crossed) if rows is None else (own.only(rows), crossed.only(rows))
        self.lexical = self._own if ranking.lexical else Shares()
        watch.lap("lexicon")

    def candidates(self, papers: int | None = None) -> list[Scored]:
        """The best chunks of each channel, and every chunk of the papers that the question names.

        Args:
            papers: only those of so many of the best papers, and of the named ones; all by default.
        """
        named = self._view.chunks.infos_of_papers(self._question.paper_ids)
        own = self._own if self._alone else self.lexical
        rows = {*self.nearest.cosines, *own.best(self._limit), *self.crossing.best(self._limit), *named}
        # Rows of the generation that the catalog has dropped end here.
        return self._scored(self._spots.of(self._view, rows), papers)

    def papers(self, paper_ids: Sequence[str]) -> list[Ranked]:
        """Some papers with every chunk of theirs."""
        return by_paper(self._scored(self._view.chunks.infos_of_papers(paper_ids)), self.ranking)

    def _scored(self, found: Mapping[int, ChunkInfo], papers: int | None = None) -> list[Scored]:
        chunk_infos = [spot for _, spot in sorted(found.items()) if spot.chunk_id not in self._without]
        if self._rows is not None:
            chunk_infos = [spot for spot in chunk_infos if spot.row in self._rows]
        rows = np.array([spot.row for spot in chunk_infos], np.int64)
        near = self._near(rows, chunk_infos)
        lexical, lexicon = self.lexical.over(rows), self.crossing.over(rows)
        if self._alone:
            alone = np.array([spot.korean_only or spot.paper_id in self._left_alone for spot in chunk_infos], np.bool_)
            lexicon[alone] = self._own.over(rows[alone])
        if papers is not None:
            kept = _of_the_best(papers, chunk_infos, self.ranking, near, lexical, lexicon, self._question.paper_ids)
            chunk_infos, near, lexical, lexicon = (
                [chunk_infos[at] for at in kept],
                near[kept],
                lexical[kept],
                lexicon[kept],
            )
        section = self._question.section
        said = zip(chunk_infos, near.tolist(), lexical.tolist(), lexicon.tolist(), strict=True)
        return [
            Scored(
                spot,
                close,
                words,
                translated,
                relevance(close, words, translated),
                SECTION_BONUS if section and spot.section == section else 0.0,
            )
            for spot, close, words, translated in said
        ]

    def _near(self, rows: Rows, chunk_infos: Sequence[ChunkInfo]) -> Scores:
        near = np.zeros(len(rows), np.float32)
        if self.ranking.dense:
            side = self.ranking.dense_lang
            seen = np.array([not side or spot.lang == side for spot in chunk_infos], np.bool_)
            near[seen] = self.nearest.over(rows[seen])
        return near - np.array([TRUST_PENALTY.get(spot.trust or "supported", 0.0) for spot in chunk_infos], np.float32)


def _left_alone(view: CatalogView, without: Collection[str]) -> frozenset[str]:
    """Papers that are here in Korean alone once some chunks are left out."""
    papers = {chunk_id.partition(":")[0] for chunk_id in without}
    left = [spot for spot in view.chunks.infos_of_papers(papers).values() if spot.chunk_id not in without]
    return frozenset({spot.paper_id for spot in left} - {spot.paper_id for spot in left if spot.lang != "ko"})


def _of_the_best(
    count: int,
    chunk_infos: Sequence[ChunkInfo],
    ranking: SearchConfig,
    near: Scores,
    lexical: Scores,
    lexicon: Scores,
    named: Collection[str],
) -> list[int]:
    """Which chunks are of the best papers, or of named ones: most of some five hundred are shown to nobody."""
    numbers: dict[str, int] = {}
    paper_of = np.array([numbers.setdefault(spot.paper_id, len(numbers)) for spot in chunk_infos], np.int64)
    best = np.full((3, len(numbers)), -np.inf, np.float32)
    for reached, scores in zip(best, (near, lexical, lexicon), strict=True):
        np.maximum.at(reached, paper_of, scores)
    fused = ranking.fuse(*best)
    if count < len(fused):
        # A hair below the last one: the same sums in other precision must not decide which paper is the last.
        least = np.partition(fused, -count)[-count] - 1e-5
        kept = fused >= least
    else:
        kept = np.ones(len(fused), np.bool_)
    kept[[numbers[one] for one in named if one in numbers]] = True
    return np.flatnonzero(kept[paper_of]).tolist() if len(chunk_infos) else []
