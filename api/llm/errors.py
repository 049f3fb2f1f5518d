"""Failures of a language model's reply, each with a code for programs."""

from __future__ import annotations

from typing import Literal

from ...index.domain.errors import LLMError

FaultCode = Literal["unreachable", "rate_limited", "failed", "timeout", "cut_off", "garbage", "too_long"]


class ReplyError(LLMError):
    """A reply that is missing, incomplete or malformed.

    Attributes:
        code: `unreachable` (no connection, or it was lost before anything arrived), `rate_limited` (status 429),
            `failed` (any other error status, or an error in mid-stream), `timeout`, `cut_off` (the reply broke off),
            `garbage` (not a reply of a chat model, or not UTF-8) or `too_long`.
        status: the HTTP status of an error response; None for any other failure.
        retry_after: seconds that the server asks to wait before another attempt; None if it asks for none.
    """

    def __init__(
        self, code: FaultCode, message: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code: FaultCode = code
        self.status, self.retry_after = status, retry_after
