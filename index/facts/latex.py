"""LaTeX markup between facts in titles and abstracts, often without its backslash."""

from __future__ import annotations

import re

_ARROW = re.compile(r"\\?(?:long|text)?(?:leftright|left|right)arrow|\\to(?![a-z])", re.IGNORECASE)


_TIMES = re.compile(r"(?<=\d)\s?\\?times(?![a-z])")
_ESCAPED = re.compile(r"\\([%$&#_])")


def render_latex(text: str) -> str:
    r"""Return a text with LaTeX residue as readers expect it: 75\% as 75%, 8.83times as 8.83×, rightarrow as →."""
    return _ARROW.sub("→", _TIMES.sub("×", _ESCAPED.sub(r"\1", text)))


def blank_arrows(text: str) -> str:
    """Return a text with each arrow ("66.3 %rightarrow73.4 %") replaced by as many spaces, so that offsets stay."""
    return _ARROW.sub(lambda match: " " * len(match[0]), text)
