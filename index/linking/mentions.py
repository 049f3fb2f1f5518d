"""The words of a question that may be names, as they stand there: without particles, not cut into morphemes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..analysis.analyzer import has_hangul, tokens

if TYPE_CHECKING:
    from kiwipiepy import Token

_WORD = re.compile(r"[A-Za-z0-9가-힣]+(?:[-._+#'][A-Za-z0-9가-힣]+)*[+#]*")
# What may hang on a name: particles, endings, the copula, suffixes. What is of nothing but the second kind is no name.
_HANGING = re.compile(r"J|E|VCP|XS|VX|SP|SS|SF|S[OWE]")
_NO_NAME = re.compile(r"V[VA]|VX|VCN|MA|MM|NP|NR|NNB|IC|E|X")
_PARTICLE_LIKE = frozenset("이 가 은 는 고 나 로 라 도 만 의 다 인 과 야 아 자".split())
_MOST_JOINED = 3

Rows = list[list[list[str]]]
"""Words in rows, each with its forms, the likeliest first."""


def surface_names(text: str) -> list[str]:
    """The words of a text that may be names, each once, in order: Hangul, Latin, or of both scripts.

    Particles are taken off; where what was taken off may belong to a name that the analyser does not know, both are
    given. Verbs, pronouns, numbers ... are left out.
    """
    return names_of(rows(text))


def names_of(rows: Rows) -> list[str]:
    """Every form of every word, each once."""
    return list(dict.fromkeys(name for row in rows for names in row for name in names))


def joined_names(rows: Rows) -> dict[str, tuple[str, ...]]:
    """Two or three Hangul words in a row as one, since a space may part a name, with the words: 어댑트 클립."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        words = [names[0] for names in row]
        for size in range(2, min(len(words), _MOST_JOINED) + 1):
            for at in range(len(words) - size + 1):
                parts = tuple(words[at : at + size])
                found["".join(parts)] = parts
    return found


def rows(text: str) -> Rows:
    """The words of a text that may be names, in rows, with the forms of each: within a row nothing but spaces is left
    between Hangul words.
    """
    normal = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode()).replace("\0", " ")
    found = tokens(normal) if has_hangul(normal) else []
    found_rows: Rows = []
    ended = True
    end = 0
    for match in _WORD.finditer(normal):
        word, between, end = match[0], normal[end : match.start()], match.end()
        inside = [token for token in found if match.start() <= token.start < match.end()]
        kept = _without_particles(inside)
        bare = word[: kept[-1].end - match.start()] if kept else ""
        if not has_hangul(word) or (bare and not has_hangul(bare)):
            bare = bare or word
            ended = True
        if not bare:
            ended = True
            continue
        rest = word[len(bare) :]
        own = (rest in _PARTICLE_LIKE and any(token.oov for token in kept)) or _hangs_a_verb(inside, kept)
        names = [bare, word] if own else [bare]
        if ended or between.strip():
            found_rows.append([])
        found_rows[-1].append(names)
        ended = bool(rest) or not has_hangul(bare)
    return found_rows


def _hangs_a_verb(inside: Sequence[Token], kept: Sequence[Token]) -> bool:
    """Whether an ending of a verb hangs on a name, where none can: 피즈짐 read as 피즈 and 지다."""
    return bool(kept) and kept[-1].tag == "NNP" and [token.tag for token in inside[len(kept) :]] == ["VX", "EF"]


def _without_particles(inside: Sequence[Token]) -> list[Token]:
    """The morphemes of a word without what hangs on it; none where it is a verb, a number, a pronoun ..."""
    kept = list(inside)
    while kept and _HANGING.match(kept[-1].tag):
        kept.pop()
    return [] if all(_NO_NAME.match(token.tag) for token in kept) else kept
