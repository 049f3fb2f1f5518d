"""The intent of a question: the kind of answer that it asks for, decided by an ordered registry of rules.

A single word decides nothing: "비교 학습 논문" (contrastive learning) is no comparison, and "성능 향상 폭이 큰 논문"
asks for papers, not for a figure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..domain.papers import SectionName

Intent = str
"""The name of an intent: one of the rules of `INTENTS`, to which extensions add."""

_REQUEST = r"(?:해|하|좀|부탁|바라|바랍|정리|설명|요약|분석|$|[?.!])"
# The question asks for papers, with or without further conditions.
_REQUESTS_PAPERS = re.compile(
    r"(?:논문|연구)(?:들)?(?:을|를|은|는|이|가|도)?\s?(?:좀\s?)?"
    r"(?:있|찾|추천|알려|보여|목록|리스트|모아|모음|뭐|뭔|무엇|어떤|소개|골라|검색|전부|모두|[?.]?$)"
    r"|(?:어떤|무슨|어느)\s(?:논문|연구)|(?:찾아|추천해|모아|골라)\s?(?:줘|주|봐|라)|(?:논문|연구)\s?(?:목록|리스트)"
    r"|\b(?:papers|articles|studies)\b|\b(?:which|any|a|find|is\sthere|recommend)\s(?:\w+\s){0,2}(?:paper|article|study)\b"
    r"|^(?:which|what)\s(?:model|method|work)\b|\bpapers?\s(?:on|about|that|which)\b",
    re.IGNORECASE,
)
# Papers that are related to a named one.
_RELATED = re.compile(
    r"(?:비슷한|유사한|닮은|관련된?|인용한|기반(?:의|으로|한)|개선한|확장한|활용한|이용한|사용한|적용한|쓰는|쓴|보다|대신|같은|말고|외에)"
    r"|\b(?:similar\sto|related\sto|like|based\son|citing|cites?|extend(?:s|ing)?|improv(?:es?|ing)\son|build(?:s|ing)?\son|"
    r"using|besides|other\sthan|instead\sof|inspired\sby)\b",
    re.IGNORECASE,
)

# Papers that are like a named one, or like the one just spoken of.
_SIMILAR = re.compile(
    r"(?:비슷|유사)한\s?(?:논문|연구|거|것|게|걸|방법|방식|모델|작업|접근|주제)|(?:이|그)런\s?(?:논문|연구|거|것)\s?(?:더|또)|(?:비슷|유사)한\s(?:\S+\s)?(?:더|또)"
    r"|\b(?:papers?|works?|stud(?:y|ies)|anything|something|articles?|ones?)\s(?:\w+\s)?(?:similar\sto|like\s(?:it|this|that|[A-Z0-9])|close\sto)"
    r"|\bsimilar\s(?:papers?|works?|stud(?:y|ies)|articles?|ones?)\b|\bmore\slike\s(?:this|that|it)\b",
    re.IGNORECASE,
)

_DIFFERENCE = (
    rf"비교\s?{_REQUEST}|차이점?(?:은|는|이|가|를|을|만)?\s?(?:점\s?)?(?:뭐|뭔|무엇|어떤|어떻|알려|말해|있|궁금|{_REQUEST})"
    r"|(?:다른|달라진)\s?(?:점|가|지\s|지$|거|건|것)|어떻게\s?(?:다르|다른|달라)|뭐가\s?(?:다르|다른|달라)|무엇이\s?다|공통점"
    r"|(?:어느|뭐|둘\s?중)\s?(?:쪽|것|게|가)?(?:이|가)?\s?(?:더|나은|낫)"
)
_JOINED_NAME = r"[\w)](?:와|과|랑|이랑|하고|및|,|\svs\.?|\s대)\s"
# "비교 학습" is contrastive learning; "비교 대상", "비교 실험" are parts of one paper.
_NO_COMPARISON = re.compile(
    r"비교\s?(?:학습|대상|실험|군|적\s|예제|기반)"
    r"|(?:비교|대조)(?:한|하는|했던|하여|해서)\s"
    r"|(?:비교|차이|공통점)(?:를|을|점을)?\s?(?:다룬|분석한|밝힌|줄이|줄인|연구한|설명한|보인)"
    r"|\b(?:papers?|work|stud(?:y|ies)|articles?)\s(?:that\s|which\s)?(?:compar|contrast)\w*|\bcomparative\b|\bcontrastive\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    rf"{_JOINED_NAME}.{{1,80}}?(?:{_DIFFERENCE})"
    r"|^(?:please\s|can\syou\s|could\syou\s|now\s)*(?:compare|contrast)\s.+"
    r"|\bdifferences?\sbetween\s.+\sand\s|\bhow\s(?:does|do|is|are|did)\s.+\s(?:differ|different)\b"
    r"|^\S+(?:\s\S+){0,3}\s(?:vs\.?|versus)\s\S+(?:\s\S+){0,3}[?.]?$"
    r"|\b(?:which|what)\s(?:one\s)?(?:is|does|performs|works)\s(?:\w+\s)?(?:better|faster|cheaper|stronger)\b.*\bor\b"
    r"|\bin\scommon\b",
    re.IGNORECASE,
)
# Fewer words ask to compare two papers that the question names.
_COMPARES_NAMED = re.compile(
    rf"{_DIFFERENCE}|비교|차이|\bvs\b|\b(?:compare|compared|comparison|contrast|difference|differ|versus|better)",
    re.IGNORECASE,
)

_COUNTED = (
    r"(?:퍼센트|프로(?![가-힣])|%|배(?![가-힣]*치)|개|장|건|점|시간|분|초|일|주|단계|층|비트|억|조|만|천|백|명|종|편|가지|토큰|파라미터|"
    r"번|회|스텝|달러|원|메가|기가|GB|TB|B(?![a-z])|k(?![a-z])|프레임|문장|문항|문제|언어|쌍)"
)
_CHANGE = (
    r"(?:향상|개선|증가|감소|상승|하락|절감|단축|늘|줄|높|낮|빠르|빨라|빠른|느리|크|큰|커|많|적|걸리|걸렸|드는|들|먹|올|떨어|"
    r"좋아|나아|차이|정확|길|짧|작|필요|쓰|썼|사용|되|돼|됐)"
)
_REQUESTS_FIGURE = re.compile(
    rf"(?<![가-힣])몇\s?{_COUNTED}|(?<![가-힣])얼마나\s?(?:\S+\s){{0,2}}?{_CHANGE}"
    r"|얼마(?:야|인가|인지|예요|에요|였|지\?|입니까|니\?|이고|만큼|\?|$|가\s)"
    r"|(?:향상|개선|증가|감소|상승|하락|절감)\s?(?:폭|률|율|치|량|정도)(?:은|는|이|가)?\s?(?:얼마|어느|몇|뭐|어떻|알려|[?.]?$)"
    r"|어느\s?정도(?:야|인가|인지|예요|였|로\s)?\s?(?:\S+\s)?(?:향상|개선|증가|감소|빨라|줄|늘|높|낮|되|[?.]?$)"
    r"|(?:개수|파라미터\s?수|수치|비율|배율|용량|크기|규모|속도)(?:은|는|이|가)?\s?(?:얼마|몇|어느|[?.]?$)"
    r"|\bhow\s(?:many|much|large|big|long|fast|often|small)\b|\bby\show\smuch\b"
    r"|\b(?:what|which)\s(?:is\sthe\s|was\sthe\s)?(?:percentage|percent|fraction|share|proportion|number\sof|speed-?up|size\sof)\b",
    re.IGNORECASE,
)
_FIGURE_WORDS = re.compile(
    rf"(?<![가-힣])몇\s?{_COUNTED}|(?<![가-힣])얼마|어느\s?정도|\bhow\s(?:many|much)(?:\s\w+)?|\bhow\s(?:large|big|long|fast|often|small)\b"
    r"|수치|점수|개수|비율|\b(?:percentage|percent|fraction|share|proportion|speed-?up)\b|\b(?:number|size)\sof\s\w+",
    re.IGNORECASE,
)
_REQUESTS_EXPLANATION = re.compile(
    r"(?:설명|요약|정리|리뷰|해설)(?:을|를)?\s?(?:좀\s?)?(?:해|부탁|하|[?.]?$|줘)"
    r"|(?:이|가|은|는|란|이란|게|건)?\s?(?:뭐야|뭐지|뭐죠|뭐예요|뭐에요|뭔가요|뭔지|뭔데|뭐하는|뭘\s하는|무엇인가|무엇인지|무엇이야|무엇입니까)"
    r"|(?:에|를|을)\s?(?:대해|대하여|관해)"
    r"|^(?:please\s|can\syou\s|could\syou\s)*(?:explain|summari[sz]e|describe|tell\sme\s(?:more\s)?about|give\sme\s(?:a|an)\s\w+\sof)\b"
    r"|^what\s(?:does|did|do)\s.+\s(?:do|propose|show|find|say|introduce|mean|claim|contribute)\b"
    r"|^what(?:'s|\sis|\sare)\s|\bhow\s(?:does|do)\s\S+\swork\b|\b(?:summary|overview|explain)\b",
    re.IGNORECASE,
)
_LATEST = re.compile(
    r"다이제스트|데일리|최신|최근|신규|새로|새\s|\b(?:digests?|daily|newest|latest|recent|new)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class IntentContext:
    """What the rules decide by.

    Attributes:
        text: the question, its Hangul composed (NFC).
        section: the section of a paper that it asks for.
        named: how many papers it names.
        is_digest_request: whether it asks for the papers of some days, or the latest, and nothing else.
        is_record_request: whether it asks for fields of the record of the papers that it names, and nothing else.
    """

    text: str
    section: SectionName | None = None
    named: int = 0
    is_digest_request: bool = False
    is_record_request: bool = False


@dataclass(frozen=True, slots=True)
class IntentRule:
    """A rule of the registry.

    Attributes:
        name: the intent.
        matches: whether a question has it, if no earlier rule matches.
    """

    name: Intent
    matches: Callable[[IntentContext], bool]


class IntentRegistry:
    """Ordered rules: the first that matches decides; if none does, the question asks for a list of papers.

    Args:
        rules: in the order of precedence, one for each intent.
    """

    def __init__(self, rules: Iterable[IntentRule] = ()) -> None:
        self._rules: list[IntentRule] = []
        for rule in rules:
            self.register(rule)

    @property
    def names(self) -> tuple[Intent, ...]:
        """The intents in the order of their precedence."""
        return tuple(rule.name for rule in self._rules)

    def register(self, rule: IntentRule, *, before: Intent | None = None) -> None:
        """Add a rule.

        Args:
            rule: the rule.
            before: the intent over which it takes precedence; by default it comes last.

        Raises:
            ValueError: the rule's intent is registered already, or `before` is not.
        """
        if rule.name in self.names:
            raise ValueError(f"intent {rule.name!r} is already registered")
        if before is not None and before not in self.names:
            raise ValueError(f"no intent {before!r} is registered (expected one of {', '.join(self.names)})")
        self._rules.insert(len(self._rules) if before is None else self.names.index(before), rule)

    def unregister(self, name: Intent) -> None:
        """Remove the rule of an intent.

        Raises:
            KeyError: the intent is not registered.
        """
        if name not in self.names:
            raise KeyError(name)
        self._rules = [rule for rule in self._rules if rule.name != name]

    def detect(self, context: IntentContext) -> Intent:
        """Return the intent of a question."""
        return next((rule.name for rule in self._rules if rule.matches(context)), "list")


def _is_comparison(context: IntentContext) -> bool:
    text = context.text
    if _NO_COMPARISON.search(text):
        return False
    return bool(_COMPARES.search(text) or (context.named > 1 and _COMPARES_NAMED.search(text)))


def _is_list(context: IntentContext) -> bool:
    """Return whether papers are asked for; with a named paper only those that are related to it."""
    return bool((not context.named or _RELATED.search(context.text)) and _REQUESTS_PAPERS.search(context.text))


INTENTS = IntentRegistry(
    (
        IntentRule("digest", lambda context: context.is_digest_request and not context.named),
        IntentRule("compare", _is_comparison),
        IntentRule("list", _is_list),
        IntentRule("record", lambda context: context.is_record_request),
        IntentRule("figure", lambda context: bool(_REQUESTS_FIGURE.search(context.text))),
        IntentRule("section", lambda context: context.section is not None),
        IntentRule("explain", lambda context: context.named > 0 or requests_explanation(context.text)),
    )
)
"""The rules that `detect_intent` applies."""


def register_intent(rule: IntentRule, *, before: Intent | None = None) -> None:
    """Add a rule to `INTENTS` (`IntentRegistry.register`)."""
    INTENTS.register(rule, before=before)


def unregister_intent(name: Intent) -> None:
    """Remove a rule from `INTENTS` (`IntentRegistry.unregister`)."""
    INTENTS.unregister(name)


def detect_intent(
    text: str,
    *,
    section: SectionName | None,
    named: int,
    is_digest_request: bool,
    is_record_request: bool = False,
) -> Intent:
    """Return the intent of a question (`IntentContext` describes the arguments)."""
    return INTENTS.detect(IntentContext(text, section, named, is_digest_request, is_record_request))


def requests_latest(text: str) -> bool:
    """Return whether a question mentions a digest, or new or latest papers, and so may ask for nothing else."""
    return bool(_LATEST.search(text))


def requests_papers(text: str) -> bool:
    """Return whether a question explicitly asks for papers."""
    return bool(_REQUESTS_PAPERS.search(text))


def asks_for_similar_papers(text: str) -> bool:
    """Return whether a question asks for papers that are like another one."""
    return bool(_SIMILAR.search(text))


def requested_figures(text: str) -> tuple[str, ...]:
    """Return the words of a question that ask for figures, as written, each with the word after "how many"."""
    return tuple(dict.fromkeys(match[0].strip() for match in _FIGURE_WORDS.finditer(text)))


def requests_explanation(text: str) -> bool:
    """Return whether a question explicitly asks for an explanation or a summary."""
    return bool(_REQUESTS_EXPLANATION.search(text))
