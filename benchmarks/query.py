"""Measure search latency by stage, compared with a tutorial's llama-index pipeline, in one warm process.

    python benchmarks/query.py DATA [--shared ../shared/data] [--huggingface DIR] [--questions N]

DATA is a data directory with an index. The tutorial's pipeline is llama-index's `VectorStoreIndex` over a Chroma
collection with all defaults; it holds the same chunks and vectors. Questions are distinct: four in five are Korean
lines of the shared data, one in five is English. Every system answers each question in turn, in rotating order, so that
other load on the machine slows all alike: the ratios are reliable. With the weights as a sentence-transformers
directory (`nonmun model export DIR`) the pipeline is also measured in its usual setup, with the model on torch.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import chromadb
import llama_index.core as llama
import numpy as np
from llama_index.core.schema import TextNode
from llama_index.vector_stores.chroma import ChromaVectorStore

from nonmun import Library
from nonmun.api.integrations.llama_index import NonmunEmbedding
from nonmun.index.catalog.database import Catalog

_ROOT = Path(__file__).resolve().parents[1]
_K, _WARMUP = 10, 20

Search = Callable[[str], Any]


def read_questions(shared: Path, count: int) -> list[str]:
    """Return distinct questions in a fixed random order, four Korean ones to an English one."""

    def texts(name: str) -> Iterator[str]:
        for line in (shared / "queries" / name).read_text("utf-8").splitlines():
            yield json.loads(line)["text"]

    korean, english = (list(dict.fromkeys(texts(name))) for name in ("ko2en_dev.jsonl", "load_queries_en.jsonl"))
    order = np.random.default_rng(0).permutation(len(korean))
    mixed = [*(korean[at] for at in order[: count - count // 5]), *english[: count // 5]]
    return [mixed[at] for at in np.random.default_rng(1).permutation(len(mixed))]


def build_tutorial_index(data: Path, folder: str, library: Library) -> llama.VectorStoreIndex:
    """Build a `VectorStoreIndex` from an index's chunks and vectors."""
    model = library.embedder
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog, catalog.view() as view:
        vectors = view.vectors.all(model.model_id, model.dimension)
        chunks = view.chunks.by_rows(vectors.rows.tolist())
    nodes = [
        TextNode(
            text=chunks[row].passage, id_=str(row), embedding=vector.tolist(), metadata={"id": chunks[row].paper_id}
        )
        for row, vector in zip(vectors.rows.tolist(), vectors.matrix, strict=True)
    ]
    collection = chromadb.PersistentClient(folder).create_collection("papers")
    store = llama.StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
    return llama.VectorStoreIndex(nodes, storage_context=store, embed_model=NonmunEmbedding(model))


def make_systems(index: llama.VectorStoreIndex, library: Library, huggingface: str | None) -> dict[str, Search]:
    """Return the search functions to compare, by name."""
    systems: dict[str, Search] = {
        "nonmun": lambda text: library.search(text, _K),
        "tutorial, our engine": index.as_retriever(similarity_top_k=_K).retrieve,
    }
    if huggingface:
        from nonmun.index.embeddings.sentence_transformers import SentenceTransformerEmbedder

        torch = NonmunEmbedding(SentenceTransformerEmbedder.open(huggingface, device="cpu"))
        systems["tutorial, torch"] = index.as_retriever(similarity_top_k=_K, embed_model=torch).retrieve
    return systems


def measure(questions: list[str], systems: dict[str, Search]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return milliseconds of every question by system, and those of nonmun by stage."""
    totals: defaultdict[str, list[float]] = defaultdict(list)
    stages: defaultdict[str, list[float]] = defaultdict(list)
    names = list(systems)
    for at, text in enumerate([*questions[:_WARMUP], *questions]):
        for name in (*names[at % len(names) :], *names[: at % len(names)]):
            start = time.perf_counter()
            result = systems[name](text)
            elapsed = (time.perf_counter() - start) * 1000
            if at < _WARMUP:
                continue
            totals[name].append(elapsed)
            if name == "nonmun":
                for stage, value in result.timings.items():
                    stages[stage].append(value)
    return dict(totals), dict(stages)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--shared", type=Path, default=_ROOT.parent / "shared" / "data")
    parser.add_argument("--huggingface", help="the same weights, written by `nonmun model export`")
    parser.add_argument("--questions", type=int, default=1_000)
    args = parser.parse_args()
    questions = read_questions(args.shared, args.questions)
    with TemporaryDirectory() as folder, Library.open(args.data, create=False) as library:
        index = build_tutorial_index(args.data, folder, library)
        totals, stages = measure(questions, make_systems(index, library, args.huggingface))
        status = library.status()
    print(f"{len(questions)} distinct questions, {status.papers:,} papers, {status.chunks:,} chunks\n")
    print("| | p50 ms | p95 ms | ratio to nonmun, median of pairs |\n|---|---|---|---|")
    for name, times in totals.items():
        ratio = np.median(np.array(times) / np.array(totals["nonmun"]))
        print(f"| {name} | {np.median(times):.1f} | {np.quantile(times, 0.95):.1f} | {ratio:.2f} |")
    without_embedding = np.sum([values for stage, values in stages.items() if stage != "embedding"], axis=0)
    print("\n| stage | p50 ms | p95 ms |\n|---|---|---|")
    for stage, values in [*stages.items(), ("all but the embedding", without_embedding)]:
        print(f"| {stage} | {np.median(values):.2f} | {np.quantile(values, 0.95):.2f} |")


if __name__ == "__main__":
    main()
