"""Rules for Korean sentences in which an author admits that it could not read the paper."""

from __future__ import annotations

from .rules import Rule, any_of

_APOLOGY = any_of(
    r"^(?:\w{2,5}[, ]+)?(?:죄송|미안|송구)(?:합|하|스럽|해)"
    r"(?!\S{0,6}\s*(?:다는|다고|라는|라고|라며|같은|과\s*같|와\s*같|등의))"
)
_SOURCE = any_of(r"링크|페이지|본문|원문|전문|초록|논문|PDF|파일|문서|주소|URL|사이트|웹|인터넷|텍스트")
# The author cannot: finite and causal forms. "열 수 없는 페이지" describes a page, not the author.
_ENDING = r"(?:습니다|었|어|으므로|으며|으나|으니|기\s*때문|음|다\b|네요|지만|거나|는\s*(?:상태|점|관계로|것\s*같))"
_UNABLE = any_of(
    r"(?:열|읽을|볼|열람할|접근할|접속할|불러올|가져올|열어\s*볼|읽어\s*볼|추출할|검색할|조회할)\s*수(?:가|는|도)?\s*없"
    + _ENDING,
    r"(?:읽|열|보|열람하|접근하|접속하|불러오|가져오|추출하|입수하|검토하|확인하|조회하|찾)지(?:는|를|도)?\s*못"
    r"(?:했(?!을)|하였|해(?!도)|함|한\s*(?:상태|관계로|채))",
    r"(?:작동하|열리|불러와지|로드되)지\s*(?:않(?:아|습|았)|못)|안\s*열(?:려|립|렸)|불러오(?:는\s*데|기에)\s*실패"
    r"|접(?:근|속)(?:이|은)?\s*(?:제한|불가|차단|되지\s*않|안\s*되|어려)|(?:읽어|열어)\s*본\s*것(?:은|이)\s*아니"
    r"|읽고\s*(?:쓴|작성\S{0,3}|정리\S{0,3})\s*\S{1,4}\s*아(?:니|닙)"
    r"|확인(?:이|은)\s*어려웠",
)
_SELF_REFERENCE = any_of(
    r"드리|드릴|드려|죄송|양해|저는|제가|저로서|제게|저에게",
    r"요약(?:을|은|하지|해|할|에|합|하겠)|작성|정리(?:하|했|해)|추측|추정|가정|아래|참고로|위\s*(?:내용|요약|글)",
    r"(?:해당|제공(?:된|하신|해\s*주신)|요청하신|첨부(?:된|하신|해\s*주신)|보내\s*주신|주신"
    r"|말씀하신)\s*(?:\S{1,12}\s*)?"
    r"(?:링크|논문|페이지|본문|원문|문서|파일|PDF|URL|주소|자료)",
    r"^(?:현재|실제|직접|이)?\s*(?:논문|링크|본문|원문|전문|PDF|파일|문서|페이지)",
)
_FIRST_PERSON = any_of(r"드리(?:겠|고|도록|며|기)|드릴|저는|제가|저로서|저에게|제\s*(?:학습|훈련)|죄송|양해")
# Someone else cannot read, guesses or apologizes: the subject of the paper.
_OTHERS = any_of(
    r"(?:모델|에이전트|서버|시스템|사용자|학생|로봇|저자|연구진|연구팀|참가자|평가자|분류기|검색기|공격자|알고리즘"
    r"|비서|상담원|독자|환자|챗봇"
    r"|도구|파이프라인|사람|기계|크롤러|프로토콜|검토자|심사자|장애인|노드|검색\s*로봇)(?:들)?(?:이|가|은|는|도|에게)\s"
)
_THIS_UNKNOWN = any_of(  # the paper itself is unknown, not one of its details
    r"(?:논문|링크|본문|원문|전문|초록|페이지|문서|PDF|파일)(?:의|에\s*대한|을\s*통해|를\s*통해)?\s*"
    r"(?:(?:해당\s*논문의|실제|상세한?|구체적인|전체|자세한|정확한|본문)\s*){0,3}"
    r"(?:내용|정보)?[을를은는]?\s*(?:직접\s*)?(?:확인|파악|알|찾을?|검색)(?:할|아볼)?\s*수(?:가|는)?\s*없" + _ENDING,
    r"(?:링크|페이지)에서\s*(?:해당\s*)?논문의?\s*(?:상세\s*|구체적인\s*)?(?:내용|정보)[을를은는]\s*확인할\s*수\s*없",
    r"(?:해당|이)\s*논문에\s*(?:대한|관한)\s*(?:\S{1,8}\s*)?정보[를가]?\s*(?:가지고|갖고|보유하고)\s*있지\s*않",
)
_DETAIL = any_of(r"(?:마스킹|하이퍼|데이터셋|한계점|아키텍처|설정|수치|지표|코드|결과|성능|실패\s*요인)")

