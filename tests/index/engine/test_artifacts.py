"""What a generation learns of a real index: from whom, how it is found with, and what happens where it is lost."""

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
from nonmun.index.lexicon.training_data import pairs
from nonmun.index.publishing import learn_lexicon
from nonmun.index.retrieval.config import SearchConfig

SAMPLES = Path(__file__).parents[3] / "samples"
DIGESTS = [SAMPLES / "digests", SAMPLES / "evaluation" / "digests"]
ABSTRACT = "2505.00001"  # a paper that comes after the publish, with an abstract only
QUESTION = "사람의 선호로 보상을 배우는 강화 학습"


def ingest(library: Library) -> int | None:
    """As `make gate` does."""
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
    return {why.paper_id: why.channels[2].value for why in library.explain(QUESTION, paper_ids)}


def add(library: Library, folder: Path, paper_id: str, text: str) -> int | None:
    """An abstract without a digest."""
    file = folder / "more.jsonl"
    record = {"id": paper_id, "title": "A new one", "text": text}
    file.write_text(json.dumps(record) + "\n", "utf-8")
    return library.ingest(SAMPLES / "digests", file, all_abstracts=True).generation


# --- what is learned, and from whom


def test_generation_holds_what_was_learned(whole: Path, view: CatalogView) -> None:
    manifest = json.loads((current(whole) / "manifest.json").read_text("utf-8"))
    assert set(FILES) == {"postings.npz", "lexicon.json", "calibration.json", "means.npy", "rows.npz", "vectors.npy"}
    assert manifest["files"].keys() >= set(FILES)
    found = content(whole)
    assert len(found.postings.rows) == manifest["rows"] == view.chunks.count()
    words = {row: text for row, _, text in view.terms.all()}
    assert found.postings.rows.tolist() == list(words)
    for term in ("attent", "강화", "이미지", "bert"):
        places, counts = found.postings.occurrences(term)
        held = {row: text.split().count(term) for row, text in words.items() if term in text.split()}
        assert dict(zip(found.postings.rows[places].tolist(), counts.tolist(), strict=True)) == held
        assert held


def test_learned_again_is_the_same(whole: Path, view: CatalogView) -> None:
    kept = content(whole)
    again = IndexData.of(view, view.vectors.all(view.model_id or "", kept.vectors.matrix.shape[1]))
    assert np.array_equal(again.vectors.matrix, kept.vectors.matrix)
    assert again.vectors.rows.tolist() == kept.vectors.rows.tolist() == again.postings.rows.tolist()
    options = EngineOptions(whole / "generations", view.model_id or "", kept.vectors.matrix.shape[1])
    with closing(LocalEngine.open(options)) as engine:
        assert learn_lexicon(view, engine.snapshot(view)) == lexicon_of(whole)
    assert again.postings.vocabulary == kept.postings.vocabulary
    assert again.postings.places.tolist() == kept.postings.places.tolist()


def test_pairs_are_the_papers_in_both_languages(whole: Path, view: CatalogView) -> None:
    found = pairs(view.terms.of_bilingual_papers())
    with Library.open(whole, embedding=None) as library:
        abstracts = {paper.paper_id for paper in library.papers() if paper.source.status == "found"}
        labels = {
            (entry.paper_id, entry.trust.label)
            for entry in library.entries()
            if entry.trust and entry.trust.label not in {"refused", "invented"}
        }
    assert len(found) == len({paper_id for paper_id, _ in labels} & abstracts) == 43
    assert lexicon_of(whole).pairs == len(found)
    for one in found:
        assert one.korean
        assert one.english
        assert all(has_hangul(word) for term in one.korean for word in term.split(" "))
        assert any(" " in term for term in one.korean)
        assert not any(has_hangul(term) for term in one.english)


