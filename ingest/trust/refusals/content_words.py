"""Content words: the words of a text that are not generic to summaries or to refusals."""

from __future__ import annotations

import re

_WORD = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]{2}|[^\W_]+")
_LONG_WORD = 15  # letters; in scripts without spaces, a sentence is one word

# Headings of summaries, and generic words about research.
_SUMMARY_WORDS = (
    r"핵심|동기|문제|정의|주요|기여|참신|모델|아키텍처|학습|설정|실험|정량|결과|한계|잠재|실패|요인|후속|연구"
    r"|아이디어|확장|방향|향후|배경|방법|제안"
    r"|구조|데이터|성능|비교|평가|분석|설명|정리|작성|서술|소개|제시|제공|내용|정보|항목|형식|섹션|부분|해결|목적"
    r"|제목|저자|사용|활용|새로운|기존|향상"
    r"|달성|언급|구체|자세|상세|특정|다양"
)
# Words about texts and the access to them.
_ACCESS_WORDS = (
    r"논문|요약|링크|본문|원문|전문|초록|파일|문서|페이지|사이트|웹|주소|번호|자료|텍스트|글|첨부|전달|접근|접속|열"
    r"|읽|확인|찾|검색|불러|로딩|다운로드|오류"
    r"|요청|처리|질문|답변|말씀|부탁|드리|드릴|드려|주시|주세|죄송|미안|안녕|아쉽|어렵|저작권|그대로|옮기|올바른"
    r"|정확(?!도)|직접|현재|실시간|외부|기능|예정|뒤|후"
    r"|불가|없이|학회|홈페이지|살펴|권|범위|안에서|가지고|학습된|언어|인공지능|인터넷|도움|도와|필요|원하|보내|공유"
    r"|붙여|복사|업로드|올려|알려|다른|다시|나중|썼|쓴|적었|밝혀|밝힙|둡니다|되지|된\b|통념|일반론|환경|가까운|대목"
    r"|맞지|포함|대상|구성|가능|뿐|문헌|권한|응답|유의|클릭|보았|나옵|나오"
)
_FUNCTION_WORDS = (
    r"다음|아래|위|같은|같습|이|그|저|제|네|및|등|또는|대한|대해|관한|관련|것|수|있|없|않|못|해당|본|각|다룹|다루"
    r"|여기|하는|합니다|했습니다|됩니다|입니다"
    r"|예를|들어|그러나|하지만|또한|다만|함께|먼저|바로|따라|요|할|하겠|해|때문"
)
_ENGLISH = (
    r"a|an|the|of|in|on|for|to|and|or|but|so|if|is|are|am|was|were|be|been|it|its|this|that|these|with|by|as|at|from"
    r"|here|there|would|will|could|can"
    r"|cannot|can|not|no|any|i|m|ll|ve|d|t|s|re|don|doesn|didn|couldn|won|wasn|me|my|you|your|we|our|us|their|what"
    r"|which|when|some|other|one|get"
    r"|papers?|summar\w+|abstract|methods?|results?|motivation|contributions?|introduction|background|problem|model"
    r"|architecture|experiments?|setup"
    r"|limitations?|future|work|sections?|structure|use|used|provid\w+|once|describe[sd]?|propose[sd]?|new"
    r"|conclusion|data|title|authors?|key|main"
    r"|overview|details?|information|texts?|full|documents?|pdfs?|files?|links?|urls?|pages?|websites?|web|internet"
    r"|articles?|contents?|arxiv|ids?|number"
    r"|access\w*|open\w*|read\w*|brows\w*|visit\w*|view\w*|load\w*|retriev\w*|fetch\w*|find|found|download\w*"
    r"|attach\w*|upload\w*|past(?:e|ing)|shar\w+|send"
    r"|sorry|apolog\w+|unfortunately|currently|directly|unable|able|ability|trouble|issue|errors?|fail\w*|timeout"
    r"|empty|missing|appears?|seems?|looks?"
    r"|please|happy|glad|help\w*|assist\w*|request\w*|question|message|without|again|check|try|mind|let|know|like"
    r"|need|want|start\w*|instead|based|only|written|source|caveat|had|would|following|unreachable|inaccessible"
    r"|conversation"
    r"|language|ai|assistant|because|since|however|external|available|unavailable|\w*\d\w*"
)
_GENERIC = re.compile(rf"(?:{_SUMMARY_WORDS}|{_ACCESS_WORDS}|{_FUNCTION_WORDS})\S*|(?:{_ENGLISH})", re.IGNORECASE)


def count_content_words(text: str) -> int:
    """Return the number of content words in a text; a long run without spaces counts as several."""
    words = (match[0] for match in _WORD.finditer(text))
    return sum(1 + len(word) // _LONG_WORD for word in words if not _GENERIC.fullmatch(word))
