"""How long a search takes as an index grows, and from how many chunks on Chroma is worth asking.

    python benchmarks/scale.py --out DIR [--sizes N ...] [--data ../shared/data] [--plot FILE.svg]

Indexes of the first N papers of `scale/` are built under DIR once; DIR/vectors.sqlite keeps every vector, so that no
text is read twice. Each question is asked of every index in turn, of each scanned exactly and through Chroma, so that a
busy machine slows all alike. Left out of the times is the embedding of the question, which no index makes slower.
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
_WAYS = {"scanned": 10_000_000, "through Chroma": 0}
_WARM = 20  # questions before anything is measured


def build(folder: Path, size: int, source: Path, model: CachedEmbedder) -> Path:
    """A data directory with the first papers of the source, made where it is absent."""
    path, done = folder / str(size), folder / f"{size}.done"
    if not done.exists():
        part = folder / f"{size}.jsonl"
        with gzip.open(source, "rt", encoding="utf-8") as file:
            part.write_text("".join(itertools.islice(file, size)), "utf-8")
        with Library.open(path, embedding=model) as library:
            library.ingest([], abstracts=part, all_abstracts=True)
        done.touch()
    return path


def measured(paths: dict[int, Path], model: CachedEmbedder, asked: list[str]) -> dict[str, dict[int, np.ndarray]]:
    """Milliseconds of every question beyond its embedding, by way and size."""
    with ExitStack() as stack:
        libraries: dict[tuple[str, int], Library] = {}
        for (way, scanned), (size, path) in itertools.product(_WAYS.items(), paths.items()):
            settings = Settings(data=path, search=SearchConfig(scanned=scanned))
            opened = stack.enter_context(Library.open(settings=settings, embedding=model, create=False))
            libraries[way, size] = opened
        times: dict[tuple[str, int], list[float]] = {key: [] for key in libraries}
        for question in [*asked[:_WARM], *asked]:
            for key, library in libraries.items():
                timings = library.search(question).timings
                times[key].append(sum(value for stage, value in timings.items() if stage != "embedding"))
    return {way: {size: np.array(times[way, size][_WARM:]) for size in paths} for way in _WAYS}


def draw(found: dict[str, dict[int, np.ndarray]], file: Path) -> None:
    """The curve, as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    for way, times in found.items():
        sizes = list(times)
        axes.plot(sizes, [np.median(times[size]) for size in sizes], marker="o", label=f"{way}, median")
        axes.plot(sizes, [np.quantile(times[size], 0.95) for size in sizes], marker=".", ls=":", label=f"{way}, p95")
    axes.set(xscale="log", xlabel="papers", ylabel="ms a search, question embedded", ylim=(0, None))
    axes.legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Build what is missing, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES)
    parser.add_argument("--data", type=Path, default=_ROOT.parent / "shared" / "data")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    model = CachedEmbedder(E5.open(load_settings().cache / "models"), given.out / "vectors.sqlite")
    source = given.data / "scale" / "arxiv_ai_47k.jsonl.gz"
    paths = {size: build(given.out, size, source, model) for size in given.sizes}
    found = measured(paths, model, plain_questions()[: given.questions])
    print(f"| papers | {' | '.join(f'{way} p50 / p95 ms' for way in found)} |\n|---|{'---|' * len(found)}")
    for size in paths:
        cells = (f"{np.median(times[size]):.1f} / {np.quantile(times[size], 0.95):.1f}" for times in found.values())
        print(f"| {size:,} | {' | '.join(cells)} |")
    if given.plot:
        draw(found, given.plot)
    model.close()


if __name__ == "__main__":
    main()
