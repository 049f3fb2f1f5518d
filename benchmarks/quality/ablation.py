"""What each part adds: nonmun with parts switched off, on Korean questions for a paper's purpose.

    python benchmarks/quality/ablation.py --out DIR [--data ../shared/data]

DIR is that of run.py: its vectors are used. Every index is built once and asked with every configuration. What the
lexicon is made of is decided when an index is published; here it is made anew of one source before questions are asked.
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
from questions import QUERY_SETS, Variant
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
    "everything": SearchConfig(),
    "without vectors": SearchConfig(dense=False),
    "without words": SearchConfig(lexical=False),
    "without lexicon": SearchConfig(lexicon=False),
    "without centring": SearchConfig(centring=False),
    "without words by sound": SearchConfig(names=False),
    "without the glossary": SearchConfig(),
    "without what pairs taught": SearchConfig(),
    "vectors of Korean chunks only": SearchConfig(dense_lang="ko"),
    "vectors of English chunks only": SearchConfig(dense_lang="en"),
    "vectors alone, not centred": SearchConfig(**_OFF | {"dense": True, "centring": False}),
    "vectors alone": SearchConfig(**_OFF | {"dense": True}),
    "words alone": SearchConfig(**_OFF | {"lexical": True}),
    "lexicon alone": SearchConfig(**_OFF | {"lexicon": True}),
}

MakeLexicon = Callable[[CatalogView, EngineSnapshot], Lexicon]
_LEXICA: dict[str, MakeLexicon] = {
    "without the glossary": lambda view, _: learn_lexicon(
        parallel_papers(view.terms.of_bilingual_papers()), parallel_glosses(view.chunks.korean_texts())
    ),
    "without what pairs taught": lambda _, snapshot: Artifacts.default(snapshot.statistics).lexicon,
}


class OtherLexicon:
    """The local engine with another lexicon than the published one."""

    def __init__(self, options: EngineOptions, make: MakeLexicon) -> None:
        self._engine, self._make = LocalEngine.open(options), make
        self._lexicon: Lexicon | None = None
        self.close = self._engine.close

    def snapshot(self, view: CatalogView) -> EngineSnapshot:
        """Return the engine's snapshot with the lexicon replaced."""
        snapshot = self._engine.snapshot(view)
        self._lexicon = self._lexicon or self._make(view, snapshot)
        return SnapshotWithLexicon(snapshot, self._lexicon)


class SnapshotWithLexicon:
    """An engine snapshot with another lexicon."""

    def __init__(self, snapshot: EngineSnapshot, lexicon: Lexicon) -> None:
        self.version, self.revision, self.means = snapshot.version, snapshot.revision, snapshot.means
        self.statistics, self.artifacts = snapshot.statistics, replace(snapshot.artifacts, lexicon=lexicon)
        self.filter, self.nearest, self.matching = snapshot.filter, snapshot.nearest, snapshot.matching


def ranks(library: Library, texts: list[str], papers: list[str]) -> list[int]:
    """The place of each question's paper, 0 where it is not among the first hundred."""
    found: list[int] = []
    for text, paper in zip(texts, papers, strict=True):
        hits = [hit.paper_id for hit in library.search(text, 100).hits]
        found.append(hits.index(paper) + 1 if paper in hits else 0)
    return found


def cell(places: NDArray[np.int64]) -> str:
    """R@10 and MRR@10."""
    hit = (places > 0) & (places <= 10)
    return f"{hit.mean():.3f} / {np.where(hit, 1 / np.maximum(places, 1), 0).mean():.3f}"


def main() -> None:
    """Ask and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="where run.py left its vectors")
    parser.add_argument("--data", type=Path, default=_ROOT.parent / "shared" / "data")
    given = parser.parse_args()
    console, queries = Console(stderr=True), QUERY_SETS["ko2en_dev"].read(given.data)
    given.out.joinpath("work").mkdir(parents=True, exist_ok=True)
    model = CachedEmbedder(E5.open(load_settings().cache / "models"), given.out / "work" / "vectors.sqlite")
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        for variant in _VARIANTS:
            for corpus in corpora(given.data, variant):
                asked = [one for one in queries if one.kind == "purpose" and corpus.asks(one)]
                if not asked:
                    continue
                engine = Nonmun(model, Path(folder))
                engine.index(corpus)
                engine.close()
                for name, ranking in _CONFIGURATIONS.items():
                    settings = engine.settings.model_copy(update={"search": ranking})
                    texts, papers = [one.text for one in asked], [one.papers[0] for one in asked]
                    console.print(f"{corpus.name} · {name}")
                    make = _LEXICA.get(name)
                    engine_of = partial(OtherLexicon, make=make) if make else None
                    with Library.open(settings=settings, embedding=model, engine=engine_of, create=False) as library:
                        places[name, variant] += ranks(library, texts, papers)
    print(f"| | {' | '.join(f'{variant} R@10 / MRR@10' for variant in _VARIANTS)} |\n|---|{'---|' * len(_VARIANTS)}")
    for name in _CONFIGURATIONS:
        cells = [cell(np.array(places[name, variant])) for variant in _VARIANTS]
        print(f"| {name} | {' | '.join(cells)} |")
    model.close()


if __name__ == "__main__":
    main()
