"""Reasons for trust labels in Korean and English: the summary's own words, each reason once, with its places."""

from __future__ import annotations

import pytest

from nonmun.api.web.reasons import abstract_spans, reason_views, summary_spans
from nonmun.api.web.texts import TEXTS, Texts
from nonmun.index.domain.papers import Entry, Language
from nonmun.index.domain.trust import Label, Reason, Trust
from nonmun.ingest.trust.refusals.admissions_english import ENGLISH_RULES
from nonmun.ingest.trust.refusals.admissions_korean import KOREAN_RULES

BODY = "모델은 0.6억에서 **235억** 파라미터까지 있고, 다시 0.6억입니다."
ABSTRACT = "Our network has two variants, with parameters ranging from 0.6 to 235 billion."
SCALES = "with parameters ranging from 0.6 to 235 billion."


def entry(label: Label, *reasons: Reason, body: str = BODY, wrong_paper: str | None = None) -> Entry:
    return Entry("2025-05-19", "2505.09388", None, "", "", body, (), 1, trust=Trust(label, tuple(reasons), wrong_paper))


def reason(code: str, words: str, against: str = "", after: int = 0, body: str = BODY) -> Reason:
    start = body.index(words, after)
    return Reason(code, "the summary has it, the abstract does not", start, start + len(words), against)


CONTRADICTED = entry(
    "contradicted",
    reason("number", "0.6억", SCALES),
    reason("unit", "**235억**", SCALES),
    reason("number", "0.6억", SCALES, after=10),
    Reason("checked", "number: 3 contradicted; meaning: 1 not checkable", 0, 0),
)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_equal_reasons_are_one_and_the_tally_is_none(lang: Language) -> None:
    number, unit = reason_views(CONTRADICTED, ABSTRACT, Texts(lang))
    at = 0 if lang == "ko" else 1
    assert number.text == TEXTS["doubt_number"][at].format(words="0.6억")
    assert unit.text == TEXTS["doubt_unit"][at].format(words="235억")
    assert (number.words, number.lang, number.against) == ("0.6억", "ko", SCALES)
    assert [BODY[start:end] for start, end in number.places] == ["0.6억", "0.6억"]
    assert len(set(number.ids)) == 2
    assert "contradicted" not in number.line + unit.line
    assert SCALES in number.line


def test_marks_are_those_of_the_reasons() -> None:
    views = reason_views(CONTRADICTED, ABSTRACT, Texts("ko"))
    spans = summary_spans(views)
    assert [BODY[span.start : span.end] for span in spans] == ["0.6억", "0.6억", "**235억**"]
    assert {span.kind for span in spans} == {"doubt"}
    sources = abstract_spans([*views, *views])  # as summaries of two days would give
    assert len(sources) == 2
    assert {ABSTRACT[span.start : span.end] for span in sources} == {SCALES}
    assert {span.id for span in sources} == {view.source_id for view in views}


def test_a_figure_is_not_found_within_a_word() -> None:
    (view,) = reason_views(entry("supported", reason("number", "모델", "two")), ABSTRACT, Texts("en"))
    assert view.kind == "agree"
    assert view.source == (ABSTRACT.index("two variants"), ABSTRACT.index(" variants"))
    (missing,) = reason_views(entry("supported", reason("number", "모델", "wo")), ABSTRACT, Texts("en"))
    assert (missing.source, missing.source_id) == (None, "")


def test_a_wrong_paper_is_named_and_its_title_is_not_looked_for() -> None:
    other = Reason("wrong_paper", "wrong paper?", 0, 0, "two variants")
    (view,) = reason_views(entry("contradicted", other, wrong_paper="2505.00001"), ABSTRACT, Texts("ko"))
    assert "2505.00001" in view.text
    assert (view.against_label, view.source) == (TEXTS["title_of_other"][0], None)


def test_too_little_to_compare_is_a_reason() -> None:
    (view,) = reason_views(entry("unchecked", Reason("checked", "name: 1 not checkable", 0, 0)), "", Texts("ko"))
    assert view.line == TEXTS["reason_checked"][0]
    assert reason_views(Entry("2025-05-19", "2505.09388", None, "", "", "", (), 1), "", Texts("ko")) == []


def test_long_words_are_cut_and_braces_are_words() -> None:
    body = "죄송합니다 {words} {paper} " + "가" * 500
    (view,) = reason_views(entry("refused", reason("apology", body, body=body), body=body), "", Texts("ko"))
    assert view.words.startswith("죄송합니다 {words} {paper}")
    assert view.words.endswith(" …")
    assert len(view.words) < 200


def test_a_code_without_words_shows_its_message() -> None:
    (view,) = reason_views(entry("invented", reason("of_another_version", "모델")), "", Texts("ko"))
    assert (view.words, view.text) == ("모델", "모델: the summary has it, the abstract does not")


def test_every_admission_has_words() -> None:
    for rule in (*ENGLISH_RULES, *KOREAN_RULES):
        assert f"reason_{rule.code}" in TEXTS
