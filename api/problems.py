"""Problem details (RFC 9457): a failure as the HTTP interface reports it, and the error that it stands for."""

from __future__ import annotations

from dataclasses import dataclass

from ..index.domain.errors import BusyError, InputError, NonmunError, NotFoundError, ServiceError


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """The body of every 4xx and 5xx response: problem details (RFC 9457).

    Attributes:
        type: `urn:nonmun:error:` and the code.
        title: the meaning of the status.
        status: HTTP status.
        detail: message for people.
        code: code for programs, such as `invalid_input`.
        field: the invalid field; None where none is.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None

    def as_error(self) -> NonmunError:
        """Return the error that the library raises in such a case; `ServiceError` for what only a service does."""
        if self.code in {"invalid_input", "invalid_json", "too_large"}:
            field = self.field or "body"
            return InputError(field, self.detail.removeprefix(f"{field}: "))
        if self.code == "not_found":
            return NotFoundError(self.detail)
        if self.code == "busy":
            return BusyError(self.detail)
        return ServiceError(self.detail, self.code, self.status)
