"""How English summaries admit that their writer could not read the paper."""

from __future__ import annotations

import re

from .rules import Rule, words

_LEAD = r"^(?:(?:hello|hi|note|disclaimer|please note(?: that)?|unfortunately|however|regrettably)\W+)?"
_START = re.compile(
    _LEAD + r"(?:I(?:'|’)?\s?a?m (?:very |so |really )?sorry|sorry\b|I (?:do )?apologi[sz]e|(?:my )?apologies\b)", re.IGNORECASE
)
_I = words(r"(?<![\w'’])I(?:['’](?:m|ve|d|ll))?(?=\s)")
_CANNOT = words(
    r"\b(?:can(?:not|['’]t| not| only)|could(?:n['’]t| not)|(?:am|was|['’]m) (?:unable|not able)"
    r"|(?:was|am)n['’]t able|do(?:n['’]t| not)|did(?:n['’]t| not)|have(?:n['’]t| not| no))\b"
)
_DO = words(
    r"\b(?:access|open(?:ed)?|read|see|seen|view(?:ed)?|brows(?:e|ing)|load(?:ed)?|retrieve|find|found|have|help|assist|summari[sz]e"
    r"|verify|fetch|know|reach|offer|download|visit)\b"
)
_QUOTING = words(
    r"\b(?:such as|phrases?|phrased|responses? like|answers? (?:with|like|that)|repl(?:y|ies) (?:with|that)|says?|saying|respond\w*)\s*:?\s*[\"'“]?I\b"
)
_TITLE = words(r"\b(?:its|the|this|their)(?: paper['’]s| article['’]s)? title\b", r"\btitle(?: alone| only)\b")
_FROM = words(r"\b(?:based|judging|judged|inferr\w+|infer|extrapolat\w+|guess\w*|deduc\w+|deriv\w+|going by|solely|alone|only)\b")
_WRITER = words(
    r"\b(?:here(?:['’]s| is)|this (?:summary|overview|text|note|answer)|the (?:following|above)|what follows|below|summary|likely|probably"
    r"|may not|might not|this paper)\b",
    _I.pattern,
)
_OTHERS = words(
    r"\b(?:classifiers?|models?|predictions?|agents?|annotators?|reviewers?|screeners?|systems?|participants|users|baselines?)\b"
    r"(?=[^.]{0,80}\btitle)",
    r"\btitle[^.]{0,20}, (?:the|a|our) (?:\w+ )?(?:classifier|model|agent|system|retriever|reader)\b",
)
_PAPER = r"(?:paper|text|full text|pdf|document|article|page|link|url|file|content|contents|abstract)"

ENGLISH = (
    Rule("apology", "the writer apologises instead of summarising", (_START,)),
    Rule("title_only", "written from the paper's title", (_TITLE, _FROM, _WRITER), (_OTHERS,)),
    Rule("no_access", "the writer could not open or read the paper", (_I, _CANNOT, _DO), (_QUOTING,)),
    Rule(
        "no_access",
        "the writer is a language model without access",
        (words(_LEAD + r"as an? (?:ai|artificial|large language|language)\b", r"\bmy (?:training data|knowledge cut)"),),
        (_QUOTING,),
    ),
    Rule(
        "no_access",
        "the paper could not be opened",
        (
            words(
                rf"^(?:(?:it (?:looks|seems|appears)(?: like| that)?|unfortunately|sorry)\W+)?(?:the|this|that|no|your)\s(?:\w+\s)?{_PAPER}\b"
            ),
            words(
                r"\b(?:(?:was|is|were|are) not (?:available|accessible|attached|provided|included|reachable)|could not be (?:loaded|accessed"
                r"|opened|retrieved|read|found|fetched)|cannot be (?:accessed|opened|loaded)|returned an error|(?:was|were) attached"
                r"|nothing to summari[sz]e|failed to load|unavailable)\b"
            ),
        ),
        (words(r"\b(?:agents?|models?|users?|baselines?|systems?|code|annotators?)\b"),),
    ),
    Rule(
        "guess",
        "may differ from the paper",
        (words(r"\bmay not (?:accurately |fully )?(?:reflect|match|represent) the (?:actual|real|original|full) (?:paper|content|work|study|text)"),),
    ),
    Rule(
        "guess",
        "the text is said to be a guess",
        (
            words(
                r"\bhypothetical (?:summary|overview|outline|description)\b|\bmy best guess\b|\bassuming the paper\b|\bwhat such a paper\b",
                r"\b(?:details|content|summary|information|numbers|figures|text) (?:below |above |here |that follows )?(?:is|are) (?:\w+ )?"
                r"(?:speculati\w+|guess\w*|illustrative|hypothetical|fictional|made up|inferred|assumed)\b",
            ),
            words(_WRITER.pattern, r"\bnote\b|\bdisclaimer\b|\bit would\b"),
        ),
    ),
    Rule(
        "no_access",
        "the writer had no access to the paper",
        (
            words(rf"\bwithout (?:access to|having read|reading|seeing|having seen) the (?:actual |full |original )*{_PAPER}\b"),
            words(_I.pattern, r"\bthis summary\b|\bcan only\b|\bfollow(?:s|ing)\b"),
        ),
    ),
)  # fmt: skip
