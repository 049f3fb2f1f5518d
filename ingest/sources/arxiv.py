"""Abstracts from arXiv's query API, many papers a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import httpx

from .atom import Feed, match_key, read_feed
from .errors import RefusedError, TransientError, UpstreamError
from .http.client import Reply
from .outcome import Outcome
from .source import Source

BATCH = 20
"""Papers a request: what people who ask arXiv every day have found to be served well."""
_REQUESTS = 24
_WRONG_ID = "incorrect id format"


def ask_arxiv(source: Source, url: str, paper_ids: Sequence[str]) -> list[Outcome]:
    """Ask for a batch of papers.

    Entries are matched by id, whatever else the feed says. A batch that is refused as a whole (HTTP 400, or an
    error entry under HTTP 200) is halved until the id at fault stands alone, with at most 24 requests a batch. An
    empty feed for several papers is asked for once more before it is believed.

    Args:
        source: arXiv, at its pace.
        url: of the API.
        paper_ids: ids without version, at most `BATCH`, each once.

    Returns:
        An outcome for each; never raises for what arXiv does.
    """
    if source.given_up:
        return [Outcome(one, "failed", reason=f"arXiv: {source.given_up}") for one in paper_ids]
    outcomes: dict[str, Outcome] = {}
    stack, answered, fault = [list(paper_ids)], False, "too many parts of the batch are refused"
    try:
        for _ in range(_REQUESTS):
            if not stack:
                break
            done, rest, reason = _ask(source, url, stack.pop())
            outcomes |= done
            answered = answered or bool(done)
            if len(rest) == 1:
                outcomes[rest[0]] = _refused(rest[0], reason)
            elif rest:
                stack += [rest[len(rest) // 2 :], rest[: len(rest) // 2]]
    except UpstreamError as error:
        fault = str(error)
    source.note("" if answered else fault)
    return [outcomes.get(one) or Outcome(one, "failed", reason=f"arXiv: {fault}") for one in paper_ids]


def _refused(paper_id: str, reason: str) -> Outcome:
    """Of a paper that is refused when it is asked for alone."""
    status = "not_found" if _WRONG_ID in reason.lower() else "failed"
    return Outcome(paper_id, status, reason=f"arXiv: {reason}")


def _ask(source: Source, url: str, part: list[str]) -> tuple[dict[str, Outcome], list[str], str]:
    """Outcomes of the papers that were answered; those that were refused with it, and why."""
    try:
        feed = _feed(source, url, part)
        if not feed.papers and not feed.error and len(part) > 1:
            feed = _feed(source, url, part)
    except RefusedError as error:
        return {}, part, str(error)
    done = {one: outcome for one in part if (outcome := _outcome(one, feed))}
    return done, [one for one in part if one not in done], feed.error


def _feed(source: Source, url: str, part: list[str]) -> Feed:
    query = {"id_list": ",".join(part), "start": "0", "max_results": str(len(part))}
    return source.ask(httpx.URL(url).copy_merge_params(query), _read)


def _read(reply: Reply) -> Feed:
    if reply.status == 200:
        return read_feed(reply.body)
    if reply.status != 400:
        raise UpstreamError(f"HTTP {reply.status}: no arXiv API at that address")
    try:
        said = read_feed(reply.body).error
    except TransientError:
        said = ""
    raise RefusedError(f"HTTP 400 {said}")


def _outcome(paper_id: str, feed: Feed) -> Outcome | None:
    found = feed.papers.get(match_key(paper_id))
    if found:
        return Outcome(paper_id, "found", replace(found, paper_id=paper_id))
    return None if feed.error else Outcome(paper_id, "not_found", reason="arXiv does not have it")
