"""The shape of answer that a question asks for: a list of papers, one explained, a section, a comparison, a figure ...

Words alone are no sign: "비교 학습 논문" (contrastive learning) compares nothing, "성능 향상 폭이 큰 논문" asks for
papers.
"""

from __future__ import annotations

import re
from typing import Literal

from ..domain.papers import SectionName

Intent = Literal["list", "explain", "section", "compare", "figure", "digest"]

_DONE = r"(?:해|하|좀|부탁|바라|바랍|정리|설명|요약|분석|$|[?.!])"
# Papers are asked for, whatever else the question says of them.
_PAPERS = re.compile(
    r"(?:논문|연구)(?:들)?(?:을|를|은|는|이|가|도)?\s?(?:좀\s?)?"
    r"(?:있|찾|추천|알려|보여|목록|리스트|모아|모음|뭐|뭔|무엇|어떤|소개|골라|검색|전부|모두|[?.]?$)"
    r"|(?:어떤|무슨|어느)\s(?:논문|연구)|(?:찾아|추천해|모아|골라)\s?(?:줘|주|봐|라)|(?:논문|연구)\s?(?:목록|리스트)"
    r"|\b(?:papers|articles|studies)\b|\b(?:which|any|a|find|is\sthere|recommend)\s(?:\w+\s){0,2}(?:paper|article|study)\b"
    r"|^(?:which|what)\s(?:model|method|work)\b|\bpapers?\s(?:on|about|that|which)\b",
    re.IGNORECASE,
)
_ALIKE = re.compile(
    r"(?:비슷한|유사한|닮은|관련된?|인용한|기반(?:의|으로|한)|개선한|확장한|활용한|이용한|사용한|적용한|쓰는|쓴|보다|대신|같은|말고|외에)"
    r"|\b(?:similar\sto|related\sto|like|based\son|citing|cites?|extend(?:s|ing)?|improv(?:es?|ing)\son|build(?:s|ing)?\son|"
    r"using|besides|other\sthan|instead\sof|inspired\sby)\b",
    re.IGNORECASE,
)

_APART = (
    rf"비교\s?{_DONE}|차이점?(?:은|는|이|가|를|을|만)?\s?(?:점\s?)?(?:뭐|뭔|무엇|어떤|어떻|알려|말해|있|궁금|{_DONE})"
    r"|(?:다른|달라진)\s?(?:점|가|지\s|지$|거|건|것)|어떻게\s?(?:다르|다른|달라)|뭐가\s?(?:다르|다른|달라)|무엇이\s?다|공통점"
    r"|(?:어느|뭐|둘\s?중)\s?(?:쪽|것|게|가)?(?:이|가)?\s?(?:더|나은|낫)"
)
_JOINED = r"[\w)](?:와|과|랑|이랑|하고|및|,|\svs\.?|\s대)\s"
# "비교 학습" is contrastive learning; "비교 대상", "비교 실험" are parts of one paper.
_NO_COMPARISON = re.compile(
    r"비교\s?(?:학습|대상|실험|군|적\s|예제|기반)"
    r"|(?:비교|대조)(?:한|하는|했던|하여|해서)\s"
    r"|(?:비교|차이|공통점)(?:를|을|점을)?\s?(?:다룬|분석한|밝힌|줄이|줄인|연구한|설명한|보인)"
    r"|\b(?:papers?|work|stud(?:y|ies)|articles?)\s(?:that\s|which\s)?(?:compar|contrast)\w*|\bcomparative\b|\bcontrastive\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    rf"{_JOINED}.{{1,80}}?(?:{_APART})"
    r"|^(?:please\s|can\syou\s|could\syou\s|now\s)*(?:compare|contrast)\s.+"
    r"|\bdifferences?\sbetween\s.+\sand\s|\bhow\s(?:does|do|is|are|did)\s.+\s(?:differ|different)\b"
    r"|^\S+(?:\s\S+){0,3}\s(?:vs\.?|versus)\s\S+(?:\s\S+){0,3}[?.]?$"
    r"|\b(?:which|what)\s(?:one\s)?(?:is|does|performs|works)\s(?:\w+\s)?(?:better|faster|cheaper|stronger)\b.*\bor\b"
    r"|\bin\scommon\b",
    re.IGNORECASE,
)
# Two papers that are named may be compared in fewer words.
_COMPARES_NAMED = re.compile(
    rf"{_APART}|비교|차이|\bvs\b|\b(?:compare|compared|comparison|contrast|difference|differ|versus|better)",
    re.IGNORECASE,
)

