"""Response bodies, limited in size before and after decompression.

httpx decompresses whatever arrives at once: 64 KiB from the network may become 64 MiB.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from ..errors import SourceError, TransientError

# Window bits: 16 more for a gzip header (https://docs.python.org/3/library/zlib.html#zlib.decompressobj).
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


def read_body(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """Read and decompress a body.

    Args:
        chunks: the body as it arrives.
        encoding: the Content-Encoding header: gzip, deflate, identity or empty.
        limit: bytes, both of what arrives and of what it expands to.

    Raises:
        TransientError: the compressed body is damaged or incomplete.
        SourceError: the body is too large, or its encoding is another one.
    """
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise SourceError(f"the response has the encoding {encoding!r}, which was not asked for")
    body = bytearray()
    for chunk in chunks:
        body += chunk
        _check_size(len(body), limit)
    return bytes(body) if encoding in ("", "identity") else _decompress(body, _window_bits(encoding, body), limit)


def _decompress(body: bytearray, window_bits: int, limit: int) -> bytes:
    decompressor = zlib.decompressobj(window_bits)
    try:
        content = decompressor.decompress(body, limit + 1)
    except zlib.error as error:
        raise TransientError(f"the response is damaged: {error}") from error
    _check_size(len(content), limit)
    if not decompressor.eof:
        raise TransientError("the response ends early")
    return content


def _window_bits(encoding: str, body: bytearray) -> int:
    if encoding != "deflate":
        return _GZIP
    # Some servers send a raw stream instead of a zlib one (RFC 9110, 8.4.1.2). A zlib header is divisible by 31.
    is_zlib = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _ZLIB if is_zlib else _RAW


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise SourceError(f"the response is larger than {limit:,} bytes")
