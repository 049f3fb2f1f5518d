"""Sentences without information about the paper: statements that something is unknown, and apologies."""

from __future__ import annotations

import re

from .admissions import find_admission
from .content_words import count_content_words
from .rules import any_of
from .segments import strip_markup

# The missing information ("구체적인 정보는", "자세한 한계점은"), then that it is missing ("제공되지 않았습니다").
# "효과는 확인되지 않았습니다" is a finding: it names no information.
_MISSING = any_of(
    r"(?:정보|내용|언급|설명|세부\s*사항|서술|논의|자료|제안|수치|성능\s*(?:비교|지표)|특정\s*데이터셋"
    r"|(?:구체|세부|명시)적인\s*\S|(?:자세한|상세한?|정확한)\s*\S)"
)
_NOT_GIVEN = any_of(
    r"(?:제공|확인|명시(?:적으로\s*제공)?|언급|공개|포함|제시|기술|서술|보고|논의)"
    r"(?:되지|하지|되어\s*있지|돼\s*있지|하고\s*있지)(?:는|도)?\s*(?:않|못)"
    r"|(?:다루어지|다뤄지|제시하|제공하|밝히)지\s*않|나와\s*있지\s*않|나타나\s*있지\s*않|(?:확인|파악"
    r"|제공)할\s*수(?:는|가)?\s*없"
    r"|없(?:습|음|다\b|으나|었|어\b|어요|으며|지만)|부족(?:합|함|하(?:여|며|다|므로|지만)|해)|(?:분석|파악)(?:이"
    r"|하기)\s*어렵|충분하지\s*않"
)
_MAX_GAP = 50  # characters between the two
_REFERENCE = any_of(  # to the paper
    r"(?:논문|본문|원문|전문)(?:에서|을|를|에|의\s*(?:본문|전문)[을에]?(?:서)?)?\s*(?:상세히\s*|자세히\s*|직접\s*)?"
    r"(?:확인할\s*수\s*있|확인하(?:시|세)|참[고조]|설명(?:되|됩)|제공(?:됩|되어)|(?:검토|확인)(?:해야|하신))",
    r"\b(?:see|consult|refer to|read|found in|check) the (?:full |original )?(?:paper|text|article|appendix)\b",
)
_DETAILS = (
    r"(?:details?|information|specifics|mention|descriptions?|numbers|figures|limitations?|hyper-?parameters?"
    r"|baselines?"
    r"|data ?sets?|future work|results)"
)
_GIVEN = (
    r"(?:provided|given|available|specified|mentioned|reported|stated|disclosed|discussed|described|listed|included)"
)
_ENGLISH = any_of(
    rf"\bno (?:(?:specific|further|detailed|additional|explicit|more"
    rf"|concrete) )*{_DETAILS}\b[^.\n]{{0,60}}?\b{_GIVEN}\b",
    rf"\b{_DETAILS}\b[^.\n]{{0,60}}?\b(?:not|never|nowhere) (?!(?:publicly|readily|directly|always|freely"
    rf"|often) )(?:\w+ )?{_GIVEN}\b",
    rf"\b(?:paper|authors?|abstract|text|summary|article)\b[^.\n]{{0,30}}?\b(?:give|provide|state|report"
    rf"|mention)s? no\b[^.\n]{{0,30}}?\b{_DETAILS}\b",
    r"\b(?:paper|authors?|abstract|text|summary|article) (?:do(?:es)?|did) ?n[o'’]t (?:\w+ )?"
    r"(?:give|provide|specify|mention|report|state|disclose|discuss|describe|list)\b",
)
_PLACEHOLDER = any_of(
    r"^(?:[^:\n]{0,60}[:：]\s*)?(?:(?:관련\s*)?(?:정보|내용|언급)\s*없음|해당\s*(?:사항\s*)?없음|없음|미상|미제공"
    r"|미공개|확인\s*불가|알\s*수\s*없음|(?:논문에\s*)?명시되(?:어\s*있)?지\s*않음"
    r"|n/?a|none|not (?:available|provided|specified|mentioned|reported|stated|disclosed|applicable)|unknown|tbd"
    r"|no (?:information|details?)(?: \w+)?)\W*$"
)
# What a review or earlier work omits is information about it: "이 논문은 조사 논문으로 실험을 포함하지 않습니다".
_FINDING = any_of(
    r"(?:논문|연구)[은는]\s[^\n]{0,80}?(?:포함|제공|제시|제안|수행|다루)(?:하)?지\s*않",
    r"(?:이전|기존|선행|종래)의?\s*\S{1,12}?(?:들)?(?:은|는|이|에서는?)\s",
)
_CLAUSE = re.compile(r"(?:으나|지만|으며|하며|였고|이고),")
_MIN_CONTENT = 3  # content words of an informative clause

_APOLOGY = any_of(
    r"제공(?:된|하신)\s*링크|양해\s*부탁|추론하여\s*요약|(?:전문|본문|원문)(?:을|를)\s*(?:검토|확인|참고)(?:해야"
    r"|하신|하시)",
    r"(?:붙여\s*넣어|알려|제공해|보내|공유해|문의해|업로드해)\s*주(?:시|세)|(?:제공된|현재)\s*정보(?:만)?(?:으)?로는",
    r"(?:본문|원문|전문|초록|논문)[^.\n]{0,30}?(?:읽지\s*못|읽을\s*수\s*없|열리지\s*않|접근할\s*수\s*없"
    r"|열람할\s*수\s*없)",
    r"(?:원문|논문|전문|본문)에서\s*(?:직접\s*)?확인하시기|제목(?:에서|만|과|을|를)[^.\n]{0,40}(?:짐작|추측|추론하여"
    r"|유추)",
    r"\b(?:sorry|apologi[sz]e)\b|\b(?:unable|not able) to (?:access|open|read)\b|\bbased (?:only )?on the title\b",
)


def is_uninformative(sentence: str) -> bool:
    """Return whether a sentence only states that something is unknown or not given, or refers to the paper for it."""
    plain = strip_markup(sentence)
    if _PLACEHOLDER.search(plain):
        return True
    start = _missing_information(plain)
    if start is None:
        return bool(_ENGLISH.search(plain))
    return not _FINDING.search(plain) and not _is_informative(plain[:start])


def _missing_information(plain: str) -> int | None:
    """Return where a sentence states that something is not given, or refers to the paper; None if it does not."""
    for given in _NOT_GIVEN.finditer(plain):
        window_start = max(0, given.start() - _MAX_GAP)
        if missing := _MISSING.search(plain, window_start, given.start()):
            return missing.start()
    reference = _REFERENCE.search(plain)
    return reference.start() if reference else None


def _is_informative(before: str) -> bool:
    """Return whether the clauses before such a statement have content of their own."""
    end = max((clause.end() for clause in _CLAUSE.finditer(before)), default=0)
    return count_content_words(before[:end]) >= _MIN_CONTENT


def is_apology(sentence: str) -> bool:
    """Return whether a sentence is about the author's failure to read the paper."""
    return bool(_APOLOGY.search(sentence)) or find_admission(sentence) is not None
