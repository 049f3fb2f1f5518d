"""What answers are worth: real answers hold, and whatever is changed in them is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Answer, Citation, Library
from nonmun.eval.metrics.answers import answer_measures, area_under, reply_of, risk_coverage
from nonmun.eval.runs.model import Found, Outcome, Reply
from nonmun.index.domain.papers import text_hash

QUESTION = "2106.09685와 2212.04356은 무엇이 다른가"


@pytest.fixture(scope="module")
def answer(filled: Library) -> Answer:
    given = filled.ask(QUESTION)
    assert len({one.paper_id for one in given.citations}) == 2
    return given


def test_a_real_answer_holds(answer: Answer) -> None:
    reply = reply_of(answer)
    assert (reply.abstained, reply.reason) == (False, None)
    assert reply.cited == ("2106.09685", "2212.04356")
    assert reply.quotes == reply.verified == reply.sentences == len(answer.citations) >= 2
    assert reply.unsupported == 0
    assert reply.confidence == round(answer.hits[0].score, 6)


def test_an_answer_that_abstains(filled: Library) -> None:
    reply = reply_of(filled.ask("2401.99999를 설명해 줘"))
    assert (reply.abstained, reply.reason, reply.cited) == (True, "unknown_paper", ())
    assert (reply.quotes, reply.verified, reply.sentences, reply.unsupported) == (0, 0, 0, 0)
    assert reply.confidence > 0


def test_an_empty_index(library: Library) -> None:
    reply = reply_of(library.ask("어텐션"))
    assert (reply.reason, reply.confidence) == ("empty_index", 0.0)


def test_a_changed_word(answer: Answer) -> None:
    line = next(line for line in answer.answer.splitlines() if line.startswith("- "))
    told = replace(answer, answer=answer.answer.replace(line, line.replace("다", "지 않다", 1)))
    assert told != answer
    reply = reply_of(told)
    assert (reply.unsupported, reply.verified) == (1, reply.quotes)


def test_a_marker_of_another_paper(answer: Answer) -> None:
    reply = reply_of(replace(answer, answer=answer.answer.replace("[2106.09685]", "[2212.04356]")))
    assert reply.unsupported == sum(one.paper_id == "2106.09685" for one in answer.citations)
    assert reply_of(replace(answer, answer=answer.answer.replace(" [2106.09685]", ""))).unsupported >= 1


@pytest.mark.parametrize(
    "line", ["- 이 방법은 모든 문제를 풉니다.", "- x [2106.09685]", "모두 풉니다 [2106.09685].", "모두 [1]"]
)
def test_an_invented_line(answer: Answer, line: str) -> None:
    reply = reply_of(replace(answer, answer=f"{answer.answer}\n{line}"))
    assert (reply.unsupported, reply.sentences) == (1, len(answer.citations) + 1)


def test_an_invented_quotation(answer: Answer) -> None:
    """It is true to the text that it was cut from, but the chunk does not read so."""
    first = answer.citations[0]
    words = "이 방법은 모든 문제를 풉니다."
    invented = Citation(first.paper_id, first.chunk_id, text_hash(words), 0, len(words), words, text=words)
    line = f"- {words} [{first.paper_id}]"
    told = replace(answer, citations=(*answer.citations, invented), answer=f"{answer.answer}\n{line}")
    reply = reply_of(told)
    assert (reply.quotes, reply.verified) == (len(answer.citations) + 1, len(answer.citations))
    assert reply.unsupported == 1


def test_a_quotation_of_another_paper(answer: Answer, filled: Library) -> None:
    """The words stand in the chunk, but the chunk is not the paper's."""
    first = answer.citations[0]
    text = next(one.text for hit in answer.hits for one in hit.evidence if one.chunk_id == first.chunk_id)
    moved = Citation("2212.04356", first.chunk_id, first.text_hash, first.start, first.end, first.quote, text=text)
    reply = reply_of(replace(answer, citations=(moved, *answer.citations[1:])))
    assert reply.verified == reply.quotes - 1


def test_a_chunk_that_has_changed(answer: Answer) -> None:
    first = answer.citations[0]

    def changed(hit):
        return replace(
            hit,
            evidence=tuple(
                replace(one, text="앞" + one.text) if one.chunk_id == first.chunk_id else one for one in hit.evidence
            ),
        )

    of_it = sum(one.chunk_id == first.chunk_id for one in answer.citations)
    reply = reply_of(replace(answer, hits=tuple(changed(hit) for hit in answer.hits)))
    assert reply.verified == reply.quotes - of_it
    assert reply_of(replace(answer, hits=())).verified == 0


