"""Follow-up detection: which questions refer to earlier turns, to their papers, their dates or the whole question.

A question that refers to nothing is a new one and inherits nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ...index.domain.arxiv_ids import find_arxiv_ids
from ...index.domain.papers import Language
from ...index.query.answer_language import detect_answer_language
from ...index.query.dates.parser import find_window
from ...index.query.dates.window import Window

PaperReference = Literal["one", "all", "among"]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a follow-up question takes from earlier turns.

    Attributes:
        repeats: whether it asks the previous question again, in another language or for other dates.
        lang: the language that it asks for.
        window: the dates that it asks for instead.
        papers: the papers of the last answer that it refers to: the first ("one"), "all", or some "among" them.
        position: 0-based position of the paper that it names by ordinal; -1 is the last.
        count: number of papers that "all" stands for ("두 논문", "the two"); None is every paper.
        keeps_dates: whether it asks about another topic within the same dates.
    """

    repeats: bool = False
    lang: Language | None = None
    window: Window | None = None
    papers: PaperReference | None = None
    position: int | None = None
    count: int | None = None
    keeps_dates: bool = False


_LEAD_IN = (
    r"(?:그럼|그러면|그렇다면|그리고|그래서|근데|아니|아|음|네|응|자|이번엔|이번에는|다시|좀|혹시|"
    r"and|but|so|then|now|ok(?:ay)?|please|again|also|,|\s)*"
)
_REQUEST_KO = (
    r"(?:(?:좀|더|다시|한번|전부|다|간단히|짧게|자세히|자세하게)\s?)*"
    r"(?:(?:알려|말해|보여|설명해|설명|요약해|요약|정리해|정리|답해|답변해|대답해|번역해|써|바꿔|골라|찾아|추려|해|인용해|부탁해|부탁|비교해|비교)"
    r"\s?(?:줘|주세요|줄래|줄래요|주시겠어요|주라|달라|봐|드려|요|해|해요|해줘|해\s?주세요|합니다|드립니다|할래|볼래)?)?(?:요)?"
)
_END = r"\s*[?.!~…]*$"

_ANOTHER_LANGUAGE = re.compile(
    rf"^{_LEAD_IN}(?:그걸|그거|이걸|이거|그것을|답을|답변을|위\s?답을|방금\s?답을|같은\s?(?:것|걸|내용)을?|모두|전부)?\s?"
    rf"(?:영어|영문|한국어|한글|우리말)으?로(?:는|도|만)?\s?{_REQUEST_KO}{_END}"
    r"|^(?:and|but|now|please|again|can\syou|could\syou|would\syou|say|repeat|answer|reply|give|tell|show|write|explain|translate|put|"
    r"do|me|us|it|that|this|the\ssame|same|the\sanswer|them|once\smore|,|\s)*\b(?:in|into|to)\s(?:english|korean)"
    rf"(?:,?\s(?:please|now|again|instead|too|as\swell))*{_END}",
    re.IGNORECASE,
)
_ONLY_DATES = re.compile(  # the words around a date expression that narrows the previous question
    rf"^{_LEAD_IN}(?P<before>(?:그\s?중에?서?|only|just|what\sabout|how\sabout|the|those|ones|papers|from|of|in|limit\s(?:it|that|them)\sto|"
    r"show|me|restrict\sto|narrow\s(?:it|that)\sdown\sto|same|for|기간을|날짜를|\s)*)"
    r"(?P<at>\0)"
    rf"(?P<after>(?:'s|의|에|에서|나온|올라온|실린|논문|것|거|건|걸|게|들|papers?|ones?|only|digests?|다이제스트|로|으로|은|는|만|도|요|"
    rf"좁혀서?|줄여서?|제한해서?|한정해서?|바꿔서?|줘|주세요|too|as\swell|then|\s)*){_REQUEST_KO}{_END}",
    re.IGNORECASE,
)
_NARROWING = re.compile(
    r"만(?![가-힣]{3})|\b(?:only|just|instead|what\sabout|how\sabout|limit|restrict|narrow|too|as\swell|those|ones?)\b|^(?:그럼|그러면|그렇다면|그\s?중)|것|거(?:는|만|$)|좁혀|줄여|"
    r"제한|한정|^\0(?:은|는)\?$",
    re.IGNORECASE,
)

