"""Answer measures: real answers pass the assessment, and every manipulation of one is detected."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Answer, Citation, Library
from nonmun.eval.metrics.answers import ANSWER_MEASURES, area_under_curve, assess_answer, risk_coverage
from nonmun.eval.metrics.registry import measure_outcomes
from nonmun.eval.runs.model import AssessedAnswer, QueryOutcome, RunHit
from nonmun.index.domain.papers import text_hash

QUESTION = "2106.09685와 2212.04356은 무엇이 다른가"


@pytest.fixture(scope="module")
def answer(filled: Library) -> Answer:
    answer = filled.ask(QUESTION)
    assert len({citation.paper_id for citation in answer.citations}) == 2
    return answer


def test_real_answer_is_supported(answer: Answer) -> None:
    assessed = assess_answer(answer)
    assert (assessed.abstained, assessed.reason) == (False, None)
    assert assessed.cited == ("2106.09685", "2212.04356")
    assert assessed.quotes == assessed.verified == assessed.sentences == len(answer.citations) >= 2
    assert assessed.unsupported == 0
    assert assessed.confidence == round(answer.hits[0].score, 6)


def test_abstention(filled: Library) -> None:
    assessed = assess_answer(filled.ask("2401.99999를 설명해 줘"))
    assert (assessed.abstained, assessed.reason, assessed.cited) == (True, "unknown_paper", ())
    assert (assessed.quotes, assessed.verified, assessed.sentences, assessed.unsupported) == (0, 0, 0, 0)
    assert assessed.confidence > 0


def test_abstention_of_an_empty_index(library: Library) -> None:
    assessed = assess_answer(library.ask("어텐션"))
    assert (assessed.reason, assessed.confidence) == ("empty_index", 0.0)


def test_changed_word_is_unsupported(answer: Answer) -> None:
    line = next(line for line in answer.answer.splitlines() if line.startswith("- "))
    changed = replace(answer, answer=answer.answer.replace(line, line.replace("다", "지 않다", 1)))
    assert changed != answer
    assessed = assess_answer(changed)
    assert (assessed.unsupported, assessed.verified) == (1, assessed.quotes)


def test_marker_of_another_paper_is_unsupported(answer: Answer) -> None:
    assessed = assess_answer(replace(answer, answer=answer.answer.replace("[2106.09685]", "[2212.04356]")))
    assert assessed.unsupported == sum(citation.paper_id == "2106.09685" for citation in answer.citations)
    assert assess_answer(replace(answer, answer=answer.answer.replace(" [2106.09685]", ""))).unsupported >= 1


@pytest.mark.parametrize(
    "line", ["- 이 방법은 모든 문제를 풉니다.", "- x [2106.09685]", "모두 풉니다 [2106.09685].", "모두 [1]"]
)
def test_invented_line_is_unsupported(answer: Answer, line: str) -> None:
    assessed = assess_answer(replace(answer, answer=f"{answer.answer}\n{line}"))
    assert (assessed.unsupported, assessed.sentences) == (1, len(answer.citations) + 1)


def test_invented_quotation_is_not_verified(answer: Answer) -> None:
    """The quotation matches its citation, but not the chunk."""
    first = answer.citations[0]
    words = "이 방법은 모든 문제를 풉니다."
    invented = Citation(first.paper_id, first.chunk_id, text_hash(words), 0, len(words), words, text=words)
    line = f"- {words} [{first.paper_id}]"
    changed = replace(answer, citations=(*answer.citations, invented), answer=f"{answer.answer}\n{line}")
    assessed = assess_answer(changed)
    assert (assessed.quotes, assessed.verified) == (len(answer.citations) + 1, len(answer.citations))
    assert assessed.unsupported == 1


def test_quotation_with_another_paper_is_not_verified(answer: Answer, filled: Library) -> None:
    """The quotation is in the chunk, but the chunk is of another paper."""
    first = answer.citations[0]
    text = next(item.text for hit in answer.hits for item in hit.evidence if item.chunk_id == first.chunk_id)
    misattributed = Citation(
        "2212.04356", first.chunk_id, first.text_hash, first.start, first.end, first.quote, text=text
    )
    assessed = assess_answer(replace(answer, citations=(misattributed, *answer.citations[1:])))
    assert assessed.verified == assessed.quotes - 1


def test_changed_chunk_invalidates_its_quotations(answer: Answer) -> None:
    first = answer.citations[0]

    def with_prefix(hit):
        return replace(
            hit,
            evidence=tuple(
                replace(item, text="앞" + item.text) if item.chunk_id == first.chunk_id else item
                for item in hit.evidence
            ),
        )

    of_chunk = sum(citation.chunk_id == first.chunk_id for citation in answer.citations)
    assessed = assess_answer(replace(answer, hits=tuple(with_prefix(hit) for hit in answer.hits)))
    assert assessed.verified == assessed.quotes - of_chunk
    assert assess_answer(replace(answer, hits=())).verified == 0


def test_titles_with_brackets_are_not_claims(answer: Answer) -> None:
    lines = answer.answer.replace("**LoRA", "**[Re] LoRA")
    assert lines != answer.answer
    assessed = assess_answer(replace(answer, answer=lines))
    assert (assessed.sentences, assessed.unsupported) == (len(answer.citations), 0)


# --- measures


def outcome(
    query_id: str, *, cited: tuple[str, ...] = (), relevant: dict[str, int] | None = None, answerable: bool = True,
    confidence: float = 0.5, best: str = "", counts: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> QueryOutcome:  # fmt: skip
    """Make an outcome; counts are quotes, verified quotes, sentences and unsupported sentences."""
    assessed = AssessedAnswer(not cited, None, cited, *counts, confidence)
    ranking = (RunHit(best, 1.0),) if best else ()
    return QueryOutcome(query_id, query_id, "en", answerable, {}, relevant or {}, ranking, answer=assessed)


def measured(outcomes: list[QueryOutcome]) -> dict[str, dict[str, float]]:
    return {
        outcome.query_id: dict(outcome.measures)
        for outcome in measure_outcomes(outcomes, ANSWER_MEASURES)
        if outcome.measures
    }


def test_measures_of_hand_made_answers() -> None:
    judged = {"a": 2, "b": 1, "c": 0}
    found = measured([
        outcome("half", cited=("a", "c", "d"), relevant=judged, counts=(4, 3, 5, 1)),
        outcome("wrong", cited=("c",), relevant=judged, counts=(1, 1, 1, 0)),
        outcome("silent", relevant=judged),
        outcome("refused", answerable=False),
        outcome("fooled", cited=("a",), relevant={"a": 0}, answerable=False),
        outcome("unjudged", cited=("a",)),
        outcome("zero", cited=("c",), relevant={"c": 0}),
        QueryOutcome("unasked", "x", "en", True, {}, judged, ()),
    ])  # fmt: skip
    assert found == {
        "half": {
            "correct": 1, "citation_precision": 1 / 3, "citation_recall": 0.5, "quotes_verified": 0.75,
            "unsupported": 0.2,
        },
        "wrong": {"correct": 0, "citation_precision": 0, "citation_recall": 0, "quotes_verified": 1, "unsupported": 0},
        "silent": {"correct": 0, "citation_recall": 0, "abstention_precision": 0},
        "refused": {"correct": 1, "abstention_recall": 1, "abstention_precision": 1},
        "fooled": {"correct": 0, "citation_precision": 0, "abstention_recall": 0},
    }  # fmt: skip


def test_risk_coverage_of_hand_made_answers() -> None:
    """By confidence: a right one; two of equal confidence, one right and one wrong; an unanswerable one."""
    outcomes = [
        outcome("none", answerable=False, confidence=0.1, best="a"),
        outcome("right", relevant={"a": 1}, confidence=0.9, best="a"),
        outcome("tie-right", relevant={"a": 1}, confidence=0.5, best="a"),
        outcome("tie-wrong", relevant={"a": 1, "b": 0}, confidence=0.5, best="b"),
        outcome("unjudged", confidence=0.99, best="a"),
        replace(outcome("unasked", relevant={"a": 1}, best="a"), answer=None),
    ]
    points = risk_coverage(outcomes)
    assert points == [(0.25, 0.0), (0.75, pytest.approx(1 / 3, abs=1e-6)), (1.0, 0.5)]
    assert area_under_curve(points) == pytest.approx(0.5 / 3 + 0.25 * 0.5, abs=1e-6)
    assert risk_coverage(reversed(outcomes)) == points


def test_risk_coverage_without_answers() -> None:
    assert (risk_coverage([]), area_under_curve([])) == ([], 0.0)
    assert risk_coverage([outcome("lost", relevant={"a": 1})]) == [(1.0, 1.0)]  # empty ranking


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3, 0.4]), st.booleans()), min_size=1, max_size=20))
def test_risk_coverage_properties(drawn: list[tuple[float, bool]]) -> None:
    outcomes = [
        outcome(str(at), relevant={"a": 1}, confidence=confidence, best="a" if right else "b")
        for at, (confidence, right) in enumerate(drawn)
    ]
    points = risk_coverage(outcomes)
    assert [coverage for coverage, _ in points] == sorted({coverage for coverage, _ in points})
    assert points[-1] == (1.0, pytest.approx(sum(not right for _, right in drawn) / len(drawn), abs=1e-6))
    assert len(points) == len({confidence for confidence, _ in drawn})
    assert 0 <= area_under_curve(points) <= 1


def test_generated_answer_must_cite_quoted_papers(filled: Library) -> None:
    answer = filled.ask("2106.09685는 어떻게 학습해?")
    paper = answer.citations[0].paper_id
    written = replace(
        answer, writer="generated", answer=f"행렬 둘만 배웁니다. [{paper}]\n다른 말입니다. [2212.99999]\n말뿐."
    )
    assert (assess_answer(written).sentences, assess_answer(written).unsupported) == (3, 2)
    assert assess_answer(replace(written, answer=f"행렬 둘만 배웁니다. [{paper}]")).unsupported == 0
