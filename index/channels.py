"""What each channel says of chunks, for one question over one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from .crossing import crossing, groups
from .embedding import Matrix
from .filters import Filter
from .generation import identity
from .postings import Shares, information
from .question import Question
from .ranking import DOUBT, SECTION_LIFT, Ranked, Ranking, Scored, by_paper
from .reading import Spot, View
from .stopwatch import Stopwatch
from .vectors import Dense


class Spots:
    """What ranking needs to know of chunks, remembered as long as the catalog stays as it is.

    Safe to share between threads: at worst two of them look the same chunk up.
    """

    def __init__(self) -> None:
        self._known: tuple[tuple[str, int], dict[int, Spot | None]] = ("", -1), {}

    def of(self, view: View, rows: Iterable[int]) -> dict[int, Spot]:
        """Some chunks by row number; rows that are gone are left out."""
        key = (identity(view), view.rev)
        known = self._known
        if known[0] != key:
            known = self._known = key, {}
        wanted = list(rows)
        if new := [row for row in wanted if row not in known[1]]:
            known[1].update(dict.fromkeys(new) | view.spots(new))
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
        view: View,
        dense: Dense,
        spots: Spots,
        question: Question,
        vector: Matrix,
        ranking: Ranking,
        where: Filter,
        without: Collection[str] = (),
        watch: Stopwatch | None = None,
    ) -> None:
        watch = watch or Stopwatch()
        self._view, self._spots, self._question, self._ranking = view, spots, question, ranking
        self.where, self._without = where, frozenset(without)
        self._limit = ranking.candidates + len(self._without)  # what is left out takes no other chunk's place
        rows = view.rows(where) if where else None
        self._rows = None if rows is None else set(rows.tolist())
        self.nearest = dense.search(view, vector, question.lang, self._limit if ranking.dense else 0, rows)
        watch.lap("dense")
        lexicon, parts, vocabulary, self.calibration = dense.learned(view)
        self.words = words = vocabulary.words(question, names=ranking.names)
        self.weights = information(parts, words)
        lexical = Shares.of(parts, words if ranking.lexical else [])
        watch.lap("lexical")
        self.translated = groups(lexicon, question) if ranking.lexicon else []
        crossed = crossing(parts, self.translated, question, self.weights, lexicon.reliability)
        self.lexical, self.crossing = (lexical, crossed) if rows is None else (lexical.only(rows), crossed.only(rows))
        watch.lap("lexicon")

    def candidates(self) -> list[Scored]:
        """The best chunks of each channel, and every chunk of the papers that the question names."""
        named = self._view.paper_spots(self._question.paper_ids)
        rows = {*self.nearest.cosines, *self.lexical.best(self._limit), *self.crossing.best(self._limit), *named}
        # Rows of the generation that the catalog has dropped end here.
        return self._scored(self._spots.of(self._view, rows))

    def papers(self, paper_ids: Sequence[str]) -> list[Ranked]:
        """Some papers with every chunk of theirs."""
        return by_paper(self._scored(self._view.paper_spots(paper_ids)), self._ranking)

    def _scored(self, found: Mapping[int, Spot]) -> list[Scored]:
        spots = {row: spot for row, spot in found.items() if spot.chunk_id not in self._without}
        if self._rows is not None:
            spots = {row: spot for row, spot in spots.items() if row in self._rows}
        side = self._ranking.dense_lang
        seen = (row for row, spot in spots.items() if self._ranking.dense and side in {"", spot.lang})
        dense = self.nearest.among(seen)
        lexical = self.lexical.among(spots)
        lexicon = self.crossing.among(spots)

        def scored(row: int, spot: Spot) -> Scored:
            close = dense.get(row, 0.0) - DOUBT.get(spot.trust or "supported", 0.0)
            words, translated = lexical.get(row, 0.0), lexicon.get(row, 0.0)
            lift = SECTION_LIFT if self._question.section and spot.section == self._question.section else 0.0
            return Scored(spot, close, words, translated, self._ranking.fuse(close, words, translated), lift)

        return [scored(row, spot) for row, spot in spots.items()]
