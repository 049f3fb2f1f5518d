"""Training data of the lexicon: papers in both languages and inline glosses."""

from __future__ import annotations

from pathlib import Path

from nonmun import Library
from nonmun.index.lexicon.alignment import ParallelText
from nonmun.index.lexicon.training_data import parallel_glosses, parallel_papers


def test_papers_need_terms_in_both_languages() -> None:
    texts = [
        ("a", True, "anomali detect github code"),
        ("a", False, "이상 탐지 bert 이상탐지"),
        ("b", True, "speech"),
        ("c", False, "번역"),
        ("d", True, "http 음성"),
        ("d", False, "음성"),
        ("a", False, "영상"),
    ]
    korean = frozenset({"이상", "탐지", "이상 탐지", "영상"})
    assert parallel_papers(texts) == [ParallelText(korean, frozenset({"anomali", "detect"}))]


def test_glosses_come_oldest_first() -> None:
    newest_first = ["강화 학습(reinforcement learning)을 쓴다.", "괄호가 없다.", "번역(translation)하고 음성(한국어)"]
    assert [gloss.english for gloss in parallel_glosses(newest_first)] == [{"translat"}, {"reinforc", "learn"}]


def test_stops_reading_after_five_thousand_glosses() -> None:
    read: list[int] = []

    def texts():
        for at in range(9):
            read.append(at)
            yield "번역(translation) " * 1_000

    assert len(parallel_glosses(texts())) == 5_000
    assert read == [0, 1, 2, 3, 4]


def test_glosses_of_an_index(library: Library, tmp_path: Path) -> None:
    head = "## 2505.00001\n🔗 https://arxiv.org/abs/2505.00001\n\n**Summary**:\n## 결과\n"
    body = f"{head}강화 학습(reinforcement learning)을 쓴다."
    (tmp_path / "2025-03-07.md").write_text(body, "utf-8")
    library.ingest(tmp_path / "2025-03-07.md")
    with library._catalog.view() as view:
        [gloss] = parallel_glosses(view.chunks.korean_texts())
    assert gloss.korean >= {"강화", "학습", "강화 학습"}
    assert gloss.english == {"reinforc", "learn"}
