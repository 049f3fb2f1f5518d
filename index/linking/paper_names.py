"""Names of papers: the words before the colon of a title, or a short title as a whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
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
        spellings: dict[str, str] = {}
        papers: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for paper_id, title in sorted(titles.items()):
            for key, name in {_key(name): name for name in _names(title)}.items():
                if len(key) >= _MIN_KEY and not key.isdigit():
                    spellings.setdefault(key, name)
                    papers[key].append((paper_id, name))
        self._names = {
            key: _Name(spellings[key], tuple(sharing)) for key, sharing in papers.items() if len(sharing) <= _MAX_PAPERS
        }
        self._max_words = max((len(_WORD.findall(name)) for name in spellings.values()), default=0)

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
        return self._names.get(_key(term)) or self._names.get(self._keys_by_term.get(term, ""))

    @cached_property
    def _keys_by_term(self) -> dict[str, str]:
        """Keys of camel-case names by index term, which is a stem."""
        coined = ((key, name.spelling) for key, name in self._names.items() if _CAMEL_CASE.fullmatch(name.spelling))
        return {terms[0]: key for key, spelling in coined if (terms := latin_terms(spelling))}

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
