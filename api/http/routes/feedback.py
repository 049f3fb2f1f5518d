"""The route of feedback on answers."""

from __future__ import annotations

from fastapi import APIRouter, Request

from ...feedback import StoredFeedback, Vote
from ..schemas import FeedbackBody, FeedbackResponse
from .dependencies import Working
from .responses import BUSY_STORE, ERRORS, FULL
from .table import requires

router = APIRouter(tags=["feedback"])


@router.post("/v1/feedback", status_code=201, response_model=FeedbackResponse, responses=ERRORS | BUSY_STORE | FULL)
@requires("feedback")
async def give_feedback(request: Request, body: FeedbackBody, work: Working) -> StoredFeedback:
    """Store what a client says about the answer to a question.

    `nonmun eval make --from feedback` turns what has been stored into a dataset that measures retrieval and answers.
    """
    vote = Vote.of(body, getattr(request.state, "key_id", ""))
    await work.store(lambda: request.app.state.feedback.add(vote))
    return StoredFeedback.of(vote)
