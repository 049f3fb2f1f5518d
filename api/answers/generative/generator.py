"""Answer generation: stream verified sentences of a language model's reply, or fall back to the extractive answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from ....index.domain.hits import Citation
from ....index.query.question import Question
from ....index.retrieval.request import SearchResult
from ...events import CitationEvent, TokenEvent, answer_events
from ...llm import ReplyError, StreamingModel, open_reply
from ...llm.base import ReplyStream
from ...llm.redaction import conceal, redact
from ...results import MODEL_FAULTS, Answer, NotGeneratedReason, split_into_segments
from ..rendering.layout import closing_lines
from ..rendering.messages import trust_notes
from .passages import Passage, select_passages
from .prompt import build_messages
from .sentence_stream import SentenceStream
from .support import EmbedTexts, EntailmentModel, SupportChecker
from .verifier import SentenceVerifier

_POLL_SECONDS = 0.1  # after which the consumer gets control, so that it can stop

_log = logging.getLogger("nonmun.llm")
_log.addHandler(logging.NullHandler())  # commands tell the reason with the answer; a service configures its log

GenerationEvent = TokenEvent | CitationEvent


@dataclass(frozen=True, slots=True)
class GenerationLimits:
    """Time limits of a reply in seconds, and the size of the prompt.

    Attributes:
        first: until the reply begins.
        gap: between two pieces of the reply.
        whole: until the reply ends.
        prompt_tokens: of all passages together.
    """

    first: float = 1.3
    gap: float = 1.2
    whole: float = 60
    prompt_tokens: int = 1_800


@dataclass(frozen=True, slots=True)
class AnswerGenerator:
    """Generates answers with a language model and verifies them. Thread-safe if the model is.

    Attributes:
        model: the language model.
        embed: embeds sentences, to check which quotations support them.
        limits: time limits and prompt size.
        entailment: a model with a veto on each sentence; None for none.
        redact: removes secrets from what the model's server reports, before it is logged.
    """

    model: StreamingModel
    embed: EmbedTexts
    limits: GenerationLimits = GenerationLimits()
    entailment: EntailmentModel | None = None
    redact: Callable[[str], str] = redact

    def passages(self, result: SearchResult, fallback: Answer) -> tuple[Passage, ...]:
        """Return what an answer is generated from; the model has nothing to say without any.

        Args:
            result: the search result.
            fallback: the extractive answer.
        """
        cited = [citation.paper_id for citation in fallback.citations]
        return select_passages(result, cited, self.limits.prompt_tokens, result.question.response_language)

    def generate(
        self, result: SearchResult, fallback: Answer, passages: Sequence[Passage]
    ) -> Generator[GenerationEvent | None, None, Answer]:
        """Generate an answer and yield its verified sentences as events. Closing the generator stops the model.

        Args:
            result: the search result.
            fallback: the extractive answer, for when the model gives no verifiable one.
            passages: see `passages`.

        Yields:
            Events, and None whenever there was none for a moment.

        Returns:
            The final answer: the verified sentences, or `fallback` with the reason in `why`.
        """
        lang = result.question.response_language
        reply = open_reply(self.model, build_messages(result.question, passages, lang))
        verifier: SentenceVerifier | None = None
        try:
            sentences, last_yield = SentenceStream(), time.monotonic()
            for piece in _pieces(reply, self.limits):
                if time.monotonic() - last_yield > _POLL_SECONDS:  # also if a model never ends its sentence
                    yield None
                    last_yield = time.monotonic()
                if piece is None:
                    continue
                if verifier is None:  # embed the passages while the model continues, and only if it replies at all
                    checker = SupportChecker.of(passages, self.embed, self.entailment)
                    verifier = SentenceVerifier(checker, passages, lang)
                yield from _verified_events(verifier, sentences.feed(piece))
                if verifier.is_full:
                    break
            if verifier and not verifier.is_full:
                yield from _verified_events(verifier, sentences.flush())
        except ReplyError as error:
            self._warn(error.code, str(error), result.question)
            return (yield from _fall_back(fallback, error.code, verifier))
        finally:
            reply.close()
        if verifier is None or not verifier.verified:
            reason = verifier.rejection_reason if verifier else "empty"
            if reason in MODEL_FAULTS:
                self._warn(reason, "the reply holds no sentence", result.question)
            return (yield from _fall_back(fallback, reason, verifier))
        return (yield from _finish(result, fallback, verifier))

    def _warn(self, code: str, cause: str, question: Question) -> None:
        """Log why the model failed. A server may repeat its key in what it reports, and the question."""
        shown = self.redact(cause)
        for text in (question.text, question.effective_text):
            shown = conceal(shown, text)
        _log.warning("the language model failed (%s): %s", code, shown)


def _pieces(reply: ReplyStream, limits: GenerationLimits) -> Iterator[str | None]:
    """Yield the non-empty pieces of a reply, and None whenever none arrived within `_POLL_SECONDS`.

    Raises:
        ReplyError: the reply failed or exceeded a time limit.
    """
    end = time.monotonic() + limits.whole
    deadline = time.monotonic() + limits.first
    while time.monotonic() < end:
        try:
            piece = reply.take(min(_POLL_SECONDS, deadline - time.monotonic()))
        except TimeoutError:
            if time.monotonic() >= deadline:
                raise ReplyError("timeout", "the model sent nothing for too long") from None
            yield None
            continue
        if piece is None:
            return
        # Pieces queue up while the consumer verifies a sentence, so that its work does not count as the model's delay.
        deadline = time.monotonic() + limits.gap
        yield piece or None
    raise ReplyError("timeout", f"the reply took more than {limits.whole:g} s")


def _verified_events(verifier: SentenceVerifier, sentences: Iterator[str]) -> Iterator[GenerationEvent | None]:
    """Yield the events of each accepted sentence, and None for each other one."""
    for sentence in sentences:
        verified = None if verifier.is_full else verifier.verify(sentence)
        if verified is None:
            yield None
            continue
        yield TokenEvent(verified.text)
        yield from (CitationEvent(citation) for citation in verified.citations)


def _fall_back(
    fallback: Answer, why: NotGeneratedReason, verifier: SentenceVerifier | None
) -> Generator[GenerationEvent | None, None, Answer]:
    """Yield the events of the extractive answer, which replaces the sentences so far."""
    answer = replace(fallback, why=why, dropped=verifier.rejected if verifier else 0)
    yield from answer_events(answer, replaces=bool(verifier and verifier.verified))
    return answer


def _finish(
    result: SearchResult, fallback: Answer, verifier: SentenceVerifier
) -> Generator[GenerationEvent | None, None, Answer]:
    """Yield the closing lines of a generated answer and return it."""
    text = "".join(sentence.text for sentence in verifier.verified)
    citations = tuple(dict.fromkeys(citation for sentence in verifier.verified for citation in sentence.citations))
    notes = trust_notes(verifier.lang, ((citation.trust, citation.paper_id) for citation in citations))
    unknown = [paper_id for paper_id in result.question.paper_ids if paper_id not in result.known]
    parts: list[tuple[str, Sequence[Citation]]] = [
        (sentence.text, sentence.citations) for sentence in verifier.verified
    ]
    for line in closing_lines(verifier.lang, unknown, notes):
        text += f"\n{line}"
        parts.append((f"\n{line}", ()))
        yield TokenEvent(f"\n{line}")
    return replace(
        fallback,
        answer=text,
        citations=citations,
        trust=notes,
        writer="generated",
        why="",
        dropped=verifier.rejected,
        segments=split_into_segments(parts, citations),
    )
