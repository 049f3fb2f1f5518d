"""Run langchain-tests' integration tests of retrievers, and print the outcome of each."""

import contextlib
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from langchain_tests.integration_tests import RetrieversIntegrationTests

from nonmun import Library
from nonmun.api.integrations.langchain import NonmunRetriever


@cache
def library() -> Library:
    return Library.open(os.environ["NONMUN_DATA"], create=False)


class TestNonmunRetriever(RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[NonmunRetriever]:
        return NonmunRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"library": library()}

    @property
    def retriever_query_example(self) -> str:
        return "저랭크 행렬만 학습하는 방법"


class Outcomes:
    def __init__(self) -> None:
        self.by_test: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            self.by_test[report.nodeid.rpartition("::")[2]] = report.outcome


if __name__ == "__main__":
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    outcomes = Outcomes()
    options = ["-p", "pytest_asyncio.plugin", "--asyncio-mode=auto", "-p", "no:cacheprovider", "-c", os.devnull]
    with contextlib.redirect_stdout(sys.stderr):
        pytest.main([*options, "--rootdir", str(Path(__file__).parent), __file__], plugins=[outcomes])
    print(json.dumps(outcomes.by_test))