def test_summaries_that_are_not_of_the_paper_teach_nothing(whole: Path, view: CatalogView) -> None:
    with Library.open(whole, embedding=None) as library:
        labels = {(one.paper_id, one.digest_date): one.trust.label for one in library.entries() if one.trust}
    korean = [one for one in view.chunks.all() if one.source != "abstract" and one.lang == "ko"]
    told = [one for one in korean if labels[one.paper_id, one.digest_date or ""] not in {"refused", "invented"}]
    assert len(told) < len(korean)  # some are
    expected = Counter((one.paper_id, False) for one in told)
    spoken_of = {one.paper_id for one in view.chunks.all() if one.lang == "ko"}
    sources = [one.paper_id for one in view.chunks.all() if one.source == "abstract"]
    assert set(sources) - spoken_of  # papers without a Korean word are no pairs
    expected += Counter((paper_id, True) for paper_id in sources if paper_id in spoken_of)
    assert Counter((paper_id, is_abstract) for paper_id, is_abstract, _ in view.terms.of_bilingual_papers()) == expected


@pytest.mark.parametrize("label", get_args(Label))
def test_a_verdict_decides_who_teaches(data: Path, view: CatalogView, label: str) -> None:
    """One paper's summary, whatever it says of attention, under every verdict."""
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog:
        with catalog.write() as transaction:
            transaction.session.write("UPDATE entries SET label = ? WHERE paper_id = '1706.03762'", (label,))
        with catalog.view() as judged:
            found = pairs(judged.terms.of_bilingual_papers())
    taught = [one for one in pairs(view.terms.of_bilingual_papers()) if one not in found]
    if label in {"refused", "invented"}:
        [lost] = taught
        assert {"어텐션", "번역"} <= lost.korean
        assert "translat" in lost.english
    else:
        assert taught == []


def test_nothing_is_learned_that_no_document_holds(
    data: Path, embedder: Any, queries: Dataset, view: CatalogView, tmp_path: Path
) -> None:
    """Whatever was asked before a publish: questions teach nothing."""
    words = {term for one in queries.queries for term in terms(one.text)}
    strange = words - view.terms.document_frequency(words).keys()
    assert len(strange) > 20
    with Library.open(data, embedding=embedder) as library:
        before = lexicon_of(data)
        for one in queries.queries:
            library.search(one.text)
        assert ingest(library) == 2
        (data / "generations" / "CURRENT").unlink()
        assert ingest(library) == 3
    assert lexicon_of(data) == before
    after = _learned(before)
    assert after
    assert not strange & _words(after)
    assert _words(after) == view.terms.document_frequency(_words(after)).keys()


def _words(lexicon: Lexicon) -> set[str]:
    tables = (lexicon.to_english, lexicon.to_korean)
    of = {word for table in tables for term in table for word in term.split(" ")}
    return of | {one.term for table in tables for found in table.values() for one in found}


def _learned(lexicon: Lexicon) -> Lexicon:
    """The same without what the glossary has."""

    def of_papers(table: TranslationTable) -> TranslationTable:
        return {term: kept for term, found in table.items() if (kept := tuple(one for one in found if one.together))}

    return Lexicon(lexicon.pairs, of_papers(lexicon.to_english), of_papers(lexicon.to_korean))


def test_too_few_papers_teach_nothing(library: Library, samples: Path) -> None:
    """The samples alone are 17 papers: nothing but the glossary."""
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    found, postings = lexicon_of(library.settings.data), content(library.settings.data).postings
    assert (bool(_learned(found)), found.pairs < 20, len(postings.rows) > 0) == (False, True, True)
    assert replace(found, pairs=0) == Artifacts.default(PostingStatistics([postings])).lexicon
    assert {one.given for table in (found.to_english, found.to_korean) for of in table.values() for one in of} == {True}


# --- what is found with it


def test_translations_find_papers(data: Path, embedder: Any) -> None:
    """By the lexicon alone: without vectors, and no word of the question stands in an English abstract."""
    with opened(data, embedder, dense=False, lexical=False) as library:
        found = library.search(QUESTION, 5)
        assert found.hits[0].score > 0.1
        best = library.explain(QUESTION, [found.hits[0].paper_id])[0]
        assert (best.channels[2].channel, best.channels[2].rank) == ("lexicon", 1)
        assert {"reward", "prefer", "human"} & {term for found in best.translated.values() for term in found}
        assert found.hits[0].evidence[0].lang == "en"
        other = library.search("reinforcement learning from human preferences", 5)
        assert other.hits[0].score > 0.1
        assert other.hits[0].evidence[0].lang == "ko"


