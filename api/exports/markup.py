"""Markdown markup: untrusted text that stays text in CommonMark, GitHub, Pandoc, Obsidian and site generators."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date

from .text import one_line, safe_url

# Template languages of site generators (Liquid, Jinja) run before Markdown and know no backslashes.
_SPECIAL = re.compile(r"(?P<template>\{(?=[{%#]))|[\\`*_\[\]<$~^|{}]|&(?=#?\w+;)")
_BLOCK_START = re.compile(r"^(?:([#>+=:%-])|(\d{1,9})([.)]))")

FrontMatter = Mapping[str, str | date | Sequence[str] | None]


def escape(text: str) -> str:
    """Return the Markdown that shows a text on one line, at the start of a block or within one."""
    escaped = _SPECIAL.sub(lambda match: "&#123;" if match["template"] else f"\\{match[0]}", one_line(text))
    return _BLOCK_START.sub(lambda match: rf"\{match[1]}" if match[1] else rf"{match[2]}\{match[3]}", escaped)


def link(text: str, url: str) -> str:
    """Return a link with a text."""
    return f"[{escape(text)}]({safe_url(url).replace('(', '%28').replace(')', '%29')})"


def quote(text: str, attribution: str) -> str:
    """Return a block quotation.

    Args:
        text: the words, unescaped.
        attribution: where they are from, as Markdown.
    """
    return f"> {escape(text)}\n>\n> — {attribution}"


def front_matter(fields: FrontMatter) -> str:
    """Return YAML front matter; empty fields are left out.

    Values other than dates are JSON, which is YAML as well (https://yaml.org/spec/1.2.2/#12-overview-of-yaml).
    """
    lines = [f"{name}: {_scalar(value)}" for name, value in fields.items() if value]
    return "\n".join(["---", *lines, "---"])


def _scalar(value: str | date | Sequence[str] | None) -> str:
    if isinstance(value, date):
        return value.isoformat()
    clean = one_line(value) if isinstance(value, str) else [one_line(item) for item in value or ()]
    return json.dumps(clean, ensure_ascii=False)


def document(fields: FrontMatter, *blocks: str) -> str:
    """Return a document of front matter and blocks, empty ones left out."""
    return "\n\n".join([front_matter(fields), *filter(None, blocks)]) + "\n"
