"""Extractive answers by intent, and their trust notes, over a corpus of invented papers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from nonmun import Answer, Library, Settings
from nonmun.api.answers.generative.passages import select_passages
from nonmun.api.answers.rendering.layout import LABEL, QUOTATION, TITLE
from nonmun.eval.metrics.answers import assess_answer
from nonmun.index.retrieval.request import RetrievalRequest

TIDE, ORCHARD, MAPS, GHOST, LATE = "2503.00001", "2503.00002", "2503.00003", "2503.00004", "2503.00005"
ABSTRACTS = {
    TIDE: (
        "TideNet: Forecasting Waves from Buoys",
        "Forecasts of ocean waves are slow. We present TideNet, a network of 24 layers that forecasts the height of "
        "waves from 1,200 buoys. On WaveBench it lowers the error by 31% and runs 6x faster than numerical models.",
    ),
    ORCHARD: (
        "OrchardBot: Picking Apples in the Dark",
        "Robots bruise fruit. We introduce OrchardBot, which picks apples at night with a soft hand and a thermal "
        "camera. In field trials it picked 85% of 3,400 apples and damaged fewer than 2%.",
    ),
    MAPS: (
        "MapReader: Street Names on Historical Maps",
        "Historical maps are hard to search. MapReader finds and reads street names on scanned maps in three "
        "languages. It is trained on 1.5 million synthetic labels and reaches an F1 score of 78.4 on OldTowns.",
    ),
    LATE: (
        "NightOwl: Counting Birds by Their Calls",
        "We propose NightOwl, a detector of bird calls for cheap microphones. It finds 92% of the calls of owls.",
    ),
}
BODIES = {
    ("2025-03-03", TIDE): """## 핵심 동기

바다의 파도를 예측하는 일은 느립니다.

## 주요 기여

- **TideNet 제안**: 부표 1,200개에서 파도의 높이를 예측하는 `24개 레이어`의 신경망을 제안합니다.

## 결과

- **오차**: `WaveBench`에서 오차를 31% 줄이고 수치 모델보다 6배 빠르게 동작합니다.

## 한계

- 태풍이 지날 때의 파도는 잘 맞히지 못합니다.
- 부표가 없는 바다에서는 쓸 수 없습니다.""",
    ("2025-03-03", ORCHARD): """## 핵심 동기

로봇은 과일에 상처를 냅니다.

## 주요 기여

- **OrchardBot**: 부드러운 손과 열화상 카메라로 밤에 사과를 따는 로봇을 제안합니다.

## 결과

- 과수원 실험에서 사과 3,400개의 85%를 땄고 2% 미만만 상했습니다.

## 한계

- 비가 오는 날에는 카메라가 흐려집니다.""",
    ("2025-03-04", MAPS): """## 핵심 동기

옛 지도는 찾아보기 어렵습니다.

## 주요 기여

- **MapReader**: 스캔한 지도에서 세 언어의 거리 이름을 찾아 읽는 방법을 제안합니다.

## 결과

- MapReader는 OldTowns에서 F1 점수 87.4를 기록합니다.""",
    ("2025-03-04", GHOST): """죄송하지만 논문을 열 수 없어 제목만 보고 추측하였습니다.

## 주요 기여

- 유리 온실에서 자라는 선인장의 가시를 세는 현미경 신경망을 제안합니다.
- 선인장 가시를 세는 데 걸리는 시간이 크게 줄어듭니다.""",
    ("2025-03-10", LATE): """## 주요 기여

