"""Measure the cost of a cross-encoder: a search with and without reranking, in one interleaved run.

    python benchmarks/rerank.py DATA --huggingface DIR [--shared ../shared/data] [--questions N]

DATA is a data directory with an index; DIR is the output of `nonmun model export DIR`, whose tokenizer is used. The
cross-encoders are created with random weights in the shapes of two published multilingual models: they take as long as
the published models, but their order is meaningless. Needs the extra `sentence-transformers`.
"""

from __future__ import annotations

import argparse
import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from query import read_questions
from rich.progress import track

from nonmun import Library, Settings
from nonmun.index.retrieval.config import SearchConfig

_ROOT = Path(__file__).resolve().parents[1]
# layers, hidden size, heads, intermediate size: mmarco-mMiniLMv2-L12-H384-v1 and bge-reranker-v2-m3
SHAPES = {"118 M parameters (mMiniLMv2-L12)": (12, 384, 12, 1536), "568 M (bge-reranker-v2-m3)": (24, 1024, 16, 4096)}


def write_cross_encoder(folder: Path, tokenizer: Path, layers: int, hidden: int, heads: int, intermediate: int) -> None:
    """Write a cross-encoder with random weights."""
    from transformers import (  # pyright: ignore[reportMissingImports] - an extra
        XLMRobertaConfig,
        XLMRobertaForSequenceClassification,
    )

    config = XLMRobertaConfig(
        vocab_size=250_002,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=intermediate,
        max_position_embeddings=514,
        type_vocab_size=1,
        num_labels=1,
    )
    XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    for file in tokenizer.glob("*token*"):
        shutil.copy(file, folder)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--huggingface", type=Path, required=True, help="output of `nonmun model export`")
    parser.add_argument("--shared", type=Path, default=_ROOT.parent / "shared" / "data")
    parser.add_argument("--questions", type=int, default=5)
    args = parser.parse_args()
    questions = read_questions(args.shared, args.questions)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        names = {"none": ""} | {name: str(folder / str(at)) for at, name in enumerate(SHAPES)}
        for name, shape in SHAPES.items():
            write_cross_encoder(Path(names[name]), args.huggingface, *shape)
        libraries: dict[str, Library] = {}
        for name, path in names.items():
            settings = Settings(data=args.data, device="cpu", search=SearchConfig(rerank=path))
            libraries[name] = stack.enter_context(Library.open(settings=settings, create=False))
            libraries[name].search("첫 질문")  # loads the models
        times: dict[str, list[float]] = {name: [] for name in names}
        passages: list[int] = []
        for text in track(questions, "questions"):
            for name, library in libraries.items():
                times[name].append(sum(library.search(text).timings.values()) / 1000)
            hits = libraries["none"].search(text, SearchConfig().rerank_papers).hits
            passages.append(sum(len(hit.evidence) for hit in hits))
    print(f"{len(questions)} questions, {np.mean(passages):.0f} passages each, {os.cpu_count()} cores\n")
    print("| cross-encoder | s per question, median | maximum |\n|---|---|---|")
    for name, seconds in times.items():
        print(f"| {name} | {np.median(seconds):.3g} | {max(seconds):.3g} |")


if __name__ == "__main__":
    main()