_MADE_BY = any_of(
    r"(?:작성|정리|구성|요약|서술|생성|설명)(?:했|하였|한\s*(?:것|내용)|된|되었|됐|할|이|입|은|는)|썼|쓴\s|적었"
    r"|적은\s*것|답변|일반론"
)
_TITLE = any_of(r"제목|논문명")
_BASIS = any_of(
    r"기반|바탕|토대|근거|기준|보고|볼\s*때|보면|통해|중심|유추|추론|추측|짐작|추정|미루어|만으로|만을?\s*(?:참고"
    r"|가지고)|활용"
)
_ACT = any_of(
    r"드리|요약(?:입|이|임|했|해|하였|하겠|하면|하자면|합니다|을\s*(?:작성|제공|시도))|정리(?:했|해|하였|하겠|하면"
    r"|합니다|한\s*것)",
    r"작성(?:했|하였|해|한\s*(?:것|요약|내용|글)|된\s*(?:것|요약|내용|글)|되었|됐|합니다|하겠)|서술(?:했|하였|합니다"
    r"|한\s*것)"
    r"|썼|쓴\s*(?:것|글|추측)|적어|적었|적은\s*것|만든\s*것|만들었|설명하겠|(?:추측|추론|추정)(?:입니다|이며|이므로"
    r"|이고|일\s*뿐)",
    r"예상되는\s*내용|(?:유추|추론|추측|추정|짐작)한\s*(?:내용|것|요약)|짐작할\s*수\s*있는\s*내용"
    r"|(?:연구|내용|것)(?:으)?로\s*(?:예상|추정|추측|짐작|보)(?:됩|됨|됐|입|합)",
)
_PAPER = any_of(r"논문|원문|요약|위|아래|다음|내용|링크|본문|제목\s*보고|제목만")
_THIS = (
    r"(?:위|아래|이|본|이러한|상기|다음|앞의|제공된|이번)(?:의|에|에서)?\s*"
    r"(?:요약|내용|글|설명|정리|답변|서술|분석)(?:문)?(?:은|는|이|가|들은)\b|^요약은"
)
_MADE = any_of(
    r"(?:바탕|기반|토대|근거)(?:으로|한|하여|로)?.{0,12}(?:작성|추론|추측|추정|구성|만든|만들|정리)|지식에\s*(?:의존"
    r"|근거|기반)",
    r"(?:추측|추론|추정|가정|가상|상상)(?:이|입|한|으로|에\s*(?:기|근)|된|하여|일|의|해)",
)
_VAGUE = any_of(r"일반적인|제목|(?:배경|사전|기존)\s*지식|추측|추론|추정|가정|가상|상상")
_DIFFERS = r"\s*(?:다를|차이가|다소|일치하지|상이|같지)"

_TITLE_ONLY = ("title_only", "written from the paper's title")
_GUESS = ("guess", "the author calls the text a guess")
_GENERAL = ("guess", "written from general knowledge")
_MAY_DIFFER = ("guess", "may differ from the paper")
_UNAVAILABLE = ("no_access", "the paper was not available")
_NO_ACCESS = ("no_access", "the author could not open or read the paper")

