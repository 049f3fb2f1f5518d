"""Queries that a language model writes, each kept as it comes: a run that ends early goes on where it stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ....api.library import Library
from ....api.llm import ChatModel
from ....index.domain.chunks import Chunk
from ....index.domain.errors import ConfigError, LLMError
from ....index.domain.papers import Language
from ....ingest.report import Step
from ....ingest.trust.refusals.empty_sentences import says_nothing
from ..append_log import alone
from .checkpoint import Order, Shelf
from .corpus import Corpus, read_corpus, shuffled
from .prompts import again_messages, first_messages
from .reply_filter import fault, question_of
from .sentences import plain

_SHORTEST = 80  # characters of a chunk that is asked about
_MAX_TOKENS = 1000  # room for models that think aloud
_IN_A_ROW = 3  # chunks without a reply: then the server is at fault, not the chunk


@dataclass(frozen=True, slots=True)
class Wrote:
    """What came of it.

    Attributes:
        queries: how many the dataset holds now.
        new: how many of them were written by this run.
        skipped: how many chunks were passed over in all, by reason.
    """

    queries: int
    new: int
    skipped: Mapping[str, int]


def write_queries(
    library: Library,
    chat: ChatModel,
    folder: Path,
    order: Order,
    name: str,
    observe: Callable[[Step], object] = lambda _: None,
) -> Wrote:
    """Have queries written into a dataset folder, going on where an earlier run of the same order stopped.

    Args:
        library: the index.
        chat: the model.
        folder: where the dataset stands or will stand.
        order: what to have written.
        name: what reports call the dataset.
        observe: told every query before it is asked for; what it raises stops the run, and what is written stays.

    Raises:
        ConfigError: the index is empty, or the folder holds a set of another order.
        LLMError: the model does not reply.
        BusyError: another process writes to the folder.
        FileError: the folder cannot be read or written.
    """
    corpus = read_corpus(library)
    with alone(folder):
        shelf = Shelf.open(folder, order, name, corpus.about)
        before, silent = len(shelf.queries), 0
        for chunk, lang in _candidates(corpus, order):
            if len(shelf.queries) >= order.count:
                break
            if chunk.chunk_id in shelf.tried:
                continue
            observe(Step("ask", len(shelf.queries), order.count, chunk.chunk_id))
            try:
                question, reason = _ask(chat, chunk, corpus.papers[chunk.paper_id].title, lang, order.seed)
            except LLMError as error:
                silent += 1
                if silent == _IN_A_ROW:
                    raise LLMError(
                        f"{error}; {len(shelf.queries)} of {order.count} queries are written, "
                        "and the same command goes on from there"
                    ) from error
                shelf.skipped["the model did not reply"] += 1  # not noted: the next run asks again
                continue
            silent = 0
            if reason:
                shelf.skip(chunk, reason)
            else:
                shelf.add(chunk, lang, question)
        if not shelf.queries:
            raise ConfigError(f"no usable query was written ({shelf.reasons()}); try another model, or ingest more")
        return Wrote(len(shelf.queries), len(shelf.queries) - before, dict(shelf.skipped))


def _ask(chat: ChatModel, chunk: Chunk, title: str, lang: Language, seed: int) -> tuple[str, str]:
    """A question about a chunk, and why it cannot be asked; one that cannot is written once more."""
    text = chunk.text
    question = question_of(chat.complete(first_messages(text, lang), max_tokens=_MAX_TOKENS, seed=seed))
    reason = fault(question, chunk, title, lang)
    if reason:
        messages = again_messages(text, lang, question, reason)
        question = question_of(chat.complete(messages, max_tokens=_MAX_TOKENS, seed=seed + 1))
        reason = fault(question, chunk, title, lang)
    return question, reason


def _candidates(corpus: Corpus, order: Order) -> Iterator[tuple[Chunk, Language]]:
    """Chunks to ask about with the language to ask in: one of every paper before a second of any."""
    papers = shuffled(order.seed, "llm", ((paper_id, paper_id) for paper_id in corpus.papers))
    waiting = deque(deque(_askable(corpus, paper_id, order.seed)) for paper_id in papers)
    at = 0
    while waiting:
        chunks = waiting.popleft()
        if chunks:
            yield chunks.popleft(), order.langs[at % len(order.langs)]
            at += 1
            waiting.append(chunks)


def _askable(corpus: Corpus, paper_id: str, seed: int) -> list[Chunk]:
    days = {entry.digest_date for entry in corpus.entries.get(paper_id, ())}
    return shuffled(
        seed,
        "llm",
        (
            (chunk.chunk_id, chunk)
            for chunk in corpus.chunks.get(paper_id, ())
            if len(plain(chunk.text)) >= _SHORTEST and not says_nothing(chunk.text)
            and (chunk.digest_date is None or chunk.digest_date in days)
        ),
    )  # fmt: skip
