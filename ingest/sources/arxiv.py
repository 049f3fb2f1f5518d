"""arXiv's query API: many papers per request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import httpx

from .atom import Feed, match_key, parse_feed
from .base import FetchOutcome, FetchResult
from .config import SourceConfig
from .errors import RefusedError, SourceError, TransientError
from .http.client import HttpClient, HttpReply

_MAX_REQUESTS = 24  # per batch
_INVALID_ID = "incorrect id format"


class ArxivSource:
    """Fetches batches of papers from arXiv.

    Entries are matched by id only. A batch that is refused as a whole (HTTP 400, or an error entry under HTTP 200) is
    halved until the invalid id is alone, with at most 24 requests per batch. An empty feed for several papers is
    requested once more before it is accepted.
    """

    name = "arXiv"
    batch_size = 20  # the size that daily users of the API report as reliable

    def __init__(self, config: SourceConfig, http: HttpClient) -> None:
        self._url, self._pause = httpx.URL(config.arxiv_url), config.arxiv_pause
        self._http = http

    def fetch(self, paper_ids: Sequence[str]) -> FetchResult:
        """Fetch a batch of papers."""
        outcomes: dict[str, FetchOutcome] = {}
        pending, has_reply, fault = [list(paper_ids)], False, "too many parts of the batch are refused"
        try:
            for _ in range(_MAX_REQUESTS):
                if not pending:
                    break
                answered, refused, reason = self._fetch_part(pending.pop())
                outcomes |= answered
                has_reply = has_reply or bool(answered)
                if len(refused) == 1:
                    outcomes[refused[0]] = _refused(refused[0], reason)
                elif refused:
                    middle = len(refused) // 2
                    pending += [refused[middle:], refused[:middle]]
        except SourceError as error:
            fault = str(error)
        rest = {key: FetchOutcome(key, "failed", reason=f"arXiv: {fault}") for key in paper_ids}
        return FetchResult(list((rest | outcomes).values()), "" if has_reply else fault)

    def _fetch_part(self, part: list[str]) -> tuple[dict[str, FetchOutcome], list[str], str]:
        """Return outcomes, the ids that were refused, and why."""
        try:
            feed = self._request(part)
            if not feed.papers and not feed.error and len(part) > 1:
                feed = self._request(part)
        except RefusedError as error:
            return {}, part, str(error)
        outcomes = {key: outcome for key in part if (outcome := _outcome(key, feed))}
        return outcomes, [key for key in part if key not in outcomes], feed.error

    def _request(self, part: list[str]) -> Feed:
        query = {"id_list": ",".join(part), "start": "0", "max_results": str(len(part))}
        return self._http.fetch(self._url.copy_merge_params(query), _parse_reply, self._pause)


def _parse_reply(reply: HttpReply) -> Feed:
    if reply.status == 200:
        return parse_feed(reply.body)
    if reply.status != 400:
        raise SourceError(f"HTTP {reply.status}: no arXiv API at that address")
    try:
        message = parse_feed(reply.body).error
    except TransientError:
        message = ""
    raise RefusedError(f"HTTP 400 {message}")


def _refused(paper_id: str, reason: str) -> FetchOutcome:
    """Return the outcome of a paper whose own request is refused."""
    status = "not_found" if _INVALID_ID in reason.lower() else "failed"
    return FetchOutcome(paper_id, status, reason=f"arXiv: {reason}")


def _outcome(paper_id: str, feed: Feed) -> FetchOutcome | None:
    """Return the outcome of a paper; None if an error entry may be about it."""
    abstract = feed.papers.get(match_key(paper_id))
    if abstract:
        return FetchOutcome(paper_id, "found", replace(abstract, paper_id=paper_id))
    return None if feed.error else FetchOutcome(paper_id, "not_found", reason="arXiv does not have it")
