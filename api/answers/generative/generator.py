"""An answer that a language model writes: told sentence by sentence as it is verified, or not at all."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from ....index.retrieval.searcher import SearchResult
from ...events import CitationEvent, TokenEvent, answer_events
from ...llm import ReplyError, StreamingModel, open_reply
from ...llm.base import Reply
from ...results import Answer, Why
from ..extractive.answer import notices
from ..rendering.messages import trust_notes
from .passages import choose
from .prompt import messages
from .sentence_stream import SentenceStream
from .support import Entailment, SupportChecker, Vectors
from .verifier import SentenceVerifier

_TICK = 0.1  # seconds after which the caller gets a turn, so that it can stop

Told = TokenEvent | CitationEvent
"""None stands for a moment in which nothing came."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a model may take, in seconds, and how much it is shown.

    Attributes:
        first: until its reply begins.
        gap: until it goes on.
        whole: until it ends.
        prompt_tokens: of all passages together.
    """

    first: float = 1.3
    gap: float = 1.2
    whole: float = 60
    prompt_tokens: int = 1_800


@dataclass(frozen=True, slots=True)
class Writer:
    """A model with all that its answers are checked by. Safe to share between threads if the model is."""

    model: StreamingModel
    vectors: Vectors
    limits: Limits = Limits()
    entailment: Entailment | None = None

    def write(self, result: SearchResult, fallback: Answer) -> Generator[Told | None, None, Answer]:
        """Have an answer written and tell its verified sentences; closing the generator stops the model.

        Args:
            result: what the search found.
            fallback: the extractive answer, which is given where the model gives none that holds.

        Returns:
            The answer that counts: the model's, of what was supported, or `fallback`, with `why`.
        """
        lang = result.question.response_language
        cited = [one.paper_id for one in fallback.citations]
        passages = choose(result, cited, self.limits.prompt_tokens, lang)
        if not passages:
            return (yield from _given_up(fallback, "nothing_supported", None))
        reply = open_reply(self.model, messages(result.question, passages, lang))
        verifier: SentenceVerifier | None = None
        try:
            sentences, turn = SentenceStream(), time.monotonic()
            for piece in _pieces(reply, self.limits):
                if time.monotonic() - turn > _TICK:  # also while a model goes on and on without ending a sentence
                    yield None
                    turn = time.monotonic()
                if piece is None:
                    continue
                # Only now, so that a server that is not there costs nothing; the model goes on meanwhile.
                verifier = verifier or SentenceVerifier(
                    SupportChecker(passages, self.vectors, self.entailment), passages, lang
                )
                yield from _tell(verifier, sentences.feed(piece))
                if verifier.is_full:
                    break
            if verifier and not verifier.is_full:
                yield from _tell(verifier, sentences.rest())
            why = verifier.why_nothing if verifier else "empty"
        except ReplyError as fault:
            return (yield from _given_up(fallback, fault.code, verifier))
        finally:
            reply.close()
        if verifier is None or not verifier.kept:
            return (yield from _given_up(fallback, why, verifier))
        return (yield from _finished(result, fallback, verifier))


def _pieces(reply: Reply, limits: Limits) -> Iterator[str | None]:
    """A reply's pieces that are not empty; None whenever nothing came for a tick.

    Raises:
        ReplyError: the reply failed, or took longer than it may.
    """
    end = time.monotonic() + limits.whole
    until = time.monotonic() + limits.first
    while time.monotonic() < end:
        try:
            piece = reply.take(min(_TICK, until - time.monotonic()))
        except TimeoutError:
            if time.monotonic() >= until:
                raise ReplyError("timeout", "the model was silent for too long") from None
            yield None
            continue
        if piece is None:
            return
        # What comes while the taker checks a sentence waits for it, so that its work is not taken for silence.
        until = time.monotonic() + limits.gap
        yield piece or None
    raise ReplyError("timeout", f"the reply took more than {limits.whole:g} s")


def _tell(verifier: SentenceVerifier, sentences: Iterator[str]) -> Iterator[Told | None]:
    for sentence in sentences:
        kept = None if verifier.is_full else verifier.take(sentence)
        if kept is None:
            yield None
            continue
        yield TokenEvent(kept.text)
        yield from (CitationEvent(citation) for citation in kept.citations)


def _given_up(fallback: Answer, why: Why, verifier: SentenceVerifier | None) -> Generator[Told | None, None, Answer]:
    """The extractive answer, which replaces what was told so far."""
    answer = replace(fallback, why=why, dropped=verifier.dropped if verifier else 0)
    yield from answer_events(answer, replaces=bool(verifier and verifier.kept))
    return answer


def _finished(
    result: SearchResult, fallback: Answer, verifier: SentenceVerifier
) -> Generator[Told | None, None, Answer]:
    text = "".join(one.text for one in verifier.kept)
    citations = tuple({one: None for kept in verifier.kept for one in kept.citations})
    trust = trust_notes(verifier.lang, citations)
    for line in notices(result, trust):
        text += f"\n{line}"
        yield TokenEvent(f"\n{line}")
    return replace(
        fallback,
        answer=text,
        citations=citations,
        trust=trust,
        writer="generated",
        why="",
        dropped=verifier.dropped,
    )
