"""Whether a summary's writer read the paper at all: refusals, and texts made up from the title."""

from __future__ import annotations

import re
from typing import Literal

from ...index.papers import Entry
from ...index.trust import Reason
from .admissions import admission
from .content import specific_words
from .pieces import bare, pieces
from .rules import words
from .words import says_nothing

_MOST_REASONS = 5
_MADE_UP = 8  # words that name something, beside an admission: text was made up
_SAID = 2  # without an admission this little is a summary, if a poor one

# Lines that carry no statement: headings, fences, rules, placeholders in brackets.
_FRAME = re.compile(r"^(?:#{1,6}\s|```|---|\*\*[^*]+\*\*\s*[:：]?\s*$|[-*\d.)\s]*\[[^\]]*\]\s*(?:\([^)]*\))?\s*$)")
_ASKED = words(
    r"(?:본문|원문|전문|텍스트|내용|초록|PDF|파일|글|문서|링크|자료|논문|제목|정보|DOI)\S*\s[^.\n]{0,60}?"
    r"(?:제공|보내|공유|알려|입력|확인|전달)\S*\s*(?:\S+\s)?주(?:시|세|십|실)",
    r"(?:붙여\s*넣|업로드|올려|첨부|복사|문의|시도)\S*\s*(?:\S+\s)?주(?:시|세|십|실)",
    r"(?:확인|참고|참조|검토)\S*\s*(?:바랍|주시|주세|하세요|하십시오|권장|권해|권합)|도와드리|도움이\s*(?:될|필요)",
    r"\b(?:please|could you|can you|would you|if you|once you|feel free|let me know|happy to)\b",
)


def testimony(entry: Entry) -> tuple[Literal["refused", "invented"], tuple[Reason, ...]] | None:
    """What a summary says of its own making.

    Returns:
        None for a summary that speaks of its paper. Else "invented" where the writer admits that it did not read the
        paper and tells of it all the same, or "refused" where nothing is told; with the admissions in the order of the
        text (at most five), or one reason "no_content" with the first sentence that says nothing (0, 0 where the body
        has no sentence). Never raises; time grows with the length of the body.
    """
    body = entry.body
    reasons: list[Reason] = []
    said, silent = 0, (0, 0)
    for start, end in pieces(body):
        sentence = body[start:end]
        if rule := admission(sentence):
            if len(reasons) < _MOST_REASONS:
                reasons.append(Reason(rule.code, rule.message, start, end))
        elif _framing(body, start, end):
            continue
        elif says_nothing(sentence) or _ASKED.search(sentence):
            silent = silent if silent[1] else (start, end)
        else:
            said += specific_words(bare(sentence))
    if reasons:
        return ("invented" if said >= _MADE_UP else "refused"), tuple(reasons)
    if said < _SAID:
        return "refused", (Reason("no_content", "nothing is said of the paper", *silent),)
    return None


def _framing(body: str, start: int, end: int) -> bool:
    """Whether a piece stands in a line that carries no statement."""
    line = body.rfind("\n", 0, start) + 1
    return bool(_FRAME.match(body[line:end].lstrip()) if start - line < 80 else False)
