"""Measure the CPU time that the service takes for its web pages, of a day with many papers above all.

    python benchmarks/pages.py --out DIR [--papers N] [--shared ../shared/data] [--runs N] [--only PATH ...]

DIR/N gets an index of one synthetic day, once: N papers of the shared abstracts, with the texts of the shared digests
as their summaries, in turn. Requests are made to the application in the same process, so that the CPU time of all its
threads is measured; "first" is the first request of the page, which reads what is cached later.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import itertools
import json
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np

from nonmun import Library, Settings
from nonmun.api.http import create_app
from nonmun.ingest.formats.markdown import parse_digest
from nonmun.settings import HttpConfig

_ROOT = Path(__file__).resolve().parents[1]
_DAY, _WEEK = "2025-05-21", "2025-W21"
_PAGES = (
    f"/digests/{_DAY}",
    f"/weeks/{_WEEK}",
    "/digests",
    "/papers/{paper}",
    "/search?q=diffusion%20language%20models",
    "/search?q=diffusion%20language%20models&why=1",
    "/status",
)


def build(folder: Path, papers: int, shared: Path) -> Path:
    """Return a data directory with a day of some papers; build it if it is absent."""
    path, done = folder / str(papers), folder / f"{papers}.done"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        bodies = [
            entry.body
            for file in sorted((shared / "digests").glob("*.md"))
            for entry in parse_digest(file.read_text("utf-8"), file.name).entries
        ]
        with gzip.open(shared / "abstracts" / "hf_daily_papers.jsonl.gz", "rt", encoding="utf-8") as file:
            abstracts = [json.loads(line) for line in itertools.islice(file, papers)]
        entries = [
            {"paper_id": abstract["id"], "digest_date": _DAY, "text": body}
            for abstract, body in zip(abstracts, itertools.cycle(bodies), strict=False)
        ]
        known = folder / f"{papers}.jsonl"
        known.write_text("".join(json.dumps(abstract) + "\n" for abstract in abstracts), "utf-8")
        with Library.open(settings=Settings(data=path)) as library:
            library.add_entries(entries)
            library.ingest([], abstracts=known)
        done.touch()
    return path


async def measure(library: Library, pages: Sequence[str], runs: int) -> dict[str, list[float]]:
    """Return the CPU milliseconds of each request by page, the first one first."""
    app = create_app(library, HttpConfig(rate=""))
    transport = httpx.ASGITransport(app)
    times: dict[str, list[float]] = {}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=600) as client,
    ):
        (await client.get("/?q=diffusion")).raise_for_status()  # the models are loaded once
        for page in pages:
            for _ in range(runs + 1):
                start = time.process_time()
                (await client.get(page)).raise_for_status()
                times.setdefault(page, []).append((time.process_time() - start) * 1000)
    return times


def main() -> None:
    """Build a missing index, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--papers", type=int, default=300)
    parser.add_argument("--shared", type=Path, default=_ROOT.parent / "shared" / "data")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="+", metavar="PATH", help="other pages to measure")
    args = parser.parse_args()
    data = build(args.out, args.papers, args.shared)
    with Library.open(settings=Settings(data=data), create=False) as library:
        paper = library.digest(_DAY).entries[0].paper.paper_id
        pages = tuple(page.format(paper=paper) for page in _PAGES)
        times = asyncio.run(measure(library, args.only or pages, args.runs))
        status = library.status()
    print(f"{status.papers:,} papers of one day, {status.chunks:,} chunks\n")
    print("| page | first, CPU ms | median, CPU ms |\n|---|---|---|")
    for page, (first, *rest) in times.items():
        print(f"| `{page}` | {first:.0f} | {np.median(rest):.0f} |")


if __name__ == "__main__":
    main()
