"""Query understanding against an index: parse the question, link its words to terms and papers, embed and translate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..analysis.term_statistics import group_information, inverse_document_frequency
from ..analysis.weighted_terms import WeightedTerms
from ..domain.filters import Filter
from ..domain.vectors import Matrix
from ..embeddings.base import Embedder
from ..lexicon.glossary import glossary_terms
from ..lexicon.translation import translate_terms
from ..linking.coined_names import find_coined_names
from ..linking.paper_names import Mention
from ..linking.resolution import resolve_papers
from ..query.question import Question, parse_question
from ..util.timing import Stopwatch
from .config import SearchConfig
from .query_words import QueryWords
from .request import RetrievalRequest
from .snapshot import IndexSnapshot

_MAX_NAME_CHUNKS = 200  # with a name in them: what more chunks hold is a term of the field


@dataclass(frozen=True)
class Query:
    """A question in the terms of one index.

    Attributes:
        question: the parsed question, with the papers that it names.
        vector: its vector as the model gave it, float32 (d,).
        where: the metadata filter, with the question's own window where the request has none.
        exclude: ids of chunks to leave out.
        config: the configuration for the question's language.
        terms: the question's words, each with the index terms that it may match.
        translations: translations of these words; words without a translation are left out.
        information: information of each word by its name, as `group_information` gives it.
        unseen: information of a word that no chunk contains.
        korean_only: papers that are known in Korean alone once `exclude` is left out.
    """

    question: Question
    vector: Matrix
    where: Filter
    exclude: frozenset[str]
    config: SearchConfig
    terms: tuple[WeightedTerms, ...]
    translations: tuple[WeightedTerms, ...]
    information: Mapping[str, float]
    unseen: float = 0.0
    korean_only: frozenset[str] = frozenset()

    @cached_property
    def words(self) -> QueryWords:
        """The words with everything that states them."""
        return QueryWords.of(self.terms, self.translations, self.information, self.unseen)


def understand(
    request: RetrievalRequest, snapshot: IndexSnapshot, embedder: Embedder, config: SearchConfig, watch: Stopwatch
) -> Query:
    """Resolve a request against an index.

    Args:
        request: what is asked.
        snapshot: the index.
        embedder: embeds the question.
        config: how papers are ranked.
        watch: records the stages "terms" and "embedding".

    Raises:
        InputError: the question is outside its limits.
    """
    vocabulary = snapshot.vocabulary
    question = parse_question(request.text, request.as_of, vocabulary.contains, request.ignore)
    terms = tuple(vocabulary.expand(question.terms, question.topic, fuzzy=config.names))
    is_word: Callable[[str], bool] = vocabulary.contains if config.names else lambda _: True
    ignores_papers, ignores_section = "papers" in request.ignore, "section" in request.ignore
    mentions: list[Mention] = []
    if not ignores_papers:
        mentions = snapshot.paper_names.find_mentions(question.effective_text, terms, is_word)
    # Next to a named paper, unless the two are compared, the name of another's data or method is a premise.
    if config.names and not ignores_papers and (not mentions or question.intent == "compare"):
        mentions += _coined_names(question.effective_text, mentions, snapshot)
        mentions.sort(key=lambda mention: mention.start)
    question = resolve_papers(question, mentions, request.papers, request.joined, infer_section=not ignores_section)
    if request.intent:
        question = replace(question, intent=request.intent, paper_ids=(), mentioned=(), window=None)
    if request.lang:
        question = replace(question, answer_lang=request.lang)
    phonetic_matches = vocabulary.phonetic_matches if config.names else None
    translations: tuple[WeightedTerms, ...] = ()
    if config.lexicon:
        lexicon = snapshot.engine.artifacts.lexicon
        translations = tuple(translate_terms(lexicon, question.terms, question.lang, phonetic_matches))
    information = group_information(snapshot.engine.statistics, terms)
    watch.lap("terms")
    vector = request.vector
    if vector is None:
        vector = embedder.queries([question.topic or question.effective_text])[0]
    watch.lap("embedding")
    where, window = request.where, question.window
    if window:
        where = where.with_window(window.start, window.end, window.by)
    exclude = frozenset(request.without)
    return Query(
        question,
        vector,
        where,
        exclude,
        config.for_language(question.lang),
        terms,
        translations,
        information,
        inverse_document_frequency(0, snapshot.engine.statistics.chunk_count),
        _korean_only(snapshot, exclude),
    )


def _coined_names(text: str, mentions: Sequence[Mention], snapshot: IndexSnapshot) -> list[Mention]:
    """Return the names in a question that the texts of one paper keep using."""
    statistics = snapshot.engine.statistics

    def chunk_papers(term: str) -> Counter[str]:
        frequency = statistics.document_frequency(term)
        if not 0 < frequency <= _MAX_NAME_CHUNKS:
            return Counter()
        matches = snapshot.engine.matching((WeightedTerms(term, {term: 1.0}),))
        rows = np.array(matches.best(frequency), np.int64)
        chunks = snapshot.chunks(rows[matches.scores(rows) > 0].tolist())
        return Counter(chunk.paper_id for chunk in chunks)

    return find_coined_names(text, mentions, chunk_papers, glossary_terms().__contains__)


def _korean_only(snapshot: IndexSnapshot, exclude: Collection[str]) -> frozenset[str]:
    """Return the papers whose remaining chunks are all Korean once some chunks are left out."""
    if not exclude:
        return frozenset()
    papers = {chunk_id.partition(":")[0] for chunk_id in exclude}
    left = [chunk for chunk in snapshot.chunks_of(papers) if chunk.chunk_id not in exclude]
    english = {chunk.paper_id for chunk in left if chunk.lang != "ko"}
    return frozenset({chunk.paper_id for chunk in left} - english)
