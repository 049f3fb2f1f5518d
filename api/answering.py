"""Searching and answering: from a request object to results, or to an answer and its events."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from ..index.domain.errors import InputError
from ..index.domain.explanations import Explanation
from ..index.domain.filters import Filter
from ..index.domain.papers import Paper
from ..index.embeddings.base import as_managed
from ..index.lexicon.alignment import MIN_PAIRS
from ..index.query.intent import requests_papers
from ..index.query.question import Question, parse_question, validate_count, validate_question
from ..index.retrieval.request import RetrievalRequest, SearchResult
from ..index.util.timing import Stopwatch
from .answers.extractive.answer import abstain, compose_extractive_answer, trim_evidence
from .conversation.context import asked_words, choose_context_paper
from .conversation.resolution import ResolvedQuestion, lacks_paper, resolve_follow_up
from .events import DoneEvent, Event, HitsEvent, answer_events
from .requests import AskRequest, SearchRequest
from .resources import Resources
from .results import Answer, Interpretation, NotGeneratedReason, Results, Translations

if TYPE_CHECKING:
    from ..index.retrieval.searcher import Searcher
    from .answers.generative import AnswerGenerator
    from .answers.generative.passages import Passage

_WIDER = 50  # papers among which those that a list leaves out are counted
_EVIDENCE_PER_HIT = 3  # chunks of a hit in an answer; the answer itself is chosen from all chunks of a paper


class Answering:
    """The operations of `Library` that take a question, on request objects. Safe to share between threads.

    Args:
        resources: the models and the searcher.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def search(self, request: SearchRequest) -> Results:
        """Return the papers that best match a request; see `Library.search`."""
        result = self._resources.searcher_for(request.question).search(_standalone(request), request.k)
        interpretation = Interpretation.of(result.question, result.where)
        return Results(result.question.text, interpretation, result.hits, result.generation, result.timings)

    def similar(self, paper: Paper, k: int, where: Filter) -> Results:
        """Return the papers that are most like another one; see `Library.similar`."""
        request = RetrievalRequest(paper.title or paper.paper_id, where)
        searcher = self._resources.searcher_for(request.text)
        result = searcher.search_similar(request, paper.paper_id, validate_count(k), sentences=False)
        interpretation = replace(Interpretation.of(result.question, result.where), papers=(paper.paper_id,))
        return Results(result.question.text, interpretation, result.hits, result.generation, result.timings)

    def explain(self, request: SearchRequest, paper_ids: Iterable[str]) -> tuple[Explanation, ...]:
        """Explain the rank of some papers for a request; see `Library.explain`."""
        searcher = self._resources.searcher_for(request.question)
        return tuple(searcher.explain(_standalone(request), list(paper_ids)))

    def ask(self, request: AskRequest) -> Answer:
        """Return the answer to a request; see `Library.ask`."""
        (answer,) = (event.answer for event in self.events(request) if isinstance(event, DoneEvent))
        return answer

    def stream(self, request: AskRequest) -> Generator[Event]:
        """Yield the answer to a request as events; see `Library.stream`."""
        with closing(self.events(request)) as events:
            yield from (event for event in events if event)

    def events(self, request: AskRequest, may_call_model: Callable[[], bool] = lambda: True) -> Generator[Event | None]:
        """Yield the answer to a request as events, and None while there is none; see `Library.events`.

        Args:
            request: the request.
            may_call_model: called before a language model is, and before the first event; returns whether it may be.
                What it raises ends the answer.
        """
        generator = self._resources.generator if self.writes(request) else None
        resolved = resolve_follow_up(request.question, request.history, request.as_of, _given_paper(request))
        yield from self._answer(request, resolved, generator, may_call_model)

    def writes(self, request: AskRequest) -> bool:
        """Return whether a language model may write the answer to a request.

        Raises:
            InputError: the request demands a written answer, and no model is configured.
        """
        if request.generate is False:
            return False
        if request.generate and not self.has_language_model:
            raise InputError(
                "generate", "no language model is configured: set llm_url and llm_model (NONMUN_LLM_URL, ..._MODEL)"
            )
        return self.has_language_model

    @property
    def has_language_model(self) -> bool:
        """Whether a language model is configured.

        Raises:
            ConfigError: it cannot be used.
        """
        return self._resources.generator is not None

    def warm_up(self, questions: Iterable[str]) -> None:
        """Load everything that a service needs, so that its first questions are as fast as the next ones.

        From here on, the embedding model prefers the throughput of concurrent questions to the latency of one.

        Args:
            questions: one in each language.

        Raises:
            ConfigError: the index was built with another embedding model, or the language model cannot be used.
            ModelError: a model cannot be loaded.
        """
        as_managed(self._resources.embedder).share_cores()
        for question in questions:
            self.ask(AskRequest(question, generate=False))
        _ = self._resources.generator

    def translations(self, words: str) -> Translations:
        """Return what the lexicon translates some words to; see `Library.translations`."""
        terms = parse_question(validate_question(words, "words")).terms
        lexicon = self._resources.searcher.lexicon()
        return Translations(lexicon.pairs, MIN_PAIRS, lexicon.translate(terms))

    def _answer(
        self,
        request: AskRequest,
        resolved: ResolvedQuestion,
        generator: AnswerGenerator | None,
        may_call_model: Callable[[], bool],
    ) -> Generator[Event | None]:
        searcher = self._resources.searcher_for(resolved.search_text)
        result = self._search(searcher, request, resolved)
        watch = Stopwatch()
        if (
            not result.known
            and not asked_words(result)
            and lacks_paper(resolved.question, request.history, _given_paper(request))
        ):
            extracted = abstain(result, "which_paper")
        else:
            extracted = compose_extractive_answer(
                result,
                searcher.lexicon().translate,
                None
                if resolved.is_similar or result.known
                else lambda: searcher.search(
                    replace(_resolved(request, resolved), vector=result.vector), _WIDER, sentences=True
                ),
            )
        extracted = resolved.relabel(extracted)
        passages: tuple[Passage, ...] = ()
        why = _why_not_generated(request, extracted, generator)
        if generator and not why:
            passages = generator.passages(result, extracted)
            why = "nothing_supported" if not passages else "" if may_call_model() else "over_budget"
        watch.lap("answer")
        yield HitsEvent(trim_evidence(extracted, _EVIDENCE_PER_HIT).hits, extracted.interpretation)
        if generator is None or why:
            answer = replace(extracted, why=why)
            yield from answer_events(answer)
        else:
            answer = yield from generator.generate(result, extracted, passages)
            watch.lap("llm")
        timings = result.timings | watch.laps
        yield DoneEvent(replace(trim_evidence(answer, _EVIDENCE_PER_HIT), timings=timings))

    def _search(self, searcher: Searcher, request: AskRequest, resolved: ResolvedQuestion) -> SearchResult:
        """Search for a question: alone, within the papers of the conversation, or for papers like one of them."""
        wanted = _resolved(request, resolved)
        result = searcher.search(wanted, request.k, sentences=True)
        if resolved.is_similar:
            likes = result.known or result.question.mentioned or resolved.context[:1]
            if likes and wanted.where.papers == likes[:1]:  # no other paper passes the filter
                wanted = replace(wanted, where=replace(wanted.where, papers=()))
            return searcher.search_similar(wanted, likes[0], request.k) if likes else result
        wanted = replace(wanted, vector=result.vector)
        if resolved.papers and resolved.context and _has_own_subject(result):
            alone = searcher.search(replace(wanted, papers=()), request.k, sentences=True)
            named = alone.known or alone.question.mentioned[:1]
            if named:
                return searcher.search(replace(wanted, papers=(*named, *resolved.papers)), request.k, sentences=True)
            return result if choose_context_paper(alone, result, resolved.papers) else alone
        if resolved.context and not result.known and _may_lean_on_context(result.question):
            where = replace(wanted.where, papers=wanted.where.papers or resolved.context)
            within = searcher.search(replace(wanted, where=where), len(resolved.context), sentences=True)
            if paper_id := choose_context_paper(result, within, resolved.context):
                return searcher.search(replace(wanted, papers=(paper_id,)), request.k, sentences=True)
        return result


