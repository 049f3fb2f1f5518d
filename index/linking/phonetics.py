"""Phonetic distance between Hangul and Latin spellings.

Both are turned into phonemes, one character each. Hangul is unambiguous: every letter has a phoneme, and the vowel ㅡ,
which only carries consonants, is left out. English spelling is ambiguous: its phonemes are classes that may stand for
several Korean ones at different costs. The distance is the cheapest alignment of the two (Wagner & Fischer 1974), with
costs per pair of phonemes.

The tables of rules and costs are our own. The tests of `fuzzy_terms` list the names that they must match and those that
they must keep apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Phonemes of the letters of a Hangul syllable, in the order of Unicode; "-" is silent. Capitals mark final consonants.
_ONSETS = "g g n d d l m b b s s - j j c k t p h".split()
_VOWELS = "a e ya ye v e yv ye o wa we we yo u wv we wi yu - i i".split()
_CODAS = "- K K K n n n D L L L L L L L L m P P D D N D D K D P D".split()

# Rewriting rules from Latin spelling to phonemes, separated by white space and applied in this order. Each is a regular
# expression, ">" and its replacement; later rules match the phonemes that earlier ones wrote. Phonemes:
#   vowels       A E I O U, V (er), W (au), Y (y), ! (ee), $ (ou), & (ai), % (in -age), @ (ar, final a),
#                * (another a in the last syllable), q (silent e)
#   consonants   B (v), C (ch), F (f), G (g before e, i), H and w (w), N (ng), Q (final c), R (initial l), S (s between
#                vowels), T (th), X (sh), Z (z), ~ (an r that is not pronounced); others stand for themselves
_RULES = r"""
([b-df-hj-np-tv-z])\1+>\1 tch>C sch>X (?<=[aeiou])sion>ZOn [st]ion>XOn ture>CV dge>G ph>F sh>X ch>C th>T ck>k qu>kw
q>k ^gh>g gh> wh>w ^kn>n ^wr>r ^(?=[mn][^aeiouymn\n])>e ^x>Z x>ks ng(?![aeiou])>N n(?=[kgc])>N (?<=c)ei>I Nc$>ns
(?<=[ru])c$>s img$>imig al(?=k)>W (?<=y)s$>Z sc(?=[eiyI])>s c(?=[eiyI])>s c$>Q c>k ag(?=e|$)>%G g(?=[eiy]|$)>G mb$>m
ear(?=[b-df-hj-np-tvz])>V ee|ea|ie>! f>F z>Z v>B (?<=[aeiou])s(?=[aeiou])>S a(?=r(?![aeiouyw!])|l?$)>@
a(?=[^aeiouyw!@\n]+$)>* (?:[ei]|(?<!o)u)r(?![aeiouy!@*])>V (?<=[aeiouy!@])r(?![aeiouyw!@*])>~ ^l>R
(?<=[aeiou@])h(?![aeiou@*])> a(?=[b-df-hj-np-tv-zB-TZ]e$)>& (?<=[^aeiou!VW\n])e$>q y(?=[aeiouV@*])>Y
w(?=[aeiouyV@*])>H a[uw]>W [ae][iy]>& oo>U ou>$ oa>O e[uw]>U w>U H>w y>I
"""
_COMPILED_RULES = tuple(
    (re.compile(pattern, re.MULTILINE), phoneme)
    for pattern, _, phoneme in (rule.partition(">") for rule in _RULES.split())
)
_DOUBLE_CONSONANT = re.compile("Ll|mm|nn")  # pronounced as one: ㄹㄹ as l; a single ㄹ is l or r
_VOWEL_LETTERS = str.maketrans("aeiou", "AEIOU")

_HANGUL_PHONEMES = "12aeiouvywgkdtpbsjcmnNlLhKPD"  # K P D L are final consonants, 1 is ai, 2 is ei
_LATIN_PHONEMES = "AEIOUVW$&%@*!qYwgGkQdtpbFBsSZXCjTmnNlrR~h"
_HANGUL_VOWELS, _LATIN_VOWELS = frozenset("12aeiouvyw"), frozenset("AEIOUVW$&%@*!qY")

# Substitution costs: a Latin phoneme, then the Hangul phonemes it may match, each with its cost in units of one
# wrong consonant. Entries are separated by "|" or a line break. Pairs that are not listed cost the defaults below.
_SUBSTITUTIONS = """
A e0 a0 20 v.25 o.3 i.7 u.7|E e0 2.15 i.05 v.15 a.45 o.6 u.6|I i0 1.08 2.2 e.35 v.35 a.5 u.6 y.1
O o0 v.15 a.2 u.25 e.7|q e.05 i.1 v.3|U u0 v.1 a.35 o.35 i.5 e.6 w.1|V v0 e.2 a.35 o.35 i.4 u.4|W o0 a.1 v.2 e.4 u.5
Y y0 i.1 1.25|w w0 u.1 o.2 b.4|g g0 K.05 k.2|G g0 j0 K.1 k.25 c.25|k k0 K0 g.2 c.5|Q k0 K0 s.05|d d0 D.05 t.2 j.3
t t0 D0 d.2 c.3 s.4|p p0 P0 b.2|b b0 P.05 p.2|F p0 P.05 h.2 b.25|B b0 P.1 p.25|s s0 D.1 j.2 c.35|S s0 D.1 j.05
Z j0 s.15 D.2 c.3|X s0 c.3 D.3|C c0 k.2 K.2 s.2 j.2|j j0 c.3 y.2 h.4|T s0 d.1 t.1 D.1|m m0 n.4 N.5|n n0 m.4 N.2 l.6
N N0 n.05|l L0 l.08 n.6|r l0 L.25 n.8|R l0 L.1|h h0|~ l.1 L.3|! i0 e.2 2.3 v.3|$ u0 o.05 a.1 v.1|& 20 1.15 e.1 a.3 i.2
% e0 20 i.05 a.2|* e0 a.1 20 v.3 o.3 i.7|@ a0 v.1 o.2 e.4
"""
_WRONG_VOWEL, _WRONG_CONSONANT, _VOWEL_FOR_CONSONANT = 0.8, 1.0, 1.2
_WORD_BREAK = 9.0  # a space never matches a phoneme

# Costs of a Hangul phoneme without a Latin one.
_INSERTIONS = {"y": 0.05, "w": 0.15, "h": 0.4}
_INSERTED_VOWEL, _INSERTED_CONSONANT = 0.5, 0.8
_INSERTED_I = 0.1  # after j, c or s: 스위치 for switch

# Costs of a Latin phoneme without a Hangul one.
_DELETIONS = {
    "q": 0.0,
    "~": 0.0,
    "E": 0.1,
    "I": 0.35,
    "V": 0.3,
    "h": 0.2,
    "Y": 0.2,
    "w": 0.2,
    "r": 0.5,
    "t": 0.6,
    "d": 0.6,
}
_DELETED_VOWEL, _DELETED_CONSONANT = 0.4, 0.8
_DIPHTHONG_VOWEL = 0.15  # the second vowel of a diphthong, inserted or deleted

# Classes of consonants for `consonant_skeletons`; vowels and unpronounced letters are dropped.
_CONSONANT_CLASSES = str.maketrans(
    "gGkQKdDtTpbFBPsSZXCjcmnNlLrR", "KSKKKTTTSPPPPPSSSSSSSMNNLLLL", "12aeiouvywAEIOUVW$&%@*!qYh~"
)
_CLASSES = "KTPSMNL"
_RARE_READINGS = str.maketrans("GCTQj", "gktZY")


def hangul_phonemes(word: str) -> str:
    """Return the phonemes of a Hangul word; other characters are left out."""
    found: list[str] = []
    for letter in word:
        syllable = ord(letter) - 0xAC00
        if 0 <= syllable < 11172:
            found += (_ONSETS[syllable // 588], _VOWELS[syllable % 588 // 28], _CODAS[syllable % 28])
    joined = "".join(found).replace("-", "")
    return _DOUBLE_CONSONANT.sub(lambda match: match[0][0], joined).replace("ai", "1").replace("ei", "2")


def latin_phonemes(words: Sequence[str]) -> list[str]:
    """Return the phonemes of each of some words in small Latin letters."""
    text = "\n".join(words)
    for pattern, phoneme in _COMPILED_RULES:
        text = pattern.sub(phoneme, text)
    return text.translate(_VOWEL_LETTERS).split("\n") if words else []


def alternative_phonemes(phonemes: Sequence[str]) -> list[str]:
    """Return Latin phonemes with ambiguous consonants read the rarer way: hard g before e, ch as k, th as t."""
    return "\n".join(phonemes).translate(_RARE_READINGS).split("\n") if phonemes else []


def consonant_skeletons(phonemes: Sequence[str]) -> list[str]:
    """Return the consonant classes of each phoneme string; words that sound alike mostly have equal skeletons."""
    return "\n".join(phonemes).translate(_CONSONANT_CLASSES).split("\n") if phonemes else []


def skeleton_neighbors(skeleton: str) -> set[str]:
    """Return the skeletons with one consonant inserted, deleted or replaced."""
    splits = [(skeleton[:at], skeleton[at:]) for at in range(len(skeleton) + 1)]
    deleted = {start + end[1:] for start, end in splits if end}
    replaced = {start + consonant + end[1:] for start, end in splits if end for consonant in _CLASSES}
    return deleted | replaced | {start + consonant + end for start, end in splits for consonant in _CLASSES}


def phonetic_distances(hangul: str, latin: Sequence[str]) -> Floats:
    """Return the distances of Latin spellings to a Hangul word.

    Args:
        hangul: phonemes, from `hangul_phonemes`.
        latin: phonemes of each spelling, from `latin_phonemes`.

    Returns:
        float32 (len(latin),), at least 0; 1 is the cost of one wrong consonant.
    """
    width = max(map(len, latin), default=0)
    padded = "".join(phonemes.ljust(width) for phonemes in latin)
    codes = np.frombuffer(padded.encode("ascii"), np.uint8).reshape(len(latin), width)
    deletion, is_vowel = _DELETION_COSTS[codes], _IS_VOWEL[codes]
    deletion[:, 1:][is_vowel[:, 1:] & is_vowel[:, :-1]] = _DIPHTHONG_VOWEL
    # Row i of the alignment matrix: costs of the first i Hangul phonemes against every prefix of a spelling.
    deleted = np.concatenate([np.zeros((len(latin), 1), np.float32), np.cumsum(deletion, axis=1)], axis=1)
    costs = deleted
    for at, phoneme in enumerate(hangul):
        following = costs + np.float32(_insertion_cost(hangul, at))
        following[:, 1:] = np.minimum(following[:, 1:], costs[:, :-1] + _SUBSTITUTION_COSTS[ord(phoneme)][codes])
        costs = np.minimum.accumulate(following - deleted, axis=1) + deleted
    return costs[:, -1]


def _insertion_cost(hangul: str, at: int) -> float:
    """Return the cost of a Hangul phoneme that the spelling lacks."""
    phoneme = hangul[at]
    before, after = hangul[at - 1] if at else "", hangul[at + 1] if at + 1 < len(hangul) else ""
    if phoneme in "yw":
        return _INSERTIONS[phoneme]
    if phoneme not in _HANGUL_VOWELS:
        return _INSERTIONS.get(phoneme, _INSERTED_CONSONANT)
    if (phoneme in "iu" and before in _HANGUL_VOWELS) or (phoneme == "u" and after == "w"):
        return _DIPHTHONG_VOWEL
    return _INSERTED_I if phoneme == "i" and before in "jcs" else _INSERTED_VOWEL


def _substitution_costs() -> Floats:
    """Return costs by code of the Hangul and of the Latin phoneme, float32 (128, 128)."""
    costs = np.full((128, 128), _VOWEL_FOR_CONSONANT, np.float32)
    costs[:, ord(" ")] = _WORD_BREAK
    for hangul in _HANGUL_PHONEMES:
        for latin in _LATIN_PHONEMES:
            if (hangul in _HANGUL_VOWELS) == (latin in _LATIN_VOWELS):
                costs[ord(hangul), ord(latin)] = _WRONG_VOWEL if latin in _LATIN_VOWELS else _WRONG_CONSONANT
    for line in _SUBSTITUTIONS.replace("\n", "|").strip("|").split("|"):
        latin, *alternatives = line.split()
        for alternative in alternatives:
            costs[ord(alternative[0]), ord(latin)] = float(alternative[1:])
    return costs


def _deletion_costs() -> Floats:
    """Return costs by code of the Latin phoneme, float32 (128,); padding costs nothing."""
    costs = np.full(128, _DELETED_CONSONANT, np.float32)
    costs[[ord(vowel) for vowel in "AOUW$&%@*!"]] = _DELETED_VOWEL
    costs[[ord(phoneme) for phoneme in _DELETIONS]] = list(_DELETIONS.values())
    costs[ord(" ")] = 0.0
    return costs


_SUBSTITUTION_COSTS, _DELETION_COSTS = _substitution_costs(), _deletion_costs()
_IS_VOWEL: Any = np.isin(np.arange(128), [ord(vowel) for vowel in _LATIN_VOWELS])
