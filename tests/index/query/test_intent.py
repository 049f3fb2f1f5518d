"""Intents of questions in Korean and English, among them questions that only resemble an intent."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.linking.paper_names import PaperNames
from nonmun.index.linking.resolution import resolve_papers
from nonmun.index.query.intent import INTENTS, IntentContext, IntentRegistry, IntentRule, detect_intent
from nonmun.index.query.question import MAX_CHARACTERS, Question, parse_question

TODAY = date(2025, 5, 21)
TITLES = PaperNames({
    "2505.09926": "AdaptCLIP: Adapting CLIP for Universal Visual Anomaly Detection",
    "2505.09265": "MetaUAS: Universal Anomaly Segmentation with One-Prompt Meta-Learning",
    "2505.10527": "WorldPM: Scaling Human Preference Modeling",
    "2504.19314": "BrowseComp-ZH: Benchmarking Web Browsing Ability of Large Language Models in Chinese",
    "1706.03762": "Attention Is All You Need",
    "1810.04805": "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
    "2505.10468": "AI Agents vs. Agentic AI: A Conceptual Taxonomy, Applications and Challenge",
})  # fmt: skip

LIST = [
    "강화 학습으로 추론 능력을 높인 논문은?",
    "정상 이미지 한 장만으로 이상을 찾는 논문이 있어?",
    "확산 모델 논문 추천해 줘",
    "이미지 생성 연구 목록",
    "어떤 논문이 로봇 조작을 다뤄?",
    "비교 학습 논문",
    "비교 학습으로 표현을 배우는 방법",
    "대조 학습과 지도 학습을 비교한 논문 있어?",
    "성능 향상 폭이 큰 논문 찾아줘",
    "정확도와 속도의 차이를 줄인 연구 있어?",
    "몇 장의 이미지만으로 학습하는 논문 있어?",
    "얼마나 많은 데이터가 필요한지 다룬 논문",
    "요약을 평가하는 논문 찾아줘",
    "설명 가능한 인공지능 논문",
    "한계를 극복한 논문 알려줘",
    "데이터셋을 공개한 논문",
    "AdaptCLIP과 비슷한 논문 찾아줘",
    "BERT를 압축한 연구",
    "BERT보다 작은 모델을 다룬 논문",
    "지난주 강화 학습 논문",
    "프레임 사이의 차이를 이용한 동영상 압축",
    "papers on reinforcement learning for reasoning",
    "Which papers compare humans and models?",
    "contrastive learning for sentence embeddings",
    "Is there a paper about weather prediction?",
    "dense retriever that beats BM25 with two BERT encoders",
    "generator versus discriminator game for learning a data distribution",
    "papers that explain attention",
    "recommend papers like AdaptCLIP",
    "any paper on how many examples a model needs?",
    "studies of summarization quality",
    "papers about benchmarks released last week",
]
EXPLAIN = [
    "AdaptCLIP",
    "AdaptCLIP 논문 알려줘",
    "AdaptCLIP이 뭐야?",
    "AdaptCLIP을 요약해 줘",
    "2505.09926",
    "2505.09926 설명해 줘",
    "2505.09926은 무엇을 제안하나?",
    "WorldPM은 무슨 내용이야?",
    "Attention Is All You Need 요약해 줘",
    "확산 정책 논문 설명해 줘",
    "저랭크 미세 조정이 뭐야?",
    "AI Agents vs. Agentic AI 요약해 줘",
    "What is AdaptCLIP?",
    "What does AdaptCLIP do?",
    "explain 2505.09926",
    "Summarize the WorldPM paper",
    "tell me about MetaUAS",
    "What does WorldPM propose?",
]
SECTION = [
    "AdaptCLIP의 한계는?",
    "AdaptCLIP은 어떤 데이터셋을 사용했어?",
    "2505.09926의 실험 결과는?",
    "WorldPM의 후속 연구는 뭐야?",
    "MetaUAS의 한계점을 설명해 줘",
    "BrowseComp-ZH의 결과 알려줘",
    "What are the limitations of AdaptCLIP?",
    "What datasets does BrowseComp-ZH use?",
    "2505.10527 limitations",
    "Which benchmarks does 2505.09265 use?",
    "What is the main contribution of WorldPM?",
]
COMPARE = [
    "AdaptCLIP과 MetaUAS를 비교해 줘",
    "AdaptCLIP과 MetaUAS의 차이는?",
    "AdaptCLIP이랑 MetaUAS는 뭐가 달라?",
    "2505.09926과 2505.09265의 차이점을 알려줘",
    "AdaptCLIP vs MetaUAS",
    "AdaptCLIP, MetaUAS, WorldPM 비교",
    "DPO와 PPO의 차이는 뭐야?",
    "강화 학습과 지도 학습은 어떻게 달라?",
    "강화 학습과 지도 학습을 비교해 줘",
    "AdaptCLIP과 MetaUAS의 공통점은?",
    "AdaptCLIP과 MetaUAS의 한계를 비교해 줘",
    "compare AdaptCLIP and MetaUAS",
    "What is the difference between AdaptCLIP and MetaUAS?",
    "How does AdaptCLIP differ from MetaUAS?",
    "AdaptCLIP versus MetaUAS",
    "Compare 2505.09926 with 2505.09265",
    "difference between DPO and PPO",
]
FIGURE = [
    "AdaptCLIP은 정확도가 몇 퍼센트야?",
    "WorldPM은 데이터를 몇 개나 썼어?",
    "2505.10527은 성능이 얼마나 올랐어?",
    "BERT의 파라미터는 몇 개야?",
    "MetaUAS는 얼마나 빨라?",
    "AdaptCLIP의 성능 향상 폭은?",
    "학습에 몇 시간 걸렸어?",
    "저랭크 행렬로 파라미터를 몇 배 줄였어?",
    "BrowseComp-ZH에 질문이 몇 개야?",
    "How many parameters does BERT have?",
    "How much faster is MetaUAS?",
    "By how much does AdaptCLIP improve accuracy?",
    "What percentage of questions does BrowseComp-ZH answer?",
    "How many questions are in BrowseComp-ZH?",
    "how large is the training set of WorldPM",
]
DIGEST = [
    "지난주 논문 보여줘",
    "어제 다이제스트에 뭐 있어?",
    "5월 16일 다이제스트",
    "5월 셋째 주에 나온 논문 목록",
    "지난주에 논문이 몇 편 나왔어?",
    "오늘 올라온 논문은?",
    "지난주 다이제스트 요약해 줘",
    "최신 논문 보여줘",
    "What was in last week's digest?",
    "papers from May 16",
    "list the papers of last week",
    "what's new?",
    "latest papers",
]
TABLE = [
    (question, intent)
    for intent, questions in (
        ("list", LIST), ("explain", EXPLAIN), ("section", SECTION), ("compare", COMPARE), ("figure", FIGURE),
        ("digest", DIGEST),
    )
    for question in questions
]  # fmt: skip


def resolve(text: str) -> Question:
    question = parse_question(text, TODAY)
    return resolve_papers(question, TITLES.find_mentions(question.effective_text))


@pytest.mark.parametrize(("question", "intent"), TABLE)
def test_intent_of_a_question(question: str, intent: str) -> None:
    assert resolve(question).intent == intent


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("AdaptCLIP의 한계는?", ("2505.09926",)),
        ("compare AdaptCLIP and MetaUAS", ("2505.09926", "2505.09265")),
        ("adaptclip 요약해 줘", ("2505.09926",)),
        ("BrowseComp ZH의 결과는?", ("2504.19314",)),
        ("What are the limitations of Attention is all you need?", ("1706.03762",)),
        ("2505.10527과 AdaptCLIP을 비교해 줘", ("2505.10527", "2505.09926")),
        ("AdaptCLIP과 비슷한 논문 찾아줘", ()),
        ("two BERT encoders for retrieval", ()),
        ("How does MetaUAS handle unseen anomalies?", ("2505.09265",)),
        ("Why is WorldPM trained on forums?", ("2505.10527",)),
        ("how to train BERT encoders for retrieval", ()),
        ("bert the muppet", ()),
        ("BERT를 압축한 연구", ()),
    ],
)
def test_papers_that_are_named(question: str, papers: tuple[str, ...]) -> None:
    assert resolve(question).paper_ids == papers


def test_papers_of_earlier_turns_are_used_if_none_is_named() -> None:
    question = parse_question("한계는 뭐야?", TODAY)
    found = resolve_papers(question, [], ("2505.09926",))
    assert (found.intent, found.paper_ids) == ("section", ("2505.09926",))
    named = parse_question("MetaUAS의 한계는?", TODAY)
    assert resolve_papers(named, TITLES.find_mentions(named.effective_text), ("2505.09926",)).paper_ids == (
        "2505.09265",
    )


@pytest.mark.parametrize(
    ("question", "lang"),
    [
        ("AdaptCLIP의 한계를 영어로 알려줘", "en"),
        ("explain AdaptCLIP in Korean", "ko"),
        ("What are its limits? In Korean, please.", "ko"),
        ("한국어를 영어로 번역하는 모델", None),
        ("영어로 학습한 모델", None),
        ("models that answer questions in English exams", None),
        ("Which papers translate Korean to English", None),
    ],
)
def test_answer_language(question: str, lang: str | None) -> None:
    assert resolve(question).answer_lang == lang


@given(st.text(max_size=MAX_CHARACTERS), st.integers(0, 3), st.booleans())
def test_any_text_has_an_intent(text: str, named: int, is_digest_request: bool) -> None:
    intent = detect_intent(text, section=None, named=named, is_digest_request=is_digest_request)
    assert intent != "section"
    assert (intent == "digest") == (is_digest_request and not named)


def test_builtin_intents_are_registered() -> None:
    assert set(INTENTS.names) == {"list", "explain", "section", "compare", "record", "figure", "digest"}


def test_registers_an_intent_with_its_precedence() -> None:
    registry = IntentRegistry(
        [
            IntentRule("list", lambda context: "papers" in context.text),
            IntentRule("explain", lambda context: context.named > 0),
        ]
    )
    registry.register(IntentRule("timeline", lambda context: "history" in context.text), before="list")
    registry.register(IntentRule("figure", lambda _: True))
    assert registry.names == ("timeline", "list", "explain", "figure")
    assert registry.detect(IntentContext("papers on the history of attention")) == "timeline"
    assert registry.detect(IntentContext("papers on attention", named=1)) == "list"
    assert registry.detect(IntentContext("BERT", named=1)) == "explain"
    assert registry.detect(IntentContext("")) == "figure"
    assert IntentRegistry().detect(IntentContext("BERT")) == "list"


def test_rejects_an_intent_twice_and_an_unknown_precedence() -> None:
    registry = IntentRegistry([IntentRule("list", lambda _: True)])
    with pytest.raises(ValueError, match="intent 'list' is already registered"):
        registry.register(IntentRule("list", lambda _: True))
    with pytest.raises(ValueError, match="no intent 'lists' is registered \\(expected one of list\\)"):
        registry.register(IntentRule("timeline", lambda _: True), before="lists")
