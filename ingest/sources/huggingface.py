"""The Hugging Face papers API: one paper per request, with arXiv's own abstracts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.papers import Abstract, Bibliography
from .base import FetchOutcome, FetchResult
from .config import SourceConfig
from .errors import SourceError, TransientError
from .http.client import HttpClient, HttpReply
from .text import iso_date, single_line


class HuggingFaceSource:
    """Fetches papers from Hugging Face.

    A paper that was withdrawn there (`withdrawnAt`) keeps its title and abstract, and counts as found.
    """

    name = "Hugging Face"
    batch_size = 1

    def __init__(self, config: SourceConfig, http: HttpClient) -> None:
        self._url, self._pause = httpx.URL(config.huggingface_url), config.huggingface_pause
        self._http = http

    def fetch(self, paper_ids: Sequence[str]) -> FetchResult:
        """Fetch one paper."""
        (paper_id,) = paper_ids
        url = self._url.copy_with(path=f"{self._url.path.rstrip('/')}/{paper_id}")
        try:
            outcome = self._http.fetch(url, lambda reply: _outcome(paper_id, reply), self._pause)
        except SourceError as error:
            failure = FetchOutcome(paper_id, "failed", reason=f"Hugging Face: {error}")
            return FetchResult([failure], str(error))
        return FetchResult([outcome])


def _outcome(paper_id: str, reply: HttpReply) -> FetchOutcome:
    if reply.status == 404:
        return FetchOutcome(paper_id, "not_found", reason="Hugging Face does not have it")
    if reply.status != 200:
        raise SourceError(f"HTTP {reply.status}")
    abstract = parse_paper(reply.body, paper_id)
    if abstract is None:
        return FetchOutcome(paper_id, "not_found", reason="Hugging Face has no abstract of it")
    return FetchOutcome(paper_id, "found", abstract)


def parse_paper(body: bytes, paper_id: str) -> Abstract | None:
    """Parse the JSON object of a paper.

    Returns:
        The abstract; None if its title or summary is empty.

    Raises:
        TransientError: the body is not JSON, or incomplete.
        SourceError: the object is not a paper, or another one.
    """
    try:
        record: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise TransientError(f"the response is not valid JSON: {error}") from error
    if not isinstance(record, dict):
        raise SourceError("the response is not a JSON object")
    arxiv_id = parse_arxiv_id(str(record.get("id")))
    if arxiv_id is None or arxiv_id.paper_id != paper_id:
        raise SourceError(f"the response is about {str(record.get('id'))!r}")
    title, summary = record.get("title") or "", record.get("summary") or ""
    if not isinstance(title, str) or not isinstance(summary, str):
        raise SourceError("title or summary is not a string")
    title, summary = single_line(title), single_line(summary)
    if not title or not summary:
        return None
    day = iso_date(str(record.get("publishedAt")))
    return Abstract(paper_id, title, summary, "huggingface", None, day, Bibliography(_names(record.get("authors"))))


def _names(authors: object) -> tuple[str, ...]:
    """Return the names of authors; what is not one is left out."""
    records: list[Any] = authors if isinstance(authors, list) else []
    names = (record.get("name") for record in records if isinstance(record, dict))
    return tuple(single_line(name) for name in names if isinstance(name, str) and name.strip())
