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
import logging
import os
import secrets
import zlib
from pathlib import Path

from ...index.domain.errors import InputError
from ...index.util.files import replace_private_text
from .model import Receipt
from .storing import WAIT, NotStoredError, StoreBusyError, store_lock

SECRET_FILE = "answers.key"  # noqa: S105 - a name
"""The secret in a data directory."""
MAX_SEAL_CHARACTERS = 192 * 1024
"""Length of a sealed answer at most."""

_SECRET_BYTES = 32
_MAX_JSON_BYTES = 4 * 1024 * 1024
_LOCK = "answers.lock"
_log = logging.getLogger("nonmun.answers")


class Sealer:
    """Seals the answers of a data directory. Safe to share between threads and processes.

    Args:
        folder: the data directory.
        wait: seconds to wait for another process that makes the secret.
    """

    def __init__(self, folder: Path, wait: float = WAIT) -> None:
        self._file, self._wait = folder / SECRET_FILE, wait
        self._has_warned = False

    def seal(self, receipt: Receipt) -> str | None:
        """Return a sealed receipt; None if it is too long, or if the data directory cannot be written.

        A secret that cannot be used is logged once.
        """
        if not os.access(self._file.parent, os.W_OK):  # it could not be stored either
            return None
        try:
            secret = self._secret(create=True)
        except (NotStoredError, StoreBusyError) as error:
            if not self._has_warned:
                self._has_warned = True
                _log.warning("answers cannot be shared or judged: %s", error)
            return None
        text = json.dumps(receipt.as_json(), ensure_ascii=False, separators=(",", ":"))
        payload = base64.urlsafe_b64encode(zlib.compress(text.encode("utf-8", "replace"), 6)).decode()
        sealed = f"{payload}.{_sign(secret, payload)}"
        return sealed if len(sealed) <= MAX_SEAL_CHARACTERS and len(text) <= _MAX_JSON_BYTES // 4 else None

    def unseal(self, sealed: str) -> Receipt:
        """Return the receipt that was sealed.

        Raises:
            InputError: it is too long, damaged, or was not sealed here.
            NotStoredError: the secret cannot be used.
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

    def check(self) -> None:
        """Check that the secret can be used, if there is one.

        Raises:
            NotStoredError: it cannot.
        """
        self._secret(create=False)

    def _secret(self, *, create: bool) -> bytes:
        """Return the secret; empty if there is none and it is not to be made.

        Raises:
            NotStoredError: it cannot be read or made.
            StoreBusyError: another process is making it.
        """
        try:
            if create and not self._file.exists():
                self._create()
            secret = bytes.fromhex(self._file.read_text("ascii").strip())
        except FileNotFoundError:
            return b""
        except (OSError, ValueError) as error:
            message = f"{self._file}: cannot be used ({error}); make it readable, or remove it, and one is made"
            raise NotStoredError(message) from error
        if len(secret) != _SECRET_BYTES:
            raise NotStoredError(f"{self._file}: holds no secret of {_SECRET_BYTES} bytes; remove it, and one is made")
        return secret

    def _create(self) -> None:
        """Make the secret; of several processes that do so, the first one's stays."""
        folder = self._file.parent
        with store_lock(folder / _LOCK, self._file, self._wait):
            for unfinished in folder.glob(f"{SECRET_FILE}.*"):  # by processes that were killed
                unfinished.unlink(missing_ok=True)
            if not self._file.exists():
                replace_private_text(self._file, secrets.token_hex(_SECRET_BYTES))


def _sign(secret: bytes, payload: str) -> str:
    digest = hmac.digest(secret, payload.encode("utf-8", "replace"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
