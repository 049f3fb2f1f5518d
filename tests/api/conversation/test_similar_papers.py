"""Questions for papers that are like one that they name, or like one of the conversation."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from nonmun import Answer, Library, Turn

AS_OF = date(2025, 3, 10)
LORA, ATTENTION = "2106.09685", "1706.03762"
BERT, FLASH, INSTRUCT = "1810.04805", "2205.14135", "2203.02155"


def ask(library: Library, question: str, *papers: str) -> Answer:
    """Ask a question after turns about these papers, the latest last."""
    return library.ask(question, as_of=AS_OF, history=[Turn("앞의 질문", (paper_id,)) for paper_id in papers])


def found(answer: Answer) -> list[str]:
    return [hit.paper_id for hit in answer.hits]


@pytest.mark.parametrize("question", [f"papers similar to {LORA}", f"{LORA}와 비슷한 논문 있어?"])
def test_finds_papers_like_the_one_named(sample_library: Library, question: str) -> None:
    answer = ask(sample_library, question)
    assert not answer.abstained
    assert LORA not in found(answer)
    assert INSTRUCT in found(answer)[:3]  # of large language models as well
    assert {citation.paper_id for citation in answer.citations} <= set(found(answer))
    assert answer.citations


@pytest.mark.parametrize("question", ["비슷한 논문 더 있어?", "이런 논문 더 찾아줘", "more like this"])
def test_finds_papers_like_the_last_one_of_the_conversation(sample_library: Library, question: str) -> None:
    answer = ask(sample_library, question, LORA, ATTENTION)
    assert ATTENTION not in found(answer)
    assert {BERT, FLASH} <= set(found(answer)[:3])
    assert found(answer) == found(ask(sample_library, f"papers similar to {ATTENTION}"))


@pytest.mark.parametrize(("question", "lang"), [("비슷한 논문 더 있어?", "ko"), ("more like this", "en")])
def test_answers_in_the_language_of_the_question(sample_library: Library, question: str, lang: str) -> None:
    answer = ask(sample_library, question, ATTENTION)
    assert answer.interpretation.answer_lang == lang
    assert answer.answer.startswith({"ko": "다음 논문이", "en": "The following papers"}[lang])


def test_a_paper_named_takes_precedence_over_the_conversation(sample_library: Library) -> None:
    alone = ask(sample_library, f"papers similar to {LORA}")
    assert found(ask(sample_library, f"papers similar to {LORA}", ATTENTION)) == found(alone)


@pytest.mark.parametrize("question", ["LoRA와 이미지 모델을 비교해 줘", "저랭크 행렬로 미세 조정하는 논문"])
def test_other_questions_find_the_paper_itself(sample_library: Library, question: str) -> None:
    assert LORA in found(ask(sample_library, question))


@pytest.mark.parametrize("question", [f"papers similar to {LORA}", "비슷한 논문 더 있어?"])
def test_the_answer_repeats_the_question_as_asked(sample_library: Library, question: str) -> None:
    assert ask(sample_library, question, ATTENTION).question == question


@pytest.mark.parametrize("question", ["papers similar to LoRA", "LoRA와 비슷한 논문 있어?"])
@pytest.mark.parametrize("context", [(), (ATTENTION,)])
def test_finds_papers_like_the_one_whose_title_is_named(
    sample_library: Library, question: str, context: tuple[str, ...]
) -> None:
    expected = found(ask(sample_library, f"papers similar to {LORA}"))
    assert set(found(ask(sample_library, question, *context))[:3]) == set(expected[:3])


def test_the_title_of_the_other_paper_may_be_anything(library: Library, tmp_path: Path) -> None:
    rows = [
        {"id": "2505.00001", "title": "T" * 2_500, "abstract": "We forecast waves of the sea."},
        {"id": "2505.00002", "title": "Waves", "abstract": "We forecast waves of a lake."},
    ]
    (tmp_path / "abstracts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "none.jsonl").touch()
    library.ingest(tmp_path / "none.jsonl", tmp_path / "abstracts.jsonl", all_abstracts=True)
    assert found(ask(library, "papers similar to 2505.00001")) == ["2505.00002"]
