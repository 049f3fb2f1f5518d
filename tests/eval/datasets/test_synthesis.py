"""Known-item datasets: selection of sentences, exclusion of their sources, removal of names."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import ConfigError, InputError, Library
from nonmun.cli import main
from nonmun.eval.datasets.formats import open_dataset, write_dataset
from nonmun.eval.datasets.model import Dataset
from nonmun.eval.datasets.synthesis.corpus import ChunkFinder, read_corpus
from nonmun.eval.datasets.synthesis.known_items import (
    NO_CANDIDATES,
    NOT_UNIQUE,
    NOTHING_LEFT,
    KnownItemConfig,
    KnownItemSet,
    make_known_items,
)
from nonmun.eval.datasets.synthesis.name_masking import NameDetector, latin_words, remove_names
from nonmun.eval.datasets.synthesis.sentences import fold_text, is_usable_query, query_sentences, strip_markup
from nonmun.eval.experiments.runner import RunConfig, run_dataset
from nonmun.ingest.report import JobProgress
from nonmun.ingest.trust.refusals.empty_sentences import is_uninformative

SAMPLES = Path(__file__).parents[3] / "samples"


def make(library: Library, **how: Any) -> KnownItemSet:
    return make_known_items(library, KnownItemConfig(**how), "made")


def paper_of(dataset: Dataset, query_id: str) -> str:
    (paper_id,) = dataset.qrels[query_id]
    return paper_id


def write_digest(folder: Path, day: str, bodies: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    entries = "\n---\n".join(
        f"## {paper_id}\n🔗 https://huggingface.co/papers/{paper_id}\n\n**Summary**:\n{body}\n"
        for paper_id, body in bodies.items()
    )
    (folder / f"{day}.md").write_text(f"# Digest\n\n{entries}")
    return folder


# --- datasets from the samples


def test_queries_record_their_source(filled: Library) -> None:
    made = make(filled)
    kinds = Counter(query.slice("kind") for query in made.dataset.queries)
    assert kinds.keys() == {"summary", "abstract", "title"}
    assert kinds["title"] == sum(len(paper.title) >= 8 for paper in filled.papers()) == 15
    assert made.skipped["title"] == {NO_CANDIDATES: 1, NOTHING_LEFT: 1}  # the second paper has no chunk at all
    entries = {(entry.paper_id, entry.digest_date): entry for entry in filled.entries()}
    papers = {paper.paper_id: paper for paper in filled.papers()}
    for query in made.dataset.queries:
        paper = papers[paper_of(made.dataset, query.query_id)]
        assert made.dataset.qrels[query.query_id] == {paper.paper_id: 1}
        kind, day = query.fields["kind"], query.fields["date"]
        if kind == "summary":
            assert query.lang == "ko"
            entry = entries[paper.paper_id, day]
            texts = [entry.text(section) for section in entry.sections if section.name == query.fields["section"]]
            assert any(fold_text(query.text) in fold_text(text) for text in texts)
        else:
            assert day == paper.published or day == paper.digest_dates[0]
            assert query.text in (paper.title, *[strip_markup(paper.abstract)]) or fold_text(query.text) in fold_text(
                paper.abstract
            )
        if kind != "title":
            assert 20 <= len(query.text) <= 200
            assert not is_uninformative(query.text)
            assert not re.search(r"\*\*|`|^[-#>]", query.text)
    assert made.dataset.corpus.startswith("17 papers, 19 summaries of 2025-03-03 to ")


@pytest.mark.parametrize("names", [True, False])
def test_excluded_chunks_are_not_found(filled: Library, names: bool) -> None:
    made = make(filled, kinds=("summary", "abstract"), names=names)
    same = make(filled, kinds=("summary", "abstract")).dataset  # the same sentences, with names
    sentences = {query.without: query.text for query in same.queries}
    assert len(sentences) > 30
    run = run_dataset(filled, made.dataset, "made", RunConfig(explained=0))
    checked = 0
    for query, outcome in zip(made.dataset.queries, run.outcomes, strict=True):
        assert query.without
        found = filled.search(query.text, 100, without=query.without).hits
        assert [hit.paper_id for hit in found] == [paper.paper_id for paper in outcome.ranking]
        texts = [item.text for hit in found for item in hit.evidence] + [paper.text for paper in outcome.ranking]
        sentence = sentences.get(query.without, query.text) if not names else query.text
        assert not [text for text in texts if fold_text(sentence) in fold_text(text)]
        checked += len(texts)
    assert checked > 1000
    assert run.record["unjudged_queries"] == []
    assert run.record["measures"]["r@100"]["mean"] > 0.9


def test_equal_seeds_give_equal_datasets(filled: Library, tmp_path: Path) -> None:
    first, other = make(filled, count=10, seed=3), make(filled, count=10, seed=3)
    assert first == other
    write_dataset(tmp_path / "set", first.dataset, first.description)
    assert open_dataset(tmp_path / "set").hash == first.dataset.hash
    assert make(filled, count=10, seed=4).dataset.hash != first.dataset.hash
    # A larger dataset begins with the smaller first.
    texts = [query.text for query in make(filled, kinds=("abstract",), count=15, seed=3).dataset.queries]
    assert texts[:10] == [query.text for query in first.dataset.queries if query.slice("kind") == "abstract"]


def test_covers_every_paper_before_repeating_one(filled: Library) -> None:
    made = make(filled, kinds=("summary",), count=30).dataset
    papers = [paper_of(made, query.query_id) for query in made.queries]
    assert len(papers) == 30
    first = len(set(papers))
    assert len(set(papers[:first])) == first
    assert max(Counter(papers).values()) <= 2


def test_cross_lingual_excludes_the_query_language(filled: Library) -> None:
    made = make(filled, kinds=("summary", "abstract"), cross_lingual=True)
    chunks = {chunk.chunk_id: chunk for chunk in filled.chunks()}
    for query in made.dataset.queries:
        paper_id = paper_of(made.dataset, query.query_id)
        own = [chunk for chunk in chunks.values() if chunk.paper_id == paper_id]
        left = [chunk for chunk in own if chunk.chunk_id not in query.without]
        assert left
        other = "abstract" if query.slice("kind") == "summary" else "summary"
        assert {chunk.source for chunk in left} == {other}
        assert {chunk.lang for chunk in left} == {"en" if query.lang == "ko" else "ko"}
        assert query.slice("across") == "yes"
    found = run_dataset(filled, made.dataset, "made", RunConfig(explained=0)).outcomes
    assert {query.slice("kind") for query in made.dataset.queries} == {"summary", "abstract"}
    assert len(found) == len(made.dataset.queries)
    with pytest.raises(InputError, match=r"across.*leave out the kind title"):
        make(filled, cross_lingual=True)


def test_removes_rare_latin_words(filled: Library) -> None:
    made = make(filled, names=False)
    with_names = make(filled)
    corpus = read_corpus(filled)
    texts = [
        "\n".join([paper.title, *(f"{chunk.context}\n{chunk.text}" for chunk in corpus.chunks[paper_id])])
        for paper_id, paper in corpus.papers.items()
    ]
    papers = Counter(word for text in texts for word in {word.lower() for word in latin_words(text)})
    for query in made.dataset.queries:
        assert query.slice("names") == "stripped"
        assert len(query.text) >= 8
        for word in latin_words(query.text) if query.lang == "ko" else []:
            assert papers[word.lower()] >= 3
    changed = {query.text for query in with_names.dataset.queries} - {query.text for query in made.dataset.queries}
    assert len(changed) > 10
    # Only the texts differ: papers and excluded chunks are the same.
    pairs = {(paper_of(with_names.dataset, query.query_id), query.without) for query in with_names.dataset.queries}
    assert {(paper_of(made.dataset, query.query_id), query.without) for query in made.dataset.queries} <= pairs


def test_reports_progress(filled: Library) -> None:
    seen: list[JobProgress] = []
    make_known_items(filled, KnownItemConfig(("title",), 5), "made", seen.append)
    assert [(event.what, event.done, event.total, event.detail) for event in seen] == [
        ("make", at, 5, "title") for at in range(5)
    ]


# --- skipped sentences and papers


SENTENCE = "그래프 신경망으로 단백질의 접힘 구조를 여러 단계에 걸쳐 예측하는 모형을 내놓습니다."
OTHER = "화학 반응 속도를 양자 몬테카를로 표본으로 추정하여 기존 추정치의 편향을 바로잡습니다."
MORE = "저자들은 결정 구조 열두 종에 대한 실험으로 오차가 절반으로 줄었음을 보입니다."


def test_skips_sentences_of_several_papers(library: Library, tmp_path: Path) -> None:
    bodies = {
        "2401.00001": f"## 방법\n\n{SENTENCE}\n\n## 결과\n\n{MORE}",
        "2401.00002": f"## 방법\n\n- **{SENTENCE}**\n\n## 결과\n\n{OTHER}",
    }
    library.ingest(write_digest(tmp_path / "d", "2024-01-02", bodies))
    made = make(library, kinds=("summary",))
    assert {query.text for query in made.dataset.queries} == {MORE, OTHER}
    assert made.skipped["summary"][NOT_UNIQUE] == 2


def test_excludes_the_sentence_on_every_day(library: Library, tmp_path: Path) -> None:
    folder = write_digest(tmp_path / "d", "2024-01-02", {"2401.00001": f"## 방법\n\n{SENTENCE}\n\n## 결과\n\n{MORE}"})
    wrapped = SENTENCE.replace(" ", "  ").replace("그래프", "**그래프**")
    write_digest(folder, "2024-01-03", {"2401.00001": f"## 구조\n\n- {wrapped}\n- 그 밖의 말도 있습니다.\n"})
    library.ingest(folder)
    made = make(library, kinds=("summary",), count=9).dataset
    (query,) = [query for query in made.queries if query.text == SENTENCE]
    assert {chunk_id.split(":")[1] for chunk_id in query.without} == {"summary@2024-01-02", "summary@2024-01-03"}
    assert query.fields["date"] == "2024-01-02"


def test_skips_papers_without_other_chunks(library: Library, tmp_path: Path) -> None:
    bodies = {
        "2401.00001": f"## 방법\n\n{SENTENCE}\n",
        "2401.00002": f"## 방법\n\n{MORE}\n\n## 결과\n\n한 줄 더 있습니다.",
    }
    library.ingest(write_digest(tmp_path / "d", "2024-01-02", bodies))
    made = make(library, kinds=("summary",))
    assert [query.text for query in made.dataset.queries] == [MORE]
    assert made.skipped == {"summary": {NOTHING_LEFT: 1}}
    with pytest.raises(ConfigError, match=r"the index yields no query \(2 papers of which nothing else"):
        make(library, kinds=("summary",), cross_lingual=True)  # no abstract is known


def test_skips_untrusted_summaries(library: Library, tmp_path: Path) -> None:
    apology = "죄송합니다. 제공된 링크의 논문을 직접 열어 볼 수 없어 제목만으로 추론하여 요약했습니다."
    bodies = {
        "2401.00001": f"{apology}\n\n## 방법\n\n{SENTENCE}\n\n## 결과\n\n{MORE}",
        "2401.00002": f"## 방법\n\n{SENTENCE.replace('단백질', '항체')}\n\n## 결과\n\n{MORE.replace('결정', '유리')}",
    }
    library.ingest(write_digest(tmp_path / "d", "2024-01-02", bodies))
    labels = {entry.paper_id: entry.trust.label for entry in library.entries() if entry.trust}
    assert labels["2401.00001"] == "invented"
    made = make(library, kinds=("summary",)).dataset
    assert {paper_of(made, query.query_id) for query in made.queries} == {"2401.00002"}


def test_rejects_an_empty_index(library: Library) -> None:
    with pytest.raises(ConfigError, match="the index is empty; run `nonmun ingest"):
        make(library)


# --- selection of sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"- **핵심 방법**: {SENTENCE}", [SENTENCE]),
        (f"1. **핵심 방법:** {SENTENCE}", [SENTENCE]),
        (f"> {SENTENCE}\n\n짧은 말입니다.", [SENTENCE]),
        ("**사용된 데이터셋과 비교 대상 모델 목록**:", []),
        ("- 논문에서 구체적인 하이퍼파라미터에 관한 정보는 제공되지 않았습니다.", []),
        ("이 방법의 구체적인 학습 절차와 손실 함수의 구성은 다음과 같습니다.", []),
        (f"이를 위해 {SENTENCE}", []),
        ("코드는 https://github.com/someone/something 에서 누구나 내려받아 쓸 수 있습니다.", []),
        ("가" * 201, []),
    ],
)
def test_selects_korean_sentences(text: str, expected: list[str]) -> None:
    assert list(query_sentences(text, "ko")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We distil diffusion policies from synthetic rollouts rendered under many lights.", True),
        ("These distil diffusion policies from synthetic rollouts rendered under many lights.", False),
        ("distil diffusion policies from synthetic rollouts rendered under many lights.", False),
        ("We distil diffusion policies from synthetic rollouts rendered under many", False),
        ("We distil diffusion policies (from synthetic rollouts rendered under many lights.", False),
        ("In this paper, we propose a new method and show its results.", False),
    ],
)
def test_selects_english_sentences(text: str, expected: bool) -> None:
    assert is_usable_query(text, "en") == expected


def test_strips_markup() -> None:
    assert strip_markup(r"- **[Fast](http://x.y)** `net` {\em is} 27\% of _it_, snake_case") == (
        "Fast net is 27% of it, snake_case"
    )
    assert fold_text("**Ａdapt-CLIP** 은\n\n새롭다") == "adaptclip은새롭다"


def test_finds_chunks_by_text(filled: Library) -> None:
    finder = ChunkFinder.build(read_corpus(filled))
    chunk = filled.chunks()[7]
    assert chunk in finder.find(f"**{chunk.text}**")
    assert finder.find("그런 말은 어디에도 없습니다") == []
    assert finder.find("") == []
    assert finder.find(chunk.context) == []
    assert chunk in finder.find(chunk.context, in_contexts=True)


# --- names


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        ("AdaptCLIP은 한 장의 정상 이미지로 이상을 찾습니다.", "AdaptCLIP", "한 장의 정상 이미지로 이상을 찾습니다."),
        ("제안하는 AdaptCLIP의 성능을 높입니다", "AdaptCLIP", "제안하는 성능을 높입니다"),
        ("COCO, LVIS에서 평가했습니다", "COCO LVIS", "평가했습니다"),
        ("BERT와 GPT-4를 비교했습니다", "GPT-4", "BERT와 비교했습니다"),
        ("어댑터(AdaptCLIP)는 가볍습니다", "AdaptCLIP", "어댑터는 가볍습니다"),
        ("LFT(Latent Flow)는 층을 줄입니다", "LFT Latent Flow", "층을 줄입니다"),
        ("주된 방법은 PPO입니다.", "PPO", "주된 방법은."),
        ("PPO를 통해 정책을 배웁니다", "PPO", "정책을 배웁니다"),
        ("Transformer기반 구조를 씁니다", "Transformer", "기반 구조를 씁니다"),
        ("“Mamba”라는 구조를 씁니다", "Mamba", "구조를 씁니다"),
        ("We introduce BAGEL's decoder (BAGEL) for images.", "BAGEL", "We introduce decoder for images."),
        ("We widen LMMs' long memory.", "LMMs", "We widen long memory."),
        ("PPO, DPO", "PPO DPO", ""),
        ("28.4점으로 12% 앞섭니다", "PPO", "28.4점으로 12% 앞섭니다"),
        ("비교 대상은 PPO, DPO, GRPO 등입니다", "DPO", "비교 대상은 PPO, GRPO 등입니다"),
    ],
)
def test_removes_names_with_their_particles(text: str, names: str, left: str) -> None:
    assert remove_names(text, set(names.split())) == left


def test_detects_rare_names() -> None:
    papers = ["BERT and GPT-4 explore small peers", "bert, gpt-4, Zebra", "Bert GPT-4 zebra", *["BERT"] * 3]
    detector = NameDetector.fit(papers)
    assert detector.threshold == 3
    assert [detector.is_rare(word) for word in ("bert", "BERT", "gpt-4", "zebra", "nobody")] == [
        False, False, False, True, True
    ]  # fmt: skip
    assert detector.names("BERT와 Zebra와 zebra와 small", "ko") == {"Zebra", "zebra", "small"}
    assert detector.names("Exploring Peers of MambaVision, Mamba2, Unheard, self-explored nonsense", "en") == {
        "MambaVision", "Mamba2", "Unheard"
    }  # fmt: skip
    assert NameDetector.fit(["x"] * 1000).threshold == 10


_PIECES = st.one_of(
    st.sampled_from(
        "AdaptCLIP GPT-4 BERT LoRA 3.5B x y's C++ 은 는 이 가 을 를 의 와 과 로 에서 라는 입니다 등 및 방법 모델을 "
        "( ) [ ] \" ' “ ” , . : ; - / · ? 28.4 % \ue000 and or 등의 위한 통해".split()
    ),
    st.sampled_from([" ", "  ", "\n", ""]),
    st.text(max_size=3),
)
_TEXTS = st.lists(_PIECES, max_size=25).map("".join)
_NAMES = st.sets(st.sampled_from(["AdaptCLIP", "GPT-4", "LoRA", "3.5B", "x", "y", "C++"]))


@given(_TEXTS, _NAMES)
def test_name_removal_properties(text: str, names: set[str]) -> None:
    left = remove_names(text, names)
    assert not names & set(latin_words(left))
    assert remove_names(left, names) == left
    assert "\ue000" not in left or left == text
    if not names & set(latin_words(text)):
        assert left == text
    assert len(left) <= len(text)
    # The result is a subsequence of the text.
    at = iter(text)
    assert all(letter in at for letter in left if letter.isalnum())
    # Other words are kept whole, in their order.
    if left:
        other_words = [word for word in latin_words(text.replace("\ue000", " ")) if word not in names]
        assert [word for word in other_words if word not in {"and", "or", "s"}] == [
            word for word in latin_words(left) if word not in {"and", "or", "s"}
        ]


# --- folders and the command


def test_written_folder_reads_back(filled: Library, tmp_path: Path) -> None:
    made = make(filled, count=5, names=False)
    write_dataset(tmp_path / "set", made.dataset, made.description)
    lines = [json.loads(line) for line in (tmp_path / "set" / "queries.jsonl").read_text().splitlines()]
    assert all(line["without"] for line in lines if line["kind"] != "title")
    assert made.description == "Known items, seed 0, rare Latin names removed"
    assert open_dataset(tmp_path / "set") == made.dataset


def test_command(
    filled: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def nonmun(*args: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["nonmun", "eval", "make", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    given = ["set", "--data", filled.settings.data, "--count", "4"]
    code, out, err = nonmun(*given)
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("summary: 4 queries about 4 papers")
    assert out.splitlines()[-1] == "written to set"
    first = open_dataset(tmp_path / "set")
    assert (first.name, len(first.queries)) == ("set", 12)
    code, out, err = nonmun(*given)
    assert (code, out) == (1, "")
    assert err == "nonmun: set: holds a dataset already (queries.jsonl); choose another folder, or add --force\n"
    code, out, _ = nonmun(*given, "--force", "--across", "--no-names", "--name", "hard", "--json")
    report = json.loads(out)
    assert (report["name"], report["queries"]) == ("hard", {"summary": 4, "abstract": 4})
    assert {query.slice("names") for query in open_dataset(tmp_path / "set").queries} == {"stripped"}
    assert nonmun(*given, "--force")[0] == 0
    assert open_dataset(tmp_path / "set").hash == first.hash
    for more, words in (
        (["--across", "--kind", "title"], "leave out the kind title"),
        (["--lang", "ko"], "are for --from llm"),
    ):
        code, out, err = nonmun("other", *given[1:], *more)
        assert (code, out) == (1, "")
        assert words in err
    (tmp_path / "beir" / "qrels").mkdir(parents=True)
    assert "is not a folder for a dataset in the nonmun format" in nonmun("beir", *given[1:], "--force")[2]
    assert "holds no index yet" in nonmun("other", "--data", tmp_path / "nothing")[2]
    assert not (tmp_path / "other").exists()
