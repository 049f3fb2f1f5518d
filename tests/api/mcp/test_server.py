"""The server by itself: what it does to the process around it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nonmun import Library

from ...cli.conftest import environment
from .conftest import PATIENCE

SPANS = """
import sys

import anyio
from mcp import Client
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)

from nonmun import AsyncLibrary
from nonmun.api.mcp.backend import LibraryBackend
from nonmun.api.mcp.server import create_server


async def main():
    library = await AsyncLibrary.open(sys.argv[1])
    async with library, Client(create_server(LibraryBackend(library))) as client:
        assert not (await client.call_tool("get_paper", {"paper_id": "2010.11929"})).is_error
        assert (await client.call_tool("get_paper", {"paper_id": "confidential"})).is_error


anyio.run(main)
kinds = [span.kind for span in exporter.get_finished_spans()]
assert kinds.count(trace.SpanKind.SERVER) == 0, kinds
"""


def test_a_process_with_a_tracer_provider_gets_no_spans(sample_library: Library, tmp_path: Path) -> None:
    run = [sys.executable, "-c", SPANS, str(sample_library.settings.data)]
    done = subprocess.run(run, env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
