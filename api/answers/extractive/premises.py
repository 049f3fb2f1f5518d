"""Premises: what a question presupposes of the papers it is about, held against all of their texts.

A paper that a question names is found whatever is asked about it. Whether it answers depends on whether its texts
speak of what is asked: names have to occur in them; other words in either language, or in a sentence near the question.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from ....index.analysis.analyzer import terms
from ....index.analysis.sentences import fast_sentences
from ....index.domain.hits import Hit
from ....index.query.sections import section_terms
from ....index.retrieval.request import SearchResult

_NAME = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]+(?:[-._+/][A-Za-z0-9]+)*")
_COMPOUND = re.compile(r"(?:-[a-z]+)+$")  # LLM-based, DPO-trained: the name is what comes before
_PROPER = re.compile(r"[A-Z].*|.*[A-Z0-9].*[A-Z].*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:\"'(]\s*)$")
_ARXIV_ID = re.compile(r"(?:arxiv[:\s]*)?(?:https?://)?\S*\d{4}\.\d{4,5}\S*", re.IGNORECASE)
_ACRONYM = re.compile(r"[A-Z]{2,5}s?")
_SEPARATORS = re.compile(r"[^a-z0-9가-힣]+")
_MIN_LETTERS = 2
_HELD = 0.5  # probability from which on a word counts as stated
_SAME_SPELLING = 85  # percent of Levenshtein similarity of a misspelt name
_DOUBTFUL = 0.42  # share of the words' information that no text holds, less the specificity of the nearest sentence
_SPECIFIC = 6.5  # nats; a question whose words carry less than one word of one chunk in 650 asks for nothing particular
_NAMED = 0.25  # share of a question's information from which on it cannot do without the names that no text holds


@dataclass(frozen=True, slots=True)
class Premises:
    """What a question presupposes and no text of the papers holds.

    Attributes:
        names: names in it, as written.
        words: other words.
        carries: whether the question is about the names, and cannot be answered without them.
        is_doubtful: whether what the papers hold answers the question in part at best.
    """

    names: tuple[str, ...]
    words: tuple[str, ...]
    carries: bool
    is_doubtful: bool

    @property
    def unsupported(self) -> tuple[str, ...]:
        """The names, or the other words if there are none."""
        return self.names or self.words


def check_premises(result: SearchResult, hits: Sequence[Hit]) -> Premises:
    """Compare a question with the texts of the papers that it is about.

    Args:
        result: the search result with its sentences.
        hits: these papers, with all their chunks.
    """
    question, words = result.question, result.words
    titles = [hit.title for hit in result.hits]
    names = tuple(_unsupported_names(question.topic or question.effective_text, hits, titles))
    scored = [result.sentences[hit.paper_id] for hit in hits if hit.paper_id in result.sentences]
    if not scored:
        return Premises(names, (), bool(names), bool(names))
    content = _asked_content(result, hits)
    sections = {chunk.section for hit in hits for chunk in hit.evidence}
    of_sections = {term for section, gloss in section_terms().items() if section in sections for term in gloss}
    held = np.max([sentences.held for sentences in scored], axis=0)
    held[[at for at in content if words.names[at] in of_sections]] = 1.0
    information = words.information[content]
    total = float(information.sum())
    share = float(information @ (1.0 - held[content])) / total if total else 0.0
    nearest = max(float(sentences.specificity.max()) for sentences in scored)
    uncovered = [at for at in content if held[at] < _HELD]
    is_one_paper = len(result.known) == 1 and question.intent != "compare"
    is_specific = is_one_paper and bool(uncovered) and total >= min(_SPECIFIC, words.unseen)
    is_doubtful = is_specific and share - nearest >= _DOUBTFUL
    is_about_names = len(names) * words.unseen >= _NAMED * total  # one of many words of a long question is not
    return Premises(
        names,
        tuple(_as_written(question.effective_text, [words.names[at] for at in uncovered])),
        bool(names) and is_about_names,
        bool(names) or is_doubtful,
    )


def _asked_content(result: SearchResult, hits: Sequence[Hit]) -> list[int]:
    """Return the words of a question that say what is asked of the papers, as positions.

    They are those of its last sentence, if it has two: the sentences before it tell why it is asked.
    """
    question = result.question
    own = set(question.aspects if result.known else question.terms)
    own -= {term for hit in hits for term in terms(hit.title)}
    text = _ARXIV_ID.sub(" ", question.effective_text)
    own &= set(terms(text))
    content = result.words.content(own & set(terms(_last_sentence(text))))
    if len(content) < 2:
        content = result.words.content(own)
    if any(chunk.lang == question.lang for hit in hits for chunk in hit.evidence):
        return content
    # Texts in the other language alone: what has no translation cannot be found in them.
    translated = result.words.translated
    return [at for at in content if at in translated]


def _unsupported_names(text: str, hits: Sequence[Hit], titles: Sequence[str]) -> Iterable[str]:
    """Yield the names in a question that neither these papers' texts nor any title holds."""
    names: dict[str, str] = {}
    for name in _names(text):
        names.setdefault(_squash(name), name)
    if not names:
        return
    written = [chunk.text for hit in hits for chunk in hit.evidence]
    texts = [text.lower() for text in written]
    texts += [title.partition(":")[0].lower() for title in titles]
    title_words = {_squash(word) for title in titles for word in title.split()}
    for key, name in names.items():
        statement = _statement(key, name)
        is_misspelt = any(fuzz.ratio(key, word) >= _SAME_SPELLING for word in title_words)
        # The end of a compound name states it as well: SAM2 in ReSurgSAM2.
        is_ending = re.compile(rf"[a-z]{re.escape(name)}(?![A-Za-z0-9])").search
        if not is_misspelt and not any(map(statement.search, texts)) and not any(map(is_ending, written)):
            yield name


