"""Sealed answers: what a page sends back of an answer, signed, so that nobody else can make one.

An answer that a language model wrote cannot be computed again, and a service may have several processes. The answer
therefore travels with the page, compressed, under a signature whose secret is a file of the data directory.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import zlib
from contextlib import suppress
from pathlib import Path

from ...index.domain.errors import ConfigError, InputError
from ...index.util.files import replace_private_text
from .model import Receipt

SECRET_FILE = "answers.key"  # noqa: S105 - a name
"""The secret in a data directory."""
MAX_SEAL_CHARACTERS = 192 * 1024
"""Length of a sealed answer at most."""

_SECRET_BYTES = 32
_MAX_JSON_BYTES = 4 * 1024 * 1024


class Sealer:
    """Seals the answers of a data directory. Safe to share between threads and processes.

    Args:
        folder: the data directory.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / SECRET_FILE

    def seal(self, receipt: Receipt) -> str | None:
        """Return a sealed receipt; None if it is too long, or if the data directory cannot be written."""
        if not os.access(self._file.parent, os.W_OK):  # it could not be stored either
            return None
        try:
            secret = self._secret(create=True)
        except ConfigError:
            return None
        text = json.dumps(receipt.as_json(), ensure_ascii=False, separators=(",", ":"))
        payload = base64.urlsafe_b64encode(zlib.compress(text.encode("utf-8", "replace"), 6)).decode()
        sealed = f"{payload}.{_sign(secret, payload)}"
        return sealed if len(sealed) <= MAX_SEAL_CHARACTERS and len(text) <= _MAX_JSON_BYTES // 4 else None

    def unseal(self, sealed: str) -> Receipt:
        """Return the receipt that was sealed.

        Raises:
            InputError: it is too long, damaged, or was not sealed here.
            ConfigError: the secret cannot be read.
        """
        if len(sealed) > MAX_SEAL_CHARACTERS:
            raise InputError("answer", f"is longer than {MAX_SEAL_CHARACTERS:,} characters")
        invalid = InputError("answer", "is damaged, or was not given by this service; ask the question again")
        payload, _, signature = sealed.partition(".")
        secret = self._secret(create=False)
        expected = _sign(secret, payload)
        if not secret or not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise invalid
        try:
            reader = zlib.decompressobj()
            data = reader.decompress(base64.b64decode(payload, altchars=b"-_", validate=True), _MAX_JSON_BYTES)
            if not reader.eof:
                raise invalid
            return Receipt.from_json(json.loads(data))
        except (ValueError, binascii.Error, zlib.error, RecursionError):  # sealed by another version
            raise invalid from None

    def _secret(self, *, create: bool) -> bytes:
        """Return the secret; empty if there is none and it is not to be made.

        Raises:
            ConfigError: it cannot be read or made.
        """
        try:
            if create and not self._file.exists():
                self._create()
            secret = bytes.fromhex(self._file.read_text("ascii").strip())
        except FileNotFoundError:
            return b""
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self._file}: cannot be used ({error}); make it readable, or remove it") from error
        if len(secret) != _SECRET_BYTES:
            raise ConfigError(f"{self._file}: holds no secret of {_SECRET_BYTES} bytes; remove it, and one is made")
        return secret

    def _create(self) -> None:
        """Make the secret; of several processes that do so, the first one's stays."""
        unlinked = self._file.with_name(f"{self._file.name}.{secrets.token_hex(8)}")
        try:
            replace_private_text(unlinked, secrets.token_hex(_SECRET_BYTES))
            with suppress(FileExistsError):
                os.link(unlinked, self._file)
        finally:
            unlinked.unlink(missing_ok=True)


def _sign(secret: bytes, payload: str) -> str:
    digest = hmac.digest(secret, payload.encode("utf-8", "replace"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
