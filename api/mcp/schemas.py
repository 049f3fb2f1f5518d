"""What the tools take and return; the derived parts have the fields of the request objects and result dataclasses."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from pydantic_core import to_jsonable_python

from ...index.domain.hits import Citation, Confidence, Hit
from ...index.domain.papers import Paper
from ...index.domain.trust import Label
from ..answers.rendering.layout import display_title
from ..answers.rendering.numbered import number_citations
from ..conversation.turns import Turn
from ..exports.formats import ExportFormat
from ..results import Answer, DigestDetails, PaperDetails, WrittenBy
from ..schemas import request_model, response_model

if TYPE_CHECKING:
    CitationModel = TurnModel = PaperModel = BaseModel
else:
    CitationModel, TurnModel, PaperModel = response_model(Citation), request_model(Turn), response_model(PaperDetails)


def describe(source: type, name: str) -> Any:
    """Return a parameter's description: that of a field of a request object."""
    return Field(description=request_model(source).model_fields[name].description)


def _describe_result(name: str) -> Any:
    return Field(description=response_model(Answer).model_fields[name].description)


class PaperLink(BaseModel):
    """A paper, and where it is."""

    id: str = Field(description="arXiv id without version")
    title: str
    url: str

    @classmethod
    def of(cls, paper: Hit | Paper) -> PaperLink:
        """Return the link of a paper."""
        return cls(id=paper.paper_id, title=display_title(paper), url=paper.url)


class PaperList(BaseModel):
    """Papers, best first."""

    results: list[PaperLink]


class Document(PaperLink):
    """What is stored about a paper."""

    text: str = Field(description="the abstract, and every summary with its trust label, as Markdown")
    metadata: dict[str, str] = Field(description="authors, dates and categories, as far as they are known")


class DigestPaper(PaperLink):
    """A paper of a day."""

    trust: Label = Field(description="trust label of the day's summary")
    is_new: bool = Field(description="whether no earlier digest has the paper")


class Digest(BaseModel):
    """The digests of a day."""

    digest_date: str = Field(description="ISO date")
    papers: list[DigestPaper] = Field(description="in the order of the digest")

    @classmethod
    def of(cls, digest: DigestDetails) -> Digest:
        """Return the digests of a day."""
        papers = [
            DigestPaper(**PaperLink.of(entry.paper).model_dump(), trust=entry.trust, is_new=entry.is_new)
            for entry in digest.entries
        ]
        return cls(digest_date=digest.digest_date, papers=papers)


class DigestList(BaseModel):
    """Digests, newest first."""

    digests: list[Digest]
    earlier: int = Field(description="number of earlier days within the dates asked for that are left out")


class CitationExport(BaseModel):
    """Papers in a format of reference managers."""

    format: ExportFormat
    text: str = Field(description="the content of a file")


class NumberedSource(PaperLink):
    """A paper that an answer cites."""

    number: int = Field(description="its number n in the markers [n] of the answer")


class NumberedCitation(CitationModel):
    """An exact quotation behind an answer: `quote` is `text[start:end]` of the chunk, whose SHA-256 is `text_hash`."""

    number: int | None = Field(description="number of its paper in the answer; null where the answer has no marker")


class CitedAnswer(BaseModel):
    """An answer with numbered sources, or an abstention."""

    answer: str = Field(
        description="the answer, with markers such as [1] for its sources and a list of them at its end"
    )
    abstained: bool = _describe_result("abstained")
    reason: str | None = _describe_result("reason")
    confidence: Confidence = _describe_result("confidence")
    unsupported: list[str] = _describe_result("unsupported")
    writer: WrittenBy = _describe_result("writer")
    sources: list[NumberedSource] = Field(description="the papers that the answer cites, by number")
    citations: list[NumberedCitation] = _describe_result("citations")
    turn: TurnModel = Field(description="this turn; add it to `history` for a follow-up question")

    @classmethod
    def of(cls, answer: Answer) -> CitedAnswer:
        """Return an answer with its citations numbered."""
        numbered = number_citations(answer)
        papers = {marker.paper.paper_id: marker.paper for marker in numbered.markers}
        return cls(
            answer=numbered.text,
            abstained=answer.abstained,
            reason=answer.reason,
            confidence=answer.confidence,
            unsupported=list(answer.unsupported),
            writer=answer.writer,
            sources=[
                NumberedSource(id=paper.paper_id, title=paper.title, url=paper.url, number=paper.number)
                for paper in papers.values()
            ],
            citations=[
                NumberedCitation(
                    **asdict(citation),
                    number=papers[citation.paper_id].number if citation.paper_id in papers else None,
                )
                for citation in answer.citations
            ],
            turn=TurnModel(**to_jsonable_python(Turn.of(answer))),
        )
