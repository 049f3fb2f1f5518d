"""The section of a paper that a question asks for, detected by rules: "what are the limitations of X?".

The name of a section is not enough: "dataset distillation" is a topic, "which datasets does it use?" asks for a
section.
"""

from __future__ import annotations

from ..analysis.lazy_patterns import PatternTable
from ..domain.papers import SectionName

# Before a word that otherwise asks for papers: "환각을 줄이는 방법은?" asks for a method, not for a section.
_OF_A_PAPER = r"(?:[\w\-.]*의|논문|제안하는|제안한|제안된|쓰인|사용한|사용된|\d)\s?"
# The names of the sections.
_KOREAN: tuple[tuple[SectionName, str], ...] = (
    ("limitations", r"(?:한계점?|단점|약점|제약(?:\s?사항)?|실패\s?(?:사례|요인))"),
    ("future_work", r"(?:후속\s?연구|(?:향후|앞으로의)\s?(?:연구|과제|방향|계획)(?:\s?(?:방향|과제|계획))?)"),
    ("results", r"(?:(?:실험|정량|정량적|평가)\s?결과|결과|성능|정확도|점수|결론)"),
    (
        "experiments",
        r"(?:데이터\s?(?:셋|세트)?|벤치마크|베이스라인|비교\s?대상|평가\s?(?:지표|방법|방식)|실험\s?(?:설정|환경|방법|구성|조건))",
    ),
    ("contributions", r"(?:핵심\s?)?(?:기여점?|공헌|참신성|독창성|새로운\s?점|차별점)"),
    (
        "architecture",
        rf"(?:{_OF_A_PAPER}(?:방법론?|접근법|접근\s?방식)|(?:모델\s?)?(?:구조|아키텍처)|학습\s?(?:방법|방식|설정))",
    ),
    ("motivation", r"(?:동기|연구\s?배경|문제\s?정의|문제\s?의식)"),
)
_REQUEST = (
    r"(?:알려|말해|보여|설명|요약|정리|소개|비교)(?:\s?좀|\s?해|\s?하)?\s?"
    r"(?:줘|주(?=세|시|십|라|면\s)|봐|달라|다오|라\b|세요|시오|부탁|바라|바랍|$)"
)
_EXISTS = (
    r"(?:(?:있|없)(?:나|는가|을까|니|습니까|을지)|(?:있어|없어)(?:요|\s?[?.]?$|\?)|"
    r"(?:있|없)는지\s?(?:알|궁금|말|설명)|(?:있|없)지\?)"
)
_USES = r"(?:썼|쓰나|쓰니|쓰는가|쓰는지|써\b|쓰였|(?:사용|이용|제안)(?:했|하나|하는가|하는지|됐|되었|되나))"
_QUESTION = (
    r"(?:들)?(?:에\s?대해서?|으로|로|은|는|이|가|을|를|도)?\s?"
    rf"(?:뭐|뭔|뭘|무엇|무슨|어떤|어떻|어때|어땠|어디|얼마|몇|궁금|좋나|좋아\?|나은가|{_REQUEST}|{_EXISTS}|{_USES}|\?)"
)
_WHICH = r"(?:어떤|무슨|어느)\s(?:공개\s|평가\s|학습\s|실험\s|새로운\s)?"
_WHICH_QUESTION = (
    r"(?:들)?(?:으로|로|에서|을|를|이|가|에)?\s?"
    rf"(?:학습|평가|훈련|실험|비교|검증|보였|얻었|냈|나왔|갖|{_EXISTS}|{_USES})"
)
# Without a verb, a question asks for a section of a paper that it names or refers to.
# A lookahead matches the name: with an expression that can divide one long word in many ways, a match takes minutes.
_PAPER = r"(?:(?:이|그|저|해당|위)\s논문|(?<![\d.])\d{4}\.\d{4,5}(?:v\d+)?|^(?=(?-i:[A-Z][\w\-+.]*?[A-Z0-9])))"
_WORDS = r"\S*(?:\s\S{1,20}){0,2}?\s?"