_ORDINALS = {
    "첫": 0, "두": 1, "세": 2, "네": 3, "다섯": 4, "여섯": 5, "마지막": -1,
    "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1,
    "1st": 0, "2nd": 1, "3rd": 2, "4th": 3, "5th": 4,
}  # fmt: skip
_PART_KO = (
    r"(?:주요\s?|핵심\s?|실험\s?|정량적?\s?|학습\s?|평가\s?)*(?:한계점?|단점|약점|장점|결과|성능|정확도|데이터\s?(?:셋|세트)?|벤치마크|방법론?|구조|아키텍처|"
    r"기여점?|동기|배경|후속\s?연구|향후\s?연구|실험|저자|코드|비교\s?대상|베이스라인|요점|핵심|수치|파라미터\s?수|크기|차이점?|공통점)"
)
_ORDINAL_REFERENCE = re.compile(
    r"(?<![가-힣\d])(?P<ko>(?:첫|두|세|네|다섯|여섯)(?=\s?번째)|\d{1,2})\s?번(?:째)?(?!\s?(?:이상|실험|단계|반복|째\s?(?:로|단계|실험|저자|토큰|층|장|줄|그림|표|방법|문제)))"
    # "두 번째 미분을 쓰는" refers to no paper: a paper, a part of one or a request has to follow the ordinal.
    r"(?:\s?(?:논문|연구|거|것|건|걸|모델|방법)(?=의|은|는|이|가|을|를|에|도|만|과|와|\s|$|[?.!,])"
    r"|(?=(?:의|은|는|이|가|을|를|에|도|만|과|와)?(?:$|[?.!,])|(?:의|은|는|이|가|을|를|에|도|만|과|와)\s)"
    rf"|(?=\s(?:{_PART_KO}|좀|더|다시|자세|간단|설명|요약|정리|소개|알려|보여|어떤|무슨|뭐|무엇|왜|어떻)))"
    r"|(?P<last_ko>마지막|맨\s?(?:뒤|끝|아래|나중)의?(?:에)?)\s?(?:논문|거|것|건|걸|게)"
    r"|(?P<first_ko>(?:맨\s?)?(?:앞|위|처음)의?(?:에)?)\s?(?:거|것|건|걸|게)(?![가-힣]{2})"
    r"|\b(?:the\s)?(?P<en>first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th)\s(?:one|paper|of\s(?:them|those|these)|result|hit)\b"
    r"(?!\s(?:to|that|which|about|on|in)\b)"
    r"|\b(?:paper|number|no\.)\s?#?(?P<number>\d)\b",
    re.IGNORECASE,
)
_AMONG = re.compile(
    r"(?<![가-힣])(?:그|이|저|위)\s?중(?:에서?는?|에)?(?![가-힣])|(?<![가-힣])(?:그|이)\s?가운데|(?:그|이|위|해당)\s논문들?\s?(?:중|가운데)(?:에서?)?"
    r"|\b(?:of|among|from|out\sof)\s(?:these|those|them)\b|\b(?:these|those)\spapers\b.*\b(?:use|uses|that)\b",
    re.IGNORECASE,
)
_NOUN = r"(?:논문|연구|방법|방식|모델|기법|시스템|프레임워크|접근법|알고리즘|벤치마크|데이터셋|저자|결과|실험|아이디어)"
_PLURAL_REFERENCE = re.compile(
    rf"(?<![가-힣])(?:그|이|저|위|해당|앞의)\s(?:두|세|네)?\s?{_NOUN}들|(?<![가-힣])(?:그|이|저|위의?|앞의?)?\s?(?:두|세|네)\s?(?:논문|연구|모델|방법)(?![가-힣]*\s?(?:가지|번째))"
    r"|(?<![가-힣])(?:둘|셋|그것들|이것들|얘네)(?:의|을|를|은|는|이|가|\s|$|다)"
    r"|\b(?:these|those)\s(?:two\s|three\s)?(?:papers|works|studies|models|methods|approaches|ones)\b"
    r"|^(?:please\s|now\s|can\syou\s|and\s)*(?:compare|contrast|explain|summari[sz]e|describe)\s(?:them|both|the\s(?:two|three))\b|\b(?:the\stwo|both)\s(?:papers|of\sthem)\b"
    r"|\bbetween\s(?:them|the\stwo|these|those)\b",
    re.IGNORECASE,
)
_SINGULAR_REFERENCE = re.compile(
    rf"(?<![가-힣])(?:그|이|저|해당|위|위의|앞의|방금)\s{_NOUN}(?!들)|(?<![가-힣])(?:그것|이것|그거|이거|그걸|이걸|그건|이건|그게|이게|거기)(?=의|은|는|이|가|을|를|도|에|서|\s|$|[?.!])"
    r"|\b(?:this|that|the\ssame|the\sabove)\s(?:paper|work|study|model|method|approach|one|system|framework|benchmark|algorithm)\b"
    r"|\bthe\s(?:paper|authors?)(?:'s|\b)(?=.*\b(?:limitations?|results?|data|it|they|use|say|propose|evaluate|compare))",
    re.IGNORECASE,
)
# "it" refers back only if nothing but function words and words of asking precede it.
_PRONOUN = re.compile(
    r"^(?:(?:and|but|so|then|ok(?:ay)?|also|what|which|how|why|where|when|who|does|do|did|is|are|was|were|can|could|will|would|has|have|had|"
    r"about|of|on|in|for|from|with|by|at|to|the|a|any|tell|me|more|show|explain|describe|summari[sz]e|give|list|much|many|well|big|large|"
    r"fast|good|accurate|main|key|data|datasets?|benchmarks?|limitations?|weakness(?:es)?|results?|method|idea|model|code|problem|kind|"
    r"parameters?|layers?|tokens?|gpus?|percent|percentage|else|exactly)[\s,]+)*(?P<one>its?|(?P<all>they|their|them))\b",
    re.IGNORECASE,
)
_PART_EN = (
    r"(?:main\s|key\s|any\s|the\s|experimental\s|training\s|evaluation\s)*(?:limitations?|weakness(?:es)?|drawbacks?|results?|findings|performance|accuracy|"
    r"data\s?sets?|data|benchmarks?|baselines?|metrics?|method|methodology|approach|architecture|contributions?|novelty|motivation|future\swork|"
    r"experiments?|authors?|code|numbers?|details|differences?)"
)
_PART_OF_PAPER = re.compile(
    rf"^{_LEAD_IN}{_PART_KO}(?:들)?(?:하고|과|와|이?랑|,)?\s?(?:{_PART_KO})?(?:은|는|이|가|을|를|도|만)?(?:요)?\s?"
    rf"(?:뭐야|뭐지|뭐예요|뭔가요|뭔데|뭐|무엇인가요?|무엇|어때요?|어떤가요?|어떻게\s?(?:돼|되나요?|됐어|나왔어)|있어요?|있나요?|없어요?|없나요?|궁금해요?|얼마야|{_REQUEST_KO}){_END}"
    rf"|^{_LEAD_IN}(?:what\s(?:about|are|is|were)|how\sabout|tell\sme|show\sme|any)?\s?{_PART_EN}(?:\sand\s{_PART_EN})?{_END}",
    re.IGNORECASE,
)
_ELABORATION = re.compile(
    rf"^{_LEAD_IN}(?:(?:조금\s?|좀\s?)?더\s?)?(?:자세히|자세하게|구체적으로|간단히|짧게|쉽게|길게)\s?{_REQUEST_KO}{_END}|^{_LEAD_IN}(?:더|계속|왜|어떻게|요약|설명|비교|정리){_END}"
    rf"|^{_LEAD_IN}(?:비교|요약|설명|정리)(?:를|을)?\s?(?:좀\s?)?(?:해\s?줘|해\s?주세요|해\s?봐|해|부탁해)(?:요)?{_END}"
    rf"|^{_LEAD_IN}(?:tell\sme\smore|more(?:\sdetails?)?|go\son|continue|elaborate|explain(?:\smore|\sfurther|\sin\s(?:more\s)?detail)?|summari[sz]e|compare|why|how(?:\sso)?)"
    rf"(?:\splease|\sabout\s(?:it|that|this|them))?{_END}",
    re.IGNORECASE,
)
_MAX_CHARACTERS = 300  # a longer question states its own subject
_POSSESSIVE = re.compile(r"(?<=\w)['’]s(?=[?.!]*$)")  # "only last week's"
_COMPARISON = re.compile(r"비교|차이|공통|\b(?:compar|differ|contrast)", re.IGNORECASE)
_OTHER_TOPIC = re.compile(
    r"^(?:(?:그럼|그러면|그렇다면)\s\S|(?:and|so|then|ok(?:ay)?,?)?\s?(?:what|how)\sabout\s\S)", re.IGNORECASE
)


