"""A receipt: an answer with the request that it answers and what it was made with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ...index.domain.filters import Filter
from ...index.domain.papers import text_hash
from ...index.query.dates.window import today_in_seoul
from ...index.query.question import Inference
from ...settings import Settings
from ..conversation.turns import Turn
from ..decoding import decode
from ..requests import AskRequest
from ..results import Answer

_ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class PinnedRequest:
    """A request that means the same on any day.

    Attributes:
        question: the question.
        k: number of papers.
        where: metadata filter.
        as_of: the day that relative dates refer to.
        history: earlier turns, oldest first.
        ignore: what is not inferred from the question.
        generate: whether a language model writes the answer; None if one is configured.
    """

    question: str
    k: int
    where: Filter
    as_of: date
    history: tuple[Turn, ...] = ()
    ignore: tuple[Inference, ...] = ()
    generate: bool | None = None

    @classmethod
    def of(cls, request: AskRequest) -> PinnedRequest:
        """Return a request with its reference date, which is today in Seoul if it has none."""
        as_of = request.as_of or today_in_seoul()
        return cls(request.question, request.k, request.where, as_of, request.history, request.ignore, request.generate)

    def as_request(self) -> AskRequest:
        """Return the request, to ask it again."""
        return AskRequest(
            self.question, self.k, self.where, self.as_of, (), self.history, self.generate, ignore=self.ignore
        )


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer was made with.

    Attributes:
        model_id: id of the embedding model.
        configuration: SHA-256 of the settings that influence answers, 64 hexadecimal digits.
        version: version of nonmun.
    """

    model_id: str
    configuration: str
    version: str

    @classmethod
    def of(cls, model_id: str, settings: Settings) -> Made:
        """Return what answers are made with now.

        Args:
            model_id: id of the embedding model.
            settings: the settings. Paths, addresses, secrets, limits and timeouts do not count.
        """
        relevant = {
            "search": settings.search.model_dump(mode="json"),
            "answer": settings.answer.model_dump(mode="json"),
            "llm_model": settings.llm_model,
        }
        return cls(model_id, text_hash(json.dumps(relevant, sort_keys=True)), _release())


@cache
def _release() -> str:
    try:
        return version("nonmun")
    except PackageNotFoundError:
        return "source"


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer with the request that it answers and what it was made with.

    Attributes:
        request: the request.
        answer: the answer; its hits are the papers that it cites, without evidence.
        made: what it was made with; `answer.generation` is the version of the index.
        created: ISO time in UTC.
    """

    request: PinnedRequest
    answer: Answer
    made: Made
    created: str

    @classmethod
    def of(cls, answer: Answer, request: AskRequest, made: Made, now: datetime | None = None) -> Receipt:
        """Return the receipt of an answer.

        Args:
            answer: the answer.
            request: the request that it answers.
            made: what it was made with.
            now: the time; None is the current one.
        """
        cited = {citation.paper_id for citation in answer.citations}
        hits = tuple(
            replace(hit, score=0.0, digest_dates=(), evidence=()) for hit in answer.hits if hit.paper_id in cited
        )
        created = (now or datetime.now(UTC)).isoformat(timespec="seconds")
        return cls(PinnedRequest.of(request), replace(answer, hits=hits, timings={}), made, created)

    @property
    def receipt_id(self) -> str:
        """What the receipt is stored under: the same answer to the same request has the same one."""
        content = self.as_json()
        del content["created"]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_ID_DIGITS]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON-serializable fields by name."""
        return json.loads(json.dumps(asdict(self), ensure_ascii=False, default=date.isoformat))

    @classmethod
    def from_json(cls, value: object) -> Receipt:
        """Return the receipt of fields by name.

        Raises:
            ValueError: they are none of a receipt.
        """
        receipt = decode(cls, value)
        _check_positions(receipt.answer)
        return receipt


def _check_positions(answer: Answer) -> None:
    """Check that the parts of an answer lie in its text, in order, and refer to its quotations.

    Raises:
        ValueError: they do not.
    """
    end = 0
    for at, segment in enumerate(answer.segments):
        if not end <= segment.start <= segment.end <= len(answer.answer):
            raise ValueError(f"answer.segments.{at}: is not a part of the answer")
        if any(not 0 <= position < len(answer.citations) for position in segment.citations):
            raise ValueError(f"answer.segments.{at}.citations: is not among the quotations")
        end = segment.end
    for at, citation in enumerate(answer.citations):
        if not 0 <= citation.start < citation.end:
            raise ValueError(f"answer.citations.{at}: is not a part of a text")