- **NightOwl**: 값싼 마이크로 새의 울음소리를 찾아내는 탐지기를 제안합니다.""",
}
AS_OF = date(2025, 3, 12)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("answers")
    for day in {day for day, _ in BODIES}:
        entries = [
            f"## {paper}\n🔗 https://huggingface.co/papers/{paper}\n\n**Summary**:\n{body}\n\n---\n"
            for (digest_date, paper), body in BODIES.items()
            if digest_date == day
        ]
        (folder / f"{day}.md").write_text(f"# Daily Papers – {day}\n\n" + "\n".join(entries), "utf-8")
    records = [{"id": key, "title": title, "text": text} for key, (title, text) in ABSTRACTS.items()]
    file = folder / "abstracts.jsonl"
    file.write_text("\n".join(map(json.dumps, records)), "utf-8")
    with Library.open(settings=Settings(data=folder / "data", cache=model_cache)) as library:
        library.ingest(sorted(folder.glob("*.md")), abstracts=file)
        labels = library.status().labels
        assert (labels.get("invented"), labels.get("contradicted")) == (1, 1)
        yield library


def quotes(answer: Answer) -> list[str]:
    return [citation.quote for citation in answer.citations]


def sections(answer: Answer) -> list[str]:
    return [citation.chunk_id.split(":")[2] for citation in answer.citations if citation.trust]


def assert_supported(answer: Answer) -> None:
    """Every line is boilerplate or consists of quotations that occur in their chunks."""
    reply = assess_answer(answer)
    assert (reply.verified, reply.unsupported) == (reply.quotes, 0)
    assert reply.sentences == len(answer.citations)


def test_explanation_quotes_the_defining_sentence_then_results_and_motivation(library: Library) -> None:
    answer = library.ask("TideNet이 뭐야?")
    assert_supported(answer)
    assert (answer.interpretation.shape, answer.interpretation.papers) == ("explain", (TIDE,))
    assert sections(answer) == ["contributions", "results", "motivation"]
    answer = library.ask("What is TideNet?")
    assert_supported(answer)
    assert quotes(answer)[0].startswith("We present TideNet")


def test_strips_markdown_from_the_text_but_not_from_the_citations(library: Library) -> None:
    answer = library.ask("TideNet이 뭐야?")
    assert "TideNet 제안: 부표 1,200개에서 파도의 높이를 예측하는 24개 레이어의 신경망을 제안합니다." in answer.answer
    assert "오차: WaveBench에서 오차를 31% 줄이고" in answer.answer
    assert any("`24개 레이어`" in quote for quote in quotes(answer))
    assert any("**오차**: `WaveBench`" in quote for quote in quotes(answer))


def test_section_question_quotes_the_section_in_either_language(library: Library) -> None:
    for question in ("TideNet의 한계는?", "What are TideNet's limitations?", f"{TIDE}의 한계점을 알려줘"):
        answer = library.ask(question)
        assert_supported(answer)
        assert answer.interpretation.shape == "section"
        assert set(quotes(answer)[:2]) == {
            "태풍이 지날 때의 파도는 잘 맞히지 못합니다.",
            "부표가 없는 바다에서는 쓸 수 없습니다.",
        }


def test_missing_section_falls_back_to_the_closest_sentences(library: Library) -> None:
    answer = library.ask("NightOwl의 한계는?")
    assert_supported(answer)
    assert answer.citations
    assert answer.answer.startswith("물으신 부분을 따로 다룬 글은 없어")


def test_comparison_quotes_papers_aspect_by_aspect(library: Library) -> None:
    answer = library.ask("TideNet과 OrchardBot을 비교해 줘")
    assert_supported(answer)
    assert answer.interpretation.papers == (TIDE, ORCHARD)
    lines = answer.answer.split("\n")
    assert [line for line in lines if line.endswith(":")] == ["동기:", "방법:", "결과:"]
    assert [found["title"] for found in map(TITLE.fullmatch, lines) if found] == [
        ABSTRACTS[TIDE][0],
        ABSTRACTS[ORCHARD][0],
    ]
    for heading in ("동기:", "방법:", "결과:"):
        assert below(lines, heading) == [("TideNet", TIDE), ("OrchardBot", ORCHARD)]


def below(lines: list[str], heading: str) -> list[tuple[str, str]]:
    """Return the labels below a heading, each with the paper that the quotation right below it is from."""
    found: list[tuple[str, str]] = []
    for line, following in itertools.pairwise(lines[lines.index(heading) + 1 :]):
        if line.endswith(":"):
            break
        if label := LABEL.fullmatch(line):
            quotation = QUOTATION.fullmatch(following)
            assert quotation
            found.append((label["name"], quotation["paper"]))
    return found


def test_comparison_cites_no_sentence_twice(library: Library) -> None:
    answer = library.ask("compare TideNet and NightOwl")
    assert_supported(answer)
    assert answer.interpretation.shape == "compare"
    assert len(set(quotes(answer))) == len(quotes(answer)) > 1
    lines = answer.answer.split("\n")
    headings = [line for line in lines if line.endswith(":")]
    assert headings == ["Motivation:", "Method:", "Results:"]
    assert below(lines, "Method:") == [("TideNet", TIDE), ("NightOwl", LATE)]
    for heading in ("Motivation:", "Results:"):  # of which the summary of NightOwl says nothing
        assert below(lines, heading) == [("TideNet", TIDE)]


def test_comparison_of_one_section_quotes_only_that_section(library: Library) -> None:
    answer = library.ask("TideNet과 OrchardBot의 한계를 비교해 줘")
    assert_supported(answer)
    assert sections(answer) == ["limitations"] * 3
    assert {citation.paper_id for citation in answer.citations} == {TIDE, ORCHARD}


def test_comparison_with_an_unknown_paper_quotes_the_known_one(library: Library) -> None:
    answer = library.ask(f"{TIDE}와 2503.99999를 비교해 줘")
    assert_supported(answer)
    assert answer.answer.startswith("비교할 논문 가운데 하나만 찾아")
    assert "색인에 없는 논문입니다: 2503.99999" in answer.answer


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("OrchardBot은 사과를 몇 퍼센트 땄어?", "85%"),
        ("TideNet은 오차를 얼마나 줄였어?", "31%"),
        ("By how much does TideNet lower the error?", "31%"),
        ("How many apples did OrchardBot pick?", "3,400"),
    ],
)
def test_figure_question_quotes_sentences_with_the_figure(library: Library, question: str, figure: str) -> None:
    answer = library.ask(question)
    assert_supported(answer)
    assert answer.interpretation.shape == "figure"
    assert any(figure in quote for quote in quotes(answer))
    assert any(map(str.isdigit, quotes(answer)[0]))


def test_states_that_a_figure_is_missing(library: Library) -> None:
    answer = library.ask("NightOwl은 파라미터가 몇 개야?")
    assert_supported(answer)
    assert answer.answer.startswith(("물으신 수치가", "다음 문장에 수치가"))


def test_digest_question_lists_all_papers_of_the_period_newest_first(library: Library) -> None:
    answer = library.ask("이번 달 다이제스트에 뭐 있어?", as_of=AS_OF)
    assert_supported(answer)
    assert answer.interpretation.shape == "digest"
    titles = [found for found in map(TITLE.fullmatch, answer.answer.split("\n")) if found]
    assert [hit.paper_id for hit in answer.hits] == [LATE, MAPS, GHOST, TIDE, ORCHARD]
    assert [found["days"][-10:] for found in titles] == ["2025-03-10", *["2025-03-04"] * 2, *["2025-03-03"] * 2]
    assert len(answer.citations) == 5 + ("(초록)" in answer.answer)
    assert answer.answer.startswith("그 기간의 논문 5편을 새로운 것부터 보여 드립니다.")
    two = library.ask("What was in the digests of this month?", 2, as_of=AS_OF)
    assert_supported(two)
    assert len(two.hits) == 2
    assert two.answer.startswith("2 of 5 papers from this period, newest first.")
    assert library.ask("최신 논문 보여줘", as_of=AS_OF).answer.startswith("새로운 것부터 보여 드립니다.")
    assert [hit.paper_id for hit in library.search("지난주 다이제스트", as_of=AS_OF).hits] == [
        MAPS,
        GHOST,
        TIDE,
        ORCHARD,
    ]


def test_abstains_for_a_period_without_a_digest(library: Library) -> None:
    answer = library.ask("지난주 다이제스트에 뭐 있어?", as_of=date(2025, 6, 1))
    assert (answer.abstained, answer.reason) == (True, "outside_window")


def test_quotes_the_abstract_above_a_summary_that_contradicts_it(library: Library) -> None:
    answer = library.ask("MapReader의 F1 점수는 몇 점이야?")
    assert_supported(answer)
    cited = quotes(answer)
    contradicted = next(quote for quote in cited if "87.4" in quote)
    correct = next(quote for quote in cited if "78.4" in quote)
    assert cited.index(correct) < cited.index(contradicted)
    assert answer.trust == (f"주의: 요약과 초록이 어긋나는 문장은 초록을 먼저 인용했습니다: {MAPS}",)
    assert answer.trust[0] in answer.answer.split("\n")
    assert f"- {correct} [{MAPS}] (초록)" in answer.answer
    english = library.ask("MapReader의 F1 점수를 영어로 알려줘")
    assert english.interpretation.answer_lang == "en"
    assert "78.4" in english.answer


def test_abstains_from_an_invented_summary_unless_its_paper_is_named(library: Library) -> None:
    answer = library.ask("온실 선인장의 가시를 세는 현미경 신경망")
    assert (answer.abstained, answer.reason, answer.citations, answer.trust) == (True, "only_untrusted", (), ())
    assert GHOST in answer.answer
    named = library.ask(f"{GHOST}는 무엇을 제안하나?")
    assert_supported(named)
    assert {citation.trust for citation in named.citations} == {"invented"}
    assert named.trust == (f"주의: 논문을 읽지 못하고 제목만으로 쓴 요약을 인용했습니다: {GHOST}",)
    assert named.trust[0] in named.answer.split("\n")


def test_prompt_omits_an_invented_summary_unless_its_paper_is_named(library: Library) -> None:
    result = library.searcher.search(RetrievalRequest("신경망을 제안한 논문은?"), 5, sentences=True)
    papers = frozenset(hit.paper_id for hit in result.hits)
    result = replace(result, assessment=replace(result.assessment, relevant=papers))
    prompted = {passage.paper_id for passage in select_passages(result, [TIDE], 2_000, "ko")}
    assert TIDE in prompted
    assert GHOST in result.assessment.relevant
    assert GHOST not in prompted
    assert select_passages(result, [GHOST], 2_000, "ko")[0].paper_id == GHOST  # cited because the question names it


def test_trustworthy_summaries_get_no_trust_notes(library: Library) -> None:
    for question in ("TideNet이 뭐야?", "파도를 예측하는 논문", "TideNet과 OrchardBot을 비교해 줘"):
        assert library.ask(question).trust == ()


@pytest.mark.parametrize("k", [1, 3])
def test_answers_are_deterministic(library: Library, k: int) -> None:
    for question in ("TideNet과 OrchardBot을 비교해 줘", "파도를 예측하는 논문", "MapReader의 F1 점수는 몇 점이야?"):
        assert library.ask(question, k) == library.ask(question, k)
