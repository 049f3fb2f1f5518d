"""Names of methods, data sets and models in a text, with offsets and a spelling that compares."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..analysis.language import has_hangul

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-._+/'^{}][A-Za-z0-9]+)*[+]*|\d+(?:[-.]?[A-Za-z][A-Za-z0-9]*)+")
_MARKED = re.compile(r"[a-z].*[A-Z]|[A-Z].*[A-Z]|[A-Za-z].*\d")
_POSSESSIVE = re.compile(r"'s$")
_NOISE = re.compile(r"[^a-z0-9.+]")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_DIGITS = re.compile(r"[\d.]+")
_SHORTEST, _LONG = 4, 7  # letters of names that are compared at all, and letter by letter
# Written like names, but every paper of the field has them.
_COMMON = frozenset(
    """ai llm llms mllm mllms lvlm vlm vlms lm lms lrm lrms nlp rl sft cot rag gpu gpus cpu api apis ml dl qa vqa moe
    fps 3d 2d 4d 1d 6d tts asr ocr cv gan vae cnn rnn vit mlp ssl ood sota state-of-the-art t2i t2v i2v rgb ui gui id kl
    f1 acc map auc bleu rouge k b m t pre-training fine-tuning baseline dataset json html markdown python pytorch arxiv
    huggingface github code paper rlhf rlvr url abstract we our the this these in to for a an""".split()
)


@dataclass(frozen=True, slots=True)
class Name:
    """One mention of a name.

    Attributes:
        key: its spelling for comparison: lower case, without hyphens.
        start, end: its span in the text.
    """

    key: str
    start: int
    end: int


def key(word: str) -> str:
    """A name's spelling for comparison: lower case, no hyphens, no possessive, no final plural of an acronym."""
    bare = _POSSESSIVE.sub("", word)
    bare = bare[:-1] if re.fullmatch(r"[A-Z]{2,}s", bare) else bare
    return _NOISE.sub("", bare.lower()).strip(".")


def names(text: str) -> list[Name]:
    """Every word that is spelled as a name (GPT-4o, ImageNet, FlashAttention, ScanRefer), in order.

    A capital inside, two capitals or a digit makes a name; in a Korean sentence any capitalised Latin word.
    """
    text = _LINK.sub(lambda match: " " * len(match[0]), text)
    korean = has_hangul(text)
    return [
        Name(key(match[0]), match.start(), match.end()) for match in _WORD.finditer(text) if _is_name(match[0], korean)
    ]


def _is_name(word: str, korean: bool) -> bool:
    spelled = key(word)
    if len(spelled) < 2 or spelled in _COMMON or len(word) > 60:
        return False
    if not spelled[0].isalpha() and not _MARKED.search(word):
        return False
    return bool(_MARKED.search(word)) or (korean and word[0].isupper() and len(word) > 3)


def keys(text: str) -> frozenset[str]:
    """Spellings of all names in a text."""
    return frozenset(name.key for name in names(text))


def words(text: str) -> frozenset[str]:
    """Spellings of all Latin words in a text, names or not: what a name of another text is looked up in."""
    found = [match[0] for match in _WORD.finditer(text)]
    parts = [part for word in found for part in re.split(r"[-/+_]", word) if part]
    return frozenset(map(key, [*found, *parts]))


def misspelled(name: str, own: str) -> bool:
    """Whether one spelling looks like the other gone wrong: another number in it, or one letter of a long one."""
    if name == own or min(len(name), len(own)) < _SHORTEST:
        return False
    letters = _DIGITS.sub("", name)
    if len(letters) >= _SHORTEST and letters == _DIGITS.sub("", own):
        return True
    return min(len(name), len(own)) >= _LONG and _one_letter(name, own)


def _one_letter(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two swapped, make one text the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, other_rest = one[start:], other[start:]
    swapped = rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:]
    return swapped or rest[1:] == other_rest[1:] or rest[1:] == other_rest or rest == other_rest[1:]
