"""Sentences by which a model says that it does not answer."""

from __future__ import annotations

import re

from ....ingest.trust.refusals.empty_sentences import apologises, says_nothing
from .prompt import NOTHING

_REFUSES = re.compile(
    rf"^\W*{NOTHING}\W*$"
    r"|^\W*(?:unfortunately,?\s+|sorry,?\s+(?:but\s+)?)?i(?:'m| am)?\s+(?:sorry|afraid|unable|not able|cannot"
    r"|can ?not|can[’']t"
    r"|won[’']t|will not|do not|don[’']t|must decline)\b"
    r"|^\W*(?:sorry|as an ai\b|as a (?:large )?language model)"
    r"|^\W*(?:none of )?(?:the|these) (?:provided |numbered |given )?(?:passages?|texts?|evidence|context"
    r"|documents?|papers?)\b"
    r"[^.]{0,40}\b(?:do(?:es)? not|don[’']t|doesn[’']t|no|not|answers?)\b"
    r"|^\W*there is (?:no|not enough) (?:information|evidence|answer)\b"
    r"|죄송|미안하지만|(?:답변|대답|도움|도와|제공|응답)\S*\s?(?:드릴|할|해\s?드릴|을 드릴)\s?수\s?(?:가\s?)?없"
    r"|답할\s?수\s?없|알\s?수\s?없습니다"
    r"|(?:글|자료|근거|문서|본문)(?:들)?(?:에는|에서는?|에|만으로는?)\s[^.]{0,30}?(?:(?:정보|내용|답|언급|근거|설명)\S{0,2}\s?없"
    r"|찾을 수 없|포함되어 있지 않|나와 있지 않|언급되지 않)",
    re.IGNORECASE,
)


def refuses(sentence: str) -> bool:
    """Whether a plain sentence, without markers, only says that there is no answer, or that none will be given."""
    return bool(_REFUSES.search(sentence)) or says_nothing(sentence) or apologises(sentence)
