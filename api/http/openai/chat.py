"""The format of chat completions, and of citations in Open WebUI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from ....index.domain.hits import Citation
from ...answers.rendering.numbered import Marker, NumberedText
from ..sse import encode
from .replies import Chunks, Reply, new_id, url_citations
from .schemas import Annotation, AssistantMessage, ChatChoice, ChatCompletion

CitationStyle = Literal["annotations", "open-webui"]
"""How a streamed chat completion carries its citations: as annotations, or as events of Open WebUI."""


class ChatFormat:
    """The format of a chat completion.

    Args:
        model: the model, as requested.
        include_usage: whether a stream ends with the counts of tokens.
        citations: how a stream carries its citations.
    """

    def __init__(self, model: str, include_usage: bool, citations: CitationStyle) -> None:
        self._chunks = Chunks("chat.completion.chunk", model, include_usage, new_id("chatcmpl-"))
        self._events = OpenWebUIEvents() if citations == "open-webui" else None

    def body(self, reply: Reply) -> ChatCompletion:
        """Return the body of a response with a complete reply."""
        message = AssistantMessage(content=reply.content.text, annotations=_annotations(reply.content))
        return ChatCompletion(
            id=self._chunks.id,
            created=self._chunks.created,
            model=self._chunks.model,
            choices=[ChatChoice(message=message)],
            usage=reply.usage,
            nonmun=reply.extension,
        )

    def opening(self) -> Iterator[bytes]:
        """Yield the chunk with the role."""
        yield self._delta(role="assistant", content="")

    def part(self, part: NumberedText) -> Iterator[bytes]:
        """Yield the citations of a part as events if they are wanted so, then its text."""
        if self._events:
            for event in self._events.of(part):
                yield self._chunks.encode([], event=event)
        if part.text:
            yield self._delta(content=part.text)

    def closing(self, reply: Reply) -> Iterator[bytes]:
        """Yield the last chunk, with the annotations and the answer, and the counts of tokens if they are wanted."""
        annotations = [] if self._events else _annotations(reply.content)
        # In one chunk: clients that put chunks together cannot join lists without indices.
        delta = {"annotations": [annotation.model_dump() for annotation in annotations]} if annotations else {}
        return self._chunks.end(reply, delta=delta)

    def failure(self, error: dict[str, Any]) -> bytes:
        """Return the event of a failure."""
        return encode(error)

    def _delta(self, **delta: Any) -> bytes:
        return self._chunks.encode([self._chunks.choice(delta=delta)])


class OpenWebUIEvents:
    """The citations of one answer as events that Open WebUI forwards to its page, where they keep their quotations.

    There, [n] stands for the nth distinct name among the sources (`ContentRenderer.svelte` of version 0.12.4).
    """

    def __init__(self) -> None:
        self._sent: set[Citation] = set()
        self._paper_of: dict[str, str] = {}

    def of(self, part: NumberedText) -> Iterator[dict[str, Any]]:
        """Yield an event for each quotation of a part that has had none."""
        for marker in part.markers:
            for citation in marker.citations:
                if citation not in self._sent:
                    self._sent.add(citation)
                    yield self._event(marker, citation)

    def _event(self, marker: Marker, citation: Citation) -> dict[str, Any]:
        paper = marker.paper
        is_unique = self._paper_of.setdefault(paper.title, paper.paper_id) == paper.paper_id
        name = paper.title if is_unique else f"{paper.title} ({paper.paper_id})"
        metadata = {"source": paper.url, "name": name, "external": True}
        data = {"source": {"name": name, "url": paper.url}, "document": [citation.quote], "metadata": [metadata]}
        return {"type": "source", "data": data}


def _annotations(content: NumberedText) -> list[Annotation]:
    return [Annotation(url_citation=citation) for citation in url_citations(content.markers)]
