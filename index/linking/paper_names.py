"""Names of papers: the words before the colon of a title, or a short title as a whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property

from ..analysis.language import has_hangul
from ..analysis.latin import latin_terms
from ..analysis.weighted_terms import WeightedTerms
from .phonetic_names import PhoneticNames

_REPORT = re.compile(r"\s(?:technical\sreport|system\scard|model\scard)$", re.IGNORECASE)
_HEAD_END = re.compile(r"\s*(?::|：|\s--\s|\s[–—]\s)")
_MAX_NAME_WORDS, _MAX_TITLE_WORDS = 6, 8
_MIN_KEY = 2  # letters and digits
_MAX_PAPERS = 3  # papers that may share a name
# Genres that open titles like names.
_GENRES = frozenset({"position", "survey", "tutorial", "technical report"})
_MIN_PROBABILITY = 0.5  # of the best alternative of a word
_WORD = re.compile(r"[A-Za-z0-9]+(?:(?:[-._+^{}]|'(?!s\b))[A-Za-z0-9]+)*[+}]*")  # "TideNet's" is TideNet
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_HANGUL_IN_PARENTHESES = re.compile(r"\s*\([^()]*[가-힣][^()]*\)")  # AdaptCLIP(어댑트클립)
_CAMEL_CASE = re.compile(r"[A-Za-z]+[A-Z][A-Za-z]*")
# Inner capitals and digits: other single words ("Mamba: ...") are names only in the title's own spelling.
_COINED = re.compile(r"[A-Za-z0-9].*[A-Z0-9]|\d")


@dataclass(frozen=True, slots=True)
class Mention:
    """A paper's name in a question.

    Attributes:
        name: the name as written in the question.
        paper_ids: papers with that name.
        start, end: offsets; `text[start:end] == name`.
        is_coined: whether the name is no word of the language: it has a digit or an inner capital in its title.
    """

    name: str
    paper_ids: tuple[str, ...]
    start: int
    end: int
    is_coined: bool = False


@dataclass(frozen=True, slots=True)
class _Name:
    """A name with the papers that share it, each as (paper id, its own spelling)."""

    spelling: str
    papers: tuple[tuple[str, str], ...]

    @property
    def is_coined(self) -> bool:
        return bool(_COINED.search(self.spelling))

    @property
    def paper_ids(self) -> tuple[str, ...]:
        return tuple(paper_id for paper_id, _ in self.papers)

    def ranked_papers(self, spelling: str) -> tuple[str, ...]:
        """Return the papers, those with exactly this spelling first: PC-Agent, PC Agent."""
        return tuple(paper_id for paper_id, _ in sorted(self.papers, key=lambda paper: paper[1] != spelling))

    def matches(self, words: str) -> bool:
        return self.is_coined or " " in self.spelling or words == self.spelling


class PaperNames:
    """Finds names of papers in questions.

    Args:
        titles: title by paper id.
    """

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles: Mapping[str, str] = {}
        self._sharing: dict[str, dict[str, str]] = {}  # by key, the spelling of each paper that has it
        self._names: dict[str, _Name] = {}
        self._max_words = 0
        self._change(titles)

    def updated(self, titles: Mapping[str, str]) -> PaperNames:
        """Return the names of the papers as they are now; this object stays as it is.

        Args:
            titles: title by paper id, of all papers.
        """
        if titles == self._titles:
            return self
        updated = copy(self)
        updated._sharing, updated._names = dict(self._sharing), dict(self._names)
        changed = updated._change(titles)
        tables = self.__dict__
        if "_keys_by_term" in tables:
            updated._keys_by_term = self._changed_terms(updated, changed)
        if "_phonetic_names" in tables:
            updated._phonetic_names = self._phonetic_names.updated(name.spelling for name in updated._names.values())
        return updated

    def _change(self, titles: Mapping[str, str]) -> set[str]:
        """Take over the titles that have changed, and return the keys of names that they had or have."""
        before, self._titles = self._titles, titles
        changed: set[str] = set()
        for paper_id in before.keys() | titles.keys():
            old, new = before.get(paper_id, ""), titles.get(paper_id, "")
            if old == new:
                continue
            names = _names_by_key(new)
            for key in (had := _names_by_key(old)).keys() | names.keys():
                if had.get(key) == names.get(key):
                    continue
                if key not in changed:
                    changed.add(key)
                    self._sharing[key] = dict(self._sharing.get(key, {}))  # what was there belongs to another object
                if key in names:
                    self._sharing[key][paper_id] = names[key]
                else:
                    del self._sharing[key][paper_id]
        for key in changed:
            papers = tuple(sorted(self._sharing[key].items()))
            if not papers:
                del self._sharing[key]
            if 0 < len(papers) <= _MAX_PAPERS:
                self._names[key] = _Name(papers[0][1], papers)
            else:
                self._names.pop(key, None)
            # It never becomes less: the longest name bounds what has to be looked up, and no more.
            self._max_words = max([self._max_words, *(len(_WORD.findall(name)) for _, name in papers[:1])])
        return changed

    def _changed_terms(self, updated: PaperNames, changed: Iterable[str]) -> dict[str, set[str]]:
        """Return the keys of camel-case names by index term, after the change of some keys."""
        keys = dict(self._keys_by_term)
        for names, is_added in ((self._names, False), (updated._names, True)):
            for key in changed:
                if term := _camel_case_term(names.get(key)):
                    keys[term] = keys.get(term, set()) | {key} if is_added else keys.get(term, set()) - {key}
        return keys

    def find_mentions(
        self, text: str, words: Iterable[WeightedTerms] = (), is_word: Callable[[str], bool] = lambda _: False
    ) -> list[Mention]:
        """Return the names of papers in a question, in order.

        Args:
            text: the question.
            words: its words with their alternatives in the index (`Vocabulary.expand`), for names in the other script.
            is_word: whether a Hangul word is an ordinary one, which names no paper.
        """
        mentions = self._exact_mentions(text)
        alternatives = {group.name: group.terms for group in words if group.name not in group.terms}
        if has_hangul(text):
            by_sound = self._phonetic_names.match_text(text, is_word)
            alternatives |= {word: {name: 1.0} for word, name in by_sound.items()}
        for word, terms in alternatives.items():
            term, probability = max(terms.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0.0))
            name = self._by_term(term) if probability >= _MIN_PROBABILITY else None
            span = _find(word, text)
            mentioned = {paper_id for mention in mentions for paper_id in mention.paper_ids}
            if name and span and not mentioned & set(name.paper_ids):
                mentions.append(Mention(text[span[0] : span[1]], name.paper_ids, *span, name.is_coined))
        return sorted(mentions, key=lambda mention: mention.start)

    def _by_term(self, term: str) -> _Name | None:
        """Return the name that equals an index term, or that is indexed as it: InfoVids as infovid."""
        if name := self._names.get(_key(term)):
            return name
        # Of several, the one of the latest paper.
        named = [self._names[key] for key in self._keys_by_term.get(term, ())]
        return max(named, key=lambda name: (name.papers[0][0], name.spelling), default=None)

    @cached_property
    def _keys_by_term(self) -> dict[str, set[str]]:
        """Keys of camel-case names by index term, which is a stem."""
        keys: defaultdict[str, set[str]] = defaultdict(set)
        for key, name in self._names.items():
            if term := _camel_case_term(name):
                keys[term].add(key)
        return dict(keys)

    @cached_property
    def _phonetic_names(self) -> PhoneticNames:
        return PhoneticNames(name.spelling for name in self._names.values())

    def _exact_mentions(self, text: str) -> list[Mention]:
        """Return the names that are written in Latin letters, the longest at each word."""
        words = list(_WORD.finditer(text))
        mentions: list[Mention] = []
        at = 0
        while at < len(words):
            for size in range(min(self._max_words, len(words) - at), 0, -1):
                if mention := self._mention(text, words[at].start(), words[at + size - 1].end()):
                    mentions.append(mention)
                    at += size
                    break
            else:
                at += 1
        return mentions

    def _mention(self, text: str, start: int, end: int) -> Mention | None:
        words = text[start:end]
        if has_hangul(words) or "\n" in words:
            return None
        name = self._names.get(_key(words))
        if name is None or not name.matches(words):
            return None
        return Mention(words, name.ranked_papers(words), start, end, name.is_coined)


def _camel_case_term(name: _Name | None) -> str:
    """Return the index term of a camel-case name; empty for any other."""
    coined = name is not None and _CAMEL_CASE.fullmatch(name.spelling)
    return terms[0] if name and coined and (terms := latin_terms(name.spelling)) else ""


def _names_by_key(title: str) -> dict[str, str]:
    """Return what people call a paper, by key."""
    names = {_key(name): name for name in _names(title)} if title else {}
    return {key: name for key, name in names.items() if len(key) >= _MIN_KEY and not key.isdigit()}


def _find(words: str, text: str) -> tuple[int, int] | None:
    """Return the span of words in a text, which may have spaces inside them."""
    match = re.search(r"\s?".join(map(re.escape, words)), text)
    return match.span() if match else None


def _names(title: str) -> Iterable[str]:
    """Yield what people call a paper: a short head before the colon of its title, and a short title itself.

    Names with Hangul are left out: of "LLM을 쓰는 추천" only LLM would be compared, which does not name the paper.
    """
    line = _HANGUL_IN_PARENTHESES.sub("", " ".join(title.split()))
    yield from (name for name in _title_parts(line) if not has_hangul(name))


def _title_parts(line: str) -> Iterable[str]:
    head = _HEAD_END.split(line, maxsplit=1)[0]
    if head != line and len(head.split()) <= _MAX_NAME_WORDS and head.lower() not in _GENRES:
        yield head
    if head == line and _REPORT.search(line):
        yield _REPORT.sub("", line)
    if 1 < len(line.split()) <= _MAX_TITLE_WORDS:
        yield line


def _key(name: str) -> str:
    """Return a name in small letters and digits only: PC-Agent and PC Agent are one name."""
    return _SEPARATORS.sub("", name.lower())
