"""JSON schemas of the HTTP routes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetPydanticSchema
from pydantic_core import CoreSchema, core_schema

from ...index.domain.explanations import Explanation
from ...index.domain.filters import Filter, parse_filter
from ...index.domain.trust import Label
from ...index.query.question import MAX_HITS
from ...ingest.report import IngestReport
from ..browsing import MAX_OFFSET, MAX_PAGE
from ..feedback import FeedbackRequest, StoredFeedback
from ..problems import ProblemDetails
from ..requests import AskRequest, ExplainRequest, SearchRequest
from ..results import (
    Answer,
    ChunkDetails,
    DigestDay,
    DigestDetails,
    EntryPage,
    Job,
    PaperDetails,
    PaperPage,
    Results,
    Status,
    Translations,
)
from ..schemas import request_model, response_model


def _from_json(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Validate JSON with the derived model, then build the request object from it."""
    schema = handler.generate_schema(request_model(source))
    return core_schema.no_info_after_validator_function(lambda body: source.from_input(**body.model_dump()), schema)


SearchBody = Annotated[SearchRequest, GetPydanticSchema(_from_json)]
AskBody = Annotated[AskRequest, GetPydanticSchema(_from_json)]
FeedbackBody = Annotated[FeedbackRequest, GetPydanticSchema(_from_json)]
ExplainBody = Annotated[ExplainRequest, GetPydanticSchema(_from_json)]

SearchResponse = response_model(Results)
AskResponse = response_model(Answer)
PaperResponse = response_model(PaperDetails)
PapersResponse = response_model(PaperPage)
ChunkResponse = response_model(ChunkDetails)
DigestDayResponse = response_model(DigestDay)
DigestResponse = response_model(DigestDetails)
EntriesResponse = response_model(EntryPage)
ExplanationResponse = response_model(Explanation)
TranslationsResponse = response_model(Translations)
StatusResponse = response_model(Status)
ReportResponse = response_model(IngestReport)
JobResponse = response_model(Job)
FeedbackResponse = response_model(StoredFeedback)
Problem = response_model(ProblemDetails)

if TYPE_CHECKING:
    _Filter = BaseModel
else:
    _Filter = request_model(Filter)


class FilterQuery(_Filter):
    """A filter as query parameters; lists are repeated ones."""

    def filter(self) -> Filter:
        """Return the filter.

        Raises:
            InputError: a value is invalid.
        """
        names = {field.name for field in dataclasses.fields(Filter)}
        return parse_filter(**self.model_dump(include=names))


class Page(BaseModel):
    """A page of a list."""

    limit: Annotated[int, Field(strict=False)] = Field(default=50, ge=1, le=MAX_PAGE, description="items of the page")
    offset: Annotated[int, Field(strict=False)] = Field(
        default=0, ge=0, le=MAX_OFFSET, description="items before the page"
    )


class PapersQuery(FilterQuery, Page):
    """A page of the papers that pass a filter."""


class SimilarQuery(FilterQuery):
    """How many papers to return, and a filter that they pass."""

    k: Annotated[int, Field(strict=False)] = Field(
        default=10, ge=1, le=MAX_HITS, description=f"number of papers to return, 1 to {MAX_HITS}"
    )


class EntriesQuery(Page):
    """A page of the entries with a trust label."""

    model_config = ConfigDict(extra="forbid")

    label: Label | None = Field(default=None, description="trust label; any if it is left out")


class Health(BaseModel):
    """Whether the service runs, or can answer."""

    status: Literal["ok", "unavailable"]
    reason: str | None = None
    generation: int | None = Field(default=None, description="number of the published version that answers")
    last_ingest: str | None = Field(default=None, description="ISO time in UTC of the newest entry")
