"""Ablation study: nonmun with components disabled, on Korean queries for a paper's purpose.

    python benchmarks/quality/ablation.py --out DIR [--data ../shared/data]

DIR is the output directory of run.py, whose cached vectors are used. Every index is built once and searched with every
configuration. The sources of the lexicon are fixed when an index is published; here it is rebuilt from a single source.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from cache import CachedEmbedder
from corpus import corpora
from library import Nonmun
from numpy.typing import NDArray
from query_sets import QUERY_SETS, Variant
from rich.console import Console

from nonmun import Library
from nonmun.index.catalog.base import CatalogView
from nonmun.index.embeddings.e5 import E5
from nonmun.index.engine.artifacts import Artifacts
from nonmun.index.engine.base import EngineOptions, EngineSnapshot
from nonmun.index.engine.local import LocalEngine
from nonmun.index.lexicon.alignment import learn_lexicon
from nonmun.index.lexicon.lexicon import Lexicon
from nonmun.index.lexicon.training_data import parallel_glosses, parallel_papers
from nonmun.index.retrieval.config import SearchConfig
from nonmun.settings import load_settings

_ROOT = Path(__file__).resolve().parents[2]
_VARIANTS: tuple[Variant, ...] = ("abstracts", "pairs", "notes")
_OFF = {"dense": False, "lexical": False, "lexicon": False}
_CONFIGURATIONS = {
    "all components": SearchConfig(),
    "without dense channel": SearchConfig(dense=False),
    "without lexical channel": SearchConfig(lexical=False),
    "without lexicon": SearchConfig(lexicon=False),
    "without centering": SearchConfig(centring=False),
    "without phonetic matching": SearchConfig(names=False),
    "without glossary": SearchConfig(),
    "glossary only in the lexicon": SearchConfig(),
    "dense channel over Korean chunks only": SearchConfig(dense_lang="ko"),
    "dense channel over English chunks only": SearchConfig(dense_lang="en"),
    "dense channel alone, not centered": SearchConfig(**_OFF | {"dense": True, "centring": False}),
    "dense channel alone": SearchConfig(**_OFF | {"dense": True}),
    "lexical channel alone": SearchConfig(**_OFF | {"lexical": True}),
    "lexicon alone": SearchConfig(**_OFF | {"lexicon": True}),
}

MakeLexicon = Callable[[CatalogView, EngineSnapshot], Lexicon]
_LEXICA: dict[str, MakeLexicon] = {
    "without glossary": lambda view, _: learn_lexicon(
        parallel_papers(view.terms.of_bilingual_papers()), parallel_glosses(view.chunks.korean_texts())
    ),
    "glossary only in the lexicon": lambda _, snapshot: Artifacts.default(snapshot.statistics).lexicon,
}


class ReplacedLexiconEngine:
    """The local engine with the published lexicon replaced."""

    def __init__(self, options: EngineOptions, make: MakeLexicon) -> None:
        self._engine, self._make = LocalEngine.open(options), make
        self._lexicon: Lexicon | None = None
        self.close = self._engine.close

    def snapshot(self, view: CatalogView) -> EngineSnapshot:
        """Return the engine's snapshot with the lexicon replaced."""
        snapshot = self._engine.snapshot(view)
        self._lexicon = self._lexicon or self._make(view, snapshot)
        return ReplacedLexiconSnapshot(snapshot, self._lexicon)


class ReplacedLexiconSnapshot:
    """An engine snapshot with its lexicon replaced."""

    def __init__(self, snapshot: EngineSnapshot, lexicon: Lexicon) -> None:
        self.version, self.revision, self.means = snapshot.version, snapshot.revision, snapshot.means
        self.statistics, self.artifacts = snapshot.statistics, replace(snapshot.artifacts, lexicon=lexicon)
        self.filter, self.nearest, self.matching = snapshot.filter, snapshot.nearest, snapshot.matching


def target_ranks(library: Library, texts: list[str], papers: list[str]) -> list[int]:
    """Return the rank of each query's paper from 1, or 0 if it is not among the first hundred."""
    ranks: list[int] = []
    for text, paper in zip(texts, papers, strict=True):
        hits = [hit.paper_id for hit in library.search(text, 100).hits]
        ranks.append(hits.index(paper) + 1 if paper in hits else 0)
    return ranks


def format_cell(ranks: NDArray[np.int64]) -> str:
    """Format R@10 and MRR@10."""
    hit = (ranks > 0) & (ranks <= 10)
    return f"{hit.mean():.3f} / {np.where(hit, 1 / np.maximum(ranks, 1), 0).mean():.3f}"


def main() -> None:
    """Search with every configuration and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="output directory of run.py")
    parser.add_argument("--data", type=Path, default=_ROOT.parent / "shared" / "data")
    args = parser.parse_args()
    console, queries = Console(stderr=True), QUERY_SETS["ko2en_dev"].read(args.data)
    args.out.joinpath("work").mkdir(parents=True, exist_ok=True)
    model = CachedEmbedder(E5.open(load_settings().cache / "models"), args.out / "work" / "vectors.sqlite")
    all_ranks: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        for variant in _VARIANTS:
            for corpus in corpora(args.data, variant):
                included = [query for query in queries if query.kind == "purpose" and corpus.includes(query)]
                if not included:
                    continue
                engine = Nonmun(model, Path(folder))
                engine.index(corpus)
                engine.close()
                for name, config in _CONFIGURATIONS.items():
                    settings = engine.settings.model_copy(update={"search": config})
                    texts = [query.text for query in included]
                    papers = [query.papers[0] for query in included]
                    console.print(f"{corpus.name} · {name}")
                    make = _LEXICA.get(name)
                    engine_of = partial(ReplacedLexiconEngine, make=make) if make else None
                    with Library.open(settings=settings, embedding=model, engine=engine_of, create=False) as library:
                        all_ranks[name, variant] += target_ranks(library, texts, papers)
    print(f"| | {' | '.join(f'{variant} R@10 / MRR@10' for variant in _VARIANTS)} |\n|---|{'---|' * len(_VARIANTS)}")
    for name in _CONFIGURATIONS:
        cells = [format_cell(np.array(all_ranks[name, variant])) for variant in _VARIANTS]
        print(f"| {name} | {' | '.join(cells)} |")
    model.close()


if __name__ == "__main__":
    main()
