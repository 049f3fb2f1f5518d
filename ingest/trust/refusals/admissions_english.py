"""Rules for English sentences in which an author admits that it could not read the paper."""

from __future__ import annotations

from .rules import Rule, any_of

_LEAD = (
    r"^(?:(?:hello|hi|hmm|note|disclaimer|full disclosure|please note(?: that)?|unfortunately|however|regrettably)\W+)?"
)
_APOLOGY = any_of(
    _LEAD + r"(?:I(?:['’]| a)?m (?:very |so |really )?sorry|sorry[,.!:]|sorry (?:but|for|about)|I (?:do )?apologi[sz]e"
    r"|(?:my )?apologies[,.! ])"
)
_I = any_of(r"(?<![\w'’])I(?:['’](?:m|ve|d|ll))?\s")
_NOT = (
    r"\bI (?:\w+ )?(?:can(?:not|['’]t| not)|could(?:n['’]t| not)|wo(?:n['’]t| not)|(?:am|was) (?:unable|not able"
    r"|only able)|(?:was|am)n['’]t able|lack"
    r"|(?:do|did)(?:n['’]t| not)|have(?:n['’]t| not| no|n['’]t| never))\b|\bI['’](?:m (?:unable|not able"
    r"|having trouble)|ve (?:not|never))"
)
_DO = (
    r"(?:access|open(?:ed)?|opening|read|view(?:ed)?|brows\w+|load(?:ed)?|retrieve|summari[sz]e|fetch|download"
    r"|visit|internet|websites?|work with)"
)
_UNABLE = any_of(rf"(?:{_NOT})\b(?:\W+\w+){{0,5}}?\W+{_DO}\b")
_UNABLE_HERE = any_of(rf"(?:{_NOT})\b(?:\W+\w+){{0,3}}?\W+(?:see|seen|find|found|have|help|assist|verify|provide)\b")
_QUOTING = any_of(
    r"\b(?:such as|phrases?|phrased|like|answers? (?:with|that)|repl(?:y|ies) (?:with|that)|says?|saying"
    r"|respond\w*)\s*:?\s*[\"'`“]*(?:I|as an)\b"
)
_NOUN = r"(?:paper|text|full text|pdf|document|article|page|link|url|file|contents?|abstract|source)"
_ABOUT = any_of(rf"\b{_NOUN}s?\b|\byou\b|\bwith that\b|\bit\b|\bthis\b")
_TITLE = any_of(
    r"\b(?:its|the|this|their)(?: paper['’]s| article['’]s)? title\b",
    r"\btitle(?: alone| only)\b",
    r"\bwith this title\b",
)
_FROM = any_of(
    r"\b(?:based|judging|judged|inferr\w+|infer|extrapolat\w+|guess\w*|deduc\w+|deriv\w+|going by|solely|alone|only"
    r"|presumably|plausible)\b"
)
_SELF_REFERENCE = (
    r"\b(?:here(?:['’]s| is)|this (?:summary|overview|text|note|answer|response)|the (?:following|above)"
    r"|what follows|below|summary|likely|probably"
    r"|may not|might not|this paper|presumably)\b"
)
_TITLED = any_of(_SELF_REFERENCE, _I.pattern)
_OTHERS = any_of(
    r"\b(?:classifiers?|models?|predictions?|agents?|annotators?|reviewers?|screeners?|systems?|participants|users"
    r"|baselines?|workers|authors)\b"
    r"(?=[^.]{0,80}\btitle)",
    r"\btitle[^.]{0,20}, (?:the|a|our) (?:\w+ )?(?:classifier|model|agent|system|retriever|reader)\b",
)
_THEM = any_of(r"\b(?:agents?|models?|users?|baselines?|systems?|code|annotators?|readers?|participants)\b")
_HEDGED = any_of(
    r"\b(?:details?|contents?|summary|information|numbers|figures|text) (?:below |above |here |that follows )?(?:is"
    r"|are|may be|might be|could be) "
    r"(?:\w+ )?(?:speculati\w+|guess\w*|illustrative|hypothetical|fictional|made up|inferred|assumed|inaccurate"
    r"|incorrect|wrong)\b",
    r"\bmay (?:contain|include) (?:errors|inaccuracies)\b",
)

_TITLE_ONLY = ("title_only", "written from the paper's title")
_GUESS = ("guess", "the author calls the text a guess")
_NO_ACCESS = ("no_access", "the author could not open or read the paper")
_UNAVAILABLE = ("no_access", "the paper could not be opened")

