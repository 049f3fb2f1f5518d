"""Topics of papers: groups of similar ones, and the words that tell each group from the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...index.analysis.latin import is_function_word
from ...index.domain.papers import Language
from ...index.facts.latex import render_latex
from ...index.retrieval.overview import PaperSubject

_FEWEST, _MOST = 0.67, 1.25  # groups of n papers, times the square root of n
_SMALLEST = 4  # papers that are worth dividing
_AKIN = 0.75  # standard deviations by which a paper's mean similarity to its group has to exceed the mean of all pairs
_LABELS = 3
_IN_TITLES = 2.0  # weight of a title's words
_PHRASE = (1.0, 1.5, 1.75)  # weights of one word, and of two and three adjacent ones
_LONGEST = len(_PHRASE)
_NEAR = 0.5  # of the best label's score that a further one needs
_SHARE = 0.3  # of a group's papers that have to hold a label, at least two of them
_SPECIFIC = 1.5  # times as many papers of the group as of all that have to hold it
_CACHED_WORDS = 10_000
_MAX_CHARACTERS = 2_500  # of a text that are read
_WORD = re.compile(r"(?=\d*[^\W\d_])[^\W_](?:[\w+]|[-.'](?=\w))*", re.ASCII)  # 3D, but not 2025
_JOINED = re.compile(r"[ -]")
_NAMELESS = frozenset("across better beyond first new one three toward towards two".split())  # and function words
_PLURAL = re.compile(r"(?<![sui])s$")


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of papers.

    Attributes:
        labels: words that distinguish it, best first; none for the papers that belong to no group.
        paper_ids: its papers, in the order they were given.
    """

    labels: tuple[str, ...]
    paper_ids: tuple[str, ...]


def find_topics(subjects: Sequence[PaperSubject], lang: Language) -> list[Topic]:
    """Group papers by subject, the largest group first; those that belong to no group come last, without labels.

    The same papers give the same groups. The number of groups, between fractions of the square root of that of the
    papers, is the one with the best mean silhouette (Rousseeuw 1987).

    Args:
        subjects: the papers.
        lang: the language of the labels. A paper with an abstract gives English ones all the same.
    """
    groups, rest = _groups(np.stack([subject.vector for subject in subjects])) if subjects else ([], [])
    titles = [render_latex(subject.title) for subject in subjects]
    # What no title names is how papers are written rather than what they are about.
    known = {key for title in titles for match in _WORD.finditer(title) if (key := _key(match[0]))}
    words = [_words(subject, title, known, lang) for subject, title in zip(subjects, titles, strict=True)]
    labels = _labels(groups, words)
    topics = [
        Topic(found, tuple(subjects[at].paper_id for at in group))
        for group, found in zip(groups, labels, strict=True)
        if found
    ]
    unlabeled = [at for group, found in zip(groups, labels, strict=True) if not found for at in group]
    topics.sort(key=lambda topic: -len(topic.paper_ids))
    others = tuple(subjects[at].paper_id for at in sorted([*rest, *unlabeled]))
    return [*topics, Topic((), others)] if others else topics


def _groups(vectors: NDArray[np.float32]) -> tuple[list[list[int]], list[int]]:
    """Return groups of at least two vectors, and those that belong to none, as positions.

    Args:
        vectors: float32 (n, d), unit rows.
    """
    count = len(vectors)
    if count < _SMALLEST:
        return [], list(range(count))
    similarity = np.asarray(vectors @ vectors.T, np.float64)
    root = count**0.5
    fewest, most = max(2, round(_FEWEST * root)), max(2, round(_MOST * root))
    candidates = [group for group in _hierarchy(similarity) if fewest <= len(np.unique(group)) <= most]
    best = max(candidates, key=lambda assigned: _silhouette(similarity, assigned))
    pairs = similarity[np.triu_indices(count, 1)]
    least = float(pairs.mean() + _AKIN * pairs.std())
    groups: list[list[int]] = []
    for name in dict.fromkeys(best.tolist()):
        members = np.flatnonzero(best == name)
        within = similarity[np.ix_(members, members)]
        mean = (within.sum(axis=1) - np.diag(within)) / max(len(members) - 1, 1)
        akin = members[mean > least].tolist()
        groups += [akin] if len(akin) > 1 else []
    grouped = {at for group in groups for at in group}
    return groups, [at for at in range(count) if at not in grouped]


