"""Detection of refusals, and of summaries invented from the title: the author did not read the paper."""

from __future__ import annotations

import re
from typing import Literal

from ....index.analysis.sentences import fast_sentences
from ....index.domain.papers import Entry
from ....index.domain.trust import Reason
from .admissions import find_admission
from .content_words import count_content_words
from .empty_sentences import is_uninformative
from .rules import any_of
from .segments import remove_quotations, strip_markup

_MAX_REASONS = 5
_MIN_CONTENT = 3  # content words; a summary with an admission and fewer has no content
_MIN_CONTENT_IF_UNABLE = 6  # the same for a summary that denies something about a text
_ADMISSION_WORDS = 5  # content words that belong to an admission; the rest of a long one is invented content
_FIRST, _LAST = 2, 3  # sentences at the start and the end, in which authors comment on the summary

_TEXTS = any_of(r"논문|링크|본문|원문|문서|\b(?:paper|document|link|resource|article|pdf)\b")
_CANNOT = any_of(r"없|않|못|어렵|불가|실패|\b(?:cannot|can['’]t|no|not|unable|failed|error|denied)\b")
_MAX_MARKUP = 20  # characters before a sentence on its line
# Lines without a statement: headings, fences, rules, placeholders in brackets.
_STRUCTURE = re.compile(r"^(?:#{1,6}\s|```|---|\*\*[^*]+\*\*\s*[:：]?\s*$|[-*\d.)\s]*\[[^\]]*\]\s*(?:\([^)]*\))?\s*$)")
_REQUEST = any_of(
    r"(?:본문|원문|전문|텍스트|내용|초록|PDF|파일|글|문서|링크|자료|논문|제목|정보|DOI)\S{0,6}\s[^.\n]{0,60}?"
    r"(?:제공|보내|공유|알려|입력|확인|전달)\S{0,4}\s*(?:\S{1,8}\s)?주(?:시|세|십|실)",
    r"(?:붙여\s*넣|업로드|올려|첨부|복사|문의|시도)\S{0,4}\s*(?:\S{1,8}\s)?주(?:시|세|십|실)",
    r"(?:확인|참고|참조|검토)\S{0,8}\s*(?:바랍|주시|주세|하세요|하십시오|권장|권해|권합)|도와드리|도움이\s*(?:될|필요)",
    r"\b(?:please (?:share|provide|upload|paste|send|attach|copy|check|try|see|visit|consult|refer|verify|feel)"
    r"|(?:could|can|would) you"
    r"|(?:if|once) you (?:can|could|share|provide|upload|paste|send|attach|copy|give|have|need|would)|feel free"
    r"|let me know|happy to)\b",
)


def detect_refusal(entry: Entry) -> tuple[Literal["refused", "invented"], tuple[Reason, ...]] | None:
    """Detect that a summary is refused or invented, from its own text.

    Never raises; takes time linear in the length of the body.

    Returns:
        None for a summary of the paper, however short. Else "invented" if the author admits that it did not read the
        paper but writes about it, or "refused" if there is no content. The reasons are the admissions in order (at most
        five), or one "no_content" at the first uninformative sentence (0, 0 if there is none).
    """
    body = entry.body
    spans = [(start, end) for start, end in fast_sentences(body) if not _is_structure(body, start, end)]
    reasons: list[Reason] = []
    content_words, is_unable, uninformative = 0, False, (0, 0)
    for order, (start, end) in enumerate(spans):
        sentence = body[start:end]
        if rule := find_admission(sentence, at_edge=order < _FIRST or order >= len(spans) - _LAST):
            reasons.append(Reason(rule.code, rule.message, start, end))
            content_words += max(0, count_content_words(remove_quotations(sentence)) - _ADMISSION_WORDS)
        elif is_uninformative(sentence) or _REQUEST.search(sentence):
            uninformative = uninformative if uninformative[1] else (start, end)
        else:
            content_words += count_content_words(strip_markup(sentence))
            unquoted = remove_quotations(sentence)
            is_unable = is_unable or bool(_TEXTS.search(unquoted) and _CANNOT.search(unquoted))
    if reasons:
        return ("invented" if content_words >= _MIN_CONTENT else "refused"), tuple(reasons[:_MAX_REASONS])
    # A short summary is not a refusal: some summarizers write one line per paper. A short one that denies something is.
    is_empty = content_words < _MIN_CONTENT and (uninformative[1] or _CANNOT.search(body))
    if not content_words or is_empty or (is_unable and content_words < _MIN_CONTENT_IF_UNABLE):
        return "refused", (Reason("no_content", "the summary has no content about the paper", *uninformative),)
    return None


def says_nothing(text: str) -> bool:
    """Return whether a section of a summary only states that something is unknown or not given.

    That its author could not read the paper is more than that. Never raises; takes time linear in the length of the
    text.

    Args:
        text: the section's text. One without any statement, as above a subsection, does not state that.
    """
    sentences = [text[start:end] for start, end in fast_sentences(text) if not _is_structure(text, start, end)]
    statements = [sentence for sentence in sentences if not strip_markup(sentence).rstrip().endswith((":", "："))]
    return bool(statements) and all(
        is_uninformative(sentence) and not find_admission(sentence) for sentence in statements
    )


def _is_structure(body: str, start: int, end: int) -> bool:
    """Return whether a sentence is on a line without a statement."""
    line = max(body.rfind("\n", max(0, start - _MAX_MARKUP), start) + 1, start - _MAX_MARKUP, 0)
    return bool(_STRUCTURE.match(body[line:end].lstrip()))
