"""Prompt injection: sentences of digests and abstracts that give instructions, or that hold active content.

Such sentences stay in the index as data, but no answer quotes them and no language model receives them. Papers hardly
ever address their reader, which separates plain instructions from statements: among 4,267 quotable sentences of 16 days
of digests and their abstracts, four count as instructions and three are left out for a URL; among 85,549 sentences of
other abstracts, 69 and 199 (benchmarks/injections.py). This is a first line of defense only: an instruction that is
worded as a statement passes. It can then be quoted as the digest's words, but never appears as the answer's own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ...ingest.trust.refusals.rules import any_of

_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufe00-\ufe0f\U000e0000-\U000e01ef]"
)
# Characters whose purpose is to hide or reverse text. Zero-width spaces are not among them: they occur in benign texts.
_HIDING = re.compile(r"[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_LOOKALIKES = str.maketrans(
    "аеорсухікԁɡһјӏոѕԛѡΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТХІЅЈ", "aeopcyxikdghjlnsqwABEZHIKMNOPTYXABEKMHOPCTXISJ"
)
_SPACED_OUT = re.compile(r"(?<![^\W_])(?:[^\W_][ .\-_*]){3,}[^\W_](?![^\W_])")
_LETTER_SEPARATOR = re.compile(r"[ .\-_*]")
_MARKDOWN = re.compile(r"[*_`~|>#]+")

_MARKUP = any_of(
    # HTML elements only; papers use tags of their own, such as <think> and <short>.
    r"</?(?:a|abbr|audio|b|base|body|br|button|canvas|code|details|div|embed|em|font|form|frame|h[1-6]|head|html|i"
    r"|iframe"
    r"|img|input|link|li|marquee|math|meta|object|ol|option|p|picture|pre|script|select|source|span|strong|style|svg"
    r"|table|td|textarea|title|tr|ul|video)\b[^<>]*>?",
    r"<!--|-->|<!\[cdata|<!doctype|&(?:lt|gt|#x?[0-9a-f]+);",
    r"\[[^\[\]]*\]\s?\(|\]\[|\]:\s*\S|!\[",
    r"\b(?:javascript|vbscript)\s?:\s?\S|\b(?:data|file|ftp|mailto):[^\s]{0,200}[/,@(;]",
    r"\bon(?:error|load|click|mouseover)\s?=",
)
_URL = re.compile(r"(?:https?://|www\.)([^\s/>)\]]+)", re.IGNORECASE)
# Hosts of papers' code, weights and project pages; answers pass on no other links of a digest.
_TRUSTED_HOST = re.compile(
    r"(?:^|\.)(?:github\.(?:com|io)|huggingface\.co|arxiv\.org|gitlab\.com|doi\.org|openreview\.net|zenodo\.org"
    r"|hf\.co"
    r"|kaggle\.com|modelscope\.cn|aka\.ms|sites\.google\.com|gitee\.com|[\w-]+\.(?:edu|ac\.[a-z]{2}))\.?$",
    re.IGNORECASE,
)
_CITATION_MARKER = re.compile(
    r"[\[【]\s*(?:arxiv:?\s*)?(?:\d{4}\.\d{4,5}(?:v\d+)?|\d{1,2})(?:\s*[,;]\s*[\d.]+)*\s*[\]】]", re.IGNORECASE
)
_ENCODED = re.compile(
    r"(?<![\w/.:-])[A-Za-z0-9+/]{40,}={0,2}(?![\w/.-])|(?:[0-9a-f]{2}[ :]?){24,}|(?:\\x[0-9a-f]{2}){4,}"
)

_INSTRUCTION = any_of(
    # Commands to ignore earlier text.
    r"\b(?:ignor\w*|disregard\w*|forget|overrid\w*|bypass\w*|discard|drop)\b[^.!?]{0,40}?"
    r"\b(?:previous|prior|above|earlier|preceding|foregoing|system|other|your|every|before|safety|these|those)\b"
    r"[^.!?]{0,30}?\b(?:instruct\w*|prompts?|rules?|contexts?|passages?|messages?|directions?|guidelines?|texts?"
    r"|questions?"
    r"|contents?|polic\w+|constraints?|everything|papers?|sources?|orders?|commands?|said|told)\b",
    r"\b(?:ignore|disregard|forget) (?:all|everything|anything|the above|what)\b",
    # Chat roles and templates.
    r"(?:^|[.!?]\s)[\"'(]?(?:system|assistant|user|human|developer|admin|tool)\s?(?:prompt|message|override"
    r"|note)?\s?[:>\]](?:\s|$)",
    r"<\|?\s?/?\s?(?:im_start|im_end|system|user|assistant|endoftext|eot_id|begin_of_text|start_header_id"
    r"|end_header_id"
    r"|instructions?|prompt|context|document|passages?|data|evidence|question|answer|tool_call"
    r"|function_call)\b[^<>]{0,30}>?",
    r"\[/?(?:inst|system|sys|assistant|user)\]|<</?sys>>|</?s>|^\s?(?:instruction|response|human|assistant"
    r"|system)s?\s?:",
    r"(?:=|-|\+){4,}|(?<![-\w])(?:begin|end|start) of (?:the )?(?:passages?|data|context|documents?|evidence"
    r"|prompt|instructions?|untrusted|system|user|quote)\b|^\W*(?:begin|end|start) (?:passages?|data|context"
    r"|documents?|evidence|prompt)\b",
    r"\byour (?:system )?(?:prompt|instructions|rules|guidelines|api key|key|configuration)\b",
    r"\b(?:reveal|print|show|repeat|output|display|leak|disclose|send|tell)\b[^.]{0,20}\b(?:(?:the|this) (?:system"
    r"|hidden) prompt"
    r"|api[ _]keys?|secret keys?|passwords?|credentials|environment variables?|access tokens?)\b",
    r"\bnew (?:instructions?|rules?|role|directives?)\s?:|\b(?:developer|jailbreak|god|admin) mode\b",
    # Forms of address.
    r"\byou(?: are|'re) (?:now|no longer|hereby|going to|required to|instructed|authori[sz]ed|an? (?:ai|assistant"
    r"|helpful"
    r"|language|chatbot|unrestricted|expert)|chatgpt|dan\b)",
    r"\byou (?:must|should|shall|need to|have to|are to|will now|may now|can now|ought to)\b",
    r"\bif you(?: are|'re) (?:an? |the )?(?:ai|llms?|(?:large )?language model|assistant|chatbot|bot|reading"
    r"|processing"
    r"|summari[sz]ing|asked)\b",
    r"\b(?:dear|hey|hello|(?:attention|note|notice|message|instructions?|hints?|reminder|important|warning)(?: to"
    r"| for|[:,(]))"
    r"[ ,:(]{1,3}(?:all |any |the |every )?(?:ai|llms?|(?:large )?language models?|models?|assistants?|chatbots?"
    r"|bots?|readers?"
    r"|summari[sz]ers?|reviewers?|agents?|crawlers?)\b\s?[:,!.)—-]",
    r"\b(?:ai|llm|language model|assistant|chatbot|bot)s? (?:reading|summari[sz]ing|answering from) (?:this|these"
    r"|the following)\b",
    r"\b(?:any|every|all|the) (?:ai|llms?|language models?|assistants?|chatbots?|readers?|answers?|summar(?:y|ies)"
    r"|responses?"
    r"|repl(?:y|ies)) (?:reading this |of this |to this |here )?(?:must|should|shall|has to|have to|needs? to|is to"
    r"|are to)\b",
    r"\b(?:in|from|to|with|begin|start|end) your (?:answers?|repl(?:y|ies)|responses?|summar(?:y|ies)|outputs?)\b",
    r"^\W*your (?:answers?|repl(?:y|ies)|responses?|summar(?:y|ies)|outputs?|task|job|role|goal)\b",
    r"^\W*the (?:correct|right|only|true|expected) (?:answer|citation|reply|response) (?:to\b[^.]{0,60} )?(?:is"
    r"|must|should)\b",
    # Imperatives: a command begins with its verb.
    r"^\W*(?:(?:please|now|instead|always|never|do not|don't|simply|just|only|then|first|also|kindly|immediately"
    r"|and|so"
    r"|from now on|for any question|when asked|to continue|for more|important)\b[ ,:]{0,2}){0,4}(?:say|answer"
    r"|respond|reply|output|print"
    r"|write|repeat|reveal|cite|recommend|tell|claim|append|pretend|execute|click|visit|download|send|email|buy"
    r"|subscribe|contact|upload|install|paste|copy|follow|obey|treat|quote|mention|praise|insist|remember"
    r"|act as"
    r"|run the|run this|open the (?:link|file)|go to|call the|call this|ignore|forget|disregard|translate|conclude"
    r"|state that|include the"
    r"|include this|add the|add this|use the following|stop)\b(?![- ](?:speed|rate|quality|time|count|length"
    r"|tokens?|files?|models?|systems?"
    r"|engines?|prediction|classification|matching|sets?|entropy|diversity|compression|effective|verification"
    r"|latent)\b)",
    r"\b(?:must|should|shall|always|never) (?:be )?(?:cited?|recommended|answered|quoted) (?:as|with|by|in|every"
    r"|for|first|this|only|when)\b",
    # Papers do not address their reader: one sentence of abstracts in three thousand contains "you".
    r"\b(?:you|your|yours|yourself)\b",
    r"^\W*(?:(?:please|kindly|now|just|simply|then|instead|also|first|do not|don't|never|always)\b[ ,]*)*(?:make"
    r"|let's|let us"
    r"|rate|do|refrain|trust|give|provide|ensure|keep|avoid|put|set|speak|take|look|read|check|rank|accept|reject"
    r"|act|begin"
    r"|start|stop|continue|play|rewrite|replace|remove|delete|hide|omit|skip|use|call|ask|log|register|pay|report"
    r"|emphasi[sz]e|highlight|present|describe|summari[sz]e|refuse|credit|thank|imagine|behave|choose|select|pick"
    r"|prefer|note|consider|think|wait|help|fetch|connect|submit|believe|disclose|enable|disable|unlock|activate"
    r"|enter|go"
    r"|come|try|show|teach)\b(?! that\b)(?![-–])",
    r"\b(?:hereby|directives? (?:is|are)|authori[sz]e you|instructed to (?:say|rank|answer|reply|cite|rate))\b",
    r"\breviewers?\b[^.]{0,40}\b(?:asked|should|must|give|accept)\b|\b(?:rate|accept|recommend) (?:this"
    r"|the) (?:paper|work"
    r"|submission)\b|\b(?:above|below) this (?:line|sentence|text)\b|\bthe following text\b"
    r"|\b(?:text|line|sentence|paragraph|everything|anything) (?:above|below|that follows)\b"
    r"|\bquestion of the user\b",
    # Korean: commands to ignore earlier text, roles, forms of address, and imperatives by their endings.
    r"(?:이전|앞선|앞의|앞서|위의?|위\s?내용|기존|모든|다른|지금까지|원래|시스템|상기)[^.!?\n]{0,20}?(?:지시|명령"
    r"|지침|프롬프트|규칙"
    r"|내용|문맥|설정|대화|안내|질문|구절|문서|글|논문|정책)[^.!?\n]{0,15}?(?:무시|잊|따르지|무효|건너뛰|버리|폐기"
    r"|취소)",
    r"무시(?:하고|하십|하세|하라|해|하시|할\s?것)|(?:시스템|숨겨진|내부)\s?(?:프롬프트|지시|명령"
    r"|지침)\S*\s[^.\n]{0,20}?(?:공개|출력|알려|보여|말하|따르|따라)|(?:관리자|개발자|탈옥)\s?(?:모드|권한|메시지)",
    r"(?:^|\s)(?:당신|너|귀하|여러분)(?:은|는|의|에게|이|가|께서|들은|들이)\s",
    r"(?:AI|인공지능|모델|LLM|비서|어시스턴트|조수|챗봇|봇|요약기|독자|답변자)(?:에게|께|들에게|분들께"
    r"|용)\s?(?:[:：(]|알|전|당부|지시|말|안내|고|드)",
    r"(?:AI|인공지능|언어\s?모델|LLM|비서|어시스턴트|챗봇|답변|대답|응답|요약)(?:은|는|에는|에서는|에|을"
    r"|를)?\s?(?:반드시|무조건|항상|꼭|절대)\s",
    r"^\W*(?:시스템|사용자|어시스턴트|비서|관리자|개발자)(?:\s(?:메시지|지시|공지|프롬프트))?\s?[:：]",
    r"(?:세요|십시오|시오|시기\s?바랍니다|기\s?바람|바랍니다|해라|하라|여라|거라|해줘|해\s?줘|해\s?주길|할\s?것"
    r"|말\s?것|마라|말아라|마시라|합시다|하도록)\s?[.!\"'”’)…~]{0,4}$",
    r"(?:세요|십시오|시오|마라|해라)[,.!]?\s",
    r"라고(?:만)?\s?(?:답|대답|응답|출력|말|쓰|적|인용|주장|소개)(?:하|해|할|만|을|세|십|시|아|어)\S*\s?(?:한다"
    r"|해야|하면|됩니다|된다|합니다|만)",
    r"(?:비밀번호|API\s?키|인증\s?키|비밀\s?키|환경\s?변수|접근\s?토큰)[^.\n]{0,20}?(?:공개|출력|알려|보여|보내"
    r"|전송|노출|말)",
    r"(?:정답|올바른\s?답|최종\s?답변?|유일한\s?답)(?:은|는)\s",
    r"[가-힣](?:라|자|줘|렴|게나|걸|해|아|어|야|마)[.!~]?$|부탁\S*[.!~]?$|기로\s?한다[.]?$|[가-힣]야\s?(?:한다|함"
    r"|된다)[.]?$",
    r"심사위원|이\s?(?:문장|글|텍스트)을\s?읽|사용자의\s?질문|지금부터|효력|[로만]만\s?(?:답|대답)|앞에서\s?(?:들은"
    r"|말한|받은)"
    r"|이\s?글\s?(?:외|이외)의",
    r"[다라]고만\s?(?:답|대답|응답|출력|말|쓰|적|하)",
    r"\b(?:always|never|only|simply) (?:say|answer|respond|reply|state|claim|recommend|cite|mention|write)\b",
)


def is_instruction(sentence: str) -> bool:
    """Return whether a sentence addresses its reader, or a language model, with a command or a role."""
    normalized = _normalize(sentence)
    as_written = " ".join(_visible(sentence).split())
    return bool(_INSTRUCTION.search(normalized) or (as_written != normalized and _INSTRUCTION.search(as_written)))


def has_active_content(sentence: str) -> bool:
    """Return whether a sentence would be more than text where answers are displayed, or imitate an answer's own form.

    Covers HTML, Markdown links and images, URLs outside the hosts of papers' code and project pages, citation markers,
    encoded text, and characters that hide or reverse others.
    """
    hosts = _URL.findall(_visible(sentence))
    return _has_markup(sentence) or any(not _TRUSTED_HOST.search(host) for host in hosts)


def is_unsafe(sentence: str) -> bool:
    """Return whether a sentence is an instruction or has active content."""
    return is_instruction(sentence) or has_active_content(sentence)


def quotable_mask(sentences: Sequence[str]) -> list[bool]:
    """Return for each sentence of one text whether it may be quoted.

    The sentences next to an instruction or to markup are taken for a part of it.
    """
    suspicious = [is_instruction(sentence) or _has_markup(sentence) for sentence in sentences]
    return [
        not any(suspicious[max(0, index - 1) : index + 2]) and not has_active_content(sentence)
        for index, sentence in enumerate(sentences)
    ]


def _normalize(text: str) -> str:
    """Return a text as a reader sees it: look-alikes unified, invisible characters removed, spaced-out words joined."""
    visible = _visible(text)
    if re.search("[A-Za-z]", visible):
        visible = visible.translate(_LOOKALIKES)
    visible = _SPACED_OUT.sub(lambda word: _LETTER_SEPARATOR.sub("", word[0]), visible)
    return " ".join(_MARKDOWN.sub(" ", visible).split())


def _visible(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def _has_markup(sentence: str) -> bool:
    visible = _visible(sentence)
    return bool(
        _HIDING.search(sentence)
        or _MARKUP.search(visible)
        or _CITATION_MARKER.search(visible)
        or _ENCODED.search(visible)
    )
