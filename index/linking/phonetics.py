"""How words sound in Korean: Hangul and Latin spellings as phonemes, and how far apart two of them are.

A Hangul word says how it sounds; its vowel ㅡ, which only holds up a consonant, is left out. An English spelling says
it less clearly: its phonemes are classes that several Korean ones may stand for, each at a price. The distance is the
cheapest way to turn one into the other (Wagner & Fischer 1974).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_ONSETS = "g g n d d l m b b s s - j j c k t p h".split()
_VOWELS = "a e ya ye v e yv ye o wa we we yo u wv we wi yu - i i".split()
_CODAS = "- K K K n n n D L L L L L L L L m P P D D N D D K D P D".split()
# A spelling's phonemes: patterns and what stands instead, tried in this order. Capitals and signs are what it leaves
# open: vowels A E I O U, V (er), W (au), ! (ee), $ (ou), & (ai), % (in -age), @ (ar, a final a), * (another a in the
# last syllable), q (a silent e), Y; consonants B (v), C (ch), F (f), G (g before e and i), N (ng), Q (a final c), R (an
# initial l), S (s between vowels), T (th), X (sh), Z, ~ (an r that is not heard).
_RULES = r"""
([b-df-hj-np-tv-z])\1+>\1 tch>C sch>X (?<=[aeiou])sion>ZOn [st]ion>XOn ture>CV dge>G ph>F sh>X ch>C th>T ck>k qu>kw
q>k ^gh>g gh> wh>w ^kn>n ^wr>r ^(?=[mn][^aeiouymn\n])>e ^x>Z x>ks ng(?![aeiou])>N n(?=[kgc])>N (?<=c)ei>I Nc$>ns
(?<=[ru])c$>s img$>imig al(?=k)>W (?<=y)s$>Z sc(?=[eiyI])>s c(?=[eiyI])>s c$>Q c>k ag(?=e|$)>%G g(?=[eiy]|$)>G mb$>m
ear(?=[b-df-hj-np-tvz])>V ee|ea|ie>! f>F z>Z v>B (?<=[aeiou])s(?=[aeiou])>S a(?=r(?![aeiouyw!])|l?$)>@
a(?=[^aeiouyw!@\n]+$)>* (?:[ei]|(?<!o)u)r(?![aeiouy!@*])>V (?<=[aeiouy!@])r(?![aeiouyw!@*])>~ ^l>R
(?<=[aeiou@])h(?![aeiou@*])> a(?=[b-df-hj-np-tv-zB-TZ]e$)>& (?<=[^aeiou!VW\n])e$>q y(?=[aeiouV@*])>Y
w(?=[aeiouyV@*])>H a[uw]>W [ae][iy]>& oo>U ou>$ oa>O e[uw]>U w>U H>w y>I
"""
_COMPILED = tuple(
    (re.compile(pattern, re.MULTILINE), sound) for pattern, _, sound in (rule.partition(">") for rule in _RULES.split())
)
_DOUBLED = re.compile("Ll|mm|nn")  # a double consonant is one sound; that of ㄹ is an l, a single one an l or r
_CAPITALS = str.maketrans("aeiou", "AEIOU")
_SOUNDS = "12aeiouvywgkdtpbsjcmnNlLhKPD"  # of Hangul; K P D L are codas, 1 ai, 2 ei
_SPELLED = "AEIOUVW$&%@*!qYwgGkQdtpbFBsSZXCjTmnNlrR~h"
# What stands for a spelling's sound, with the price of it; anything else costs 1 between two vowels or two consonants.
_ALIKE = """
A e0 a0 20 v.25 o.3 i.7 u.7|E e0 2.15 i.05 v.15 a.45 o.6 u.6|I i0 1.08 2.2 e.35 v.35 a.5 u.6 y.1
O o0 v.15 a.2 u.25 e.7|q e.05 i.1 v.3|U u0 v.1 a.35 o.35 i.5 e.6 w.1|V v0 e.2 a.35 o.35 i.4 u.4|W o0 a.1 v.2 e.4 u.5
Y y0 i.1 1.25|w w0 u.1 o.2 b.4|g g0 K.05 k.2|G g0 j0 K.1 k.25 c.25|k k0 K0 g.2 c.5|Q k0 K0 s.05|d d0 D.05 t.2 j.3
t t0 D0 d.2 c.3 s.4|p p0 P0 b.2|b b0 P.05 p.2|F p0 P.05 h.2 b.25|B b0 P.1 p.25|s s0 D.1 j.2 c.35|S s0 D.1 j.05
Z j0 s.15 D.2 c.3|X s0 c.3 D.3|C c0 k.2 K.2 s.2 j.2|j j0 c.3 y.2 h.4|T s0 d.1 t.1 D.1|m m0 n.4 N.5|n n0 m.4 N.2 l.6
N N0 n.05|l L0 l.08 n.6|r l0 L.25 n.8|R l0 L.1|h h0|~ l.1 L.3|! i0 e.2 2.3 v.3|$ u0 o.05 a.1 v.1|& 20 1.15 e.1 a.3 i.2
% e0 20 i.05 a.2|* e0 a.1 20 v.3 o.3 i.7|@ a0 v.1 o.2 e.4
"""
_VOWEL_SOUNDS, _VOWELS_SPELLED = frozenset("12aeiouvyw"), frozenset("AEIOUVW$&%@*!qY")
_UNSPELLED = {"y": 0.05, "w": 0.15, "h": 0.4}  # a sound without a letter
_SILENT = {
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
_SECOND_VOWEL = 0.15  # a sound without a letter, or a silent letter, in a diphthong
_PLAIN_VOWELS = frozenset("12aeiouvyw")
_CLASSES = str.maketrans("gGkQKdDtTpbFBPsSZXCjcmnNlLrR", "KSKKKTTTSPPPPPSSSSSSSMNNLLLL", "12aeiouvywAEIOUVW$&%@*!qYh~")
_RARER = str.maketrans("GCTQj", "gktZY")


def hangul_phonemes(word: str) -> str:
    """The phonemes of a Hangul word; other letters are left out."""
    found: list[str] = []
    for letter in word:
        at = ord(letter) - 0xAC00
        if 0 <= at < 11172:
            found += (_ONSETS[at // 588], _VOWELS[at % 588 // 28], _CODAS[at % 28])
    joined = "".join(found).replace("-", "")
    return _DOUBLED.sub(lambda match: match[0][0], joined).replace("ai", "1").replace("ei", "2")


def latin_phonemes(words: Sequence[str]) -> list[str]:
    """The phonemes that Latin words in small letters are spelled with."""
    text = "\n".join(words)
    for pattern, sound in _COMPILED:
        text = pattern.sub(sound, text)
    return text.translate(_CAPITALS).split("\n") if words else []


def consonant_skeletons(sounds: Sequence[str]) -> list[str]:
    """The classes of the consonants of some phonemes: words that sound alike mostly have the same."""
    return "\n".join(sounds).translate(_CLASSES).split("\n") if sounds else []


def skeleton_neighbors(skeleton: str) -> set[str]:
    """Skeletons with a consonant more, less or other."""
    ends = [(skeleton[:at], skeleton[at:]) for at in range(len(skeleton) + 1)]
    shorter = {start + end[1:] for start, end in ends if end}
    other = {start + one + end[1:] for start, end in ends if end for one in "KTPSMNL"}
    return shorter | other | {start + one + end for start, end in ends for one in "KTPSMNL"}


def alternative_phonemes(spelled: Sequence[str]) -> list[str]:
    """Phonemes of spellings whose open consonants are read the rarer way: hard g before e, ch as k, th as t."""
    return "\n".join(spelled).translate(_RARER).split("\n") if spelled else []


def phonetic_distances(hangul: str, spelled: Sequence[str]) -> Floats:
    """What it costs to read some spellings as a Hangul word sounds, each.

    Args:
        hangul: phonemes, as `hangul_phonemes` gives them.
        spelled: phonemes, as `latin_phonemes` gives them.

    Returns:
        float32 (len(spelled),): 0 where they sound the same; 1 is another consonant.
    """
    width = max(map(len, spelled), default=0)
    text = "".join(one.ljust(width) for one in spelled)
    codes = np.frombuffer(text.encode("ascii"), np.uint8).reshape(len(spelled), width)
    silent, vowel = _SILENCE[codes], _IS_VOWEL[codes]
    silent[:, 1:][vowel[:, 1:] & vowel[:, :-1]] = _SECOND_VOWEL
    skipped = np.concatenate([np.zeros((len(spelled), 1), np.float32), np.cumsum(silent, axis=1)], axis=1)
    costs = skipped
    for at, sound in enumerate(hangul):
        further = costs + np.float32(_unspelled(hangul, at))
        further[:, 1:] = np.minimum(further[:, 1:], costs[:, :-1] + _PRICES[ord(sound)][codes])
        costs = np.minimum.accumulate(further - skipped, axis=1) + skipped
    return costs[:, -1]


def _unspelled(hangul: str, at: int) -> float:
    sound = hangul[at]
    before, after = hangul[at - 1] if at else "", hangul[at + 1] if at + 1 < len(hangul) else ""
    if sound in "yw":
        return _UNSPELLED[sound]
    if sound not in _VOWEL_SOUNDS:
        return _UNSPELLED.get(sound, 0.8)
    if (sound in "iu" and before in _PLAIN_VOWELS) or (sound == "u" and after == "w"):
        return _SECOND_VOWEL
    return 0.1 if sound == "i" and before in "jcs" else 0.5


def _prices() -> Floats:
    prices = np.full((128, 128), 1.2, np.float32)
    prices[:, ord(" ")] = 9.0
    for sound in _SOUNDS:
        for letter in _SPELLED:
            if (sound in _VOWEL_SOUNDS) == (letter in _VOWELS_SPELLED):
                prices[ord(sound), ord(letter)] = 0.8 if letter in _VOWELS_SPELLED else 1.0
    for line in _ALIKE.replace("\n", "|").strip("|").split("|"):
        letter, *alike = line.split()
        for one in alike:
            prices[ord(one[0]), ord(letter)] = float(one[1:])
    return prices


def _silence() -> Floats:
    costs = np.full(128, 0.8, np.float32)
    costs[[ord(letter) for letter in "AOUW$&%@*!"]] = 0.4
    costs[[ord(letter) for letter in _SILENT]] = list(_SILENT.values())
    costs[ord(" ")] = 0.0
    return costs


_PRICES, _SILENCE = _prices(), _silence()
_IS_VOWEL: Any = np.isin(np.arange(128), [ord(letter) for letter in _VOWELS_SPELLED])
