"""Measure search latency by index size, and the size from which Chroma is faster than an exact scan.

    python benchmarks/scale.py --out DIR [--sizes N ...] [--data ../shared/data] [--plot FILE.svg]

Indexes of the first N papers of `scale/` are built under DIR once; DIR/vectors.sqlite caches every vector, so that no
text is embedded twice. Every index answers each question in turn, by exact scan and through Chroma, so that other load
on the machine slows all alike. The times exclude the embedding of the question, which does not depend on the index.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from questions import plain_questions

from nonmun import Library, Settings
from nonmun.index.embeddings.e5 import E5
from nonmun.index.retrieval.config import SearchConfig
from nonmun.settings import load_settings

sys.path.insert(0, str(Path(__file__).parent / "quality"))
from cache import CachedEmbedder

_ROOT = Path(__file__).resolve().parents[1]
_SIZES = (1_000, 3_000, 10_600, 25_000, 47_467)
_METHODS = {"scanned": 10_000_000, "through Chroma": 0}  # largest index that is scanned
_WARMUP = 20  # questions


def build(folder: Path, size: int, source: Path, model: CachedEmbedder) -> Path:
    """Return a data directory with the first `size` papers of the source; build it if it is absent."""
    path, done = folder / str(size), folder / f"{size}.done"
    if not done.exists():
        part = folder / f"{size}.jsonl"
        with gzip.open(source, "rt", encoding="utf-8") as file:
            part.write_text("".join(itertools.islice(file, size)), "utf-8")
        with Library.open(path, embedding=model) as library:
            library.ingest([], abstracts=part, all_abstracts=True)
        done.touch()
    return path


def measure(paths: dict[int, Path], model: CachedEmbedder, questions: list[str]) -> dict[str, dict[int, np.ndarray]]:
    """Return milliseconds of every question without its embedding, by method and size."""
    with ExitStack() as stack:
        libraries: dict[tuple[str, int], Library] = {}
        for (method, scanned), (size, path) in itertools.product(_METHODS.items(), paths.items()):
            settings = Settings(data=path, search=SearchConfig(scanned=scanned))
            library = stack.enter_context(Library.open(settings=settings, embedding=model, create=False))
            libraries[method, size] = library
        times: dict[tuple[str, int], list[float]] = {key: [] for key in libraries}
        for question in [*questions[:_WARMUP], *questions]:
            for key, library in libraries.items():
                timings = library.search(question).timings
                times[key].append(sum(value for stage, value in timings.items() if stage != "embedding"))
    return {method: {size: np.array(times[method, size][_WARMUP:]) for size in paths} for method in _METHODS}


def draw(results: dict[str, dict[int, np.ndarray]], file: Path) -> None:
    """Draw median and p95 by index size as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    for method, times in results.items():
        sizes = list(times)
        axes.plot(sizes, [np.median(times[size]) for size in sizes], marker="o", label=f"{method}, median")
        axes.plot(sizes, [np.quantile(times[size], 0.95) for size in sizes], marker=".", ls=":", label=f"{method}, p95")
    axes.set(xscale="log", xlabel="papers", ylabel="ms per search without embedding", ylim=(0, None))
    axes.legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Build missing indexes, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES)
    parser.add_argument("--data", type=Path, default=_ROOT.parent / "shared" / "data")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--plot", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    model = CachedEmbedder(E5.open(load_settings().cache / "models"), args.out / "vectors.sqlite")
    source = args.data / "scale" / "arxiv_ai_47k.jsonl.gz"
    paths = {size: build(args.out, size, source, model) for size in args.sizes}
    results = measure(paths, model, plain_questions()[: args.questions])
    print(f"| papers | {' | '.join(f'{method} p50 / p95 ms' for method in results)} |\n|---|{'---|' * len(results)}")
    for size in paths:
        cells = (f"{np.median(times[size]):.1f} / {np.quantile(times[size], 0.95):.1f}" for times in results.values())
        print(f"| {size:,} | {' | '.join(cells)} |")
    if args.plot:
        draw(results, args.plot)
    model.close()


if __name__ == "__main__":
    main()
