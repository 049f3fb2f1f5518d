"""Mention candidates: words of a question that may be names, as written, without particles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ..analysis.korean import Morpheme, korean_analyzer
from ..analysis.language import has_hangul

_WORD = re.compile(r"[A-Za-z0-9가-힣]+(?:[-._+#'][A-Za-z0-9가-힣]+)*[+#]*")
# Kiwi tags of what may follow a name in one word: particles, endings, copula, suffixes, symbols.
_SUFFIX_TAG = re.compile(r"J|E|VCP|XS|VX|SP|SS|SF|S[OWE]")
# Kiwi tags that make no name on their own.
_NON_NAME_TAG = re.compile(r"V[VA]|VX|VCN|MA|MM|NP|NR|NNB|IC|E|X")
_PARTICLE_LIKE = frozenset("이 가 은 는 고 나 로 라 도 만 의 다 인 과 야 아 자".split())
_MAX_JOINED = 3

CandidateRows = list[list[list[str]]]
"""Rows of adjacent words, each with its forms, most likely first."""


def mention_candidates(text: str) -> list[str]:
    """Return the words of a text that may be names, each once, in order: Hangul, Latin, or of both scripts.

    Particles are removed. Where a removed particle may belong to a name that is missing in Kiwi's dictionary, both
    forms are listed. Verbs, pronouns and numbers are left out.
    """
    return candidate_forms(candidate_rows(text))


def candidate_forms(rows: CandidateRows) -> list[str]:
    """Return every form of every word, each once."""
    return list(dict.fromkeys(form for row in rows for forms in row for form in forms))


def joined_candidates(rows: CandidateRows) -> dict[str, tuple[str, ...]]:
    """Return two or three adjacent Hangul words joined, with the words: a space may divide a name (어댑트 클립)."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        words = [forms[0] for forms in row]
        for size in range(2, min(len(words), _MAX_JOINED) + 1):
            for at in range(len(words) - size + 1):
                parts = tuple(words[at : at + size])
                found["".join(parts)] = parts
    return found


def candidate_rows(text: str) -> CandidateRows:
    """Return the words of a text that may be names, with their forms, in rows of adjacent words.

    A row ends at a Latin word, a removed particle, punctuation, or a word that is no name: only spaces separate the
    words of a row.
    """
    normalized = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode()).replace("\0", " ")
    tokens = korean_analyzer().tokens(normalized) if has_hangul(normalized) else []
    rows: CandidateRows = []
    row_ended = True
    end = 0
    for match in _WORD.finditer(normalized):
        word, between, end = match[0], normalized[end : match.start()], match.end()
        inside = [token for token in tokens if match.start() <= token.start < match.end()]
        stem = _without_particles(inside)
        name = word[: stem[-1].end - match.start()] if stem else ""
        if not has_hangul(word) or (name and not has_hangul(name)):
            name = name or word
            row_ended = True
        if not name:
            row_ended = True
            continue
        particle = word[len(name) :]
        may_be_whole = (particle in _PARTICLE_LIKE and any(token.oov for token in stem)) or _ends_like_verb(
            inside, stem
        )
        if row_ended or between.strip():
            rows.append([])
        rows[-1].append([name, word] if may_be_whole else [name])
        row_ended = bool(particle) or not has_hangul(name)
    return rows


def _ends_like_verb(tokens: Sequence[Morpheme], stem: Sequence[Morpheme]) -> bool:
    """Return whether Kiwi takes the end of a name for a verb ending, which names do not have: 피즈 + 지다."""
    return bool(stem) and stem[-1].tag == "NNP" and [token.tag for token in tokens[len(stem) :]] == ["VX", "EF"]


def _without_particles(tokens: Sequence[Morpheme]) -> list[Morpheme]:
    """Return the morphemes of a word without trailing particles; none where it is a verb, a number or a pronoun."""
    stem = list(tokens)
    while stem and _SUFFIX_TAG.match(stem[-1].tag):
        stem.pop()
    return [] if all(_NON_NAME_TAG.match(token.tag) for token in stem) else stem