def _hierarchy(similarity: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Return the groups of each step of Ward's method, int64 (n,) of group names, from n groups to one.

    Of pairs that are as close, the first is merged.

    Args:
        similarity: cosines, float64 (n, n).
    """
    count = len(similarity)
    distances = 1.0 - similarity  # half the squared distances of unit vectors
    np.fill_diagonal(distances, np.inf)
    sizes, assigned = np.ones(count), np.arange(count)
    steps = [assigned]
    for _ in range(count - 1):
        low, high = sorted(divmod(int(distances.argmin()), count))
        between = distances[low, high]
        total = sizes[low] + sizes[high] + sizes
        # Lance-Williams update
        merged = (
            (sizes[low] + sizes) * distances[low] + (sizes[high] + sizes) * distances[high] - sizes * between
        ) / total
        distances[low], distances[:, low] = merged, merged
        distances[low, low] = distances[high] = distances[:, high] = np.inf
        sizes[low] += sizes[high]
        assigned = np.where(assigned == high, low, assigned)
        steps.append(assigned)
    return steps


def _silhouette(similarity: NDArray[np.float64], assigned: NDArray[np.int64]) -> float:
    """Return the mean silhouette of groups by cosine distance; that of a group of one is 0."""
    _, group = np.unique(assigned, return_inverse=True)
    sizes = np.bincount(group)
    order, starts = np.argsort(group, kind="stable"), np.cumsum(sizes) - sizes
    totals = np.add.reduceat((1.0 - similarity)[:, order], starts, axis=1)  # (n, groups)
    places = np.arange(len(similarity))
    own = (totals[places, group] - (1.0 - np.diag(similarity))) / np.maximum(sizes[group] - 1, 1)
    means = totals / sizes
    means[places, group] = np.inf
    nearest = means.min(axis=1)
    scores = (nearest - own) / np.maximum(np.maximum(nearest, own), 1e-9)
    return float(np.where(sizes[group] > 1, scores, 0.0).mean())


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a paper, and up to three adjacent ones.

    Attributes:
        weights: weight of each, by key: itself, singular and in lower case.
        forms: how it stands in the paper, by key.
        title: the keys of the words in its title, and the Korean nouns.
    """

    weights: dict[str, float]
    forms: dict[str, str]
    title: frozenset[str]


def _words(subject: PaperSubject, title: str, known: Collection[str], lang: Language) -> _Words:
    """Return the words of a paper.

    Args:
        subject: the paper.
        title: its title as shown.
        known: the keys of the words that count.
        lang: the language of the labels.
    """
    weights: dict[str, float] = {}
    forms: dict[str, str] = {}
    for text, weight in ((title, _IN_TITLES), (subject.text, 1.0)):
        for key, form in _phrases(text[:_MAX_CHARACTERS], known):
            weights.setdefault(key, weight)
            forms.setdefault(key, form)
    named = {part for key, weight in weights.items() if weight == _IN_TITLES for part in key.split()}
    if lang == "ko":
        for noun in subject.nouns:
            weights[noun], forms[noun] = (_IN_TITLES if noun in subject.title else 1.0), noun
        named |= subject.nouns
    return _Words(weights, forms, frozenset(named))


def _phrases(text: str, known: Collection[str]) -> Iterable[tuple[str, str]]:
    """Yield the English words of a text whose keys are known, and up to three adjacent ones, each with their keys."""
    adjacent: list[tuple[int, str]] = []  # start and key of the last words
    end = 0
    for match in _WORD.finditer(text):
        key = _key(match[0])
        if key not in known:
            adjacent = []
            continue
        if adjacent and not _JOINED.fullmatch(text, end, match.start()):
            adjacent = []
        end = match.end()
        adjacent = [*adjacent[1 - _LONGEST :], (match.start(), key)]
        for first in range(len(adjacent)):
            yield " ".join(key for _, key in adjacent[first:]), text[adjacent[first][0] : end]


@lru_cache(maxsize=_CACHED_WORDS)
def _key(form: str) -> str:
    """Return what a word is counted by: its singular in lower case; empty for function words and letters.

    Stems would take as long as everything else.
    """
    word = form.lower()
    if len(word) < 2 or (len(word) < 3 and form.islower()) or word in _NAMELESS or is_function_word(word):
        return ""
    return _PLURAL.sub("", word) if len(word) > 3 else word


def _labels(groups: Sequence[Sequence[int]], words: Sequence[_Words]) -> list[tuple[str, ...]]:
    """Return the labels of groups: by c-TF-IDF, with the papers of a group that hold a word as its frequency."""
    everywhere = Counter(key for paper in words for key in paper.weights)
    total = len(words)
    labels: list[tuple[str, ...]] = []
    for group in groups:
        titles = {part for at in group for part in words[at].title}
        counts = Counter(key for at in group for key in words[at].weights if titles.issuperset(key.split()))
        scores: dict[str, float] = {}
        for key, count in counts.items():
            share, overall = count / len(group), everywhere[key] / total
            if count >= max(2, _SHARE * len(group)) and share >= _SPECIFIC * overall:
                weight = sum(words[at].weights.get(key, 0.0) for at in group) / len(group)
                scores[key] = weight * float(np.log(1 / overall)) * _PHRASE[key.count(" ")]
        chosen: list[str] = []
        for key in sorted(scores, key=lambda key: (-scores[key], key)):
            parts = set(key.split())
            if len(chosen) == _LABELS or (chosen and scores[key] < _NEAR * scores[chosen[0]]):
                break
            if not any(parts & set(other.split()) for other in chosen):
                chosen.append(key)
        labels.append(tuple(_form(key, [words[at] for at in group]) for key in chosen))
    return labels


def _form(key: str, papers: Iterable[_Words]) -> str:
    """Return how a word most often stands in papers; of two forms, that in lower case."""
    forms = Counter(paper.forms[key] for paper in papers if key in paper.forms)
    return min(forms, key=lambda form: (-forms[form], not form.islower(), form))
