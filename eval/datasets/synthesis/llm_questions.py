"""Questions that a language model writes about chunks, checkpointed one by one."""

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
from ....ingest.report import JobProgress
from ....ingest.trust.refusals.empty_sentences import is_uninformative
from ..append_log import lock_folder
from ..sampling import stable_shuffle
from .checkpoint import CheckpointedWriter, QuestionConfig
from .corpus import Corpus, read_corpus
from .prompts import question_messages, retry_messages
from .reply_filter import extract_question, rejection_reason
from .sentences import strip_markup

_MIN_CHUNK_CHARS = 80
_MAX_TOKENS = 1000  # leaves room for a model that reasons before it replies
_MAX_FAILURES = 3  # consecutive chunks without a reply; then the server is at fault, not the chunk
_NO_REPLY = "the model did not reply"


@dataclass(frozen=True, slots=True)
class WriteSummary:
    """Counts of a run that wrote questions.

    Attributes:
        queries: queries in the dataset.
        new: queries that this run wrote.
        skipped: skipped chunks of all runs, by reason.
    """

    queries: int
    new: int
    skipped: Mapping[str, int]


def write_llm_questions(
    library: Library,
    chat: ChatModel,
    folder: Path,
    config: QuestionConfig,
    name: str,
    observe: Callable[[JobProgress], object] = lambda _: None,
) -> WriteSummary:
    """Write questions into a dataset folder, resuming an earlier run with the same parameters.

    Args:
        library: the index.
        chat: the language model.
        folder: the dataset folder; created if needed.
        config: parameters of the set.
        name: name of the dataset in reports.
        observe: called before every request; an exception that it raises ends the run, and written queries stay.

    Raises:
        ConfigError: the index is empty, the folder was started with other parameters, or no question was accepted.
        LLMError: the model does not reply.
        BusyError: another process is writing to the folder.
        FileError: the folder cannot be read or written.
    """
    corpus = read_corpus(library)
    with lock_folder(folder):
        writer = CheckpointedWriter.open(folder, config, name, corpus.description)
        before, failures = len(writer.query_ids), 0
        for chunk, lang in _chunks_in_turn(corpus, config):
            if len(writer.query_ids) >= config.count:
                break
            if chunk.chunk_id in writer.tried:
                continue
            observe(JobProgress("ask", len(writer.query_ids), config.count, chunk.chunk_id))
            try:
                question, reason = _ask(chat, chunk, corpus.papers[chunk.paper_id].title, lang, config.seed)
            except LLMError as error:
                failures += 1
                if failures == _MAX_FAILURES:
                    raise LLMError(
                        f"{error}; {len(writer.query_ids)} of {config.count} queries are written; "
                        "run the same command again to continue"
                    ) from error
                writer.skipped[_NO_REPLY] += 1  # not recorded: the next run tries the chunk again
                continue
            failures = 0
            if reason:
                writer.skip(chunk, reason)
            else:
                writer.add(chunk, lang, question)
        if not writer.query_ids:
            raise ConfigError(
                f"no usable query was written ({writer.skip_reasons()}); try another model, or ingest more"
            )
        return WriteSummary(len(writer.query_ids), len(writer.query_ids) - before, dict(writer.skipped))


def _ask(chat: ChatModel, chunk: Chunk, title: str, lang: Language, seed: int) -> tuple[str, str]:
    """Return a question about a chunk and why it is rejected (empty if accepted); a rejected one is retried once."""
    text = chunk.text
    question = extract_question(chat.complete(question_messages(text, lang), max_tokens=_MAX_TOKENS, seed=seed))
    reason = rejection_reason(question, chunk, title, lang)
    if reason:
        messages = retry_messages(text, lang, question, reason)
        question = extract_question(chat.complete(messages, max_tokens=_MAX_TOKENS, seed=seed + 1))
        reason = rejection_reason(question, chunk, title, lang)
    return question, reason


def _chunks_in_turn(corpus: Corpus, config: QuestionConfig) -> Iterator[tuple[Chunk, Language]]:
    """Yield chunks with the language of their question: one chunk of every paper before a second one of any."""
    papers = stable_shuffle(config.seed, "llm", ((paper_id, paper_id) for paper_id in corpus.papers))
    pending = deque(deque(_usable_chunks(corpus, paper_id, config.seed)) for paper_id in papers)
    number = 0
    while pending:
        chunks = pending.popleft()
        if chunks:
            yield chunks.popleft(), config.langs[number % len(config.langs)]
            number += 1
            pending.append(chunks)


def _usable_chunks(corpus: Corpus, paper_id: str, seed: int) -> list[Chunk]:
    days = {entry.digest_date for entry in corpus.entries.get(paper_id, ())}
    usable = (
        chunk
        for chunk in corpus.chunks.get(paper_id, ())
        if len(strip_markup(chunk.text)) >= _MIN_CHUNK_CHARS
        and not is_uninformative(chunk.text)
        and (chunk.digest_date is None or chunk.digest_date in days)
    )
    return stable_shuffle(seed, "llm", ((chunk.chunk_id, chunk) for chunk in usable))