def test_titles_with_brackets_state_nothing(answer: Answer) -> None:
    lines = answer.answer.replace("**LoRA", "**[Re] LoRA")
    assert lines != answer.answer
    reply = reply_of(replace(answer, answer=lines))
    assert (reply.sentences, reply.unsupported) == (len(answer.citations), 0)


# --- measures, by hand


def outcome(
    query_id: str, *, cited: tuple[str, ...] = (), relevant: dict[str, int] | None = None, answerable: bool = True,
    confidence: float = 0.5, best: str = "", counts: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> Outcome:  # fmt: skip
    """Of one answer; counts are its quotes, how many of them verify, its sentences, how many are unsupported."""
    reply = Reply(not cited, None, cited, *counts, confidence)
    found = (Found(best, 1.0),) if best else ()
    return Outcome(query_id, query_id, "en", answerable, {}, relevant or {}, found, reply=reply)


def test_measures_by_hand() -> None:
    judged = {"a": 2, "b": 1, "c": 0}
    found = answer_measures([
        outcome("half", cited=("a", "c", "d"), relevant=judged, counts=(4, 3, 5, 1)),
        outcome("wrong", cited=("c",), relevant=judged, counts=(1, 1, 1, 0)),
        outcome("silent", relevant=judged),
        outcome("refused", answerable=False),
        outcome("fooled", cited=("a",), relevant={"a": 0}, answerable=False),
        outcome("unjudged", cited=("a",)),
        outcome("zero", cited=("c",), relevant={"c": 0}),
        Outcome("unasked", "x", "en", True, {}, judged, ()),
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


def test_risk_and_coverage_by_hand() -> None:
    """Surest first: right; then two that are equally sure, one right, one wrong; then one that nothing answers."""
    outcomes = [
        outcome("none", answerable=False, confidence=0.1, best="a"),
        outcome("right", relevant={"a": 1}, confidence=0.9, best="a"),
        outcome("tie-right", relevant={"a": 1}, confidence=0.5, best="a"),
        outcome("tie-wrong", relevant={"a": 1, "b": 0}, confidence=0.5, best="b"),
        outcome("unjudged", confidence=0.99, best="a"),
        replace(outcome("unasked", relevant={"a": 1}, best="a"), reply=None),
    ]
    points = risk_coverage(outcomes)
    assert points == [(0.25, 0.0), (0.75, pytest.approx(1 / 3, abs=1e-6)), (1.0, 0.5)]
    assert area_under(points) == pytest.approx(0.5 / 3 + 0.25 * 0.5, abs=1e-6)
    assert risk_coverage(reversed(outcomes)) == points


def test_no_answers_no_curve() -> None:
    assert (risk_coverage([]), area_under([])) == ([], 0.0)
    assert risk_coverage([outcome("lost", relevant={"a": 1})]) == [(1.0, 1.0)]  # found nothing


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3, 0.4]), st.booleans()), min_size=1, max_size=20))
def test_curves(drawn: list[tuple[float, bool]]) -> None:
    outcomes = [
        outcome(str(at), relevant={"a": 1}, confidence=confidence, best="a" if right else "b")
        for at, (confidence, right) in enumerate(drawn)
    ]
    points = risk_coverage(outcomes)
    assert [coverage for coverage, _ in points] == sorted({coverage for coverage, _ in points})
    assert points[-1] == (1.0, pytest.approx(sum(not right for _, right in drawn) / len(drawn), abs=1e-6))
    assert len(points) == len({confidence for confidence, _ in drawn})
    assert 0 <= area_under(points) <= 1


def test_an_answer_in_other_words_has_to_name_papers_that_it_quotes(filled: Library) -> None:
    answer = filled.ask("2106.09685는 어떻게 학습해?")
    paper = answer.citations[0].paper_id
    written = replace(
        answer, writer="generated", answer=f"행렬 둘만 배웁니다. [{paper}]\n다른 말입니다. [2212.99999]\n말뿐."
    )
    assert (reply_of(written).sentences, reply_of(written).unsupported) == (3, 2)
    assert reply_of(replace(written, answer=f"행렬 둘만 배웁니다. [{paper}]")).unsupported == 0
