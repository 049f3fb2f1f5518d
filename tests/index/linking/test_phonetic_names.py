"""Coined names heard in Hangul words: found part by part, and not in words that only sound a little like one."""

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
HEARD = PhoneticNames(NAMES)
ORDINARY = frozenset("비디오 월드 임베딩 디퓨전 프롬프트 디바이스 에이전트 컨텍스트".split())
MEANT = {
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
MEANS_NONE = [
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


@pytest.mark.parametrize(("question", "name"), MEANT.items())
def test_meant(question: str, name: str) -> None:
    assert list(HEARD.match_text(question, ORDINARY.__contains__).values()) == [name]


@pytest.mark.parametrize("question", MEANS_NONE)
def test_means_none(question: str) -> None:
    assert HEARD.match_text(question, ORDINARY.__contains__) == {}


def test_of_two_that_sound_alike_none() -> None:
    assert PhoneticNames(["TreeHop", "TriHop"]).match_text("트리홉", ORDINARY.__contains__) == {}


def test_papers_are_named_by_sound() -> None:
    titles = PaperNames({"2507.00001": "MegaScience: Pushing the Frontiers", "2507.00002": "Mamba: Sequences"})
    (found,) = titles.find_mentions("메가 사이언스의 한계는?")
    assert (found.name, found.paper_ids) == ("메가 사이언스", ("2507.00001",))
    assert titles.find_mentions("맘바의 한계는?") == []  # one word: looked up among the index's words


def test_of_one_name_the_paper_that_is_spelled_like_it_comes_first() -> None:
    titles = PaperNames({"2501.00001": "PC Agent: While You Sleep", "2502.00001": "PC-Agent: A Framework"})
    assert titles.find_mentions("PC-Agent가 뭐야?")[0].paper_ids == ("2502.00001", "2501.00001")
    assert titles.find_mentions("what is PC Agent")[0].paper_ids == ("2501.00001", "2502.00001")