def test_words_are_worth_the_same_where_they_are_not_asked(data: Path, embedder: Any) -> None:
    """The lexicon does not need the words' own channel."""
    with opened(data, embedder) as both, opened(data, embedder, lexical=False) as alone:
        papers = [paper.paper_id for paper in both.papers()]
        shares = lexicon_shares(both, *papers)
        assert sum(share > 0 for share in shares.values()) > 20
        assert lexicon_shares(alone, *papers) == shares


def test_only_chunks_in_the_other_language_count(data: Path, embedder: Any) -> None:
    with opened(data, embedder) as library, closing(Catalog.open(data / "catalog.sqlite")) as catalog:
        for question, lang in ((f"{QUESTION} GPT-3 BERT", "en"), ("human feedback reward for GPT-3", "ko")):
            papers = [paper.paper_id for paper in library.papers()]
            chunks = {
                one.chunk_id for why in library.explain(question, papers) for one in why.channels[2:] if one.chunk_id
            }
            with catalog.view() as view:  # of papers that have no abstract the Korean words themselves
                both = {one.paper_id for one in view.chunks.all() if one.lang == "en"}
            chunks = {one for one in chunks if one.split(":")[0] in both}
            assert chunks
            with catalog.view() as view:
                assert {one.lang for one in view.chunks.all() if one.chunk_id in chunks} == {lang}


def test_switched_off_is_the_ranking_of_two_channels(data: Path, embedder: Any, queries: Dataset) -> None:
    """The weight of nothing changes nothing either."""
    with opened(data, embedder, lexicon=False) as off, opened(data, embedder, lexicon_weight=0) as weightless:
        for one in queries.queries[:30]:
            expected, scores = ranked(off, one.text), dict(ranked(weightless, one.text))
            pairs = [(score, scores[key]) for key, score in expected if key in scores]
            # Its candidates are more, and some of them are the nearest chunk of their paper.
            assert all(weightless >= score - 1e-6 for score, weightless in pairs)
            for why in off.explain(one.text, [key for key, _ in expected[:10]]):
                dense, lexical, lexicon = why.channels
                assert lexicon.value == 0
                assert why.score == pytest.approx(dense.share + lexical.share, abs=1e-5)


def rewrite(folder: Path, name: str, content: bytes) -> None:
    """Change a file and what the manifest says of it."""
    (folder / name).write_bytes(content)
    manifest = folder / "manifest.json"
    record = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps(record | {"files": hashes(folder)}), "utf-8")


def test_the_lexicon_changes_rankings(data: Path, embedder: Any, queries: Dataset) -> None:
    with opened(data, embedder) as on, opened(data, embedder, lexicon=False) as off:
        texts = [one.text for one in queries.queries if one.lang == "ko"][:20]
        assert sum(ranked(on, text, 10) != ranked(off, text, 10) for text in texts) > 10


def test_a_paper_that_came_after_the_publish_is_found(data: Path, embedder: Any, tmp_path: Path) -> None:
    text = "Human preferences give the reward of reinforcement learning. A reward model learns from human feedback."
    with opened(data, embedder, dense=False, lexical=False) as library:
        assert ABSTRACT not in dict(ranked(library))
        ranked(library)  # what was newer is remembered until something changes
        assert add(library, tmp_path, ABSTRACT, text) == 2  # no new generation
        first = dict(ranked(library))
        assert ABSTRACT in list(first)[:3]
        assert library.search(QUESTION).generation == 2
        with Library.open(data, embedding=embedder) as other:
            assert lexicon_shares(other, ABSTRACT)[ABSTRACT] > 0
        (data / "generations" / "CURRENT").unlink()
        assert add(library, tmp_path, ABSTRACT, text) == 3
        assert dict(ranked(library))[ABSTRACT] == pytest.approx(first[ABSTRACT], abs=0.05)
        add(library, tmp_path, ABSTRACT, "Bees dance.")  # changed since: what it was is found no more
        assert lexicon_shares(library, ABSTRACT) == {ABSTRACT: 0}
        assert ABSTRACT not in dict(ranked(library))


