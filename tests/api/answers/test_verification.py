"""Verification of generated answers: streamed pieces, sentences, claims, facts, support, entailment."""

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
from nonmun.api.answers.generative.claims import CitedClaim, split_claims, to_plain_text
from nonmun.api.answers.generative.facts import Facts, is_negated
from nonmun.api.answers.generative.nli import CrossEncoderNLI
from nonmun.api.answers.generative.passages import Passage, estimate_tokens
from nonmun.api.answers.generative.sentence_stream import SentenceStream
from nonmun.api.answers.generative.support import SupportChecker
from nonmun.api.answers.generative.verifier import SentenceVerifier, is_refusal
from nonmun.api.answers.quotations import extract_quotations
from nonmun.api.llm.errors import ReplyError
from nonmun.api.llm.protocol import DeltaDecoder
from nonmun.index.domain.hits import Evidence
from nonmun.index.domain.papers import Language
from nonmun.index.domain.vectors import Matrix

NUMBERS = {"1": 1, "2": 2, "2505.09264": 1, "2505.10527": 2}


# --- streamed pieces


def event(text: str | None, **more: Any) -> bytes:
    delta = {} if text is None else {"content": text}
    return b"data: " + json.dumps({"choices": [{"delta": delta} | more]}).encode() + b"\r\n\r\n"


@given(st.lists(st.text(max_size=8), max_size=6), st.integers(1, 40))
def test_pieces_do_not_depend_on_how_bytes_are_cut(pieces: list[str], size: int) -> None:
    data = b": hello\n\n" + b"".join(map(event, pieces)) + b"data: [DONE]\n\n"
    deltas = DeltaDecoder()
    found = [piece for at in range(0, len(data), size) for piece in deltas.feed(data[at : at + size])]
    assert found == pieces
    assert deltas.finished


def test_end_of_a_reply() -> None:
    deltas = DeltaDecoder()
    assert list(deltas.feed(event(None) + event("a"))) == ["", "a"]
    assert list(deltas.feed(b'data: {"choices": []}\n\n')) == [""]
    assert not deltas.finished
    assert list(deltas.feed(event(None, finish_reason="length"))) == [""]
    assert deltas.finished


@given(st.binary(max_size=60))
def test_any_bytes_are_parsed_or_rejected(data: bytes) -> None:
    try:
        found = list(DeltaDecoder().feed(data + b"\n"))
    except ReplyError:
        return
    assert all(isinstance(piece, str) for piece in found)


# --- sentences


def split(text: str, size: int) -> list[str]:
    sentences = SentenceStream()
    complete = [sentence for at in range(0, len(text), size) for sentence in sentences.feed(text[at : at + size])]
    return [sentence.strip() for sentence in [*complete, *sentences.flush()]]


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
def test_splits_a_reply_into_sentences(text: str, expected: list[str] | None, size: int) -> None:
    found = split(text, size)
    if expected is None:
        assert len(found) == 2
    else:
        assert found == expected


@given(st.text(alphabet="가나 다.!?[1]\nab", max_size=60), st.integers(1, 9))
def test_splitting_loses_no_word(text: str, size: int) -> None:
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
def test_splits_a_sentence_into_cited_claims(sentence: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(claim.text, claim.passages) for claim in split_claims(sentence, NUMBERS)] == expected


@given(st.text(max_size=80))
def test_plain_text_is_one_line_of_visible_characters(text: str) -> None:
    seen = to_plain_text(text)
    assert "\n" not in seen
    assert all(letter == " " or letter.isprintable() for letter in seen)


def test_token_estimate_depends_on_the_script() -> None:
    assert estimate_tokens("가나다") == 3
    assert estimate_tokens("abcdef") == 2


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
def test_finds_facts_that_a_text_states(claim: str, text: str) -> None:
    assert Facts.of(claim)
    assert not Facts.of(claim).missing_from(text)


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
def test_misses_facts_that_a_text_does_not_state(claim: str, text: str) -> None:
    assert Facts.of(claim).missing_from(text)


SCORES = "제안된 방법은 ABench에서 8.4%, CBench에서 14.3% 향상되었습니다."


def test_figure_belongs_to_the_name_in_its_clause() -> None:
    title = "Method-X: a method"
    assert not Facts.of("Method-X는 ABench에서 8.4%, CBench에서 14.3% 나아졌습니다.").missing_from(SCORES, title)
    assert Facts.of("Method-X는 ABench에서 14.3% 나아졌습니다.").missing_from(SCORES, title).figures
    assert Facts.of("Method-X gains 8.4% on CBench.").missing_from(SCORES, title).figures
    assert not Facts.of("Method-X gains 8.4%.").missing_from(SCORES, title)
    assert (
        Facts.of("ABench에서 14.3% 나아졌습니다.")
        .missing_from("**CBench**: Method-X는 14.3% 향상되었습니다.", title)
        .figures
    )


