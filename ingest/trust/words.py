"""What a summary's sentences are worth: those that only say that nothing is known, and those that apologise."""

from __future__ import annotations

import re

# What is missing ("구체적인 정보는", "자세한 한계점은"), then that it is ("제공되지 않았습니다").
# A plain "효과는 확인되지 않았습니다" is a finding, not silence: it names no information.
_MISSING = (
    r"(?:정보|내용|언급|설명|세부\s*사항|서술|논의|자료|제안|성능\s*(?:비교|지표)|특정\s*데이터셋"
    r"|(?:구체적|세부적)인\s*\S+|(?:자세한|상세한)\s*\S+)"
)
_NOT_GIVEN = (
    r"(?:제공|확인|명시|언급|공개|포함|제시|기술|서술|보고|논의)(?:되지|하지|되어\s*있지|돼\s*있지|하고\s*있지)(?:는|도)?\s*(?:않|못)"
    r"|(?:다루어지|다뤄지|제시하|제공하|밝히)지\s*않|나와\s*있지\s*않|나타나\s*있지\s*않|(?:확인|파악|제공)할\s*수\s*없|없(?:습니다|음|다)\b|부족(?:합니다|함)"
)
_NOTHING = re.compile(
    rf"{_MISSING}[^.\n]{{0,40}}?(?:{_NOT_GIVEN})|논문(?:에서|을|의 본문에서)\s*(?:확인할 수 있|참[고조])"
    r"|\b(?:no|not)\s+(?:specific\s+|further\s+|detailed\s+)?(?:information|details?)\b"
    r"|\b(?:details?|information)\b[^.\n]{0,60}\bnot\s+(?:provided|given|available|specified|mentioned)",
    re.IGNORECASE,
)
_SOURCE = r"(?:링크|페이지|본문|원문|전문|초록|논문(?:의|을|에)?)"
_APOLOGY = re.compile(
    r"죄송(?:합니다|하지만|스럽)|양해\s*부탁|제공(?:된|하신)\s*링크"
    rf"|{_SOURCE}[^.\n]{{0,30}}?(?:읽지\s*못|읽을\s*수\s*없|열리지\s*않|접근할\s*수\s*없|열람할\s*수\s*없|확인할\s*수\s*없)"
    r"|(?:요약|분석)[^.\n]{0,20}(?:작성하지\s*못|제공하기\s*어렵|수행하기에\s*충분하지)"
    r"|제목(?:에서|만|과|을|를)[^.\n]{0,40}(?:짐작|추측|추론|추정|유추|기반으로|바탕으로)|추론하여\s*요약"
    rf"|(?:추측|추론)이(?:므로|며)|{_SOURCE}에서\s*확인하시기|전문을\s*(?:검토|확인)(?:해야|하신)"
    r"|(?:붙여\s*넣어|알려|제공해|문의해)\s*주시(?:면|기)"
    r"|\b(?:sorry|apologi[sz]e)\b|\b(?:unable|not able) to (?:access|open|read)\b|\bbased (?:only )?on the title\b",
    re.IGNORECASE,
)

_GUESSED = re.compile(
    r"죄송(?:합니다|하지만|스럽)|추론하여\s*요약|(?:추측|추론)이(?:므로|며)|제목(?:에서|만)[^.\n]{0,40}(?:짐작|추측|추론)"
    r"|\b(?:sorry|apologi[sz]e)\b|\bbased (?:only )?on the title\b",
    re.IGNORECASE,
)


def says_nothing(sentence: str) -> bool:
    """Whether a sentence only says that something is not known or not given."""
    return bool(_NOTHING.search(sentence))


def apologises(sentence: str) -> bool:
    """Whether a sentence speaks of the writer's failure to read the paper instead of the paper."""
    return bool(_APOLOGY.search(sentence))


def is_guessed(text: str) -> bool:
    """Whether a text admits that its writer could not read the paper: what stands around it was made up."""
    return bool(_GUESSED.search(text))
