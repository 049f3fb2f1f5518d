"""The snippets of docs/integrations.md run, but for those of frameworks that are extras (tests/api/doors)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nonmun import Library

from ...documentation import sections

PROGRAMS = sections("integrations.md")
EXPECTED = {
    "asyncio": ["2106.09685 high", "\n  2106.09685: "],
    "llama-index": [
        "2106.09685 ",
        "https://arxiv.org/abs/2106.09685",
        "ask_papers Answers",
        "The library opens at nine.",
    ],
}


def test_every_section_with_snippets_is_run() -> None:
    assert set(PROGRAMS) == set(EXPECTED) | {"LangChain", "Haystack"}


@pytest.mark.parametrize("section", EXPECTED)
def test_snippets_of_the_documentation_run(
    sample_library: Library, model_cache: Path, tmp_path: Path, section: str
) -> None:
    (tmp_path / "papers").symlink_to(sample_library.settings.data)
    env = {name: value for name, value in os.environ.items() if not name.startswith("NONMUN_")}
    env["NONMUN_CACHE"] = str(model_cache)
    command = [sys.executable, "-c", PROGRAMS[section]]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    for text in EXPECTED[section]:
        assert text in done.stdout