def _has_own_subject(result: SearchResult) -> bool:
    """Return whether a question that refers back says so much else that it may be about another paper."""
    asked = asked_words(result)
    return float(result.words.information[asked].sum()) > result.words.unseen


def _given_paper(request: AskRequest) -> str | None:
    """Return the only paper that passes the filter of a request; None if it names none or several."""
    papers = request.where.papers
    return papers[0] if len(papers) == 1 else None


def _may_lean_on_context(question: Question) -> bool:
    return question.intent != "digest" and not question.window and not requests_papers(question.effective_text)


def _standalone(request: SearchRequest) -> RetrievalRequest:
    """Return what to retrieve for a question without history."""
    return RetrievalRequest(request.question, request.where, request.without, request.as_of, ignore=request.ignore)


def _resolved(request: AskRequest, resolved: ResolvedQuestion) -> RetrievalRequest:
    """Return what to retrieve for a resolved question; the request's filter takes precedence over an inherited one."""
    where = request.where.with_defaults(resolved.where)
    return RetrievalRequest(
        resolved.search_text,
        where,
        request.without,
        request.as_of,
        resolved.papers,
        joined=resolved.joined,
        lang=resolved.answer_lang,
        ignore=request.ignore,
    )


def _why_not_generated(request: AskRequest, extracted: Answer, generator: AnswerGenerator | None) -> NotGeneratedReason:
    """Return why no model writes an answer; empty if one does."""
    if generator is None:
        return "not_wanted" if request.generate is False else "no_model"
    if extracted.abstained:
        return "abstained"
    # A few sentences cannot hold the papers of a week; a list of all of them can.
    return "digest" if extracted.interpretation.shape == "digest" else ""
