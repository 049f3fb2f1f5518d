"""The one exception tree of nonmun.

NonmunError                  anything a user can cause or cure
├── InputError               an argument is outside its limits; names the field
├── NotFoundError            the thing asked for is not in the index
├── ConfigError              settings that contradict each other or what is stored
├── FileError                a file cannot be read as what it should be; names file and line
├── BusyError                another process holds what this one needs
├── ModelError               an embedding model cannot be found, built or run
├── LLMError                 a language model gave no usable reply
└── IndexDamagedError        a stored file is not what its manifest or schema says
"""


class NonmunError(Exception):
    """Base of every error that nonmun raises on purpose; its message names the cure."""


class InputError(NonmunError):
    """A value outside its limits.

    Attributes:
        field: the name of the argument or JSON field at fault.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class NotFoundError(NonmunError):
    """What was asked for by name is not in the index."""


class ConfigError(NonmunError):
    """Settings that cannot be used, or that contradict what is stored."""


class FileError(NonmunError):
    """A file that cannot be read as what it should be. The message begins with `file:line:` where a line is known."""


class BusyError(NonmunError):
    """Another process holds the lock; the message names it."""


class ModelError(NonmunError):
    """An embedding model that cannot be found, built or run."""


class LLMError(NonmunError):
    """A language model that cannot be reached, refuses, or replies with what is no reply."""


class IndexDamagedError(NonmunError):
    """Stored data that does not match its manifest or schema."""
