"""Fuzzy matching: names match across scripts and despite spelling errors, other words do not."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.analyzer import terms
from nonmun.index.linking.fuzzy_terms import FuzzyTerms

# Index terms (stems) with a spelling in Hangul that must match.
_MATCHING = """
adaptclip=어댑트클립 worldpm=월드PM worldpm=월드피엠 openthinkimg=오픈씽크이미지 transform=트랜스포머
metauas=메타유에이에스 bert=버트 lora=로라 qwen=큐웬 deepseek=딥시크 llama=라마 mamba=맘바 diffus=디퓨전
clip=클립 gpt=지피티 chatgpt=챗지피티 claud=클로드 gemini=제미나이 gemma=젬마 mistral=미스트랄 mixtral=믹스트랄
sora=소라 whisper=위스퍼 roberta=로버타 deberta=디버타 electra=일렉트라 bart=바트 albert=알버트 xlnet=엑스엘넷
swin=스윈 resnet=레즈넷 resnet=레스넷 unet=유넷 dino=디노 yolo=욜로 flamingo=플라밍고 kosmos=코스모스 blip=블립
llava=라바 vicuna=비쿠나 alpaca=알파카 falcon=팔콘 bloom=블룸 phi=파이 orca=오르카 imagen=이매젠
midjourney=미드저니 alphafold=알파폴드 alphago=알파고 alphazero=알파제로 muzero=뮤제로 dreamer=드리머 gato=가토
perceiv=퍼시버 reform=리포머 longform=롱포머 perform=퍼포머 linform=린포머 rwkv=알더블유케이브이 hyena=하이에나
retnet=렛넷 griffin=그리핀 grok=그록 kimi=키미 hunyuan=훈유안 janus=야누스 flux=플럭스 pixtral=픽스트랄
molmo=몰모 florenc=플로렌스 siglip=시글립 imagebind=이미지바인드 audiocraft=오디오크래프트 musicgen=뮤직젠
bark=바크 tacotron=타코트론 wavenet=웨이브넷 hubert=휴버트 conform=컨포머 codex=코덱스 copilot=코파일럿
starcoder=스타코더 codellama=코드라마 wizardlm=위저드엘엠 imagenet=이미지넷 coco=코코 scannet=스캔넷 kitti=키티
cityscap=시티스케이프 nuscen=누신스 mmlu=엠엠엘유 humanev=휴먼이발 hellaswag=헬라스웩 winogrand=위노그란데
swebench=스위벤치 webarena=웹아레나 alfworld=알프월드 minecraft=마인크래프트 habitat=해비타트 mujoco=무조코
pytorch=파이토치 tensorflow=텐서플로 tensorflow=텐서플로우 jax=잭스 triton=트리톤 cuda=쿠다 nvidia=엔비디아
openai=오픈에이아이 huggingfac=허깅페이스 dataset=데이터셋 benchmark=벤치마크 agent=에이전트 prompt=프롬프트
token=토큰 attent=어텐션 encod=인코더 decod=디코더 embed=임베딩 adapt=어댑터 gaussian=가우시안 splat=스플래팅
video=비디오 audio=오디오 robot=로봇 polici=폴리시 critic=크리틱 llm=엘엘엠 vlm=브이엘엠 rag=래그
rlhf=알엘에이치에프 ppo=피피오 dpo=디피오 grpo=지알피오 nerf=너프 vae=브이에이이 cnn=씨엔엔 rnn=알엔엔
lstm=엘에스티엠 gru=지알유 mlp=엠엘피 bleu=블루 roug=루즈 kvcach=케이브이캐시 softmax=소프트맥스 adam=아담
muon=뮤온 lion=라이온 nemotron=네모트론 internvl=인턴브이엘 cogvideo=코그비디오 olmo=올모 tulu=툴루
deepcod=딥코더 openhand=오픈핸즈 browsergym=브라우저짐 kolmogorov=콜모고로프 hopfield=홉필드 bayesian=베이지안
markov=마르코프 fourier=푸리에 shapley=섀플리 jepa=제파 groot=그루트 aloha=알로하 libero=리베로 calvin=캘빈
voyager=보이저 dspy=디에스파이 autogen=오토젠 langchain=랭체인 gaia=가이아 medusa=메두사 mobilenet=모바일넷
efficientnet=이피션트넷 pointnet=포인트넷 nerfstudio=너프스튜디오 dreambooth=드림부스 controlnet=컨트롤넷
kandinski=칸딘스키
"""
# Index terms with a Hangul word that must not match.
_DIFFERENT = """
lambada=라마 bart=버트 bert=바트 clap=클립 clip=클랩 lara=로라 modal=모델 moderna=모델 llama=로라 lora=라마
mamba=삼바 samba=맘바 jamba=맘바 mamba=잠바 gemma=제미나이 gemini=젬마 qwen=큐브 deepseek=딥마인드
deepmind=딥시크 mixtral=미스트랄 mistral=믹스트랄 sora=소리 flux=플랫 bloom=블립 blip=블룸 blip=클립 clip=블립
swin=스핀 spin=스윈 roberta=디버타 deberta=로버타 albert=버트 hubert=버트 alphago=알파카 alpaca=알파고
alphafold=알파고 alphazero=알파고 worldpm=월드모델 metauas=메타러닝 adaptclip=어댑터 openthinkimg=오픈소스
gpt=지피유 gpu=지피티 llm=엘엘티엠 lstm=엘엘엠 vlm=엘엘엠 llm=브이엘엠 ppo=디피오 dpo=피피오 grpo=디피오
cnn=알엔엔 rnn=씨엔엔 resnet=유넷 unet=레즈넷 imagenet=이미지 imag=이미지넷 coco=코드 kitti=키트 triton=트리거
lion=라인 yolo=욜 sam=샘플 grok=그룹 falcon=팔 palm=팜플렛 codex=코드 whisper=위스키 wavenet=웨이브 dreamer=드림
hyena=하이퍼 gato=게이트 janus=제너 kosmos=코스 perceiv=퍼셉트론 transform=트랜스포트 diffus=디펜스
dataset=데이터 agent=에이전시 olmo=알로하 octo=옥타브 gaia=가이드 eagl=이글루 medusa=메소드 libero=리브라
calvin=켈빈클라인 groot=그루브 zephyr=제플린 jepa=재팬 mobilenet=모바일 pointnet=포인트 voyager=보이스
reflexion=리플레이 autogen=오토바이 nemotron=뉴트론 tulu=툴바 controlnet=컨트롤 langchain=랭킹 dspy=디에스엘
"""
# Korean words that are no loan words.
_NATIVE_WORDS = """
학습 방법 이상 탐지 이상탐지 추론 생성 문제 성능 평가 기반 언어 연구 제안 개선 구조 정보 시각 이유 오류 사용 인간
세계 지식 대화 강화 정책 보상 환경 안전 음성 영상 번역 검색 질문 답변 요약 분류 회귀 확률 분포 최적화 정규화 양자화
압축 속도 효율 비용 나무 바다 그림 바탕 오늘 우리 다음 나머지 논문 가격 날씨 여행 요리 축구 역사 음악 건강 학교
병원 은행 기차 비행기 김치 바람 하늘 구름 강아지 고양이 사과 포도 수박
"""
# More terms of the index.
_OTHER_TERMS = """
model modal image video given basic owner honor pure south bus younger jumbo open agency transport data level label
mean imag gener train reason cliff creep solar scholar labor word world wall tall cosmo dragon libra dream line peer
pay deep seek think clip
"""
MATCHING = [tuple(pair.split("=")) for pair in _MATCHING.split()]
DIFFERENT = [tuple(pair.split("=")) for pair in _DIFFERENT.split()]


def _fuzzy_terms(*more: str) -> FuzzyTerms:
    latin = [pair[0] for pair in [*MATCHING, *DIFFERENT]]
    return FuzzyTerms.from_counts((term, 2) for term in dict.fromkeys([*latin, *_OTHER_TERMS.split(), *more]))


@pytest.fixture(scope="module")
def fuzzy_terms() -> FuzzyTerms:
    return _fuzzy_terms()


def test_there_are_enough_pairs() -> None:
    assert len(MATCHING) >= 160
    assert len(DIFFERENT) >= 90


@pytest.mark.parametrize(("term", "hangul"), MATCHING)
def test_hangul_spellings_match_latin_terms(fuzzy_terms: FuzzyTerms, term: str, hangul: str) -> None:
    matches = fuzzy_terms.match(hangul)
    assert term in [match.term for match in matches]
    assert all(match.kind == "sound" for match in matches)
    assert sum(match.weight for match in matches) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("term", "hangul"), DIFFERENT)
def test_terms_that_sound_different_do_not_match(fuzzy_terms: FuzzyTerms, term: str, hangul: str) -> None:
    assert term not in [match.term for match in fuzzy_terms.match(hangul)]


@pytest.mark.parametrize("word", _NATIVE_WORDS.split())
def test_native_words_do_not_match(fuzzy_terms: FuzzyTerms, word: str) -> None:
    assert fuzzy_terms.match(word) == ()


@pytest.mark.parametrize(
    ("latin", "hangul"),
    [
        ("AdaptCLIP", "어댑트클립"),
        ("DeepSeek", "딥시크"),
        ("Qwen", "큐웬"),
        ("transformer", "트랜스포머"),
        ("Mistral", "미스트랄"),
    ],
)
def test_latin_names_match_hangul_terms(latin: str, hangul: str) -> None:
    known = "어댑트클립 딥시크 큐웬 트랜스포머 미스트랄 데이터셋 이상 학습하다"
    assert _fuzzy_terms(*known.split()).match(latin)[0].term == hangul


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("AdpatCLIP", "adaptclip"),
        ("Qwem", "qwen"),
        ("deepseak", "deepseek"),
        ("tranformer", "transform"),
        ("LLaVa-X", ""),
    ],
)
def test_corrects_spelling_errors(fuzzy_terms: FuzzyTerms, word: str, term: str) -> None:
    matches = fuzzy_terms.match(word)
    assert [match.term for match in matches][:1] == ([term] if term else [])
    assert all(match.kind == "spelling" for match in matches)


@pytest.mark.parametrize(
    "word", ["deepseek", "DeepSeek", "world-model", "GPT-5", "gpt4", "2.5", "xyz", "학습", "", "?!"]
)
def test_known_terms_and_other_words_match_nothing(word: str) -> None:
    assert _fuzzy_terms("gpt4", "gpt-4.1", "qwen2.5").match(word) == ()


def test_more_frequent_terms_come_first() -> None:
    parts = FuzzyTerms.from_counts([("bark", 5), ("barn", 9), ("bark", 5)])  # frequencies add up
    assert [match.term for match in parts.match("barx")] == ["bark", "barn"]
    fuzzy_terms = FuzzyTerms.from_counts([("bark", 1), ("barn", 9), ("bard", 4), ("gone", 0)])
    assert [match.term for match in fuzzy_terms.match("barx")] == ["barn", "bard", "bark"]
    assert fuzzy_terms.match("gonee") == ()


def test_matches_a_question_word_by_word(fuzzy_terms: FuzzyTerms) -> None:
    found = fuzzy_terms.match_text("어댑트클립은 딥시크보다 deepseak 이상 탐지를 잘하나요?")
    assert {word: matches[0].term for word, matches in found.items()} == {
        "어댑트클립": "adaptclip",
        "딥시크": "deepseek",
        "deepseak": "deepseek",
    }


def test_joins_words_of_which_none_matches_alone(fuzzy_terms: FuzzyTerms) -> None:
    assert fuzzy_terms.match_text("위저드 엘엠의 크기")["위저드엘엠"][0].term == "wizardlm"
    assert "딥시크클립" not in fuzzy_terms.match_text("딥시크 클립")


@given(st.text(alphabet="가나다라버트클립ab1-. \n", max_size=12))
def test_matches_of_any_text_are_ordered_by_weight(text: str) -> None:
    fuzzy_terms = FuzzyTerms.from_counts([("bert", 1), ("clip", 2), ("버트", 1), ("a-1", 1), ("é", 1)])
    for matches in [fuzzy_terms.match(text), *fuzzy_terms.match_text(text).values()]:
        weights = [match.weight for match in matches]
        assert weights == sorted(weights, reverse=True)


def test_an_empty_index_matches_nothing() -> None:
    empty = FuzzyTerms.from_counts([])
    assert [empty.match(word) for word in ("클립", "clip", "clop", "지피티", "월드PM")] == [()] * 5


@pytest.mark.data
def test_hangul_spellings_match_terms_of_real_titles(shared_data: Path) -> None:
    counts: dict[str, int] = {}
    with gzip.open(shared_data / "abstracts" / "hf_daily_papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in islice(lines, 4_000):
            for term in set(terms(json.loads(line)["title"])):
                counts[term] = counts.get(term, 0) + 1
    fuzzy_terms = FuzzyTerms.from_counts(counts.items())
    known = [pair for pair in MATCHING if pair[0] in counts]
    correct = sum(term in [match.term for match in fuzzy_terms.match(hangul)] for term, hangul in known)
    assert len(known) > 80
    assert correct >= 0.93 * len(known)
