"""Redaction: the key and the password of a language model's server are removed from every message about it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Collection
from urllib.parse import quote, unquote

_MASK = "***"
_MIN_LENGTH = 4  # characters; a shorter secret protects nothing, and occurs in other words
_MIN_REPEATED = 8  # characters; shorter parts of a text occur in others by chance
_WORD = re.compile(r"\S+")


def secrets_of(url: str, key: str) -> frozenset[str]:
    """Return what a message about a server may not hold: its key and the credentials of its URL, as they may be sent.

    Args:
        url: base URL of the server, valid or not, which may hold credentials (`http://user:password@host`).
        key: API key; empty if there is none.
    """
    _, credentials, _ = _split(url)
    user, colon, password = credentials.partition(":")
    user, password = unquote(user), unquote(password)
    plain = {key, credentials, password if colon else user}  # a user without a password is a token
    if credentials:  # basic authentication, RFC 7617
        plain.add(base64.b64encode(f"{user}:{password}".encode()).decode())
    return frozenset(spelled for secret in plain if len(secret) >= _MIN_LENGTH for spelled in _spellings(secret))


def redact(text: str, secrets: Collection[str] = ()) -> str:
    """Return a text with *** in place of secrets, and of the credentials in URLs.

    Args:
        text: the text; not cut yet, since a part of a secret is not recognized.
        secrets: see `secrets_of`.
    """
    text = _WORD.sub(lambda word: _mask_credentials(word[0]), text)
    for secret in sorted(secrets, key=len, reverse=True):  # a secret may be a part of another
        text = text.replace(secret, _MASK)
    return text


def conceal(text: str, other: str) -> str:
    """Return a text, on one line, with *** in place of what it repeats of another, however that is spelled.

    Parts count from eight characters on, since a text that was cut may end within them.
    """
    text, other = " ".join(text.split()), " ".join(other.split())
    size = min(_MIN_REPEATED, len(other))
    if not size:
        return text
    parts = {spelled[at : at + size] for spelled in _spellings(other) for at in range(len(spelled) - size + 1)}
    shown, at, end = list[str](), 0, 0  # `end` is that of the last repeated part
    while at < len(text):
        if text[at : at + size] in parts:
            if at >= end:
                shown.append(_MASK)
            end = at + size
        elif at >= end:
            shown.append(text[at])
        at += 1
    return "".join(shown)


def _mask_credentials(word: str) -> str:
    before, credentials, after = _split(word)
    # Without slashes or a colon it is a mail address.
    return f"{before}{_MASK}@{after}" if credentials and (before or ":" in credentials) else word


def _split(url: str) -> tuple[str, str, str]:
    """Return what is before the credentials of a URL, the credentials, and what is after the @ that ends them.

    The last @ ends them: a password that is not percent-encoded may hold one, or a slash.
    """
    head, at, after = url.rpartition("@")
    if not at:
        return url, "", ""
    scheme, slashes, credentials = head.partition("//")
    return (scheme + slashes, credentials, after) if slashes else ("", head, after)


def _spellings(secret: str) -> set[str]:
    """Return a secret as it may occur in a plain text, a URL, an HTML page and a JSON text."""
    return {secret, quote(secret, safe=""), html.escape(secret), json.dumps(secret)[1:-1]}