ENGLISH_RULES = (
    Rule("apology", "the author apologizes instead of summarizing", (_APOLOGY,)),
    Rule(*_TITLE_ONLY, (_TITLE, _FROM, _TITLED), (_OTHERS,)),
    Rule(*_TITLE_ONLY, (_TITLE, any_of(r"\bfrom the title\b|\bonly have the title\b"), _I)),
    Rule(*_TITLE_ONLY, (any_of(r"\bits title (?:suggests|implies|indicates|hints)"),), (_OTHERS,), at_edge=True),
    Rule(*_NO_ACCESS, (_UNABLE,), (_QUOTING,)),
    Rule(*_NO_ACCESS, (_UNABLE_HERE, _ABOUT), (_QUOTING,)),
    Rule(
        "no_access", "the author is a language model without access",
        (any_of(_LEAD + r"as an? (?:ai|artificial|large language|language) (?:\w+ )*?(?:model"
        r"|assistant)?,? I\b", r"\bmy (?:training data|knowledge cut)"),),
        (_QUOTING,),
    ),
    Rule(
        *_UNAVAILABLE,
        (any_of(
            rf"^(?:(?:it (?:looks|seems|appears)(?: like| that)?|unfortunately|sorry)\W+)?(?:the|this|that|no"
            rf"|your)\s(?:\w+\s)?{_NOUN}\s(?:\w+\s)?"
            r"(?:(?:was|is|were|are) (?:not (?:available|accessible|attached|provided|included|reachable)"
            r"|unavailable|inaccessible|empty|attached|broken)"
            r"|could not be (?:loaded|accessed|opened|retrieved|read|found|fetched)|cannot be (?:accessed|opened"
            r"|loaded)|returned an error|failed to load"
            r"|(?:appears|seems) (?:to be )?(?:broken|empty|dead|down|unavailable|inaccessible))",
            r"\bnothing to summari[sz]e\b|\b(?:un|not )available to me\b|^no access to the \w+",
        ),),
        (_THEM,),
    ),
    Rule("guess", "may differ from the paper", (any_of(
        r"\bmay not (?:accurately |fully )?(?:reflect|match|represent) the (?:actual|real|original|full) (?:paper"
        r"|content|work|study|text)"),)),
    Rule(*_GUESS, (any_of(
        r"\b(?:I['’]ll|I will|this is|here is|following is) (?:\w+ )?an? (?:purely )?hypothetical (?:summary"
        r"|overview|outline|description)",
        r"\bmy best guess\b|\bassuming the paper\b|\bwhat such a paper\b|\ba plausible summary\b",),)),
    Rule(*_GUESS, (_HEDGED, any_of(_SELF_REFERENCE, r"\bnote\b|\bdisclaimer\b|\bdetails\b"
    r"|\bit would\b")), (_THEM,), at_edge=True),
    Rule(*_GUESS, (any_of(r"\bnote that\b|\bdisclaimer\b|\bthe details below\b", _I.pattern), _HEDGED)),
    Rule("guess", "written from general knowledge", (
        any_of(r"\bthis (?:response|summary|answer|overview|text) (?:is|was) (?:\w+ )?(?:based on|drawn from"
        r"|written from) (?:my |general |prior |background )+knowledge"),)),
    Rule(  # only about a text, how the summary was written, and something missing or doubtful
        "no_access", "the paper was not available",
        (any_of(r"\b(?:paper|pdf|document|article|link|url|file|source|title|tool|site|summary)\b"), any_of(
            r"\b(?:written|summari[sz]e|fill(?:ed)? in|fabricated|produced|generated|pieced|guess|description"
            r"|reconstructed|invented|composed)\b"),
         any_of(r"\b(?:no|not|n['’]t|without|cannot|unable|inaccessible|unavailable|failed|denied|blocked|only"
         r"|nothing|timed out|memory|guess|missing)\b")),
        (_THEM, any_of(r"\b(?:we|our|the authors|results?|details?|limitations?|discussed)\b")), at_edge=True,
        max_content_words=6,
    ),
    Rule(
        "no_access", "the author had no access to the paper",
        (any_of(rf"\bwithout (?:access to|having read|reading|seeing|having seen) the (?:actual |full |original "
        rf"|source )*{_NOUN}\b"),
         any_of(_I.pattern, r"\bthis summary\b|\bcan only\b|\bfollow(?:s|ing)\b|^\W*(?:generated|written|produced"
         r"|made)\b")),
    ),
)  # fmt: skip
