"""Abstracts from the Hugging Face papers API, one paper a request."""

from __future__ import annotations

import json
from typing import Any

import httpx

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.papers import Abstract
from .errors import TransientError, UpstreamError
from .http.client import Reply
from .jsonl import iso_date, one_line
from .outcome import Outcome
from .source import Source


def ask_huggingface(source: Source, url: str, paper_id: str) -> Outcome:
    """Ask for one paper. Never raises for what Hugging Face does.

    A paper that was withdrawn there (`withdrawnAt`) still has its title and abstract, and counts as found.

    Args:
        source: Hugging Face, at its pace.
        url: of the API, without the id.
        paper_id: without version.
    """
    if source.given_up:
        return Outcome(paper_id, "failed", reason=f"Hugging Face: {source.given_up}")
    address = httpx.URL(url)
    address = address.copy_with(path=f"{address.path.rstrip('/')}/{paper_id}")
    try:
        outcome = source.ask(address, lambda reply: _outcome(paper_id, reply))
    except UpstreamError as error:
        source.note(str(error))
        return Outcome(paper_id, "failed", reason=f"Hugging Face: {error}")
    source.note("")
    return outcome


def _outcome(paper_id: str, reply: Reply) -> Outcome:
    if reply.status == 404:
        return Outcome(paper_id, "not_found", reason="Hugging Face does not have it")
    if reply.status != 200:
        raise UpstreamError(f"HTTP {reply.status}")
    abstract = read_paper(reply.body, paper_id)
    if abstract is None:
        return Outcome(paper_id, "not_found", reason="Hugging Face has no abstract of it")
    return Outcome(paper_id, "found", abstract)


def read_paper(body: bytes, paper_id: str) -> Abstract | None:
    """Read the JSON object of a paper; None where its title or summary is empty.

    Raises:
        TransientError: it is no whole JSON.
        UpstreamError: it is no paper, or another one.
    """
    try:
        content: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise TransientError(f"the answer is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise UpstreamError("the answer is no JSON object")
    identifier = parse_arxiv_id(str(content.get("id")))
    if identifier is None or identifier.paper_id != paper_id:
        raise UpstreamError(f"the answer is about {str(content.get('id'))!r}")
    title, summary = content.get("title") or "", content.get("summary") or ""
    if not isinstance(title, str) or not isinstance(summary, str):
        raise UpstreamError("title or summary is no text")
    title, summary = one_line(title), one_line(summary)
    if not title or not summary:
        return None
    return Abstract(paper_id, title, summary, "huggingface", None, iso_date(str(content.get("publishedAt"))))
