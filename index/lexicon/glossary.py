"""Korean words of the field with the English ones that papers write for them, as nonmun brings them along.

What an index teaches itself it learns from papers in both languages; this is what it knows before there are any, and of
words that no pair holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from ..analysis.analyzer import has_hangul, terms
from .lexicon import Lexicon, Pair, Table, Translation, with_bigrams

Entry = tuple[str, tuple[tuple[str, ...], ...]]
"""A Korean term, or two in a row with a space, and the terms of each of its translations."""

_FILE = Path(__file__).with_name("glossary.tsv")
# What it counts where the index has learned translations of the same term, whose words are its own papers'.
_SHARE = 0.6


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The entries of a glossary: Korean, a tab, its translations, the likeliest first, with commas between them.

    Lines without a tab are none, and those with # before them; so are those of more than two Korean terms, and those of
    which a Korean word is no term: what is left of 볼록 최적화 (convex optimization) is any optimization.
    """
    for line in lines:
        korean, tab, english = line.strip().partition("\t")
        if not tab or line.startswith("#"):
            continue
        found = terms(korean)
        words = with_bigrams(found)
        single = [word for word in words if " " not in word]
        is_whole = len(single) >= len(korean.split()) or "".join(single) == korean.replace(" ", "")
        if len(words) in {1, 3} and is_whole and all(map(has_hangul, found)):
            yield words[-1], tuple(filter(None, (tuple(dict.fromkeys(terms(one))) for one in english.split(", "))))


@cache
def shipped() -> tuple[Entry, ...]:
    """The entries that nonmun brings along."""
    return tuple(entries(_FILE.read_text("utf-8").splitlines()))


def taught(found: Iterable[Entry]) -> list[Pair]:
    """Entries as a lexicon learns from them: what an English word owes to one of them, it owes to no other."""
    return [
        Pair(frozenset([korean, *korean.split()]), frozenset(word for words in meant for word in words))
        for korean, meant in found
    ]


def added(lexicon: Lexicon, found: Iterable[Entry], information: Callable[[str], float]) -> Lexicon:
    """A lexicon with what a glossary has.

    Args:
        lexicon: what an index has learned.
        found: the entries of the glossary.
        information: what an English term says of a chunk that holds it, 0 where the index does not hold it.
    """
    to_english: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    to_korean: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for korean, meant in found:
        likely = [(words, says) for words in meant if all(says := [information(word) for word in words])]
        for words, says in likely:
            for word, weight in zip(words, says, strict=True):  # of several words the rarest is the most telling
                to_english[korean][word] += weight / sum(says) / len(likely)
            if len(words) == 1:
                to_korean[words[0]][korean.replace(" ", "")] = 1 / len(likely)
    return Lexicon(lexicon.pairs, _merged(lexicon.to_english, to_english), _merged(lexicon.to_korean, to_korean))


def _merged(learned: Table, given: Mapping[str, Mapping[str, float]]) -> Table:
    return learned | {term: _translations(learned.get(term, ()), weights) for term, weights in given.items()}


def _translations(learned: Sequence[Translation], given: Mapping[str, float]) -> tuple[Translation, ...]:
    known = {one.term: one for one in learned}
    share, total = _SHARE if known else 1.0, sum(given.values())
    weights = {term: (1 - share) * one.weight for term, one in known.items()}
    for term, weight in given.items():
        weights[term] = weights.get(term, 0.0) + share * weight / total
    found = [
        Translation(
            term,
            round(weight, 4),
            known[term].together if term in known else 0,
            known[term].llr if term in known else 0.0,
            term in given,
        )
        for term, weight in weights.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.weight, one.term)))
