"""The snippets of a page of the documentation, to be run."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def sections(page: str) -> dict[str, str]:
    """Return the Python snippets of a page of `docs/` by section, each section as one program."""
    text = (DOCS / page).read_text("utf-8")
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    by_section = zip(parts[::2], parts[1::2], strict=True)
    programs = {name: re.findall(r"^```python\n(.*?)^```", part, re.DOTALL | re.MULTILINE) for name, part in by_section}
    return {name: "\n".join(snippets) for name, snippets in programs.items() if snippets}
