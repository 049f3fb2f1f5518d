"""Phonetic matching of coined names in Hangul: part by part, and not in words that merely resemble one."""

from __future__ import annotations

import pytest

from nonmun.index.linking.paper_names import PaperNames
from nonmun.index.linking.phonetic_names import PhoneticNames

NAMES = [
    "MegaScience", "AgentHazard", "OneReward", "BoxingGym", "HoloTime", "OpenResearcher", "MagicInfinite", "TreeHop",
    "ResearchTown", "EvoScientist", "WithEveryone", "AdaptCLIP", "VisionReasoner", "ContextMaster", "WildRelight",
    "iFAN", "VideoAR", "UEmbed", "DeVI", "DecQ", "TeEFusion", "RePrompt", "LongVie 2", "Mamba", "PC-Agent",
    "VideoWorld", "MonetGPT", "X-Sim", "General-Reasoner",
]  # fmt: skip
PHONETIC_NAMES = PhoneticNames(NAMES)
ORDINARY_WORDS = frozenset("비디오 월드 임베딩 디퓨전 프롬프트 디바이스 에이전트 컨텍스트".split())
WITH_A_NAME = {
    "메가사이언스": "MegaScience",
    "에이전트해저드가 뭐야?": "AgentHazard",
    "원리워드의 한계": "OneReward",
    "복싱짐": "BoxingGym",
    "홀로타임은 어떤 데이터로 학습했어?": "HoloTime",
    "오픈리서처": "OpenResearcher",
    "오픈 리서처": "OpenResearcher",
    "매직인피니트": "MagicInfinite",
    "트리홉이 뭐야?": "TreeHop",
    "리서치타운": "ResearchTown",
    "에보사이언티스트": "EvoScientist",
    "위드에브리원": "WithEveryone",
    "비전리즈너와 비교해 줘": "VisionReasoner",
    "컨텍스트마스터": "ContextMaster",
    "와일드리라이트": "WildRelight",
    "모네지피티가 뭐야?": "MonetGPT",
    "엑스심의 한계는?": "X-Sim",
    "제너럴리즈너": "General-Reasoner",
}
WITHOUT_A_NAME = [
    "아이폰 배터리 교체",
    "비디오를 만드는 모델",
    "비디오 월드 모델",
    "임베딩을 압축하는 방법",
    "디퓨전 모델",
    "프롬프트 기반 분할",
    "엣지 디바이스",
    "에이전트의 위험",
    "메모리를 줄이는 방법",
    "강화 학습으로 추론",
    "논문 리뷰어",
    "허리 디스크에 좋은 스트레칭",
    "what is MegaScience",
    "",
]


@pytest.mark.parametrize(("question", "name"), WITH_A_NAME.items())
def test_matches_names_in_hangul(question: str, name: str) -> None:
    assert list(PHONETIC_NAMES.match_text(question, ORDINARY_WORDS.__contains__).values()) == [name]


@pytest.mark.parametrize("question", WITHOUT_A_NAME)
def test_matches_no_ordinary_words(question: str) -> None:
    assert PHONETIC_NAMES.match_text(question, ORDINARY_WORDS.__contains__) == {}


def test_ambiguous_names_match_nothing() -> None:
    assert PhoneticNames(["TreeHop", "TriHop"]).match_text("트리홉", ORDINARY_WORDS.__contains__) == {}


def test_papers_are_found_by_sound() -> None:
    names = PaperNames({"2507.00001": "MegaScience: Pushing the Frontiers", "2507.00002": "Mamba: Sequences"})
    (mention,) = names.find_mentions("메가 사이언스의 한계는?")
    assert (mention.name, mention.paper_ids) == ("메가 사이언스", ("2507.00001",))
    assert names.find_mentions("맘바의 한계는?") == []  # names of one part are matched as index terms


def test_the_paper_with_the_exact_spelling_comes_first() -> None:
    names = PaperNames({"2501.00001": "PC Agent: While You Sleep", "2502.00001": "PC-Agent: A Framework"})
    assert names.find_mentions("PC-Agent가 뭐야?")[0].paper_ids == ("2502.00001", "2501.00001")
    assert names.find_mentions("what is PC Agent")[0].paper_ids == ("2501.00001", "2502.00001")
