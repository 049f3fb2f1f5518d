"""Known-item queries: a sentence of a summary or an abstract, or a title, with the chunks that hold it withheld."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ....api.library import Library
from ....index.domain.chunks import Chunk
from ....index.domain.errors import ConfigError, InputError
from ....ingest.report import Step
from ..model import Dataset, Query
from .candidates import KINDS, SHORTEST_LEFT, Draft, Drafts, Kind
from .corpus import Corpus, Holders, read_corpus, shuffled

SILENT = "papers without words that say enough"
ALONE = "papers of which nothing else could be found"
SHARED = "texts that other papers hold as well"
SPLIT = "sentences that no chunk holds whole"
NAMELESS = "texts of which little is left without names"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make a set.

    Attributes:
        kinds: what queries are made of.
        count: how many of each kind, at most.
        seed: decides which; the same seed and index give the same set.
        across: everything in the query's own language is withheld, so that only the other one can be found.
        names: whether rare Latin names stay in the queries.
    """

    kinds: Sequence[Kind] = KINDS
    count: int = 200
    seed: int = 0
    across: bool = False
    names: bool = True


@dataclass(frozen=True, slots=True)
class Made:
    """A set that was made.

    Attributes:
        dataset: queries and judgments.
        description: how it was made, for its dataset.toml.
        skipped: by kind and reason, how many papers and texts were passed over on the way.
    """

    dataset: Dataset
    description: str
    skipped: Mapping[str, Mapping[str, int]]


def make_known_items(
    library: Library, recipe: Recipe, name: str, observe: Callable[[Step], object] = lambda _: None
) -> Made:
    """Make a dataset out of what an index holds.

    Args:
        library: the index.
        recipe: how to make it.
        name: what reports call it.
        observe: told every query that is made; what it raises stops the making.

    Raises:
        ConfigError: the index is empty, or nothing in it makes a query.
        InputError: the recipe contradicts itself.
    """
    if recipe.across and "title" in recipe.kinds:
        raise InputError("across", "every chunk is indexed with its paper's title; leave out the kind title")
    corpus = read_corpus(library)
    maker = _Maker(library, corpus, recipe)
    queries: list[Query] = []
    qrels: dict[str, dict[str, int]] = {}
    for kind in dict.fromkeys(recipe.kinds):
        for at, (paper_id, query) in enumerate(maker.queries(kind)):
            observe(Step("make", at, recipe.count, kind))
            queries.append(replace(query, query_id=f"{kind}-{at:04}"))
            qrels[queries[-1].query_id] = {paper_id: 1}
    skipped = {kind: {why: n for why, n in counts.items() if n} for kind, counts in maker.skipped.items()}
    if not queries:
        reasons = [f"{count} {reason}" for counts in skipped.values() for reason, count in counts.items()]
        raise ConfigError(
            f"nothing in the index makes a query ({'; '.join(reasons)}); "
            "ingest more digests and abstracts, or ask for another --kind"
        )
    said = f"Known items, seed {recipe.seed}" + ", across languages" * recipe.across
    said += "" if recipe.names else ", rare Latin names removed"
    return Made(Dataset(name, tuple(queries), qrels, corpus.about), said, skipped)


class _Maker:
    def __init__(self, library: Library, corpus: Corpus, recipe: Recipe) -> None:
        self._corpus, self._recipe = corpus, recipe
        self._drafts, self._holders = Drafts(library, corpus), Holders(corpus)
        self.skipped: dict[Kind, Counter[str]] = {kind: Counter() for kind in recipe.kinds}

    def queries(self, kind: Kind) -> Iterator[tuple[str, Query]]:
        """Papers with a query each: one of every paper before a second of any."""
        order = shuffled(self._recipe.seed, kind, ((paper_id, paper_id) for paper_id in self._corpus.papers))
        waiting = deque((paper_id, self._of_paper(kind, paper_id)) for paper_id in order)
        left = self._recipe.count
        while waiting and left:
            paper_id, queries = waiting.popleft()
            query = next(queries, None)
            if query:
                left -= 1
                yield paper_id, query
                waiting.append((paper_id, queries))

    def _of_paper(self, kind: Kind, paper_id: str) -> Iterator[Query]:
        """The queries of a paper, each made as it is asked for."""
        if all(self._recipe.across and _same_side(chunk, kind) for chunk in self._corpus.chunks.get(paper_id, ())):
            self.skipped[kind][ALONE] += 1  # seen before its sentences are: most papers have no summary
            return
        drafts = self._drafts.of(paper_id, kind, self._recipe.seed)
        made, why = False, Counter[str]()
        for draft in drafts:
            query = self._query(draft)
            if isinstance(query, Query):
                made = True
                yield query
            else:
                why[query] += 1
        if not made:  # counted as a paper, not as so many sentences
            why[SILENT] += not drafts
            why[ALONE] = min(why[ALONE], 1)
        else:
            del why[ALONE]
        self.skipped[kind] += why

    def _query(self, draft: Draft) -> Query | str:
        """The query of a draft, or why there is none."""
        text = draft.text if self._recipe.names else draft.nameless
        if len(text) < SHORTEST_LEFT:
            return NAMELESS
        holding = self._holders.of(draft.text, contexts=draft.kind != "title")
        if any(chunk.paper_id != draft.paper_id for chunk in holding):
            return SHARED
        if not holding and draft.kind != "title":
            return SPLIT  # its parts could not be withheld
        withheld = {chunk.chunk_id for chunk in holding}
        chunks = self._corpus.chunks.get(draft.paper_id, ())
        if self._recipe.across:
            withheld |= {chunk.chunk_id for chunk in chunks if _same_side(chunk, draft.kind)}
        if all(chunk.chunk_id in withheld for chunk in chunks):
            return ALONE
        fields = {"kind": draft.kind} | ({"date": draft.day} if draft.day else {})
        fields |= {"section": draft.section} if draft.section else {}
        fields |= {"across": "yes"} if self._recipe.across else {}
        fields |= {} if self._recipe.names else {"names": "stripped"}
        return Query("", text, draft.lang, fields=fields, without=tuple(sorted(withheld)))


def _same_side(chunk: Chunk, kind: Kind) -> bool:
    """Whether a chunk is of the kind of a query, or in its language."""
    return chunk.source == kind or chunk.lang == ("ko" if kind == "summary" else "en")
