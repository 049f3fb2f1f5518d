"""The exceptions of nonmun.

* NonmunError
  x InputError          an argument outside its limits
  x NotFoundError       a name that the index does not hold
  x ConfigError         settings or a system state that prevent an operation
  x FileError           a file that cannot be read or parsed
  x BusyError           a lock held by another process
  x ModelError          an embedding model that is missing or fails
  x LLMError            a language model that gives no usable reply
  x IndexDamagedError   stored data that contradicts its schema or manifest
  x ServiceError        a remote service that refuses, fails or cannot be reached
"""


class NonmunError(Exception):
    """Base class of all errors that a user can cause or resolve. The message names the remedy."""


class InputError(NonmunError):
    """An argument or JSON field is outside its limits.

    Attributes:
        field: the name of the argument or JSON field. The message starts with it.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class NotFoundError(NonmunError):
    """The index holds no such paper, day or entry."""


class ConfigError(NonmunError):
    """Settings cannot be used, contradict what is stored, or the system does not allow the operation."""


class FileError(NonmunError):
    """A file cannot be read or parsed. The message starts with `file:line:` where the line is known."""


class BusyError(NonmunError):
    """Another process holds the lock. The message names the process."""


class ModelError(NonmunError):
    """An embedding model cannot be found, built or run."""


class LLMError(NonmunError):
    """A language model cannot be reached, refuses, or gives an invalid reply."""


class IndexDamagedError(NonmunError):
    """Stored data does not match its schema or manifest."""


class ServiceError(NonmunError):
    """A remote service refuses a request, fails, or cannot be reached.

    Attributes:
        code: code for programs: that of the service's problem details, or `unreachable`, `timeout`,
            `invalid_response`, `cut_off` (a stream ended early) or `interrupted` (a job was).
        status: HTTP status; None where there was no response.
    """

    def __init__(self, message: str, code: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code, self.status = code, status
