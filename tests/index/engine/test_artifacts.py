"""The lexicon of a generation: training data, effect on rankings, and recovery from damage."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from nonmun import Library
from nonmun.eval.datasets.formats import open_dataset
from nonmun.eval.datasets.model import Dataset
from nonmun.index.analysis.analyzer import TERMS_VERSION, terms
from nonmun.index.analysis.language import has_hangul
from nonmun.index.catalog.base import CatalogView
from nonmun.index.catalog.database import Catalog
from nonmun.index.domain.trust import Label
from nonmun.index.engine.artifacts import Artifacts
from nonmun.index.engine.base import EngineOptions
from nonmun.index.engine.bm25 import PostingStatistics
from nonmun.index.engine.generation import FILES, Generation, IndexData, hashes
from nonmun.index.engine.local import LocalEngine
from nonmun.index.health.doctor import Finding, examine
from nonmun.index.lexicon.lexicon import Lexicon, TranslationTable
from nonmun.index.lexicon.training_data import parallel_papers
from nonmun.index.publishing import learn_lexicon
from nonmun.index.retrieval.config import SearchConfig

SAMPLES = Path(__file__).parents[3] / "samples"
DIGESTS = [SAMPLES / "digests", SAMPLES / "evaluation" / "digests"]
ABSTRACT = "2505.00001"  # a paper added after publication, with an abstract only
QUESTION = "사람의 선호로 보상을 배우는 강화 학습"


def ingest(library: Library) -> int | None:
    """Ingest the samples as `make gate` does."""
    library.ingest(DIGESTS, SAMPLES / "abstracts.jsonl")
    papers = SAMPLES / "evaluation" / "papers.jsonl"
    return library.ingest(SAMPLES / "digests", papers, all_abstracts=True).generation


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Any) -> Path:
    folder = tmp_path_factory.mktemp("learned")
    with Library.open(folder, embedding=hash_embedder()) as library:
        assert ingest(library) == 2
    return folder


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


@pytest.fixture(scope="module")
def queries() -> Dataset:
    return open_dataset(SAMPLES / "evaluation")


@pytest.fixture(scope="module")
def view(whole: Path) -> Iterator[CatalogView]:
    with closing(Catalog.open(whole / "catalog.sqlite")) as catalog, catalog.view() as view:
        yield view


def current(data: Path) -> Path:
    return data / "generations" / (data / "generations" / "CURRENT").read_text("ascii")


def content(data: Path) -> IndexData:
    return IndexData.load(current(data))


def lexicon_of(data: Path) -> Lexicon:
    return Artifacts.load(current(data)).lexicon


def opened(data: Path, embedder: Any, **search: Any) -> Library:
    with Library.open(data, embedding=embedder) as library:
        settings = library.settings.model_copy(update={"search": SearchConfig(**search)})
    return Library.open(settings=settings, embedding=embedder)


def ranked(library: Library, question: str = QUESTION, k: int = 100) -> list[tuple[str, float]]:
    return [(hit.paper_id, hit.score) for hit in library.search(question, k).hits]


def lexicon_shares(library: Library, *paper_ids: str) -> dict[str, float]:
    return {explanation.paper_id: explanation.channels[2].value for explanation in library.explain(QUESTION, paper_ids)}


def add(library: Library, folder: Path, paper_id: str, text: str) -> int | None:
    """Ingest an abstract without a digest."""
    file = folder / "more.jsonl"
    record = {"id": paper_id, "title": "A new one", "text": text}
    file.write_text(json.dumps(record) + "\n", "utf-8")
    return library.ingest(SAMPLES / "digests", file, all_abstracts=True).generation


# --- training data


def test_a_generation_contains_the_postings_of_every_chunk(whole: Path, view: CatalogView) -> None:
    manifest = json.loads((current(whole) / "manifest.json").read_text("utf-8"))
    assert set(FILES) == {"postings.npz", "lexicon.json", "calibration.json", "means.npy", "rows.npz", "vectors.npy"}
    assert manifest["files"].keys() >= set(FILES)
    stored = content(whole)
    assert len(stored.postings.rows) == manifest["rows"] == view.chunks.count()
    words = {row: text for row, _, text in view.terms.all()}
    assert stored.postings.rows.tolist() == list(words)
    for term in ("attent", "강화", "이미지", "bert"):
        places, counts = stored.postings.occurrences(term)
        expected = {row: text.split().count(term) for row, text in words.items() if term in text.split()}
        assert dict(zip(stored.postings.rows[places].tolist(), counts.tolist(), strict=True)) == expected
        assert expected


def test_learning_is_reproducible(whole: Path, view: CatalogView) -> None:
    stored = content(whole)
    again = IndexData.of(view, view.vectors.all(view.model_id or "", stored.vectors.matrix.shape[1]))
    assert np.array_equal(again.vectors.matrix, stored.vectors.matrix)
    assert again.vectors.rows.tolist() == stored.vectors.rows.tolist() == again.postings.rows.tolist()
    options = EngineOptions(whole / "generations", view.model_id or "", stored.vectors.matrix.shape[1])
    with closing(LocalEngine.open(options)) as engine:
        assert learn_lexicon(view, engine.snapshot(view)) == lexicon_of(whole)
    assert again.postings.vocabulary == stored.postings.vocabulary
    assert again.postings.places.tolist() == stored.postings.places.tolist()


def test_training_pairs_are_the_papers_in_both_languages(whole: Path, view: CatalogView) -> None:
    pairs = parallel_papers(view.terms.of_bilingual_papers())
    with Library.open(whole, embedding=None) as library:
        abstracts = {paper.paper_id for paper in library.papers() if paper.source.status == "found"}
        labels = {
            (entry.paper_id, entry.trust.label)
            for entry in library.entries()
            if entry.trust and entry.trust.label not in {"refused", "invented"}
        }
    assert len(pairs) == len({paper_id for paper_id, _ in labels} & abstracts) == 43
    assert lexicon_of(whole).pairs == len(pairs)
    for pair in pairs:
        assert pair.korean
        assert pair.english
        assert all(has_hangul(word) for term in pair.korean for word in term.split(" "))
        assert any(" " in term for term in pair.korean)
        assert not any(has_hangul(term) for term in pair.english)


def test_refused_and_invented_summaries_are_excluded_from_training(whole: Path, view: CatalogView) -> None:
    with Library.open(whole, embedding=None) as library:
        labels = {(entry.paper_id, entry.digest_date): entry.trust.label for entry in library.entries() if entry.trust}
    korean = [chunk for chunk in view.chunks.all() if chunk.source != "abstract" and chunk.lang == "ko"]
    trusted = [
        chunk for chunk in korean if labels[chunk.paper_id, chunk.digest_date or ""] not in {"refused", "invented"}
    ]
    assert len(trusted) < len(korean)  # some are refused or invented
    expected = Counter((chunk.paper_id, False) for chunk in trusted)
    with_korean = {chunk.paper_id for chunk in view.chunks.all() if chunk.lang == "ko"}
    abstracts = [chunk.paper_id for chunk in view.chunks.all() if chunk.source == "abstract"]
    assert set(abstracts) - with_korean  # papers without Korean text are not bilingual
    expected += Counter((paper_id, True) for paper_id in abstracts if paper_id in with_korean)
    assert Counter((paper_id, is_abstract) for paper_id, is_abstract, _ in view.terms.of_bilingual_papers()) == expected


@pytest.mark.parametrize("label", get_args(Label))
def test_the_trust_label_decides_whether_a_paper_is_training_data(data: Path, view: CatalogView, label: str) -> None:
    """Only the labels "refused" and "invented" exclude a paper from training."""
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog:
        with catalog.write() as transaction:
            transaction.session.write("UPDATE entries SET label = ? WHERE paper_id = '1706.03762'", (label,))
        with catalog.view() as judged:
            remaining = parallel_papers(judged.terms.of_bilingual_papers())
    excluded = [paper for paper in parallel_papers(view.terms.of_bilingual_papers()) if paper not in remaining]
    if label in {"refused", "invented"}:
        [paper] = excluded
        assert {"어텐션", "번역"} <= paper.korean
        assert "translat" in paper.english
    else:
        assert excluded == []


def test_learns_no_term_outside_the_documents(
    data: Path, embedder: Any, queries: Dataset, view: CatalogView, tmp_path: Path
) -> None:
    """Questions asked before a publication do not influence the lexicon."""
    words = {term for query in queries.queries for term in terms(query.text)}
    absent = words - view.terms.document_frequency(words).keys()
    assert len(absent) > 20
    with Library.open(data, embedding=embedder) as library:
        before = lexicon_of(data)
        for query in queries.queries:
            library.search(query.text)
        assert ingest(library) == 2
        (data / "generations" / "CURRENT").unlink()
        assert ingest(library) == 3
    assert lexicon_of(data) == before
    after = _learned(before)
    assert after
    assert not absent & _words(after)
    assert _words(after) == view.terms.document_frequency(_words(after)).keys()


def _words(lexicon: Lexicon) -> set[str]:
    tables = (lexicon.to_english, lexicon.to_korean)
    sources = {word for table in tables for term in table for word in term.split(" ")}
    targets = {translation.term for table in tables for entry in table.values() for translation in entry}
    return sources | targets


def _learned(lexicon: Lexicon) -> Lexicon:
    """Return the lexicon without glossary translations."""

    def learned(table: TranslationTable) -> TranslationTable:
        tables = {
            term: tuple(translation for translation in entry if translation.together) for term, entry in table.items()
        }
        return {term: entry for term, entry in tables.items() if entry}

    return Lexicon(lexicon.pairs, learned(lexicon.to_english), learned(lexicon.to_korean))


def test_too_few_papers_give_the_glossary_only(library: Library, samples: Path) -> None:
    """The samples alone are 17 papers, so the lexicon is the glossary."""
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    lexicon, postings = lexicon_of(library.settings.data), content(library.settings.data).postings
    assert (bool(_learned(lexicon)), lexicon.pairs < 20, len(postings.rows) > 0) == (False, True, True)
    assert replace(lexicon, pairs=0) == Artifacts.default(PostingStatistics([postings])).lexicon
    entries = [*lexicon.to_english.values(), *lexicon.to_korean.values()]
    assert {translation.given for entry in entries for translation in entry} == {True}


# --- effect on rankings


def test_translations_retrieve_papers(data: Path, embedder: Any) -> None:
    """The lexicon alone retrieves: other channels are off, and no abstract contains a word of the question."""
    with opened(data, embedder, dense=False, lexical=False) as library:
        result = library.search(QUESTION, 5)
        assert result.hits[0].score > 0.1
        best = library.explain(QUESTION, [result.hits[0].paper_id])[0]
        assert (best.channels[2].channel, best.channels[2].rank) == ("lexicon", 1)
        assert {"reward", "prefer", "human"} & {
            term for translations in best.translated.values() for term in translations
        }
        assert result.hits[0].evidence[0].lang == "en"
        other = library.search("reinforcement learning from human preferences", 5)
        assert other.hits[0].score > 0.1
        assert other.hits[0].evidence[0].lang == "ko"


def test_lexicon_scores_are_independent_of_the_lexical_channel(data: Path, embedder: Any) -> None:
    """Lexicon scores do not depend on the lexical channel."""
    with opened(data, embedder) as both, opened(data, embedder, lexical=False) as alone:
        papers = [paper.paper_id for paper in both.papers()]
        shares = lexicon_shares(both, *papers)
        assert sum(share > 0 for share in shares.values()) > 20
        assert lexicon_shares(alone, *papers) == shares


def test_matches_only_chunks_in_the_other_language(data: Path, embedder: Any) -> None:
    with opened(data, embedder) as library, closing(Catalog.open(data / "catalog.sqlite")) as catalog:
        for question, lang in ((f"{QUESTION} GPT-3 BERT", "en"), ("human feedback reward for GPT-3", "ko")):
            papers = [paper.paper_id for paper in library.papers()]
            chunks = {
                channel.chunk_id
                for explanation in library.explain(question, papers)
                for channel in explanation.channels[2:]
                if channel.chunk_id
            }
            with catalog.view() as view:  # papers without English text match by Korean words
                english = {chunk.paper_id for chunk in view.chunks.all() if chunk.lang == "en"}
            chunks = {chunk_id for chunk_id in chunks if chunk_id.split(":")[0] in english}
            assert chunks
            with catalog.view() as view:
                assert {chunk.lang for chunk in view.chunks.all() if chunk.chunk_id in chunks} == {lang}


def test_a_disabled_lexicon_leaves_two_channels(data: Path, embedder: Any, queries: Dataset) -> None:
    """A zero weight gives the same scores."""
    with opened(data, embedder, lexicon=False) as off, opened(data, embedder, lexicon_weight=0) as weightless:
        for query in queries.queries[:30]:
            expected, scores = ranked(off, query.text), dict(ranked(weightless, query.text))
            pairs = [(score, scores[key]) for key, score in expected if key in scores]
            # With zero weight there are more candidates, some of which are the nearest chunk of their paper.
            assert all(weightless >= score - 1e-6 for score, weightless in pairs)
            for explanation in off.explain(query.text, [key for key, _ in expected[:10]]):
                dense, lexical, lexicon = explanation.channels
                assert lexicon.value == 0
                assert explanation.score == pytest.approx(dense.share + lexical.share, abs=1e-5)


def rewrite(folder: Path, name: str, content: bytes) -> None:
    """Change a file and its hash in the manifest."""
    (folder / name).write_bytes(content)
    manifest = folder / "manifest.json"
    record = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps(record | {"files": hashes(folder)}), "utf-8")


def test_the_lexicon_changes_rankings(data: Path, embedder: Any, queries: Dataset) -> None:
    with opened(data, embedder) as on, opened(data, embedder, lexicon=False) as off:
        texts = [query.text for query in queries.queries if query.lang == "ko"][:20]
        assert sum(ranked(on, text, 10) != ranked(off, text, 10) for text in texts) > 10


def test_finds_a_paper_added_after_publication(data: Path, embedder: Any, tmp_path: Path) -> None:
    text = "Human preferences give the reward of reinforcement learning. A reward model learns from human feedback."
    with opened(data, embedder, dense=False, lexical=False) as library:
        assert ABSTRACT not in dict(ranked(library))
        ranked(library)  # fresh rows are cached until the next change
        assert add(library, tmp_path, ABSTRACT, text) == 2  # no new generation
        first = dict(ranked(library))
        assert ABSTRACT in list(first)[:3]
        assert library.search(QUESTION).generation == 2
        with Library.open(data, embedding=embedder) as other:
            assert lexicon_shares(other, ABSTRACT)[ABSTRACT] > 0
        (data / "generations" / "CURRENT").unlink()
        assert add(library, tmp_path, ABSTRACT, text) == 3
        assert dict(ranked(library))[ABSTRACT] == pytest.approx(first[ABSTRACT], abs=0.05)
        add(library, tmp_path, ABSTRACT, "Bees dance.")  # the previous text no longer matches
        assert lexicon_shares(library, ABSTRACT) == {ABSTRACT: 0}
        assert ABSTRACT not in dict(ranked(library))


def test_does_not_find_a_removed_paper_through_stale_postings(data: Path, embedder: Any) -> None:
    with opened(data, embedder, dense=False, lexical=False, candidates=5) as library:
        first = ranked(library)
        gone = first[0][0]
        library.remove(gone)
        assert library.search(QUESTION).generation == 2
        with closing(Catalog.open(data / "catalog.sqlite")) as catalog, catalog.view() as view:
            assert len(content(data).postings.rows) > view.chunks.count()  # the postings still contain the paper
        assert gone not in dict(ranked(library))
        assert [key for key, _ in ranked(library)][:1] == [first[1][0]]
        assert library.explain(QUESTION, [gone]) == ()
        for hit in library.search(QUESTION, 100).hits:
            assert not any(evidence.chunk_id.startswith(f"{gone}:") for evidence in hit.evidence)


def test_does_not_find_excluded_chunks(data: Path, embedder: Any) -> None:
    with opened(data, embedder, dense=False, lexical=False) as library:
        best = library.search(QUESTION).hits[0]
        hidden = [
            channel.chunk_id for channel in library.explain(QUESTION, [best.paper_id])[0].channels if channel.chunk_id
        ]
        found = library.search(QUESTION, 100, without=hidden)
        assert not set(hidden) & {evidence.chunk_id for hit in found.hits for evidence in hit.evidence}


# --- damage


def remove(folder: Path, name: str) -> None:
    (folder / name).unlink()


def truncate(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])


def garble(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 0x5A
    (folder / name).write_bytes(content)


def truncate_with_matching_hash(folder: Path, name: str) -> None:
    """Truncate a file and update its hash, as if it had been published that way."""
    rewrite(folder, name, (folder / name).read_bytes()[:-20])


def other_tokenizer(folder: Path, name: str) -> None:
    """Simulate an index of another tokenizer version: intact, but unusable."""
    record = json.loads((folder / "lexicon.json").read_text("utf-8"))
    assert record["terms"] == TERMS_VERSION
    rewrite(folder, "lexicon.json", json.dumps(record | {"terms": "0"}).encode())


def without_artifacts(folder: Path, name: str) -> None:
    """Simulate a generation from before there were artifacts."""
    for file in FILES:
        (folder / file).unlink()
    manifest = folder / "manifest.json"
    record = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps(record | {"files": hashes(folder)}), "utf-8")


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        *(
            (damage, FILES[at % len(FILES)])
            for at, damage in enumerate((truncate, garble, truncate_with_matching_hash))
        ),
        *((remove, name) for name in FILES),
        (other_tokenizer, "lexicon.json"),
        (without_artifacts, ""),
    ],
)
def test_damage_disables_the_lexicon_until_the_next_ingest(
    data: Path, embedder: Any, damage: Callable[[Path, str], None], name: str
) -> None:
    with Library.open(data, embedding=embedder) as library:
        expected = ranked(library)
    damage(current(data), name)
    with Library.open(data, embedding=embedder) as library:
        found = library.search(QUESTION, 100)
        assert found.generation is None
        # Learned translations are lost; those of the glossary are not.
        lost = library.searcher.lexicon()
        assert (lost.pairs, bool(lost), bool(_learned(lost))) == (0, True, False)
        assert ranked(library) != expected
        assert library.ask(QUESTION).hits
        (finding,) = diagnose(data)
        assert (finding.code, finding.repairable) == ("generation-unreadable", True)
        assert "next ingest repairs it" in finding.cure
        assert ingest(library) == 3
        assert library.search(QUESTION).generation == 3
        assert dict(ranked(library)) == pytest.approx(dict(expected), abs=1e-3)
    assert diagnose(data) == ()
    assert lexicon_of(data)


def diagnose(data: Path) -> tuple[Finding, ...]:
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog:
        engine = LocalEngine.open(EngineOptions(data / "generations", "", 0))
        return examine(catalog, engine, thorough=True)


def test_an_intact_generation_has_no_findings(data: Path) -> None:
    assert diagnose(data) == ()


def test_save_and_load_round_trip(data: Path, tmp_path: Path) -> None:
    with closing(Generation.open(current(data))) as generation:
        generation.artifacts.save(tmp_path)
        generation.data.save(tmp_path)
        again = IndexData.load(tmp_path)
        assert Artifacts.load(tmp_path) == generation.artifacts
        assert again.postings.vocabulary == generation.data.postings.vocabulary
        for name in ("rows", "korean", "lengths", "starts", "places", "counts"):
            assert np.array_equal(getattr(again.postings, name), getattr(generation.data.postings, name))
