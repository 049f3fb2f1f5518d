"""Entities in text: the names of methods, data sets and models, with offsets and a key for comparison."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..analysis.analyzer import has_hangul
from .latex import blank_arrows

_SUPERSCRIPT_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
# A power at the end of a name: VLM-R^3, VLM-R$^3$, VLM-R^{3}, VLM-R³.
_SUPERSCRIPT = re.compile(r"\$?\^\{?\d+\}?\$?|[⁰¹²³⁴-⁹]+")
_WORD = re.compile(
    rf"[A-Za-z][A-Za-z0-9]*(?:[-._+/'^{{}}][A-Za-z0-9]+)*[+]*(?:{_SUPERSCRIPT.pattern})?"
    r"|\d+(?:[-.]?[A-Za-z][A-Za-z0-9]*)+"
)
_SPELLED_AS_NAME = re.compile(r"[a-z].*[A-Z]|[A-Z].*[A-Z]|[A-Za-z].*[\d⁰¹²³⁴-⁹]")
_POSSESSIVE = re.compile(r"'s$")
_NOISE = re.compile(r"[^a-z0-9.+]")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_DIGITS = re.compile(r"[\d.]+")
_MAX_LENGTH = 60  # characters of a name
_MIN_COMPARED, _MIN_COMPARED_BY_LETTER = 4, 7  # letters of names that may be misspelled at all, or by one letter
# Spelled as names, but every paper of the field has them.
_COMMON = frozenset(
    """ai llm llms mllm mllms lvlm vlm vlms lm lms lrm lrms nlp rl sft cot rag gpu gpus cpu api apis ml dl qa vqa moe
    fps 3d 2d 4d 1d 6d tts asr ocr cv gan vae cnn rnn vit mlp ssl ood sota state-of-the-art t2i t2v i2v rgb ui gui id kl
    f1 acc map auc bleu rouge k b m t pre-training fine-tuning baseline dataset json html markdown python pytorch arxiv
    huggingface github code paper rlhf rlvr url abstract we our the this these in to for a an""".split()
)


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention of a name.

    Attributes:
        key: the name for comparison (`entity_key`).
        base_key: the same without a superscript: that of "VLM-R" for "VLM-R^3".
        start, end: its span in the text.
    """

    key: str
    base_key: str
    start: int
    end: int


def entity_key(word: str) -> str:
    """Return a name for comparison: in lower case, without hyphens, possessive, or the plural s of an acronym."""
    stem = _POSSESSIVE.sub("", word)
    stem = stem[:-1] if re.fullmatch(r"[A-Z]{2,}s", stem) else stem
    return _NOISE.sub("", stem.lower().translate(_SUPERSCRIPT_DIGITS)).strip(".")


def find_entities(text: str) -> list[Entity]:
    """Return every word that is spelled as a name (GPT-4o, ImageNet, FlashAttention, ScanRefer), in order.

    A capital inside, two capitals or a digit makes a name; in a Korean text any capitalized Latin word does.
    """
    text = blank_arrows(_LINK.sub(lambda match: " " * len(match[0]), text))
    is_korean = has_hangul(text)
    return [
        Entity(entity_key(match[0]), _base_key(match[0]), match.start(), match.end())
        for match in _WORD.finditer(text)
        if _is_name(match[0], is_korean)
    ]


def entity_keys(text: str) -> frozenset[str]:
    """Return the keys of all names in a text."""
    return frozenset(entity.key for entity in find_entities(text))


def word_keys(text: str) -> frozenset[str]:
    """Return the keys of all Latin words in a text, of their parts, and of those with a superscript without it.

    A name of another text occurs in this one if its key is among them.
    """
    words = [match[0] for match in _WORD.finditer(blank_arrows(text))]
    parts = [part for word in words for part in re.split(r"[-/+_]", word) if part]
    return frozenset(map(entity_key, [*words, *parts])) | frozenset(map(_base_key, words))


def is_misspelling(entity: Entity, own: Entity) -> bool:
    """Return whether a name looks like a misspelling of another: with another number, or one letter of a long one.

    A name without its superscript is the same name.
    """
    key, own_key = entity.key, own.key
    if key in (own_key, own.base_key) or entity.base_key == own_key or min(len(key), len(own_key)) < _MIN_COMPARED:
        return False
    letters = _DIGITS.sub("", key)
    if len(letters) >= _MIN_COMPARED and letters == _DIGITS.sub("", own_key):
        return True
    return min(len(key), len(own_key)) >= _MIN_COMPARED_BY_LETTER and _differ_by_one_edit(key, own_key)


def _base_key(word: str) -> str:
    return entity_key(_SUPERSCRIPT.sub("", word))


def _is_name(word: str, is_korean: bool) -> bool:
    key = entity_key(word)
    if len(key) < 2 or key in _COMMON or len(word) > _MAX_LENGTH:
        return False
    is_spelled_as_name = bool(_SPELLED_AS_NAME.search(word))
    if not key[0].isalpha() and not is_spelled_as_name:
        return False
    return is_spelled_as_name or (is_korean and word[0].isupper() and len(word) > 3)


def _differ_by_one_edit(first: str, second: str) -> bool:
    """Return whether inserting, deleting or replacing a letter, or swapping two neighbors, makes two texts equal."""
    if abs(len(first) - len(second)) > 1:
        return False
    shorter = min(len(first), len(second))
    start = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), shorter)
    rest, other_rest = first[start:], second[start:]
    is_swap = rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:]
    return is_swap or rest[1:] == other_rest[1:] or rest[1:] == other_rest or rest == other_rest[1:]
