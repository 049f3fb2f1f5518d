"""Known-item queries: a sentence or title of a paper is the query, the paper is relevant, its source is excluded."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ....api.library import Library
from ....index.domain.chunks import Chunk
from ....index.domain.errors import ConfigError, InputError
from ....ingest.report import JobProgress
from ..model import Dataset, DatasetQuery
from ..sampling import stable_shuffle
from .candidates import KINDS, MIN_CHARS, CandidateQuery, CandidateSampler, Kind
from .corpus import ChunkFinder, Corpus, read_corpus

# Reasons for skipping a paper or a text, as the command prints them and writes them as JSON keys.
NO_CANDIDATES = "papers without words that say enough"
NOTHING_LEFT = "papers of which nothing else could be found"
NOT_UNIQUE = "texts that other papers hold as well"
SPLIT = "sentences that no chunk holds whole"
ONLY_NAMES = "texts of which little is left without names"


@dataclass(frozen=True, slots=True)
class KnownItemConfig:
    """Parameters of a set of known-item queries.

    Attributes:
        kinds: sources of the queries.
        count: maximum number of queries per kind.
        seed: determines the selection; equal seeds and indexes give equal sets.
        cross_lingual: whether all chunks in the query's own language are excluded, so that only the other language can
            be found.
        names: whether rare Latin names stay in the queries.
    """

    kinds: Sequence[Kind] = KINDS
    count: int = 200
    seed: int = 0
    cross_lingual: bool = False
    names: bool = True


@dataclass(frozen=True, slots=True)
class KnownItemSet:
    """A dataset of known-item queries.

    Attributes:
        dataset: queries and judgments.
        description: its parameters in words, for `dataset.toml`.
        skipped: number of skipped papers and texts, by kind and reason.
    """

    dataset: Dataset
    description: str
    skipped: Mapping[str, Mapping[str, int]]


def make_known_items(
    library: Library, config: KnownItemConfig, name: str, observe: Callable[[JobProgress], object] = lambda _: None
) -> KnownItemSet:
    """Make a dataset of known-item queries from the content of an index.

    Args:
        library: the index.
        config: parameters of the set.
        name: name in reports.
        observe: called with every query; an exception that it raises ends the synthesis.

    Raises:
        ConfigError: the index is empty, or yields no query.
        InputError: the parameters contradict each other.
    """
    if config.cross_lingual and "title" in config.kinds:
        raise InputError("across", "every chunk is indexed with its paper's title; leave out the kind title")
    corpus = read_corpus(library)
    builder = _QueryBuilder(corpus, config, CandidateSampler.build(library, corpus), ChunkFinder.build(corpus))
    queries: list[DatasetQuery] = []
    qrels: dict[str, dict[str, int]] = {}
    for kind in dict.fromkeys(config.kinds):
        for number, (paper_id, query) in enumerate(builder.queries(kind)):
            observe(JobProgress("make", number, config.count, kind))
            queries.append(replace(query, query_id=f"{kind}-{number:04}"))
            qrels[queries[-1].query_id] = {paper_id: 1}
    skipped = {
        kind: {reason: count for reason, count in counts.items() if count} for kind, counts in builder.skipped.items()
    }
    if not queries:
        reasons = [f"{count} {reason}" for counts in skipped.values() for reason, count in counts.items()]
        raise ConfigError(
            f"the index yields no query ({'; '.join(reasons)}); "
            "ingest more digests and abstracts, or choose another --kind"
        )
    description = f"Known items, seed {config.seed}" + ", across languages" * config.cross_lingual
    description += "" if config.names else ", rare Latin names removed"
    return KnownItemSet(Dataset(name, tuple(queries), qrels, corpus.description), description, skipped)


class _QueryBuilder:
    """Builds the queries of a corpus and counts what it skips."""

    def __init__(
        self, corpus: Corpus, config: KnownItemConfig, candidates: CandidateSampler, chunks: ChunkFinder
    ) -> None:
        self._corpus, self._config = corpus, config
        self._candidates, self._chunks = candidates, chunks
        self.skipped: dict[Kind, Counter[str]] = {kind: Counter() for kind in config.kinds}

    def queries(self, kind: Kind) -> Iterator[tuple[str, DatasetQuery]]:
        """Yield paper ids with a query each: one of every paper before a second one of any."""
        papers = stable_shuffle(self._config.seed, kind, ((paper_id, paper_id) for paper_id in self._corpus.papers))
        pending = deque((paper_id, self._paper_queries(kind, paper_id)) for paper_id in papers)
        remaining = self._config.count
        while pending and remaining:
            paper_id, queries = pending.popleft()
            query = next(queries, None)
            if query:
                remaining -= 1
                yield paper_id, query
                pending.append((paper_id, queries))

    def _paper_queries(self, kind: Kind, paper_id: str) -> Iterator[DatasetQuery]:
        """Yield the queries of a paper, each built on demand."""
        chunks = self._corpus.chunks.get(paper_id, ())
        if all(self._config.cross_lingual and _is_same_side(chunk, kind) for chunk in chunks):
            self.skipped[kind][NOTHING_LEFT] += 1  # checked before its sentences are read: most papers have no summary
            return
        candidates = self._candidates.sample(paper_id, kind, self._config.seed)
        has_query, reasons = False, Counter[str]()
        for candidate in candidates:
            query = self._query(candidate)
            if isinstance(query, DatasetQuery):
                has_query = True
                yield query
            else:
                reasons[query] += 1
        if not has_query:  # counted once per paper, not once per sentence
            reasons[NO_CANDIDATES] += not candidates
            reasons[NOTHING_LEFT] = min(reasons[NOTHING_LEFT], 1)
        else:
            del reasons[NOTHING_LEFT]
        self.skipped[kind] += reasons

    def _query(self, candidate: CandidateQuery) -> DatasetQuery | str:
        """Return the query of a candidate, or the reason why it is skipped."""
        text = candidate.text if self._config.names else candidate.nameless
        if len(text) < MIN_CHARS:
            return ONLY_NAMES
        containing = self._chunks.find(candidate.text, in_contexts=candidate.kind != "title")
        if any(chunk.paper_id != candidate.paper_id for chunk in containing):
            return NOT_UNIQUE
        if not containing and candidate.kind != "title":
            return SPLIT  # its parts could not be excluded
        excluded = {chunk.chunk_id for chunk in containing}
        chunks = self._corpus.chunks.get(candidate.paper_id, ())
        if self._config.cross_lingual:
            excluded |= {chunk.chunk_id for chunk in chunks if _is_same_side(chunk, candidate.kind)}
        if all(chunk.chunk_id in excluded for chunk in chunks):
            return NOTHING_LEFT
        fields = {"kind": candidate.kind} | ({"date": candidate.day} if candidate.day else {})
        fields |= {"section": candidate.section} if candidate.section else {}
        fields |= {"across": "yes"} if self._config.cross_lingual else {}
        fields |= {} if self._config.names else {"names": "stripped"}
        return DatasetQuery("", text, candidate.lang, fields=fields, without=tuple(sorted(excluded)))


def _is_same_side(chunk: Chunk, kind: Kind) -> bool:
    """Return whether a chunk has the source of a query of some kind, or its language."""
    return chunk.source == kind or chunk.lang == ("ko" if kind == "summary" else "en")
