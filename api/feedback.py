"""Feedback on answers: votes, appended to a file of the data directory.

A vote holds what a client says and ids and hashes of what was quoted, but none of the quoted words: what is removed
from the index is not in it.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from ..index.domain.errors import ConfigError, InputError
from ..index.domain.filters import NO_FILTER, Filter, parse_date, parse_filter
from ..index.query.dates.window import today_in_seoul
from ..index.query.question import MAX_HITS, Inference, validate_question
from .decoding import decode
from .receipts.model import Receipt
from .receipts.storing import WAIT, StoreFullError, store_lock
from .requests import AskRequest

FILE = "feedback.jsonl"
"""The votes in a data directory."""
MAX_BYTES = 64 * 1024 * 1024
MAX_NOTE = 2_000

Kind = Literal["useful", "wrong_paper", "wrong_quotation", "should_have_refused", "should_have_answered", "other"]
"""What a vote says: the answer is useful; a paper of it does not fit the question; the paper fits, but not what is
quoted of it; nothing in the index answers the question; something does, though the answer is a refusal; or else."""
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class FeedbackRequest:
    """What a client says about the answer to a question.

    Attributes:
        question: the question, in Korean or English, at most 2,000 characters; it has to stand alone.
        kind: `useful`, `wrong_paper` (a paper does not fit the question), `wrong_quotation` (the paper fits, what is
            quoted does not), `should_have_refused` (nothing in the index answers it), `should_have_answered`
            (something does) or `other`.
        papers: arXiv ids of the papers that this is about, at most 100.
        note: what else there is to say, at most 2,000 characters.
        where: the metadata filter of the question.
        as_of: the day that relative dates of the question refer to, YYYY-MM-DD; None is today in Seoul.
        generation: the `generation` of the answer; None if it is not known.
        ignore: what was not inferred from the question, as the request for the answer said.
    """

    question: str
    kind: Kind
    papers: tuple[str, ...] = ()
    note: str = ""
    where: Filter = NO_FILTER
    as_of: date | None = None
    generation: int | None = None
    ignore: tuple[Inference, ...] = ()

    @classmethod
    def from_input(
        cls,
        question: object,
        kind: object,
        papers: Iterable[str] = (),
        note: str = "",
        *,
        where: Filter | Mapping[str, Any] = NO_FILTER,
        as_of: object = None,
        generation: int | None = None,
        ignore: Iterable[object] = (),
    ) -> FeedbackRequest:
        """Validate loosely typed input and build a request from it.

        Args:
            question: the question.
            kind: what the vote says.
            papers: arXiv ids, in any notation.
            note: what else there is to say.
            where: as in `AskRequest.from_input`.
            as_of: as in `AskRequest.from_input`.
            generation: the version of the index.
            ignore: as in `AskRequest.from_input`.

        Raises:
            InputError: a value is invalid; the error names its field.
        """
        ids = parse_filter(papers=papers).papers
        if len(ids) > MAX_HITS:
            raise InputError("papers", f"has {len(ids)} ids (at most {MAX_HITS})")
        asked = AskRequest.from_input(
            validate_question(question), where=where, as_of=parse_date("as_of", as_of), ignore=ignore
        )
        if generation is not None and generation < 0:
            raise InputError("generation", f"is {generation} (expected the number of a published version)")
        unique = tuple(dict.fromkeys(ids))
        return cls(
            asked.question,
            parse_kind(kind),
            unique,
            parse_note(note),
            asked.where,
            asked.as_of,
            generation,
            asked.ignore,
        )


@dataclass(frozen=True, slots=True)
class QuotedPlace:
    """The quotation that a vote is about, without its words.

    Attributes:
        chunk_id: id of the chunk.
        text_hash: hash of the chunk's text.
        start, end: offsets into the chunk's text, in code points.
    """

    chunk_id: str
    text_hash: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Vote:
    """What a client said about an answer.

    Attributes:
        vote_id: id of the vote.
        created: ISO time in UTC.
        kind: what it says.
        question: the question.
        where: the metadata filter of the question.
        as_of: the day that relative dates of the question refer to; None if it is not known.
        papers: arXiv ids of the papers that it is about; empty if that is not known.
        cited: arXiv ids of the papers that the answer cites; empty if that is not known.
        quotation: the quotation that it is about; None if it is about the whole answer.
        note: what else the client said.
        answer_id: id of the answer's receipt, which need not be stored; empty if it is not known.
        generation: version of the index that the answer is from; None if it is not known.
        is_follow_up: whether the question depends on earlier ones.
        by: id of the key that gave it; empty for none.
        ignore: what was not inferred from the question.
    """

    vote_id: str
    created: str
    kind: Kind
    question: str
    where: Filter = NO_FILTER
    as_of: date | None = None
    papers: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()
    quotation: QuotedPlace | None = None
    note: str = ""
    answer_id: str = ""
    generation: int | None = None
    is_follow_up: bool = False
    by: str = ""
    ignore: tuple[Inference, ...] = ()

    @classmethod
    def of(cls, request: FeedbackRequest, by: str = "") -> Vote:
        """Return the vote that a request gives.

        Args:
            request: the request.
            by: id of the key that gives it.
        """
        return cls(
            *_new(),
            request.kind,
            request.question,
            request.where,
            request.as_of or today_in_seoul(),
            request.papers,
            note=request.note,
            generation=request.generation,
            by=by,
            ignore=request.ignore,
        )

    @classmethod
    def on(cls, receipt: Receipt, kind: object, quotation: object = "", note: str = "", by: str = "") -> Vote:
        """Return a vote on an answer.

        Args:
            receipt: the answer.
            kind: what it says.
            quotation: number of the quotation that it is about, from 1, as text; empty for the whole answer.
            note: what else there is to say.
            by: id of the key that gives it.

        Raises:
            InputError: a value is invalid; the error names its field.
        """
        kind, answer = parse_kind(kind), receipt.answer
        cited = tuple(dict.fromkeys(citation.paper_id for citation in answer.citations))
        papers, place = cited, None
        if number := str(quotation).strip():
            at = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 6 else -1
            if not 0 <= at < len(answer.citations):
                raise InputError(
                    "quotation", f"{number[:20]!r} is not the number of one (1 to {len(answer.citations)})"
                )
            citation = answer.citations[at]
            papers = (citation.paper_id,)
            place = QuotedPlace(citation.chunk_id, citation.text_hash, citation.start, citation.end)
        elif kind in {"wrong_paper", "wrong_quotation"} and len(cited) > 1:
            papers = ()  # it does not say which
        return cls(
            *_new(),
            kind,
            receipt.request.question,
            receipt.request.where,
            receipt.request.as_of,
            papers,
            cited,
            place,
            parse_note(note),
            receipt.receipt_id,
            answer.generation,
            bool(receipt.request.history),
            by,
            receipt.request.ignore,
        )


@dataclass(frozen=True, slots=True)
class StoredFeedback:
    """Feedback that has been stored.

    Attributes:
        id: its id.
        created: ISO time in UTC.
        kind: what it says.
    """

    id: str
    created: str
    kind: Kind = field(default="other")

    @classmethod
    def of(cls, vote: Vote) -> StoredFeedback:
        """Return the part of a vote that a client gets back."""
        return cls(vote.vote_id, vote.created, vote.kind)


class FeedbackStore:
    """The votes of a data directory. Safe to share between threads and processes.

    Args:
        folder: the data directory.
        limit: size of the file at most, in bytes.
        wait: seconds to wait for another process that appends.
    """

    def __init__(self, folder: Path, limit: int = MAX_BYTES, wait: float = WAIT) -> None:
        self._file, self._limit, self._wait = folder / FILE, limit, wait

    def add(self, vote: Vote) -> None:
        """Append a vote; it is on the disk afterwards.

        Raises:
            StoreFullError: the file is too large.
            StoreBusyError: another process holds the lock.
            NotStoredError: it cannot be written; it is as before.
        """
        line = json.dumps(asdict(vote), ensure_ascii=False, default=date.isoformat).encode("utf-8", "replace") + b"\n"
        with self._locked(), os.fdopen(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600), "r+b") as file:
            end = file.seek(0, os.SEEK_END)
            if end + len(line) > self._limit:
                raise StoreFullError(
                    f"feedback takes {self._limit:,} bytes, which is the limit; move {FILE} of the data directory away"
                )
            if end:
                file.seek(end - 1)
                line = line if file.read(1) == b"\n" else b"\n" + line  # a process was killed while it wrote
            try:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    os.truncate(self._file, end)
                raise

    def all(self) -> list[Vote]:
        """Return all votes, oldest first; lines that are none, as a kill leaves them, are passed over.

        Raises:
            ConfigError: the file cannot be read.
        """
        return list(self._read())

    def _read(self) -> Iterator[Vote]:
        try:
            with self._file.open(encoding="utf-8", errors="replace") as file:
                for line in file:
                    with suppress(ValueError, RecursionError):
                        yield decode(Vote, json.loads(line))
        except FileNotFoundError:
            return
        except OSError as error:
            raise ConfigError(f"{self._file}: cannot be read ({error.strerror})") from error

    def _locked(self) -> AbstractContextManager[None]:
        return store_lock(self._file.with_suffix(".lock"), self._file, self._wait)


def parse_kind(value: object) -> Kind:
    """Return what a vote says.

    Raises:
        InputError: it says nothing known.
    """
    for kind in KINDS:
        if value == kind:
            return kind
    raise InputError("kind", f"is {str(value)[:40]!r} (expected one of {', '.join(KINDS)})")


def parse_note(text: str) -> str:
    """Return a note without surrounding white space.

    Raises:
        InputError: it is too long.
    """
    note = text.replace("\r\n", "\n").strip()  # as browsers send line ends
    if len(note) > MAX_NOTE:
        raise InputError("note", f"has {len(note):,} characters (at most {MAX_NOTE:,})")
    return note


def _new() -> tuple[str, str]:
    return secrets.token_hex(8), datetime.now(UTC).isoformat(timespec="seconds")