_ADJECTIVES = (
    r"(?:[\w\-.+]+['’]s\s)?(?:(?:main|key|major|reported|known|stated|overall|experimental|proposed|quantitative|its|their|own|core|"
    r"primary)\s)*"
)
_ENGLISH: tuple[tuple[SectionName, str], ...] = (
    ("limitations", r"(?:limitations?|weakness(?:es)?|drawbacks?|shortcomings?|failure\s(?:cases?|modes?))"),
    ("future_work", r"(?:future\s(?:work|directions?|research)|next\ssteps|follow-?up\swork)"),
    ("results", r"(?:results?|findings|performance|scores?|accuracy|conclusions?)"),
    (
        "experiments",
        r"(?:data\s?sets?|benchmarks?|baselines?|(?:evaluation\s)?metrics?|experimental\s(?:setup|settings?)|experiments|"
        r"(?:training|evaluation|test)\s(?:data|sets?))",
    ),
    ("contributions", r"(?:contributions?|novelty|novel\sideas?)"),
    (
        "architecture",
        r"(?:(?:model\s)?architecture|methodology|method|approach|training\s(?:setup|procedure|details|recipe))",
    ),
    ("motivation", r"(?:motivation|problem\sstatement|research\sproblem)"),
)
_ENGLISH_END = (
    r"(?=\s*(?:$|[?.!,;]|(?:of|in|on|for|does|do|did|is|are|was|were|used|reported|discussed|mentioned|behind|and|they|"
    r"it|has|have|here)\b))"
)
_OF_PAPER = (
    r"(?:of|in|for|behind)\s(?:the\s|this\s|that\s)?"
    r"(?:(?:(?:first|second|third|fourth|fifth|last)\s)?(?:one|paper)\b|work|study|model|\d{4}\.\d{4,5}|(?-i:[A-Z][\w\-+.]*[A-Z0-9])[\w\-+.]*)"
)
_ENGLISH_PHRASES: tuple[tuple[SectionName, str], ...] = (
    ("limitations", r"where\s(?:does|do)\s.{1,60}⟦\sfail\b⟧|what\s(?:can|does)\s(?:it|\S+)⟦\snot\s(?:do|handle)\b⟧"),
    ("results", r"⟦how\swell⟧\s(?:does|do|did)\s.{1,60}\s(?:perform|work|do)\b|⟦how\saccurate⟧\sis\b"),
    (
        "experiments",
        r"⟦what\sdata\s⟧(?:is|was|were|does|do|did)\b|(?:evaluated|trained|tested|benchmarked)⟦\son\s?(?:\?|what|which)⟧",
    ),
    (
        "contributions",
        r"what(?:'s|\sis)\s⟦(?:new|novel)\s(?:in|about)⟧\s(?:this|the|that|it|\d|[A-Z])|what\sdoes\s.{1,60}⟦\scontribute⟧",
    ),
    (
        "architecture",
        r"how\s(?:does|do)\s(?!(?:we|i|you|one|they|people)\b)\S{1,40}⟦\swork\b⟧|how\s(?:is|was|were)\s(?:it|\S{1,40})⟦\strained\b⟧",
    ),
    (
        "motivation",
        r"(?:what|which)⟦\sproblems?\s⟧(?:does|do|did)\s.{1,60}\s(?:solve|address|tackle)|⟦why\swas\s⟧.{1,60}\sproposed",
    ),
)


def _korean(word: str) -> str:
    """Return an expression for the questions that ask for a section by one of its Korean names."""
    question = rf"(?<![가-힣])⟦{word}⟧{_QUESTION}|{_WHICH}⟦{word}⟧{_WHICH_QUESTION}"
    return rf"{question}|{_PAPER}{_WORDS}(?<![가-힣])⟦{word}⟧(?:은|는|이|가)?\s?(?:요약|정리|설명)?[.?]?$"


def _english(word: str) -> str:
    """Return an expression for the questions that ask for a section by one of its English names."""
    what = rf"\bwhat(?:'s|\sis|\sare|\swas|\swere)\s(?:the\s)?{_ADJECTIVES}⟦{word}⟧{_ENGLISH_END}"
    which = rf"\b(?:what|which)\s{_ADJECTIVES}⟦{word}⟧\s(?:does|do|did|is|are|was|were|has|have)\b"
    request = (
        r"\b(?:tell|show|give|explain|describe|summari[sz]e|list|discuss)\s(?:me\s|us\s)?(?:about\s)?(?:the\s)?"
        rf"{_ADJECTIVES}⟦{word}⟧{_ENGLISH_END}"
    )
    elliptic = (
        rf"^(?:(?:and|so|then|but|what\sabout|how\sabout|the|any|its|their)\s)+{_ADJECTIVES}⟦{word}⟧[?.!]*$|^⟦{word}⟧\?$"
        rf"|^(?:(?:and|so|then|but|what\sabout|how\sabout)\s)*(?:the\s)?{_ADJECTIVES}⟦{word}⟧\s{_OF_PAPER}|\d{{4}}\.\d{{4,5}}(?:v\d+)?(?:'s)?\s{_ADJECTIVES}⟦{word}⟧[?.]?$"
    )
    return f"{what}|{which}|{request}|{elliptic}"


SECTION_RULES: PatternTable[SectionName] = PatternTable(
    (
        *((_korean(word), name) for name, word in _KOREAN),
        *((_english(word), name) for name, word in _ENGLISH),
        *((rf"\b(?:{words})", name) for name, words in _ENGLISH_PHRASES),
    )
)


def detect_section(text: str) -> SectionName | None:
    """Return the section that a question asks for; None if it asks for papers or names more than one section.

    Args:
        text: the question, its Hangul composed (NFC).
    """
    sections: set[SectionName] = {section for _, section in SECTION_RULES.finditer(text)}
    return sections.pop() if len(sections) == 1 else None