KOREAN_RULES = (
    Rule("apology", "the author apologizes instead of summarizing", (_APOLOGY,)),
    Rule(*_TITLE_ONLY, (_TITLE, _BASIS, _ACT, _PAPER, _FIRST_PERSON)),
    Rule(*_TITLE_ONLY, (_TITLE, _BASIS, _ACT, _PAPER), (_OTHERS,)),
    Rule(*_GUESS, (any_of(_THIS), _MADE, _VAGUE), (_OTHERS,)),
    Rule(
        *_GUESS,
        (any_of(
            r"가상의\s*(?:요약|내용)(?:입|을\s*(?:작성|제공|제시)|이)|가정에\s*(?:기반|근거"
            r"|바탕)\S{0,3}\s*(?:둔\s*)?요약|예상되는\s*내용을\s*(?:서술|정리|작성|적|요약)",
            r"(?:추정|추론|추측|상상|짐작|유추)(?:하여|해서?|으로)\s*(?:\S{1,12}\s*)?(?:요약(?:했|해|하겠|하였|을)"
            r"|작성|정리(?!하는)|적었|적어|썼)",
        ),),
        (_OTHERS,),
    ),
    Rule(*_GENERAL, (any_of(r"일반적인\s*(?:배경\s*)?(?:지식|내용"
    r"|연구\s*동향)"), any_of(r"바탕|기반|토대|활용"), _ACT), (_OTHERS,)),
    Rule(*_GENERAL, (any_of(r"(?:제가|저의|제)\s*(?:알고|아는|가진"
    r"|학습한)"), any_of(r"연구|지식|내용"), any_of(r"바탕|기반|토대")), (_OTHERS,)),
    Rule(*_MAY_DIFFER, (any_of(r"실제\s*논문(?:의)?\s*(?:내용)?(?:과|와)는?" + _DIFFERS),), (_OTHERS,)),
    Rule(
        *_MAY_DIFFER,
        (any_of(r"실제\s*(?:의\s*)?내용(?:과|와)는?" + _DIFFERS, r"정확한\s*(?:내용|요약)[은이]?\s*아닐\s*수"),
         any_of(r"제목|추측|추정|원문|전문", _THIS)),
        (_OTHERS,),
    ),
    Rule(*_MAY_DIFFER, (any_of(_THIS), any_of(r"사실과\s*다|(?:정확하지\s*않|틀리?|다)[을를]?\s*수"
    r"|오류가\s*있을")), (_OTHERS,), at_edge=True),
    Rule(*_NO_ACCESS, (_SOURCE, _UNABLE, _SELF_REFERENCE, _FIRST_PERSON)),
    Rule(*_NO_ACCESS, (_SOURCE, _UNABLE, _SELF_REFERENCE), (_OTHERS,)),
    Rule(*_NO_ACCESS, (_SOURCE, _UNABLE), (_OTHERS,), at_edge=True),
    Rule("no_access", "the author does not know the paper", (_THIS_UNKNOWN,), (_OTHERS, _DETAIL)),
    Rule(
        *_UNAVAILABLE,
        (any_of(r"(?:논문|원문|본문|전문)(?:을|를|의\s*내용을?)?\s*(?:없이|참[조고]하지\s*(?:않|못)|읽지\s*않"
        r"|보지\s*않)"),
         any_of(r"작성|생성|정리|요약|답변|썼")),
        (_OTHERS,), at_edge=True,
    ),
    Rule(
        "no_access", "the author is a language model without access",
        (any_of(r"(?:언어\s*모델|인공지능|AI)(?:\s*(?:모델|어시스턴트))?(?:으?로서(?!의)|이기\s*때문|이라서?"
        r"|이므로)", r"제\s*(?:학습|훈련)\s*데이터"),
         any_of(r"수(?:가|는)?\s*없|못|않")),
        (_OTHERS,),
    ),
    Rule(  # only about a text, how the summary was written, and something missing or doubtful
        *_UNAVAILABLE,
        (any_of(r"링크|페이지|본문|원문|전문|논문|PDF|파일|문서|제목|자료"
        r"|문헌"), _MADE_BY, any_of(r"없|않|못|뿐|만으로|불가|실패|추측|추정|가정|통념|일반론|예상|상상")),
        (_OTHERS, _DETAIL, any_of(r"충분|상세|자세|구체|정확한\s*(?:정보|분석)|향후|추가")), at_edge=True,
        max_content_words=5,
    ),
    Rule(
        "no_summary", "the author declines to summarize",
        (any_of(
            r"요약(?:을|은|본을)?\s*(?:작성|제공|생성|수행)?(?:할|해\s*드릴)\s*수(?:가|는)?\s*없(?:습|어|음|었|다)",
            r"요약을?\s*(?:작성하지\s*못|제공하기\s*어렵|드리기\s*어렵|제공해\s*드리기\s*어렵)|^도와\s*드릴\s*수\s*없",
        ),),
        (_OTHERS,),
    ),
)  # fmt: skip