_COUNTED = (
    r"(?:퍼센트|프로(?![가-힣])|%|배(?![가-힣]*치)|개|장|건|점|시간|분|초|일|주|단계|층|비트|억|조|만|천|백|명|종|편|가지|토큰|파라미터|"
    r"번|회|스텝|달러|원|메가|기가|GB|TB|B(?![a-z])|k(?![a-z])|프레임|문장|문항|문제|언어|쌍)"
)
_MEASURED = (
    r"(?:향상|개선|증가|감소|상승|하락|절감|단축|늘|줄|높|낮|빠르|빨라|빠른|느리|크|큰|커|많|적|걸리|걸렸|드는|들|먹|올|떨어|"
    r"좋아|나아|차이|정확|길|짧|작|필요|쓰|썼|사용|되|돼|됐)"
)
_FIGURE = re.compile(
    rf"(?<![가-힣])몇\s?{_COUNTED}|(?<![가-힣])얼마나\s?(?:\S+\s){{0,2}}?{_MEASURED}"
    r"|얼마(?:야|인가|인지|예요|에요|였|지\?|입니까|니\?|이고|만큼|\?|$|가\s)"
    r"|(?:향상|개선|증가|감소|상승|하락|절감)\s?(?:폭|률|율|치|량|정도)(?:은|는|이|가)?\s?(?:얼마|어느|몇|뭐|어떻|알려|[?.]?$)"
    r"|어느\s?정도(?:야|인가|인지|예요|였|로\s)?\s?(?:\S+\s)?(?:향상|개선|증가|감소|빨라|줄|늘|높|낮|되|[?.]?$)"
    r"|(?:개수|파라미터\s?수|수치|비율|배율|용량|크기|규모|속도)(?:은|는|이|가)?\s?(?:얼마|몇|어느|[?.]?$)"
    r"|\bhow\s(?:many|much|large|big|long|fast|often|small)\b|\bby\show\smuch\b"
    r"|\b(?:what|which)\s(?:is\sthe\s|was\sthe\s)?(?:percentage|percent|fraction|share|proportion|number\sof|speed-?up|size\sof)\b",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(
    r"(?:설명|요약|정리|리뷰|해설)(?:을|를)?\s?(?:좀\s?)?(?:해|부탁|하|[?.]?$|줘)"
    r"|(?:이|가|은|는|란|이란|게|건)?\s?(?:뭐야|뭐지|뭐죠|뭐예요|뭐에요|뭔가요|뭔지|뭔데|뭐하는|뭘\s하는|무엇인가|무엇인지|무엇이야|무엇입니까)"
    r"|(?:에|를|을)\s?(?:대해|대하여|관해)"
    r"|^(?:please\s|can\syou\s|could\syou\s)*(?:explain|summari[sz]e|describe|tell\sme\s(?:more\s)?about|give\sme\s(?:a|an)\s\w+\sof)\b"
    r"|^what\s(?:does|did|do)\s.+\s(?:do|propose|show|find|say|introduce|mean|claim|contribute)\b"
    r"|^what(?:'s|\sis|\sare)\s|\bhow\s(?:does|do)\s\S+\swork\b|\b(?:summary|overview|explain)\b",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"다이제스트|데일리|최신|최근|신규|새로|새\s|\b(?:digests?|daily|newest|latest|recent|new)\b", re.IGNORECASE
)


def asks_for_latest(text: str) -> bool:
    """Whether a question may ask for nothing but the newest papers: it names a digest, or says new, latest ..."""
    return bool(_NEWS.search(text))


def explains(text: str) -> bool:
    """Whether a question asks in so many words that something be explained or summed up."""
    return bool(_EXPLAINS.search(text))


def detect_intent(text: str, *, section: SectionName | None, named: int, topicless: bool) -> Intent:
    """The shape of the answer that a question asks for.

    Args:
        text: the question, its Hangul composed (NFC).
        section: the section that it asks about.
        named: how many papers it names.
        topicless: whether it asks about days, or for what is new, and nothing else.
    """
    if topicless and not named:
        return "digest"
    if not _NO_COMPARISON.search(text) and (_COMPARES.search(text) or (named > 1 and _COMPARES_NAMED.search(text))):
        return "compare"
    if named and _ALIKE.search(text) and _PAPERS.search(text):
        return "list"
    if not named and _PAPERS.search(text):
        return "list"
    if _FIGURE.search(text):
        return "figure"
    if section:
        return "section"
    return "explain" if named or explains(text) else "list"