def test_a_removed_paper_is_not_found_through_old_postings(data: Path, embedder: Any) -> None:
    with opened(data, embedder, dense=False, lexical=False, candidates=5) as library:
        first = ranked(library)
        gone = first[0][0]
        library.remove(gone)
        assert library.search(QUESTION).generation == 2
        with closing(Catalog.open(data / "catalog.sqlite")) as catalog, catalog.view() as view:
            assert len(content(data).postings.rows) > view.chunks.count()  # they still hold it
        assert gone not in dict(ranked(library))
        assert [key for key, _ in ranked(library)][:1] == [first[1][0]]
        assert library.explain(QUESTION, [gone]) == ()
        for hit in library.search(QUESTION, 100).hits:
            assert not any(one.chunk_id.startswith(f"{gone}:") for one in hit.evidence)


def test_left_out_chunks_are_not_found(data: Path, embedder: Any) -> None:
    with opened(data, embedder, dense=False, lexical=False) as library:
        best = library.search(QUESTION).hits[0]
        hidden = [why.chunk_id for why in library.explain(QUESTION, [best.paper_id])[0].channels if why.chunk_id]
        found = library.search(QUESTION, 100, without=hidden)
        assert not set(hidden) & {one.chunk_id for hit in found.hits for one in hit.evidence}


# --- where it is lost


def remove(folder: Path, name: str) -> None:
    (folder / name).unlink()


def truncate(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])


def garble(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 0x5A
    (folder / name).write_bytes(content)


def truncate_unnoticed(folder: Path, name: str) -> None:
    """Damage that the manifest vouches for: it was published so."""
    rewrite(folder, name, (folder / name).read_bytes()[:-20])


def other_tokenizer(folder: Path, name: str) -> None:
    """By a nonmun that made other terms of the same text: whole, but of no use for questions of today."""
    record = json.loads((folder / "lexicon.json").read_text("utf-8"))
    assert record["terms"] == TERMS_VERSION
    rewrite(folder, "lexicon.json", json.dumps(record | {"terms": "0"}).encode())


def from_before(folder: Path, name: str) -> None:
    """By a nonmun that learned nothing yet."""
    for one in FILES:
        (folder / one).unlink()
    manifest = folder / "manifest.json"
    record = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps(record | {"files": hashes(folder)}), "utf-8")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [remove, truncate, garble, truncate_unnoticed, other_tokenizer, from_before])
def test_damage_costs_the_lexicon_until_the_next_ingest(
    data: Path, embedder: Any, damage: Callable[[Path, str], None], name: str
) -> None:
    with Library.open(data, embedding=embedder) as library:
        expected = ranked(library)
    damage(current(data), name)
    with Library.open(data, embedding=embedder) as library:
        found = library.search(QUESTION, 100)
        assert found.generation is None
        # What was learned is lost; what the glossary has is not.
        lost = library.searcher.lexicon()
        assert (lost.pairs, bool(lost), bool(_learned(lost))) == (0, True, False)
        assert ranked(library) != expected
        assert library.ask(QUESTION).hits
        (finding,) = look(data)
        assert (finding.code, finding.repairable) == ("generation-unreadable", True)
        assert "next ingest cures it" in finding.cure
        assert ingest(library) == 3
        assert library.search(QUESTION).generation == 3
        assert dict(ranked(library)) == pytest.approx(dict(expected), abs=1e-3)
    assert look(data) == ()
    assert lexicon_of(data)


def look(data: Path) -> tuple[Finding, ...]:
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog:
        engine = LocalEngine.open(EngineOptions(data / "generations", "", 0))
        return examine(catalog, engine, thorough=True)


def test_healthy_with_what_it_learned(data: Path) -> None:
    assert look(data) == ()


def test_opened_and_saved_again(data: Path, tmp_path: Path) -> None:
    with closing(Generation.open(current(data))) as generation:
        generation.artifacts.save(tmp_path)
        generation.data.save(tmp_path)
        again = IndexData.load(tmp_path)
        assert Artifacts.load(tmp_path) == generation.artifacts
        assert again.postings.vocabulary == generation.data.postings.vocabulary
        for name in ("rows", "korean", "lengths", "starts", "places", "counts"):
            assert np.array_equal(getattr(again.postings, name), getattr(generation.data.postings, name))
