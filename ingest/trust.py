"""What a summary's sentences are worth: those that only say that nothing is known, and those that apologise."""

from __future__ import annotations

import re

# "구체적인 정보는 제공되지 않았습니다", "... 확인할 수 없었습니다", "논문에서 확인할 수 있음"
_NOTHING = re.compile(
    r"(?:정보|내용|언급|설명|세부\s*사항|설정|결과|데이터셋|방식|제안|한계점?|요인|방향)[^.]{0,40}"
    r"(?:(?:제공|확인|명시|언급|공개|포함|제시|기술)(?:되지|하지|되어 있지)\s*(?:않|못)|(?:확인|제공|파악)할 수 없|"
    r"논문에서 확인|(?:언급|설명|제안|정보|내용)(?:이|은|는|가)?\s*없)"
)
_APOLOGY = re.compile(
    r"죄송(?:합니다|하지만)|제공(?:된|하신) 링크(?:를 통해|에서|의 논문을|\(|는)|"
    r"추론하여 요약|직접 (?:열람|접근)할 수 없|"
    r"전문을 (?:검토|확인)(?:해야|하신)|문의해 주시기|제목(?:과 일반적인 연구 동향)?(?:을|를) (?:기반|바탕)으로"
)


def says_nothing(sentence: str) -> bool:
    """Whether a sentence only says that something is not known or not given."""
    return bool(_NOTHING.search(sentence))


def apologises(sentence: str) -> bool:
    """Whether a sentence speaks of the writer's failure to read the paper instead of the paper."""
    return bool(_APOLOGY.search(sentence))
