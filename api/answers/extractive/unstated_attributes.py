"""What is asked about a paper that neither a summary nor an abstract tends to say: who, where, when, at what price.

Such a question names a paper, so a search finds that paper and takes it for an answer. It is one only where the thing
asked for stands in its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ....index.domain.hits import Hit

# How the thing is asked for, and what a text that says it holds, in either language.
_ATTRIBUTES: tuple[tuple[str, str], ...] = (
    (
        r"저자(?:들)?(?:가|는|은|의)?\s?(?:누구(?!와|랑|보다)|이름|소속|이메일|연락처|출신|어느\s(?:대학|회사|기관|연구|나라|팀)|몇\s?명)|제\s?1\s?저자|교신\s?저자|누가\s?(?:썼|쓴\s?논문)"
        r"|\bwho\s(?:wrote|authored)\b|\bwho\s(?:is|are)\s.{0,40}authors?\b|\b(?:first|corresponding|lead)\sauthor",
        r"저자는|제\s?1\s?저자|\bauthors?\s(?:is|are)\b",
    ),
    (
        r"소속(?!감)|어느\s(?:대학|회사|기관|연구소|연구실|나라|팀)|\baffiliat"
        r"|\b(?:which|what)\s(?:universit(?:y|ies)|institut\w*|compan(?:y|ies)|lab(?:s|orator\w+)?|countr(?:y|ies))\b",
        r"소속(?!감)|대학교?(?![가-힣])|연구소|\buniversit|\binstitute\b|\baffiliat",
    ),
    (r"이메일|메일\s주소|\be-?mail\b", r"이메일|@\w|\be-?mail\b"),
    (
        r"(?:어느|어떤|무슨)\s(?:학회|저널|학술지)|(?:학회|저널|학술지)(?:에|에서)?\s?(?:채택|실|발표|게재)|게재(?:됐|되었)"
        r"|\b(?:which|what)\s(?:conference|journal|venue)\b|\bpublished\s(?:at|in)\s(?:which|what)\b|\baccepted\s(?:at|to|by)\b",
        r"학회|저널|채택되|\bconference\b|\bjournal\b|\baccepted\s(?:at|to|by)\b|\b(?:CVPR|ICCV|ECCV|NeurIPS|ICML|ICLR|ACL|EMNLP)\b",
    ),
    (
        r"수상(?:했|하였|작|한\s?(?:적|상)|\s?(?:이력|경력|내역|여부))|(?<![가-힣])상을\s?받|\baward\b|\bprize\b",
        r"수상|상을\s?받|\bawards?\b|\bprize\b",
    ),
    (
        r"인용\s?(?:횟수|수|됐|되었)|몇\s?(?:번|회)\s?인용|\bcitation\scount\b|\bhow\s(?:many\s(?:times|citations)|often)\b.*\bcit(?:ed|ations?)\b",
        r"인용\s?횟수|\bcitations\b",
    ),
    (
        r"사용료|이용료|요금|가격|비용이?\s?얼마(?!나?\s?(?:\S{1,4}\s)?(?:줄|절감|절약|감소|낮|아끼|아꼈|늘|증가))|얼마에\s?(?:팔|사)"
        r"|라이선스\s?(?:비|가격)|한\s?달에\s?얼마|\bprice[sd]?\b|\bfees?\b|\blicen[cs]e\s(?:cost|fee|price)"
        # What is saved is told in percents: "How much does it cut the cost?"
        r"|^(?!.*\b(?:reduc|cut|lower|sav|decreas|increas|minimi[sz]|improv|memory|affect)\w*)"
        r".*(?:\bhow\smuch\s(?:does|do|did|would|will)\b.*\bcost|\bcosts?\?$)"
        r"|\bpaid\b.*\bhour|\bhourly\b|시급(?![한하히])",
        r"사용료|요금|가격|달러|\bprice|\$\s?\d|\bUSD\b|\bdollars?\b|\bfees?\b|시급(?![한하히])",
    ),
    (
        r"전기(?:를|세|\s사용|료)|전력\s?(?:소비|소모|사용)량?|탄소|\bcarbon\b|\belectricity\b|\benergy\s(?:use|consum)",
        r"전기|전력|탄소|에너지|\bcarbon\b|\belectricity\b|\benergy\b",
    ),
    (
        r"깃허브\s?(?:별|스타)|별\s?개수|스타\s?(?:수|개수)|다운로드\s?(?:수|횟수)|몇\s?(?:번|명)(?:이|이나)?\s?다운로드"
        r"|\bgithub\sstars?\b|\bhow\smany\s(?:stars|downloads)\b|\bdownloaded\b",
        r"별\s?\d|스타\s?\d|다운로드\s?(?:수|횟수)|\bstars\b|\bdownloads\b",
    ),
    (r"시드(?:를|는|값|\s?값|\s?몇)|\brandom\sseeds?\b|\bhow\smany\sseeds\b", r"시드|\bseeds?\b"),
    (r"배치\s?(?:크기|사이즈)|\bbatch\ssizes?\b", r"배치\s?(?:크기|사이즈)|\bbatch\ssizes?\b"),
    (
        r"(?:어떤|무슨)\s옵티마이저|옵티마이저(?:는|로|가)\s?(?:뭐|무엇|어떤|뭘)|\b(?:which|what)\soptimi[sz]er",
        r"옵티마이저|\boptimi[sz]er|\bAdam",
    ),
    (r"학습률(?:은|이)?\s?(?:얼마|몇)|\b(?:which|what)\s.{0,12}learning\srate", r"학습률|\blearning\srate"),
    (
        r"(?:파이썬|파이토치|쿠다)\s?버전|\b(?:python|pytorch|cuda)\sversion",
        r"(?:파이썬|파이토치)\s?\d|\b(?:python|pytorch)\s?\d",
    ),
    (
        r"(?:A100|H100|V100|GPU|TPU)(?:을|를|로|에서)?\s?(?:며칠|몇|얼마나)|며칠(?:이나|\s?동안)?\s?(?:학습|돌)"
        r"|\b(?:gpu|tpu|a100|h100)[\s-](?:hours?|days?)\b|\bhow\s(?:long\s(?:did|does|do|was|is|will)|many\s(?:hours|days|gpus)\s(?!of\b))\b.*\btrain",
        r"(?:A100|H100|V100|GPU|TPU)|\d\s?(?:일|시간)\s?(?:동안|만에)|\bGPU|\d[kKM]?\s(?:seconds|minutes|hours|days|weeks)\b",
    ),
    (
        r"언제\s?(?:출시|나와|나오(?!는)|공개될|공개돼|공개되)|출시일|\brelease\sdate\b|\bwhen\s(?:will|is|does)\b.*\b(?:releas|launch|come\sout)",
        r"출시|공개(?:될|할)\s?예정|\bwill\s(?:be\s)?releas",
    ),
    (r"연구비|후원(?:한|받|사|은|을)|\bfunded\b|\bfunding\b|\bsponsor", r"연구비|후원|\bfund(?:ed|ing)\b|\bsponsor"),
    (r"고향|\bgr[oe]w\sup\b|\bborn\b|\bhometown\b", r"고향|\bborn\b|\bhometown\b"),
    (r"(?:식약처|FDA)|허가(?:를|는)?\s?(?:받|났)|\b(?:fda|regulatory)\sapprov", r"식약처|허가|\bFDA\b|\bapprov"),
    (r"직원|\bemployees\b|\bhow\smany\speople\swork\b", r"직원|\bemployees\b"),
)
_COMPILED = tuple((re.compile(asked, re.IGNORECASE), re.compile(said, re.IGNORECASE)) for asked, said in _ATTRIBUTES)


def unstated(question: str, hits: Iterable[Hit]) -> bool:
    """Whether a question asks for something of this kind that none of the papers' texts holds."""
    wanted = [said for asked, said in _COMPILED if asked.search(question)]
    texts = [item.text for hit in hits for item in hit.evidence] if wanted else []
    return any(not any(said.search(text) for text in texts) for said in wanted)
