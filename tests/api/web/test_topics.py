"""Topics: groups of similar papers, and the words that tell one from another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.api.web.topics import Topic, find_topics
from nonmun.index.domain.vectors import unit_rows
from nonmun.index.retrieval.overview import PaperSubject

TITLES = {
    0: ("Anomaly Detection with Prompts", "Few-Shot Anomaly Detection", "Industrial Anomaly Detection of Defects"),
    1: ("Streaming Speech Synthesis", "A Speech Synthesis Model", "Speech Synthesis without Text"),
    2: ("3D Scene Generation", "Editing a 3D Scene", "Objects of 3D Scenes"),
}
NOUNS = {0: {"이상", "탐지", "논문"}, 1: {"음성", "합성", "논문"}, 2: {"장면", "생성", "논문"}}


def subjects(*, korean: bool = False, noise: float = 0.2) -> list[PaperSubject]:
    """Return nine papers on three topics, a paper of each topic in turn."""
    random = np.random.default_rng(3)
    axes = np.eye(16, dtype=np.float32)
    found: list[PaperSubject] = []
    for number in range(3):
        for topic, titles in TITLES.items():
            vector = unit_rows((axes[topic] + noise * random.normal(size=16) / 4)[None])[0]
            title, text = (
                ("", "본문") if korean else (titles[number], f"We study {titles[number]} and evaluate models.")
            )
            nouns = frozenset(NOUNS[topic]) if korean else frozenset[str]()
            found.append(PaperSubject(f"2505.0000{len(found)}", vector, title, text, nouns))
    return found


def ids(places: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"2505.0000{place}" for place in places)


def test_papers_on_one_topic_are_grouped_and_named() -> None:
    topics = {topic.paper_ids: topic.labels for topic in find_topics(subjects(), "en")}
    assert topics.keys() == {ids([0, 3, 6]), ids([1, 4, 7]), ids([2, 5, 8])}
    assert topics[ids([0, 3, 6])][0] == "Anomaly Detection"
    assert topics[ids([1, 4, 7])][0] == "Speech Synthesis"
    assert topics[ids([2, 5, 8])][0] == "3D Scene"
    assert not any("evaluate" in label or "models" in label for labels in topics.values() for label in labels)


def test_groups_do_not_depend_on_the_order_of_the_papers() -> None:
    there, back = (find_topics(papers, "en") for papers in (subjects(), subjects()[::-1]))
    assert {frozenset(topic.paper_ids) for topic in there} == {frozenset(topic.paper_ids) for topic in back}
    assert find_topics(subjects(), "en") == there


def test_summaries_alone_name_topics_in_korean() -> None:
    topics = {topic.paper_ids: set(topic.labels) for topic in find_topics(subjects(korean=True), "ko")}
    assert topics[ids([0, 3, 6])] == {"이상", "탐지"}
    assert all("논문" not in labels for labels in topics.values())
    (rest,) = find_topics(subjects(korean=True), "en")  # no word that an English page could show
    assert (rest.labels, len(rest.paper_ids)) == ((), 9)


def test_a_paper_like_no_other_belongs_to_no_topic() -> None:
    stray = PaperSubject("2505.99999", np.eye(16, dtype=np.float32)[9], "Weather", "Rain.", frozenset())
    topics = find_topics([*subjects(), stray], "en")
    assert topics[-1].labels == ()
    assert stray.paper_id in topics[-1].paper_ids


@pytest.mark.parametrize("count", range(5))
def test_few_papers_are_all_shown(count: int) -> None:
    shown = [key for topic in find_topics(subjects()[:count], "ko") for key in topic.paper_ids]
    assert sorted(shown) == sorted(ids(range(count)))


@given(st.lists(st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3), max_size=14), st.data())
def test_every_paper_is_in_one_group_whatever_the_vectors(rows: list[list[float]], data: st.DataObject) -> None:
    words = st.sampled_from(["Diffusion", "the", "<b>", "모델", "$x^2$", "", "LLMs"])
    papers = [
        PaperSubject(str(at), unit_rows([row])[0], data.draw(words), data.draw(words), frozenset())
        for at, row in enumerate(rows)
    ]
    topics = find_topics(papers, data.draw(st.sampled_from(["ko", "en"])))
    assert sorted(key for topic in topics for key in topic.paper_ids) == sorted(paper.paper_id for paper in papers)
    assert all(topic.labels for topic in topics[:-1])


def test_titles_of_digits_do_not_take_long() -> None:
    """The time for a run of digits is not quadratic: 200,000 of them would take minutes."""
    papers = [replace(paper, title="1" * 200_000, text="2" * 200_000) for paper in subjects()]
    (rest,) = find_topics(papers, "en")
    assert len(rest.paper_ids) == 9


def test_a_thousand_papers_are_grouped_and_more_than_two_thousand_are_listed() -> None:
    random = np.random.default_rng(1)
    names = "Speech Vision Robots Proteins Weather Music Proofs Agents".split()
    subject_of = random.integers(0, 8, 2_001)
    vectors = unit_rows(random.normal(size=(2_001, 8)) + 9 * np.eye(8)[subject_of])
    papers = [
        PaperSubject(str(at), vector, names[subject], "We study.", frozenset())
        for at, (vector, subject) in enumerate(zip(vectors, subject_of, strict=True))
    ]
    topics = find_topics(papers[:1_000], "en")
    assert sorted(key for topic in topics for key in topic.paper_ids) == sorted(str(at) for at in range(1_000))
    assert {label for topic in topics for label in topic.labels} == set(names)
    assert find_topics(papers, "en") == [Topic((), tuple(str(at) for at in range(2_001)))]


def test_topics_that_were_found_are_those_of_the_same_papers_only() -> None:
    there = find_topics(subjects(), "en")
    renamed = [replace(paper, title=paper.title.replace("Anomaly", "Defect")) for paper in subjects()]
    assert find_topics(renamed, "en") != there
    assert find_topics(subjects(), "ko") != find_topics(subjects(korean=True), "ko")
    found = find_topics(subjects(), "en")
    found.clear()
    assert find_topics(subjects(), "en") == there
