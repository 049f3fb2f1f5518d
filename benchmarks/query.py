"""Latency of a search, stage by stage, beside the tutorial's pipeline with the same weights, in one warm process.

    python benchmarks/query.py DATA [--shared ../shared/data] [--huggingface DIR] [--questions N]

DATA is a data directory with an index. The tutorial's pipeline is llama-index's `VectorStoreIndex` over a Chroma
collection, everything at its default, which here holds the same chunks with the same vectors. Questions are distinct:
four in five are Korean lines of the shared data, one in five is English. Each is put to every system in turn, another
one first each time, so that a busy machine slows all alike: trust the ratios. With the weights as a directory of
sentence-transformers (`nonmun model export DIR`) the pipeline also runs as people run it, on torch.
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
from nonmun.index.catalog.database import Catalog
from nonmun.index.embeddings.llama_index import NonmunEmbedding

_ROOT = Path(__file__).resolve().parents[1]
_K, _WARM = 10, 20

Ask = Callable[[str], Any]


def questions(shared: Path, wanted: int) -> list[str]:
    """Distinct questions, four Korean ones to an English one."""

    def texts(name: str) -> Iterator[str]:
        for line in (shared / "queries" / name).read_text("utf-8").splitlines():
            yield json.loads(line)["text"]

    korean, english = (list(dict.fromkeys(texts(name))) for name in ("ko2en_dev.jsonl", "load_queries_en.jsonl"))
    order = np.random.default_rng(0).permutation(len(korean))
    mixed = [*(korean[at] for at in order[: wanted - wanted // 5]), *english[: wanted // 5]]
    return [mixed[at] for at in np.random.default_rng(1).permutation(len(mixed))]


def tutorial(data: Path, folder: str, library: Library) -> llama.VectorStoreIndex:
    """A `VectorStoreIndex` of an index's own chunks and vectors."""
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


def systems(index: llama.VectorStoreIndex, library: Library, huggingface: str | None) -> dict[str, Ask]:
    """What is compared, by name."""
    found: dict[str, Ask] = {
        "nonmun": lambda text: library.search(text, _K),
        "tutorial, our engine": index.as_retriever(similarity_top_k=_K).retrieve,
    }
    if huggingface:
        from nonmun.index.embeddings.sentence_transformers import SentenceTransformerEmbedder

        torch = NonmunEmbedding(SentenceTransformerEmbedder.open(huggingface, device="cpu"))
        found["tutorial, torch"] = index.as_retriever(similarity_top_k=_K, embed_model=torch).retrieve
    return found


def timed(asked: list[str], compared: dict[str, Ask]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Milliseconds of every question, by system; and of nonmun by stage."""
    totals: defaultdict[str, list[float]] = defaultdict(list)
    stages: defaultdict[str, list[float]] = defaultdict(list)
    names = list(compared)
    for at, text in enumerate([*asked[:_WARM], *asked]):
        for name in (*names[at % len(names) :], *names[: at % len(names)]):
            start = time.perf_counter()
            found = compared[name](text)
            spent = (time.perf_counter() - start) * 1000
            if at < _WARM:
                continue
            totals[name].append(spent)
            if name == "nonmun":
                for stage, value in found.timings.items():
                    stages[stage].append(value)
    return dict(totals), dict(stages)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--shared", type=Path, default=_ROOT.parent / "shared" / "data")
    parser.add_argument("--huggingface", help="the same weights, written by `nonmun model export`")
    parser.add_argument("--questions", type=int, default=1_000)
    given = parser.parse_args()
    asked = questions(given.shared, given.questions)
    with TemporaryDirectory() as folder, Library.open(given.data, create=False) as library:
        index = tutorial(given.data, folder, library)
        totals, stages = timed(asked, systems(index, library, given.huggingface))
        status = library.status()
    print(f"{len(asked)} distinct questions, {status.papers:,} papers, {status.chunks:,} chunks\n")
    print("| | p50 ms | p95 ms | times nonmun, median of pairs |\n|---|---|---|---|")
    for name, spent in totals.items():
        ratio = np.median(np.array(spent) / np.array(totals["nonmun"]))
        print(f"| {name} | {np.median(spent):.1f} | {np.quantile(spent, 0.95):.1f} | {ratio:.2f} |")
    beyond = np.sum([values for stage, values in stages.items() if stage != "embedding"], axis=0)
    print("\n| stage | p50 ms | p95 ms |\n|---|---|---|")
    for stage, values in [*stages.items(), ("all but the embedding", beyond)]:
        print(f"| {stage} | {np.median(values):.2f} | {np.quantile(values, 0.95):.2f} |")


if __name__ == "__main__":
    main()