def detect_follow_up(text: str, today: date) -> FollowUp | None:
    """Return what a question takes from earlier turns, or None if it stands alone.

    Args:
        text: the question.
        today: reference date of relative dates such as "last week".
    """
    line = _POSSESSIVE.sub("", " ".join(text.split()))
    if len(line) > _MAX_CHARACTERS:
        return None
    if _ANOTHER_LANGUAGE.search(line):
        return FollowUp(repeats=True, lang=detect_answer_language(line) or _named_language(line))
    window = find_window(line, today)
    if window and _only_narrows(line, window):
        return FollowUp(repeats=True, window=window)
    if next(iter(find_arxiv_ids(line)), None):
        return None
    reference = _detect_reference(line)
    if reference:
        return reference
    return FollowUp(keeps_dates=True) if window is None and _OTHER_TOPIC.search(line) else None


def _named_language(line: str) -> Language:
    return "ko" if re.search(r"한국어|한글|우리말|korean", line, re.IGNORECASE) else "en"


def _detect_reference(line: str) -> FollowUp | None:
    """Return the reference of a question to papers of the last answer."""
    if _AMONG.search(line):
        return FollowUp(papers="among")
    if ordinal := _ORDINAL_REFERENCE.search(line):
        return FollowUp(papers="one", position=_position(ordinal))
    if plural := _PLURAL_REFERENCE.search(line):
        return FollowUp(papers="all", count=_count(plural[0]))
    if _SINGULAR_REFERENCE.search(line):
        return FollowUp(papers="one")
    if pronoun := _PRONOUN.search(line):
        return FollowUp(papers="all" if pronoun["all"] else "one")
    if _PART_OF_PAPER.search(line) or _ELABORATION.search(line):
        return FollowUp(papers="all" if _COMPARISON.search(line) else "one")
    return None


def _count(phrase: str) -> int | None:
    if re.search(r"두|둘|\btwo\b|\bboth\b", phrase, re.IGNORECASE):
        return 2
    return 3 if re.search(r"세\s|셋|\bthree\b", phrase, re.IGNORECASE) else None


def _position(ordinal: re.Match[str]) -> int:
    if ordinal["first_ko"] or ordinal["last_ko"]:
        return 0 if ordinal["first_ko"] else -1
    word = (ordinal["ko"] or ordinal["en"] or ordinal["number"]).lower()
    return _ORDINALS[word] if word in _ORDINALS else max(int(word) - 1, 0)


def _only_narrows(line: str, window: Window) -> bool:
    """Return whether a question holds nothing but a date expression: "지난주 것만", "only last week's"."""
    start, end = window.span
    rest = f"{line[:start]}\0{line[end:]}".strip()
    rest = re.sub(r"\s*\0\s*", "\0", rest)
    expression = line[start:end].lower()
    is_bare = _ONLY_DATES.match(rest) is not None
    return is_bare and bool(_NARROWING.search(rest) or re.search(r"만$|것만$", expression))
