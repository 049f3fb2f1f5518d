"""The body of a response, decompressed as it comes and never longer than a limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from ..errors import TransientError, UpstreamError

# zlib's window bits: 16 more for a gzip header (https://docs.python.org/3/library/zlib.html#zlib.decompressobj).
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


def read_body(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """Collect a body.

    Args:
        chunks: as they come from the network.
        encoding: the Content-Encoding header; gzip, deflate, identity and empty are understood.
        limit: bytes, for what comes and for what it expands to. A bomb is stopped there: zlib is never let to make
            more than one byte beyond.

    Raises:
        TransientError: it ends early or is damaged.
        UpstreamError: it is too large, or encoded otherwise.
    """
    encoding = encoding.strip().lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _inflated(chunks, "deflate" if encoding == "deflate" else "gzip", limit)
    if encoding not in ("", "identity"):
        raise UpstreamError(f"the answer is encoded as {encoding!r}, which was not asked for")
    body = bytearray()
    for chunk in chunks:
        body += chunk
        _check(len(body), limit)
    return bytes(body)


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise UpstreamError(f"the answer is larger than {limit:,} bytes")


def _inflated(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    body, came, head, inflate = bytearray(), 0, b"", None
    try:
        for chunk in chunks:
            came += len(chunk)
            _check(came, limit)
            if inflate is None:
                head += chunk
                if len(head) < 2:
                    continue
                chunk, inflate = head, zlib.decompressobj(_GZIP if encoding == "gzip" else _deflate(head))
            body += inflate.decompress(chunk, limit - len(body) + 1)
            _check(len(body), limit)
    except zlib.error as error:
        raise TransientError(f"the answer is damaged: {error}") from error
    if inflate is None or not inflate.eof:
        raise TransientError("the answer ends early")
    return bytes(body)


def _deflate(head: bytes) -> int:
    """Some servers send a raw stream where a zlib one is due (RFC 9110, 8.4.1.2); a zlib header has a check."""
    return _ZLIB if head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0 else _RAW
