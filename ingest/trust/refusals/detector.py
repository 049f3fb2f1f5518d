"""Whether a summary's writer read the paper at all: refusals, and texts made up from the title."""

from __future__ import annotations

import re
from typing import Literal

from ....index.analysis.sentences import fast_sentences
from ....index.domain.papers import Entry
from ....index.domain.trust import Reason
from .admissions import admission
from .content_words import specific_words
from .empty_sentences import says_nothing
from .rules import words
from .segments import bare, unquoted

_MOST_REASONS = 5
_ENOUGH = 3  # words that name something: with fewer beside an admission, nothing is said of any paper
_LITTLE = 6  # with fewer than these, a text that speaks of texts and of what cannot be is a refusal
_AROUND = 5  # such words of an admission that are its own; the rest of a long one is made-up text
_FIRST, _LAST = 2, 3  # sentences at the start and the end in which writers speak of themselves

_TEXTS = words(r"논문|링크|본문|원문|문서|\b(?:paper|document|link|resource|article|pdf)\b")
_CANNOT = words(r"없|않|못|어렵|불가|실패|\b(?:cannot|can['’]t|no|not|unable|failed|error|denied)\b")
# Lines that carry no statement: headings, fences, rules, placeholders in brackets.
_MARKER = 20  # characters of decoration before a piece
_FRAME = re.compile(r"^(?:#{1,6}\s|```|---|\*\*[^*]+\*\*\s*[:：]?\s*$|[-*\d.)\s]*\[[^\]]*\]\s*(?:\([^)]*\))?\s*$)")
_ASKED = words(
    r"(?:본문|원문|전문|텍스트|내용|초록|PDF|파일|글|문서|링크|자료|논문|제목|정보|DOI)\S{0,6}\s[^.\n]{0,60}?"
    r"(?:제공|보내|공유|알려|입력|확인|전달)\S{0,4}\s*(?:\S{1,8}\s)?주(?:시|세|십|실)",
    r"(?:붙여\s*넣|업로드|올려|첨부|복사|문의|시도)\S{0,4}\s*(?:\S{1,8}\s)?주(?:시|세|십|실)",
    r"(?:확인|참고|참조|검토)\S{0,8}\s*(?:바랍|주시|주세|하세요|하십시오|권장|권해|권합)|도와드리|도움이\s*(?:될|필요)",
    r"\b(?:please (?:share|provide|upload|paste|send|attach|copy|check|try|see|visit|consult|refer|verify|feel)"
    r"|(?:could|can|would) you"
    r"|(?:if|once) you (?:can|could|share|provide|upload|paste|send|attach|copy|give|have|need|would)|feel free"
    r"|let me know|happy to)\b",
)


def testimony(entry: Entry) -> tuple[Literal["refused", "invented"], tuple[Reason, ...]] | None:
    """What a summary says of its own making.

    Returns:
        None for a summary that speaks of its paper, however briefly. Else "invented" where the writer admits that it
        did not read the paper and tells of it all the same, or "refused" where nothing is told; with the admissions in
        the order of the text (at most five), or one reason "no_content" with the first sentence that says nothing (0, 0
        where the body has no sentence). Never raises; time grows with the length of the body.
    """
    body = entry.body
    spans = [(start, end) for start, end in fast_sentences(body) if not _frames(body, start, end)]
    reasons: list[Reason] = []
    said, helpless, silent = 0, False, (0, 0)
    for order, (start, end) in enumerate(spans):
        sentence = body[start:end]
        if rule := admission(sentence, at_edge=order < _FIRST or order >= len(spans) - _LAST):
            reasons.append(Reason(rule.code, rule.message, start, end))
            said += max(0, specific_words(unquoted(sentence)) - _AROUND)
        elif says_nothing(sentence) or _ASKED.search(sentence):
            silent = silent if silent[1] else (start, end)
        else:
            said += specific_words(bare(sentence))
            own = unquoted(sentence)
            helpless = helpless or bool(_TEXTS.search(own) and _CANNOT.search(own))
    if reasons:
        return ("invented" if said >= _ENOUGH else "refused"), tuple(reasons[:_MOST_REASONS])
    # Few words alone are no refusal: other summarisers write one line a paper. Few words that deny something are.
    if not said or (said < _ENOUGH and (silent[1] or _CANNOT.search(body))) or (helpless and said < _LITTLE):
        return "refused", (Reason("no_content", "nothing is said of the paper", *silent),)
    return None


def _frames(body: str, start: int, end: int) -> bool:
    """Whether a piece stands in a short line that carries no statement."""
    line = max(body.rfind("\n", max(0, start - _MARKER), start) + 1, start - _MARKER, 0)
    return bool(_FRAME.match(body[line:end].lstrip()))
