"""The Python interface: cited answers, abstentions, the same answer in every thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from nonmun import Answer, ConfigError, InputError, Library, NotFoundError, Settings
from nonmun.api.answers.markdown import strip_markdown
from nonmun.api.answers.rendering.messages import SOURCE_NOTES

SAMPLES = Path(__file__).parents[2] / "samples"
QUESTIONS = [tuple(line.split("\t")) for line in (SAMPLES / "questions.txt").read_text("utf-8").splitlines() if line]
UNRELATED = [
    "오늘 서울 날씨 어때?",
    "김치찌개 맛있게 끓이는 방법",
    "제주도 여행 코스 추천",
    "프로 야구 어제 경기 결과",
    "주식 계좌는 어떻게 만들어?",
    "고양이가 밥을 안 먹어요",
    "What is the weather in Paris tomorrow?",
    "How do I bake sourdough bread?",
    "best hiking boots for winter",
    "Who won the football match yesterday?",
    "How do I change a flat bicycle tyre?",
    "recipe for kimchi stew",
]
# Texts of the samples without content of a paper: refusals, apologies, warnings, missing details.
NEVER_QUOTED = [
    ("2302.13971", "2302.13971은 무엇을 말해?", ("읽을 수 없어", "붙여 넣어")),
    ("2302.13971", "What does 2302.13971 say?", ("읽을 수 없어", "붙여 넣어")),
    pytest.param("2302.13971", "2302.13971 논문의 본문을 읽고 요약을 작성해 줘", ("읽을 수 없어", "붙여 넣어")),
    ("2312.00752", "2312.00752 내용", ("읽지 못했", "추측", "원문에서 확인")),
    pytest.param(
        "2312.00752", "2312.00752 제목에서 짐작할 수 있는 내용은?", ("읽지 못했", "추측", "원문에서 확인", "짐작할 수")
    ),
    ("2402.05672", "2402.05672의 한계점은?", ("나와 있지 않",)),
    ("2402.05672", "다국어 E5 임베딩의 한계점은 무엇인가?", ("나와 있지 않",)),
]


def check_citations(answer: Answer, texts: dict[str, str]) -> None:
    for citation in answer.citations:
        text = texts[citation.chunk_id]
        assert text[citation.start : citation.end] == citation.quote
        assert citation.text_hash == sha256(text.encode()).hexdigest()
        assert citation.chunk_id.startswith(f"{citation.paper_id}:")
        line = f"- {strip_markdown(citation.quote)} [{citation.paper_id}]"
        lines = [shown.lstrip() for shown in answer.answer.split("\n")]
        assert any(shown == line or shown in {f"{line} {note}" for note in SOURCE_NOTES} for shown in lines)
        if citation.trust in {"invented", "contradicted"}:
            assert line not in lines
    quoted = [line for line in answer.answer.split("\n") if line.lstrip().startswith("- ")]
    assert len(quoted) == len(answer.citations)


@pytest.mark.parametrize(("question", "paper_id"), QUESTIONS)
def test_sample_questions_are_answered_from_their_paper(
    sample_library: Library, chunk_texts: dict[str, str], question: str, paper_id: str
) -> None:
    answer = sample_library.ask(question)
    assert (answer.abstained, answer.reason) == (False, None)
    assert answer.citations[0].paper_id == answer.hits[0].paper_id == paper_id
    assert answer.question == question
    check_citations(answer, chunk_texts)


@pytest.mark.parametrize(("question", "paper_id"), QUESTIONS[:4])
def test_answers_are_deterministic(sample_library: Library, question: str, paper_id: str) -> None:
    assert sample_library.ask(question) == sample_library.ask(f"  {question}\n")
    assert sample_library.search(question) == sample_library.search(question)


@pytest.mark.parametrize("question", UNRELATED)
def test_unrelated_questions_abstain(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question)
    dated = any(word in question for word in ("어제", "yesterday"))
    reason = "outside_window" if dated else "nothing_relevant"
    assert (answer.abstained, answer.reason, answer.citations) == (True, reason, ())
    hangul = any("가" <= letter <= "힣" for letter in answer.answer)
    assert hangul == any("가" <= letter <= "힣" for letter in question)


def test_an_empty_index_abstains(empty_library: Library) -> None:
    for question in ("What is attention?", "1706.03762는 무엇인가?"):
        answer = empty_library.ask(question)
        assert (answer.abstained, answer.reason, answer.citations, answer.hits) == (True, "empty_index", (), ())
        assert "nonmun ingest" in answer.answer
        assert answer.generation is None
    assert empty_library.search("anything").hits == ()
    assert empty_library.status().papers == 0
    with pytest.raises(NotFoundError, match=r"1706\.03762"):
        empty_library.paper("1706.03762")


@pytest.mark.parametrize("question", ["2501.99999", "2501.99999v2는 무슨 논문?", "see arxiv.org/abs/math.GT/0309136"])
def test_abstains_from_an_unknown_paper(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question)
    assert (answer.abstained, answer.reason, answer.citations) == (True, "unknown_paper", ())
    assert "2501.99999" in answer.answer or "math.GT/0309136" in answer.answer


@pytest.mark.parametrize(
    "question",
    [
        "2006.11239",
        "2006.11239v2",
        "2006.11239를 요약해 줘",
        "2006.11239v1은 무엇을 제안하나?",
        "arXiv:2006.11239 내용",
        "https://arxiv.org/abs/2006.11239 요약",
        "What is in https://arxiv.org/pdf/2006.11239v3.pdf?",
        "https://huggingface.co/papers/2006.11239",
        "(2006.11239)",
        "어텐션으로 번역하는 모델과 2006.11239의 차이",
    ],
)
def test_ranks_a_named_paper_first(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question)
    assert answer.hits[0].paper_id == "2006.11239"
    assert not answer.abstained
    assert {citation.paper_id for citation in answer.citations} == {"2006.11239"}


def test_numbers_next_to_an_id_stay_terms() -> None:
    from nonmun.index.query.question import parse_question

    assert "680" in parse_question("What is 680 in 2503.68012?").terms


def test_ranks_several_named_papers_in_their_order(sample_library: Library) -> None:
    answer = sample_library.ask("2305.18290과 2203.02155의 차이는? 9901.00001도", k=5)
    assert [hit.paper_id for hit in answer.hits[:2]] == ["2305.18290", "2203.02155"]
    assert list(dict.fromkeys(citation.paper_id for citation in answer.citations)) == ["2305.18290", "2203.02155"]


@pytest.mark.parametrize(("paper_id", "question", "fragments"), NEVER_QUOTED)
def test_never_quotes_text_without_content(
    sample_library: Library, paper_id: str, question: str, fragments: tuple[str, ...]
) -> None:
    quotes = [citation.quote for citation in sample_library.ask(question).citations]
    assert [quote for quote in quotes if any(fragment in quote for fragment in fragments)] == []


def test_abstains_if_a_paper_has_only_a_refusal(sample_library: Library) -> None:
    answer = sample_library.ask("2302.13971은 무엇을 말해?")
    assert (answer.abstained, answer.citations) == (True, ())


@pytest.mark.parametrize(
    ("question", "lang"),
    [
        ("1706.03762 모델의 번역 성능은?", "ko"),
        ("How well does the model of 1706.03762 translate?", "en"),
        ("2106.09685의 저랭크 갱신", "ko"),
        ("selective state spaces in 2312.00752", "en"),
        ("Explain https://arxiv.org/abs/1706.03762v5 please", "en"),
        ("1810.04805 explain", "en"),
        ("2106.09685 summary please", "en"),
    ],
)
def test_answers_in_the_language_of_the_question(sample_library: Library, question: str, lang: str) -> None:
    answer = sample_library.ask(question)
    assert answer.citations
    first = answer.citations[0].paper_id
    native = [
        (":abstract:" in citation.chunk_id) == (lang == "en")
        or f"  - {strip_markdown(citation.quote)} [{first}] (초록)" in answer.answer
        for citation in answer.citations
    ]
    assert sum(native) > len(native) / 2  # the other language tells what is left
    assert (":abstract:" in answer.citations[0].chunk_id) == (lang == "en")


def test_quotes_the_other_language_if_there_is_no_other_text(
    sample_library: Library, chunk_texts: dict[str, str]
) -> None:
    answer = sample_library.ask("robust speech recognition trained on 680,000 hours, 2212.04356")
    assert {citation.paper_id for citation in answer.citations} == {"2212.04356"}
    assert answer.answer.startswith("The paper is described as follows.")
    check_citations(answer, chunk_texts)


@pytest.mark.parametrize("k", [1, 2, 5, 17, 100])
def test_returns_k_papers_each_once(sample_library: Library, k: int) -> None:
    hits = sample_library.search("언어 모델 학습", k).hits
    papers = [hit.paper_id for hit in hits]
    # One of the 17 papers has only a refused summary and no abstract, so it is not searchable.
    assert len(papers) == len(set(papers)) == min(k, 16)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    for hit in hits:
        assert 1 <= len(hit.evidence) <= 3
        assert all(item.chunk_id.startswith(f"{hit.paper_id}:") for item in hit.evidence)
        assert hit.url == f"https://arxiv.org/abs/{hit.paper_id}"
    assert sample_library.search("언어 모델 학습", 100).hits[:k] == hits


def test_cites_only_hits_at_k_one(sample_library: Library) -> None:
    answer = sample_library.ask(QUESTIONS[0][0], 1)
    assert [hit.paper_id for hit in answer.hits] == ["1706.03762"]
    assert {citation.paper_id for citation in answer.citations} == {"1706.03762"}


@pytest.mark.parametrize(
    ("question", "k", "field"),
    [
        ("", 10, "question"),
        (" \n\t", 10, "question"),
        ("\u200b\u200b", 10, "question"),
        ("\0", 10, "question"),
        ("가" * 2001, 10, "question"),
        ("a\ud800", 10, "question"),
        (None, 10, "question"),
        (7, 10, "question"),
        (b"bytes", 10, "question"),
        ("x", 0, "k"),
        ("x", -1, "k"),
        ("x", 101, "k"),
        ("x", 1.0, "k"),
        ("x", "5", "k"),
        ("x", True, "k"),
        ("x", None, "k"),
    ],
)
def test_errors_name_the_invalid_argument(sample_library: Library, question: str, k: int, field: str) -> None:
    for ask in (sample_library.ask, sample_library.search):
        with pytest.raises(InputError, match=f"^{field}: ") as caught:
            ask(question, k)
        assert caught.value.field == field


@pytest.mark.parametrize(
    "question",
    [
        "가" * 2000,
        "a" * 2000,
        "a\0b",
        "'; DROP TABLE chunks; --",
        '" OR * NEAR( ^ : -',
        "?!",
        "\u202e",
        "😀😀",
        "{papers} %s {0}",
        "\x1b[31mred",
        "\u1100" * 50,
        "어텐션 AND NOT 모델*",
    ],
)
def test_odd_questions_get_an_answer(sample_library: Library, chunk_texts: dict[str, str], question: str) -> None:
    if not any(letter.isprintable() for letter in question):
        with pytest.raises(InputError, match=r"^question: is empty"):
            sample_library.ask(question)
        return
    answer = sample_library.ask(question)
    check_citations(answer, chunk_texts)
    assert answer.abstained == (not answer.citations)


def test_threads_get_the_answers_of_a_single_caller(sample_library: Library) -> None:
    questions = [question for question, _ in QUESTIONS] + UNRELATED[:4]
    alone = [sample_library.ask(question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            assert list(pool.map(sample_library.ask, questions)) == alone


def test_threads_may_open_the_models_together(sample_library: Library) -> None:
    with Library.open(settings=sample_library.settings) as library, ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: library.ask(QUESTIONS[1][0]).answer, range(8)))
    assert answers == {sample_library.ask(QUESTIONS[1][0]).answer}


def test_a_closed_library_raises(sample_library: Library) -> None:
    library = Library.open(settings=sample_library.settings)
    library.ask(QUESTIONS[0][0])
    library.close()
    library.close()
    for call in (
        lambda: library.ask("x"),
        lambda: library.search("x"),
        lambda: library.paper("1706.03762"),
        library.status,
        lambda: library.ingest(SAMPLES),
    ):
        with pytest.raises(ConfigError, match="closed"):
            call()


def test_returns_a_paper_with_its_entries(sample_library: Library) -> None:
    details = sample_library.paper(" arXiv:1706.03762v5 ")
    assert details.paper.paper_id == "1706.03762"
    assert details.paper.title == "Attention Is All You Need"
    assert details.paper.digest_dates == ("2025-03-03", "2025-03-05")
    assert [entry.digest_date for entry in details.entries] == ["2025-03-03", "2025-03-05"]
    assert sample_library.paper("2302.13971").paper.abstract == ""
    assert sample_library.paper("2203.02155").entries[0].version == 1


@pytest.mark.parametrize(
    "paper_id", ["", "x", "2505.1", "../../etc/passwd", "1706.03762; DROP", "2513.00001", "\ud800"]
)
def test_rejects_a_malformed_paper_id(sample_library: Library, paper_id: str) -> None:
    with pytest.raises(InputError) as caught:
        sample_library.paper(paper_id)
    assert caught.value.field == "paper_id"


def test_status_counts_the_contents(sample_library: Library) -> None:
    status = sample_library.status()
    counts = (status.papers, status.entries, status.documents, status.abstracts, status.problems)
    assert counts == (17, 19, 4, 15, 0)
    assert status.days == ("2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06")
    assert status.generation == 1
    assert status.model_id == sample_library.embedder.model_id


def test_a_second_ingest_does_nothing(sample_library: Library) -> None:
    before = sample_library.status()
    report = sample_library.ingest(str(SAMPLES / "digests"), SAMPLES / "abstracts.jsonl")
    assert report.did_nothing
    assert report.embedded == 0
    assert sample_library.status() == before


def test_open_without_create_requires_an_index(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nonmun ingest"):
        Library.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_open_rejects_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="--data"):
        Library.open(tmp_path / "file")


def test_the_path_takes_precedence_over_the_settings(tmp_path: Path) -> None:
    with Library.open(str(tmp_path / "given"), settings=Settings(data=tmp_path / "settings")) as library:
        assert library.status().data == str(tmp_path / "given")
    assert not (tmp_path / "settings").exists()


def test_never_quotes_a_summary_invented_from_a_title(sample_library: Library) -> None:
    answer = sample_library.ask("2312.00752의 선택적 상태 공간")
    assert [citation.chunk_id for citation in answer.citations]
    assert all(citation.chunk_id.startswith("2312.00752:abstract:") for citation in answer.citations)


def test_another_inference_engine_searches_and_extends_an_index(model_cache: Path, tmp_path: Path) -> None:
    """Built with OpenVINO, extended with ONNX Runtime: the vectors rank alike and share a model id."""
    first, *_, last = sorted((SAMPLES / "digests").iterdir())
    with Library.open(settings=Settings(data=tmp_path, cache=model_cache)) as library:
        library.ingest(first)
        model_id = library.status().model_id
    other = Settings(data=tmp_path, cache=model_cache, embedding="bundled:onnxruntime")
    with Library.open(settings=other) as library:
        assert library.search("저랭크 행렬로 미세 조정").hits[0].paper_id == "2106.09685"
        assert library.ingest(last).embedded > 0
        assert library.status().model_id == model_id
        assert library.search("이미지를 패치로 잘라").hits[0].paper_id == "2010.11929"
        assert not library.examine(thorough=True)
