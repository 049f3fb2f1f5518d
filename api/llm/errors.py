"""What can go wrong with a model's reply, each with a code that programs can read."""

from __future__ import annotations

from typing import Literal

from ...index.domain.errors import LLMError

FaultCode = Literal["unreachable", "rate_limited", "failed", "timeout", "cut_off", "garbage", "too_long"]


class ReplyError(LLMError):
    """A reply that did not come, or not as one.

    Attributes:
        code: `unreachable` (no connection, or it was lost before anything came), `rate_limited` (429), `failed` (any
            other status, or an error in the middle), `timeout`, `cut_off` (it ended in the middle), `garbage` (no
            reply of a chat model, or no UTF-8) or `too_long`.
    """

    def __init__(self, code: FaultCode, message: str) -> None:
        super().__init__(message)
        self.code: FaultCode = code
