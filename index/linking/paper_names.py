"""Papers by their own names: what stands before the colon of a title, or a short title as a whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..analysis.analyzer import has_hangul
from ..analysis.latin import latin_terms
from ..analysis.weighted_terms import WeightedTerms
from .phonetic_names import Heard

_REPORT = re.compile(r"\s(?:technical\sreport|system\scard|model\scard)$", re.IGNORECASE)
_HEAD = re.compile(r"\s*(?::|：|\s--\s|\s[–—]\s)")
_LONGEST_NAME, _LONGEST_TITLE = 6, 8  # words
_SHORTEST = 2  # letters and digits of a name
_MOST = 3  # papers that share a name
# What opens the titles of a kind of paper.
_NO_NAMES = frozenset({"position", "survey", "tutorial", "technical report"})
_LIKELY = 0.5  # weight from which a spelling in the other script means one name
_WORD = re.compile(r"[A-Za-z0-9]+(?:[-._+^{}'][A-Za-z0-9]+)*[+}]*")
_BARE = re.compile(r"[^a-z0-9]+")
_IN_HANGUL = re.compile(r"\s*\([^()]*[가-힣][^()]*\)")  # a name spelled once more: AdaptCLIP(어댑트클립)
_ONE_COINED = re.compile(r"[A-Za-z]+[A-Z][A-Za-z]*")
# A plain word that opens a title ("Mamba: ...") is a name only where it is written like one.
_COINED = re.compile(r"[A-Za-z0-9].*[A-Z0-9]|\d")


@dataclass(frozen=True, slots=True)
class Mention:
    """A paper's own name in a question.

    Attributes:
        words: as they stand there.
        paper_ids: the papers of that name.
        start, end: `text[start:end] == words`.
    """

    words: str
    paper_ids: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Name:
    written: str
    papers: tuple[tuple[str, str], ...]  # each paper's id with its own spelling of the name

    @property
    def paper_ids(self) -> tuple[str, ...]:
        return tuple(paper_id for paper_id, _ in self.papers)

    def of(self, words: str) -> tuple[str, ...]:
        """The papers, those first that spell the name like this: PC-Agent, PC Agent."""
        return tuple(paper_id for paper_id, _ in sorted(self.papers, key=lambda one: one[1] != words))

    def is_written(self, words: str) -> bool:
        return bool(_COINED.search(self.written)) or " " in self.written or words == self.written


class PaperNames:
    """The own names of an index's papers.

    Args:
        titles: title by paper id.
    """

    def __init__(self, titles: Mapping[str, str]) -> None:
        written: dict[str, str] = {}
        papers: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for paper_id, title in sorted(titles.items()):
            for key, name in {_key(name): name for name in _names(title)}.items():
                if len(key) >= _SHORTEST and not key.isdigit():
                    written.setdefault(key, name)
                    papers[key].append((paper_id, name))
        self._names = {key: _Name(written[key], tuple(ids)) for key, ids in papers.items() if len(ids) <= _MOST}
        self._longest = max((len(_WORD.findall(name)) for name in written.values()), default=0)

    def named(
        self, text: str, meant: Iterable[WeightedTerms] = (), is_word: Callable[[str], bool] = lambda _: False
    ) -> list[Mention]:
        """The papers whose own names stand in a question, in order.

        Args:
            text: the question.
            meant: its words with the names of the index that they may mean, for those spelled in the other script.
            is_word: whether a Hangul word is an ordinary one, which means itself.
        """
        found = self._written(text)
        said = {group.name: group.terms for group in meant if group.name not in group.terms}
        if has_hangul(text):
            said |= {word: {name: 1.0} for word, name in self._heard.asked(text, is_word).items()}
        for words, terms in said.items():
            likely = max(terms.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0.0))
            name = self._called(likely[0]) if likely[1] >= _LIKELY else None
            place = _place(words, text)
            taken = {paper for one in found for paper in one.paper_ids}
            if name and place and not taken & set(name.paper_ids):
                found.append(Mention(text[place[0] : place[1]], name.paper_ids, *place))
        return sorted(found, key=lambda one: one.start)

    def _called(self, term: str) -> _Name | None:
        """The name that is an index term, or whose own term it is: infovid, of InfoVids."""
        return self._names.get(_key(term)) or self._names.get(self._terms.get(term, ""))

    @cached_property
    def _terms(self) -> dict[str, str]:
        """Keys of coined names by their index terms, which are stems."""
        coined = ((key, name.written) for key, name in self._names.items() if _ONE_COINED.fullmatch(name.written))
        return {found[0]: key for key, written in coined if (found := latin_terms(written))}

    @cached_property
    def _heard(self) -> Heard:
        """The names as they sound: in a question they may be spelled in Hangul."""
        return Heard(name.written for name in self._names.values())

    def _written(self, text: str) -> list[Mention]:
        words = list(_WORD.finditer(text))
        found: list[Mention] = []
        at = 0
        while at < len(words):
            size = next(
                (
                    size
                    for size in range(min(self._longest, len(words) - at), 0, -1)
                    if self._at(text, words[at : at + size])
                ),
                0,
            )
            if size:
                start, end = words[at].start(), words[at + size - 1].end()
                found.append(
                    Mention(text[start:end], self._names[_key(text[start:end])].of(text[start:end]), start, end)
                )
            at += size or 1
        return found

    def _at(self, text: str, words: list[re.Match[str]]) -> bool:
        spelled = text[words[0].start() : words[-1].end()]
        if has_hangul(spelled) or "\n" in spelled:
            return False
        name = self._names.get(_key(spelled))
        return name is not None and name.is_written(spelled)


def _place(words: str, text: str) -> tuple[int, int] | None:
    """Where words stand in a text, which may part them with spaces."""
    found = re.search(r"\s?".join(map(re.escape, words)), text)
    return found.span() if found else None


def _names(title: str) -> Iterable[str]:
    """What people call a paper: the words before its title's colon where they are few, and a short title itself.

    Names in Hangul are left out: of "LLM을 쓰는 추천" only the LLM would be compared, which is no name of it.
    """
    line = _IN_HANGUL.sub("", " ".join(title.split()))
    yield from (name for name in _latin_names(line) if not has_hangul(name))


def _latin_names(line: str) -> Iterable[str]:
    head = _HEAD.split(line, maxsplit=1)[0]
    if head != line and len(head.split()) <= _LONGEST_NAME and head.lower() not in _NO_NAMES:
        yield head
    if head == line and _REPORT.search(line):
        yield _REPORT.sub("", line)
    if 1 < len(line.split()) <= _LONGEST_TITLE:
        yield line


def _key(name: str) -> str:
    return _BARE.sub("", name.lower())
