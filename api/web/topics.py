"""Topics of papers: groups of similar ones, and the words that tell each group from the others."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter, OrderedDict
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
_MOST_PAPERS = 2_000  # that are grouped; the time and memory that it takes are quadratic in them
_CACHED_TOPICS = 16
_WORD = re.compile(r"(?<!\d)(?=\d*[^\W\d_])[^\W_](?:[\w+]|[-.'](?=\w))*", re.ASCII)  # 3D, but not 2025
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

    The same papers give the same groups, which are kept for a while. The number of groups, between fractions of the
    square root of that of the papers, is the one with the best mean silhouette (Rousseeuw 1987). More than 2,000 papers
    are not grouped.

    Args:
        subjects: the papers.
        lang: the language of the labels. A paper with an abstract gives English ones all the same.
    """
    if len(subjects) > _MOST_PAPERS:
        return [Topic((), tuple(subject.paper_id for subject in subjects))]
    return _cache.topics(subjects, lang)


class _TopicCache:
    """The topics of the papers that were grouped last, by all that they are made of. Safe to share between threads.

    Args:
        limit: number of results that are kept at most.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._lock = limit, threading.Lock()
        self._found: OrderedDict[bytes, tuple[Topic, ...]] = OrderedDict()

    def topics(self, subjects: Sequence[PaperSubject], lang: Language) -> list[Topic]:
        """Return the topics of papers; see `find_topics`."""
        key = _digest(subjects, lang)
        with self._lock:
            if (found := self._found.get(key)) is not None:
                self._found.move_to_end(key)
                return list(found)
        topics = _topics(subjects, lang)
        with self._lock:
            self._found[key] = tuple(topics)
            if len(self._found) > self._limit:
                self._found.popitem(last=False)
        return topics


_cache = _TopicCache(_CACHED_TOPICS)


def _digest(subjects: Sequence[PaperSubject], lang: Language) -> bytes:
    """Return a hash of all that topics are made of."""
    digest = hashlib.sha256(lang.encode())
    for subject in subjects:
        words = (subject.paper_id, subject.title, subject.text, sorted(subject.nouns))
        digest.update(subject.vector.tobytes())
        digest.update(repr(words).encode())  # escapes what is no text, such as unpaired surrogates
    return digest.digest()


def _topics(subjects: Sequence[PaperSubject], lang: Language) -> list[Topic]:
    groups, rest = _groups(np.stack([subject.vector for subject in subjects])) if subjects else ([], [])
    titles = [render_latex(subject.title[:_MAX_CHARACTERS])[:_MAX_CHARACTERS] for subject in subjects]
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
    best = _best_groups(similarity, fewest, most)
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


def _best_groups(similarity: NDArray[np.float64], fewest: int, most: int) -> NDArray[np.int64]:
    """Return the groups with the best mean silhouette among steps of Ward's method, int64 (n,) of group names.

    Args:
        similarity: cosines, float64 (n, n).
        fewest: number of groups that are tried at least.
        most: number of groups that are tried at most.
    """
    count = len(similarity)
    merges = _merges(similarity)
    assigned = np.arange(count)
    for low, high in merges[: count - most]:
        assigned[assigned == high] = low
    # Distances to groups are added up as groups are merged, instead of summed over all papers at each step.
    names, group = np.unique(assigned, return_inverse=True)
    sizes = np.bincount(group).astype(np.float64)
    order, starts = np.argsort(group, kind="stable"), (np.cumsum(sizes) - sizes).astype(np.int64)
    totals = np.add.reduceat((1.0 - similarity)[:, order], starts, axis=1)  # (n, groups)
    itself = 1.0 - np.diag(similarity)
    best, best_score = assigned.copy(), _silhouette(totals, sizes, group, itself)
    for low, high in merges[count - most : count - fewest]:
        assigned[assigned == high] = low
        kept, lost = np.searchsorted(names, (low, high))
        totals[:, kept] += totals[:, lost]
        sizes[kept] += sizes[lost]
        totals, sizes, names = np.delete(totals, lost, axis=1), np.delete(sizes, lost), np.delete(names, lost)
        score = _silhouette(totals, sizes, np.searchsorted(names, assigned), itself)
        if score > best_score:
            best, best_score = assigned.copy(), score
    return best


def _merges(similarity: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the n - 1 merges of Ward's method, closest pair first, each as the names of two groups.

    The second group becomes part of the first, whose name is that of its first vector. They are found by chains of
    nearest neighbors (Murtagh 1983), in time that is quadratic in n. Of neighbors that are as close, the first counts.

    Args:
        similarity: cosines, float64 (n, n).
    """
    count = len(similarity)
    distances = 1.0 - similarity  # half the squared distances of unit vectors
    np.fill_diagonal(distances, np.inf)
    sizes, heights, is_group = np.ones(count), np.zeros(count), np.ones(count, bool)
    found: list[tuple[float, int, int]] = []
    chain: list[int] = []
    while len(found) < count - 1:
        if not chain:
            chain.append(int(is_group.argmax()))
        last = chain[-1]
        nearest = int(distances[last].argmin())
        if len(chain) > 1 and distances[last, chain[-2]] <= distances[last, nearest]:
            nearest = chain[-2]  # or chains of equal distances would not end
        if len(chain) < 2 or nearest != chain[-2]:
            chain.append(nearest)
            continue
        del chain[-2:]
        low, high = min(last, nearest), max(last, nearest)
        between = float(distances[low, high])
        heights[low] = max(between, heights[low], heights[high])  # not below those it builds on, whatever the rounding
        found.append((float(heights[low]), low, high))
        total = sizes[low] + sizes[high] + sizes
        # Lance-Williams update
        merged = (
            (sizes[low] + sizes) * distances[low] + (sizes[high] + sizes) * distances[high] - sizes * between
        ) / total
        distances[low], distances[:, low] = merged, merged
        distances[low, low] = distances[high] = distances[:, high] = np.inf
        sizes[low] += sizes[high]
        is_group[high] = False
    found.sort(key=lambda merge: merge[0])  # stable: what a merge builds on stays before it
    return [(low, high) for _, low, high in found]


def _silhouette(
    totals: NDArray[np.float64], sizes: NDArray[np.float64], group: NDArray[np.int64], itself: NDArray[np.float64]
) -> float:
    """Return the mean silhouette of groups by cosine distance; that of a group of one is 0.

    Args:
        totals: sums of the distances to the papers of each group, float64 (n, groups).
        sizes: numbers of papers of each group, float64 (groups,).
        group: the group of each paper, int64 (n,).
        itself: distance of each paper to itself, float64 (n,), which rounding makes other than 0.
    """
    places = np.arange(len(totals))
    own = (totals[places, group] - itself) / np.maximum(sizes[group] - 1, 1)
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