def test_title_states_names_but_no_figures() -> None:
    missing = Facts.of("AdaptCLIP은 10.5% 낫습니다.").missing_from("", "AdaptCLIP by 10.5%")
    assert not missing.names
    assert missing.figures


@pytest.mark.parametrize("sentence", ["학습하지 않습니다.", "It does not learn.", "라벨이 없습니다.", "It can't."])
def test_detects_negation(sentence: str) -> None:
    assert is_negated(sentence)


# --- support


def passage(number: int, paper: str, title: str, text: str, lang: Language = "en") -> Passage:
    evidence = Evidence(f"{paper}:abstract:abstract:0", "abstract", "abstract", lang, text, 1.0)
    return Passage(number, paper, title, tuple(extract_quotations(paper, (evidence,))))


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


class BagOfWords:
    """Embeds a text as the sum of one basis vector per word."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def __call__(self, texts: Sequence[str]) -> Matrix:
        matrix = np.zeros((len(texts), 400), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", "").split():
                matrix[row, self._known.setdefault(word, len(self._known))] = 1
        return matrix / np.maximum(1, np.linalg.norm(matrix, axis=1, keepdims=True))


def quotes(claim: str, *numbers: int) -> list[str]:
    return [
        citation.quote
        for citation in SupportChecker.of(PASSAGES, BagOfWords()).supporting_citations(CitedClaim(claim, numbers))
    ]


def test_supports_a_quoted_claim() -> None:
    assert quotes("AdaptCLIP finds anomalies from a single normal image.", 1) == [
        "AdaptCLIP finds anomalies from a single normal image."
    ]
    assert quotes("AdaptCLIP finds anomalies from a single normal image.") == quotes(
        "AdaptCLIP finds anomalies from a single normal image.", 1
    )


def test_second_quotation_adds_the_figure() -> None:
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
def test_rejects_unsupported_claims(claim: str, number: int) -> None:
    assert quotes(claim, number) == []


def test_no_passages_support_no_claim() -> None:
    assert SupportChecker.of((), BagOfWords()).supporting_citations(CitedClaim("Anything.", ())) == ()


class NoEntailment:
    """An entailment model that rejects everything."""

    def entails(self, premise: str, hypothesis: str) -> bool:
        return False


def test_entailment_model_has_a_veto() -> None:
    claim = CitedClaim("AdaptCLIP finds anomalies from a single normal image.", (1,))
    assert SupportChecker.of(PASSAGES, BagOfWords(), NoEntailment()).supporting_citations(claim) == ()


def test_checks_each_claim_against_its_own_passage() -> None:
    verifier = SentenceVerifier(SupportChecker.of(PASSAGES, BagOfWords()), PASSAGES, "en")
    verified = verifier.verify(
        "AdaptCLIP finds anomalies from a single normal image [1], WorldPM models preferences of people [2]."
    )
    assert verified
    assert verified.text == (
        "AdaptCLIP finds anomalies from a single normal image [2505.09264]"
        ", WorldPM models preferences of people. [2505.10527]"
    )
    swapped = "AdaptCLIP finds anomalies from a single normal image [2], WorldPM models preferences of people [1]."
    assert verifier.verify(swapped) is None
    assert verifier.rejected == 1


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
def test_detects_refusals(sentence: str) -> None:
    assert is_refusal(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["The model cannot tell clouds from snow.", "이 방법은 라벨이 필요 없습니다.", "None of the layers is frozen."],
)
def test_findings_are_not_refusals(sentence: str) -> None:
    assert not is_refusal(sentence)


# --- a model for entailment


def labelled(*labels: str) -> Any:
    return SimpleNamespace(config=SimpleNamespace(id2label=dict(enumerate(labels))))


@pytest.mark.parametrize("labels", [("LABEL_0", "LABEL_1", "LABEL_2"), ("LABEL_0",), ("entailment",)])
def test_rejects_a_model_without_entailment_label(labels: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match="no label for entailment"):
        CrossEncoderNLI.of(labelled(*labels), "some/model")


@pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="sentence-transformers is an extra")
def test_loads_an_entailment_model_from_a_directory(tmp_path: Path) -> None:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij", *(f"##{letter}" for letter in "abcdefghij")]
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
    answers = {nli.entails(claim, other) for claim in ("abc", "def ghi", "j a b") for other in ("a", "hij", "c d e f")}
    assert answers == {True, False}
