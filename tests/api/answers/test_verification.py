"""The parts of a verified answer: pieces off the wire, sentences, claims, facts, support."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import ModelError
from nonmun.api.answers.generative.claims import Claim, claims, plain
from nonmun.api.answers.generative.facts import Facts, denies
from nonmun.api.answers.generative.nli import CrossEncoderNLI
from nonmun.api.answers.generative.passages import Passage, tokens
from nonmun.api.answers.generative.refusals import refuses
from nonmun.api.answers.generative.sentence_stream import SentenceStream
from nonmun.api.answers.generative.support import SupportChecker
from nonmun.api.answers.generative.verifier import SentenceVerifier
from nonmun.api.answers.quotations import quotations
from nonmun.api.llm.errors import ReplyError
from nonmun.api.llm.protocol import Deltas
from nonmun.index.domain.hits import Evidence
from nonmun.index.domain.papers import Language
from nonmun.index.domain.vectors import Matrix

NUMBERS = {"1": 1, "2": 2, "2505.09264": 1, "2505.10527": 2}


# --- off the wire


def event(text: str | None, **more: Any) -> bytes:
    delta = {} if text is None else {"content": text}
    return b"data: " + json.dumps({"choices": [{"delta": delta} | more]}).encode() + b"\r\n\r\n"


@given(st.lists(st.text(max_size=8), max_size=6), st.integers(1, 40))
def test_pieces_do_not_depend_on_how_bytes_are_cut(pieces: list[str], size: int) -> None:
    data = b": hello\n\n" + b"".join(map(event, pieces)) + b"data: [DONE]\n\n"
    deltas = Deltas()
    found = [piece for at in range(0, len(data), size) for piece in deltas.feed(data[at : at + size])]
    assert found == pieces
    assert deltas.finished


def test_what_ends_a_reply_and_what_does_not() -> None:
    deltas = Deltas()
    assert list(deltas.feed(event(None) + event("a"))) == ["", "a"]
    assert list(deltas.feed(b'data: {"choices": []}\n\n')) == [""]
    assert not deltas.finished
    assert list(deltas.feed(event(None, finish_reason="length"))) == [""]
    assert deltas.finished


@given(st.binary(max_size=60))
def test_any_bytes_are_pieces_or_a_fault(data: bytes) -> None:
    try:
        found = list(Deltas().feed(data + b"\n"))
    except ReplyError:
        return
    assert all(isinstance(piece, str) for piece in found)


# --- sentences


def split(text: str, size: int) -> list[str]:
    sentences = SentenceStream()
    found = [one for at in range(0, len(text), size) for one in sentences.feed(text[at : at + size])]
    return [one.strip() for one in [*found, *sentences.rest()]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("한 문장입니다 [1]. 둘째입니다. [2][3] 셋째", ["한 문장입니다 [1].", "둘째입니다. [2][3]", "셋째"]),
        ("이것은 빠릅니다.그러나 큽니다.", ["이것은 빠릅니다.", "그러나 큽니다."]),
        ("It gains 3.5 points [1]. See e.g. Fig. 2 of J. Smith et al. for more [2].", None),
        ("First.\nSecond\n\n- third [1]\n", ["First.", "Second", "- third [1]"]),
        ("<think>Hm. No.</think>Yes [1]. No.", ["Yes [1].", "No."]),
        ("1. The first is fast [1]. 2. The second is not.", None),
        ("<think>never ends. really.", []),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_sentences(text: str, expected: list[str] | None, size: int) -> None:
    found = split(text, size)
    if expected is None:
        assert len(found) == 2
    else:
        assert found == expected


@given(st.text(alphabet="가나 다.!?[1]\nab", max_size=60), st.integers(1, 9))
def test_no_word_is_lost(text: str, size: int) -> None:
    kept = "".join("".join(split(text, size)).split())
    assert kept == "".join(text.split())


# --- claims


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("정확도가 올랐습니다 [1].", [("정확도가 올랐습니다.", (1,))]),
        ("정확도가 올랐습니다. [1, 2]", [("정확도가 올랐습니다.", (1, 2))]),
        ("정확도가 올랐습니다 [1][2].", [("정확도가 올랐습니다.", (1, 2))]),
        ("정확도가 올랐습니다 [2505.10527v2].", [("정확도가 올랐습니다.", (2,))]),
        ("정확도가 올랐습니다 【1】.", [("정확도가 올랐습니다.", (1,))]),
        ("The score rose [passage 2].", [("The score rose.", (2,))]),
        ("The score rose [9] [2501.99999].", [("The score rose.", ())]),
        ("The score rose.", [("The score rose.", ())]),
        ("[1]은 정확도를 높였습니다.", [("이 논문은 정확도를 높였습니다.", (1,))]),
        ("[1]는 정확도를 높였습니다.", [("이 논문은 정확도를 높였습니다.", (1,))]),
        ("[1]에 따르면 정확도가 올랐습니다.", [("정확도가 올랐습니다.", (1,))]),
        ("논문 [2]는 정확도를 높였습니다.", [("논문은 정확도를 높였습니다.", (2,))]),
        ("[2] proposes a method that is fast.", [("The paper proposes a method that is fast.", (2,))]),
        ("빠름 [1].", [("빠름.", (1,))]),
        (
            "The first one is fast [1], while the second one is not [2].",
            [("The first one is fast", (1,)), (", while the second one is not.", (2,))],
        ),
        (
            "It is fast [1] and then some claim without one.",
            [("It is fast", (1,)), ("and then some claim without one.", ())],
        ),
    ],
)
def test_claims(sentence: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(one.text, one.numbers) for one in claims(sentence, NUMBERS)] == expected


@given(st.text(max_size=80))
def test_plain_text_is_one_visible_line(text: str) -> None:
    seen = plain(text)
    assert "\n" not in seen
    assert all(letter == " " or letter.isprintable() for letter in seen)


def test_tokens_are_counted_by_script() -> None:
    assert tokens("가나다") == 3
    assert tokens("abcdef") == 2


# --- facts


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("AdaptCLIP은 정확도를 10.5% 높였습니다.", "AdaptCLIP raises accuracy by 10.5%."),
        ("It was trained on 15 million preferences.", "1,500만 개의 선호로 학습했습니다."),
        ("RWKV-variant models, LLM-based and RL-tuned.", "모델 RWKV 입니다."),
        ("Transformers는 2017년에 나왔습니다.", "The Transformer of 2017 is known."),
        ("두 단계로 학습합니다.", "It is trained in two stages."),
        ("구글이 7개의 과제를 만들었습니다.", "구글에서 7개의 과제를 공개했습니다."),
    ],
)
def test_facts_that_a_text_holds(claim: str, text: str) -> None:
    assert Facts.of(claim)
    assert not Facts.of(claim).without(text)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("AdaptCLIP은 빠릅니다.", "WinCLIP is fast."),
        ("정확도를 10.6% 높였습니다.", "It raises accuracy by 10.5%."),
        ("정확도를 10.5배 높였습니다.", "It raises accuracy by 10.5%."),
        ("2018년에 나왔습니다.", "It came out in 2017."),
        ("It was made by Google last year.", "구글이 만들었습니다."),
        ("구글이 만들었습니다.", "We will make the code available."),
        ("네이버의 모델입니다.", "모델을 공개합니다."),
        ("서울대학교에서 발표했습니다.", "논문을 발표했습니다."),
        ("이 모델은 구글에 의해 공개되었습니다.", "모델을 공개합니다."),
        ("GPT-4 is used.", "GPT-3.5 is used."),
        ("7B tokens were read.", "A model of 7B parameters."),
    ],
)
def test_facts_that_it_does_not(claim: str, text: str) -> None:
    assert Facts.of(claim).without(text)


SCORES = "제안된 방법은 ABench에서 8.4%, CBench에서 14.3% 향상되었습니다."


def test_a_figure_belongs_to_the_name_beside_it() -> None:
    title = "Method-X: a method"
    assert not Facts.of("Method-X는 ABench에서 8.4%, CBench에서 14.3% 나아졌습니다.").without(SCORES, title)
    assert Facts.of("Method-X는 ABench에서 14.3% 나아졌습니다.").without(SCORES, title).figures
    assert Facts.of("Method-X gains 8.4% on CBench.").without(SCORES, title).figures
    assert not Facts.of("Method-X gains 8.4%.").without(SCORES, title)
    assert (
        Facts.of("ABench에서 14.3% 나아졌습니다.")
        .without("**CBench**: Method-X는 14.3% 향상되었습니다.", title)
        .figures
    )


def test_a_title_vouches_for_names_only() -> None:
    left = Facts.of("AdaptCLIP은 10.5% 낫습니다.").without("", "AdaptCLIP by 10.5%")
    assert not left.names
    assert left.figures


@pytest.mark.parametrize("sentence", ["학습하지 않습니다.", "It does not learn.", "라벨이 없습니다.", "It can't."])
def test_denials(sentence: str) -> None:
    assert denies(sentence)


# --- support


def passage(number: int, paper: str, title: str, text: str, lang: Language = "en") -> Passage:
    evidence = Evidence(f"{paper}:abstract:abstract:0", "abstract", "abstract", lang, text, 1.0)
    return Passage(number, paper, title, tuple(quotations(paper, (evidence,))))


PASSAGES = (
    passage(
        1,
        "2505.09264",
        "AdaptCLIP for Anomaly Detection",
        "AdaptCLIP finds anomalies from a single normal image. It reaches 91.2% on the MVTec benchmark. "
        "Training needs no labels of the target domain.",
    ),
    passage(
        2,
        "2505.10527",
        "WorldPM",
        "WorldPM models preferences of people. It is trained on 15 million pairs from forums.",
    ),
)


class Words:
    """Vectors of a text's words, each word a direction."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def __call__(self, texts: Sequence[str]) -> Matrix:
        matrix = np.zeros((len(texts), 400), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", "").split():
                matrix[row, self._known.setdefault(word, len(self._known))] = 1
        return matrix / np.maximum(1, np.linalg.norm(matrix, axis=1, keepdims=True))


def quotes(claim: str, *numbers: int) -> list[str]:
    return [one.quote for one in SupportChecker(PASSAGES, Words()).supports(Claim(claim, numbers))]


def test_supported() -> None:
    assert quotes("AdaptCLIP finds anomalies from a single normal image.", 1) == [
        "AdaptCLIP finds anomalies from a single normal image."
    ]
    assert quotes("AdaptCLIP finds anomalies from a single normal image.") == quotes(
        "AdaptCLIP finds anomalies from a single normal image.", 1
    )


def test_a_second_quotation_brings_the_figure() -> None:
    found = quotes("AdaptCLIP finds anomalies from a single normal image and reaches 91.2% on MVTec.", 1)
    assert len(found) == 2


@pytest.mark.parametrize(
    ("claim", "number"),
    [
        ("AdaptCLIP finds anomalies from a single normal image.", 2),
        ("AdaptCLIP finds anomalies from a single normal image of WinCLIP.", 1),
        ("It reaches 93.2% on the MVTec benchmark.", 1),
        ("Training needs labels of the target domain.", 1),
        ("It is trained on 15 million pairs from Reddit forums.", 2),
        ("Bread has to rest overnight.", 1),
    ],
)
def test_unsupported(claim: str, number: int) -> None:
    assert quotes(claim, number) == []


def test_no_passages_support_nothing() -> None:
    assert SupportChecker((), Words()).supports(Claim("Anything.", ())) == ()


class Stern:
    """Nothing follows from anything."""

    def entails(self, premise: str, hypothesis: str) -> bool:
        return False


def test_entailment_has_a_veto() -> None:
    claim = Claim("AdaptCLIP finds anomalies from a single normal image.", (1,))
    assert SupportChecker(PASSAGES, Words(), Stern()).supports(claim) == ()


def test_each_part_of_a_sentence_is_checked_against_its_own_passage() -> None:
    verifier = SentenceVerifier(SupportChecker(PASSAGES, Words()), PASSAGES, "en")
    kept = verifier.take(
        "AdaptCLIP finds anomalies from a single normal image [1], WorldPM models preferences of people [2]."
    )
    assert kept
    assert kept.text == (
        "AdaptCLIP finds anomalies from a single normal image [2505.09264]"
        ", WorldPM models preferences of people. [2505.10527]"
    )
    swapped = "AdaptCLIP finds anomalies from a single normal image [2], WorldPM models preferences of people [1]."
    assert verifier.take(swapped) is None
    assert verifier.dropped == 1


@pytest.mark.parametrize(
    "sentence",
    [
        "I cannot answer that.",
        "I'm sorry.",
        "NONE",
        "The passages do not answer this.",
        "죄송합니다.",
        "답변드릴 수 없습니다.",
    ],
)
def test_refusals(sentence: str) -> None:
    assert refuses(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["The model cannot tell clouds from snow.", "이 방법은 라벨이 필요 없습니다.", "None of the layers is frozen."],
)
def test_findings_are_no_refusals(sentence: str) -> None:
    assert not refuses(sentence)


# --- a model for entailment


def labelled(*labels: str) -> Any:
    return SimpleNamespace(config=SimpleNamespace(id2label=dict(enumerate(labels))))


@pytest.mark.parametrize("labels", [("LABEL_0", "LABEL_1", "LABEL_2"), ("LABEL_0",), ("entailment",)])
def test_a_model_without_entailment_is_none(labels: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match="no label for entailment"):
        CrossEncoderNLI(labelled(*labels), "some/model")


@pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="sentence-transformers is an extra")
def test_a_directory_for_entailment(tmp_path: Path) -> None:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij", *(f"##{one}" for one in "abcdefghij")]
    (tmp_path / "vocab.txt").write_text("\n".join(words) + "\n", "utf-8")
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=3,
        initializer_range=0.5,
        id2label={0: "contradiction", 1: "entailment", 2: "neutral"},
        label2id={"contradiction": 0, "entailment": 1, "neutral": 2},
    )
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    BertTokenizerFast(vocab_file=str(tmp_path / "vocab.txt"), model_max_length=64).save_pretrained(tmp_path)
    nli = CrossEncoderNLI.open(str(tmp_path), device="cpu")
    answers = {nli.entails(one, other) for one in ("abc", "def ghi", "j a b") for other in ("a", "hij", "c d e f")}
    assert answers == {True, False}
