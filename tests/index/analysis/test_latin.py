"""Index terms of Latin words: names whole and in parts, in all their spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.latin import latin_terms, stem

NAMES = {
    "OpenThinkIMG": "openthinkimg open think img",
    "V-ToolRL": "vtoolrl tool rl",
    "GPT-4.1": "gpt4.1 gpt 4.1",
    "MVTec": "mvtec mv tec",
    "LLaMA-3.1-8B": "llama3.1-8b llama 3.1 8b",
    "Qwen2.5-VL": "qwen2.5vl qwen 2.5 vl",
    "CoT": "cot",
    "LoRA": "lora",
    "o1-mini": "o1mini o1 mini",
    "R1-Zero": "r1zero r1 zero",
    "C++ and C#": "c++ c#",
    "F1": "f1",
    "GPT-4o": "gpt4o gpt 4o",
    "AdaptCLIP": "adaptclip adapt clip",
    "DeepSeek-R1-Distill-Qwen-7B": "deepseekr1distillqwen7b deep seek r1 distil qwen 7b",
    "BERT-base/large": "bertbas bert base larg",
    "YOLOv8": "yolov8 yolo v8",
    "DINOv2": "dinov2 dino v2",
    "vLLM": "vllm llm",
    "mAP": "map",
    "3D": "3d",
    "GSM8K": "gsm8k gsm 8k",
    "Text2SQL": "text2sql text sql",
    "k-NN": "knn nn",
    "τ-bench": "τbench bench",
    "2505.09264": "2505.09264",
    "running models": "run model",
    "the of and e.g. you": "",
    "DeepSeek's": "deepseek deep seek",
    "state-of-the-art": "stateoftheart state art",
    "ARES": "are",
}


@pytest.mark.parametrize(("text", "expected"), NAMES.items())
def test_names_whole_and_in_parts(text: str, expected: str) -> None:
    assert latin_terms(text) == expected.split()


@pytest.mark.parametrize(
    "spellings",
    [
        ("GPT 4.1", "GPT4.1", "GPT-4.1", "gpt-4.1"),
        ("Qwen 2.5", "Qwen2.5", "Qwen-2.5"),
        ("Llama 3", "Llama3", "LLaMA-3"),
        ("fine-tuning", "finetuning", "Fine-Tuning", "fine‑tuning", "fine–tuning"),
        ("ResNet-50", "ResNet50"),
    ],
)
def test_spellings_of_a_name_share_its_whole_term(spellings: tuple[str, ...]) -> None:
    whole = latin_terms(spellings[1])[0]
    assert all(whole in latin_terms(spelling) for spelling in spellings)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("LLMs", "LLM"),
        ("llms", "llm"),
        ("MLLMs", "MLLM"),
        ("GPUs", "GPU"),
        ("gpus", "gpu"),
        ("models’", "model"),
        ("naïve", "naive"),
    ],
)
def test_forms_of_a_word_have_the_same_terms(text: str, other: str) -> None:
    assert latin_terms(text) == latin_terms(other)


@pytest.mark.parametrize(
    ("text", "other"), [("GPT-4", "GPT-5"), ("Qwen2.5", "Qwen3.5"), ("3-4", "34"), ("R1-7B", "R17B")]
)
def test_numbers_distinguish_names(text: str, other: str) -> None:
    assert latin_terms(text)[0] != latin_terms(other)[0]


@pytest.mark.parametrize("text", ["in 90.5% of cases", "Table 3a3", "accuracy 4.1.2x"])
def test_a_longer_token_after_a_word_is_not_its_number(text: str) -> None:
    assert not any(term[0].isalpha() and term[-1].isdigit() for term in latin_terms(text))


@given(st.text(alphabet="abcXYZ019-._+#'/ é가", max_size=40))
def test_terms_are_single_lower_case_words(text: str) -> None:
    found = latin_terms(text)
    assert all(term and not any(map(str.isspace, term)) and term == term.lower() for term in found)
    assert found == latin_terms(text)


def test_stem_removes_the_plural_of_words_without_vowels() -> None:
    assert [stem(word) for word in ("vlms", "bias", "ss", "models", "gpt4s")] == ["vlm", "bias", "ss", "model", "gpt4s"]
