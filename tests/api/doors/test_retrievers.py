"""nonmun's retrievers under LangChain and Haystack, each with the versions in `requirements/`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nonmun import Filter, Library

from ...documentation import sections
from .conftest import Run, environment_with_nonmun

pytestmark = [pytest.mark.clients, pytest.mark.timeout(1_800)]  # the first test of a framework installs it
QUESTION = "저랭크 행렬만 학습하는 방법"
METADATA = {"paper_id", "title", "url", "digest_dates", "source", "section", "lang", "trust", "entry"}
ROOT = Path(__file__).parents[3]


def found(library: Library, count: int, **where: Any) -> list[tuple[str, str, float, str | None]]:
    """Return id, text, score and trust label of the chunks that a search finds."""
    hits = library.search(QUESTION, 100, where=Filter(**where)).hits
    return [(item.chunk_id, item.text, item.score, item.trust) for hit in hits for item in hit.evidence][:count]


def settings(library: Library) -> dict[str, str]:
    return {"NONMUN_DATA": str(library.settings.data), "NONMUN_CACHE": str(library.settings.cache)}


def test_langchain_retriever(sample_library: Library, run_with_nonmun: Run) -> None:
    data = str(sample_library.settings.data)
    printed = run_with_nonmun(
        "langchain-retriever", "langchain_retriever.py", data, QUESTION, **settings(sample_library)
    )

    def retrieved(documents: list[dict[str, Any]]) -> list[tuple[str, str, float, str | None]]:
        assert all(set(document["metadata"]) == METADATA | {"score"} for document in documents)
        return [
            (document["id"], document["page_content"], document["metadata"]["score"], document["metadata"]["trust"])
            for document in documents
        ]

    first = found(sample_library, 4)
    assert len(first) == 4
    assert retrieved(printed["documents"]) == retrieved(printed["async"]) == first
    assert printed["chain"] == [chunk_id for chunk_id, *_ in first]
    assert [retrieved(documents) for documents in printed["batch"]] == [first, first]
    assert retrieved(printed["async with arguments"]) == found(sample_library, 2, lang="en")
    assert retrieved(printed["more than there are"]) == found(sample_library, 1_000)
    assert retrieved(printed["of a filter"]) == retrieved(printed["of a dict"])
    assert retrieved(printed["of a dict"]) == found(sample_library, 10, source="abstract")
    assert retrieved(printed["replaced"]) == found(sample_library, 10, lang="ko")
    assert "library" not in printed["dump"]
    messages = ("question: ", "k: is 0", "where.language: is not a known field", "library", "k\n  Input should be")
    for error, message in zip(printed["errors"], messages, strict=True):
        assert message in error


def test_langchain_standard_tests(sample_library: Library, run_with_nonmun: Run) -> None:
    outcomes = run_with_nonmun("langchain-retriever", "langchain_standard.py", **settings(sample_library))
    assert set(outcomes) >= {
        "test_k_constructor_param",
        "test_invoke_with_k_kwarg",
        "test_invoke_returns_documents",
        "test_ainvoke_returns_documents",
    }
    assert set(outcomes.values()) == {"passed"}


def test_haystack_retriever(sample_library: Library, run_with_nonmun: Run) -> None:
    data = str(sample_library.settings.data)
    environment = settings(sample_library) | {"HAYSTACK_TELEMETRY_ENABLED": "False"}
    printed = run_with_nonmun("haystack-retriever", "haystack_retriever.py", data, QUESTION, **environment)

    def retrieved(documents: list[dict[str, Any]]) -> list[tuple[str, str, float, str | None]]:
        assert all(set(document["meta"]) == METADATA for document in documents)
        return [
            (document["id"], document["content"], document["score"], document["meta"]["trust"])
            for document in documents
        ]

    first = found(sample_library, 4)
    assert len(first) == 4
    assert retrieved(printed["documents"]) == retrieved(printed["restored"]) == first
    assert retrieved(printed["after closing"]) == retrieved(printed["still open"]) == first
    assert retrieved(printed["async"]) == first[:2]
    ids = [chunk_id for chunk_id, *_ in first]
    assert printed["pipeline"] == printed["async pipeline"] == printed["loaded"] == ids
    assert printed["dumped again"]
    assert printed["to_dict"] == {
        "type": "nonmun.api.integrations.haystack.NonmunRetriever",
        "init_parameters": {"library": data, "filters": None, "top_k": 4},
    }
    assert retrieved(printed["filtered"]) == found(sample_library, 300, source="abstract", lang="en")
    assert retrieved(printed["of the constructor"]) == found(sample_library, 300, source="abstract")
    assert retrieved(printed["replaced"]) == found(sample_library, 10, lang="ko")
    messages = (
        "InputError: question: ",
        "InputError: k: is 0",
        '"OR" is not supported',
        "title != is not supported",
        "operator is missing",
        "holds no index yet",
        "ConfigError: library: a Other cannot be serialized",
    )
    for error, message in zip(printed["errors"], messages, strict=True):
        assert message in error


@pytest.mark.parametrize("section", ["LangChain", "Haystack"])
def test_snippets_of_the_documentation_run(
    sample_library: Library, run_with_nonmun: Run, section: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "papers").symlink_to(sample_library.settings.data)
    monkeypatch.chdir(tmp_path)
    environment = settings(sample_library) | {"HAYSTACK_TELEMETRY_ENABLED": "False"}
    program = sections("integrations.md")[section]
    printed = run_with_nonmun(f"{section.lower()}-retriever", "run_snippets.py", program, **environment)
    assert "2106.09685" in printed


@pytest.mark.parametrize("framework", ["langchain", "haystack"])
def test_types_where_the_framework_is_installed(framework: str, tmp_path: Path) -> None:
    (tmp_path / "nonmun").symlink_to(ROOT)
    config = {
        "include": [f"nonmun/api/integrations/{framework}.py"],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "reportMissingTypeStubs": False,
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config), "utf-8")
    python = environment_with_nonmun(f"{framework}-retriever") / "bin" / "python"
    command = [sys.executable, "-m", "pyright", "--pythonpath", str(python)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False)
    assert "0 errors" in done.stdout, done.stdout + done.stderr