def _names(text: str) -> Iterable[str]:
    """Yield the Latin names in a question, in order."""
    text = _ARXIV_ID.sub(_blank, text)
    for match in _NAME.finditer(text):
        name = _COMPOUND.sub("", match[0])
        # A capital at the start of a sentence makes no name.
        is_ordinary = name[1:].islower() and _SENTENCE_START.search(text[: match.start()])
        if sum(map(str.isalpha, name)) >= _MIN_LETTERS and _PROPER.fullmatch(name) and not is_ordinary:
            yield name


def _blank(match: re.Match[str]) -> str:
    """Return as many spaces as an id has characters, but for a mark behind it that ends a sentence."""
    mark = match[0][-1] if match[0][-1] in ".!?:" else " "
    return " " * (len(match[0]) - 1) + mark


def _statement(key: str, name: str) -> re.Pattern[str]:
    """Return what states a name in small letters: its parts, whatever separates them, or the words of an acronym.

    GPT 4o for GPT-4o, reinforcement learning for RL.
    """
    pattern = r"(?<![a-z0-9])" + r"[^a-z0-9가-힣]{0,2}".join(map(re.escape, key))
    if _ACRONYM.fullmatch(name):
        pattern += r"|\b" + r"\w*[\s-]+(?:and\s|of\s|the\s)?".join(name.rstrip("s").lower())
    return re.compile(pattern)


def _as_written(text: str, index_terms: Sequence[str]) -> Iterable[str]:
    """Yield index terms as the question writes them: Latin ones are stems of its words."""
    written = {term: match[0] for match in reversed(list(_NAME.finditer(text))) for term in terms(match[0])}
    yield from dict.fromkeys(written.get(term, term) for term in index_terms)


def _last_sentence(text: str) -> str:
    """Return the last sentence of a question: those before it tell why it is asked."""
    *_, (start, end) = [(0, len(text)), *fast_sentences(text)]
    return text[start:end]


def _squash(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).lower())
