"""An answer without a language model: the sentences that answer, grouped by paper, each with its citation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ...index.papers import Citation, Hit, Language
from ...index.search import SearchResult
from ..results import Answer, Interpretation
from .citations import Quotation, quotations, sound
from .titles import shown_title

Score = Callable[[Sequence[str]], list[float]]

_NEAR_BEST = 0.75  # a further sentence is quoted when its score is at least this share of the best one
_NEAR_PAPER = 0.6  # the same of a further paper
MAX_PAPERS = 3
_CHUNKS = 6  # a paper's best chunks are read for sentences
_SENTENCES_FIRST, _SENTENCES_OTHER = 3, 2
_DISTINCT = 0.7  # share of common characters-in-words above which two sentences say the same

_WORDS: dict[Language, dict[str, str]] = {
    "ko": {
        "found": "다음 논문이 이에 대해 말합니다.",
        "empty_index": "색인이 비어 있습니다. 먼저 `nonmun ingest`로 다이제스트를 넣어 주세요.",
        "unknown_paper": "색인에 없는 논문입니다: {papers}",
        "nothing_relevant": "색인에 있는 논문 중에는 이 질문에 답하는 것이 없습니다.",
        "outside_window": "색인에 그 기간이나 조건에 해당하는 글이 없습니다.",
        "no_text": "색인에 있지만 쓸 수 있는 글이 없습니다(요약이 작성되지 않았고 초록도 없음): {papers}. "
        "`nonmun fetch`로 초록을 가져오세요.",
        "invented": "(주의: 논문을 읽지 못하고 제목만으로 쓴 요약)",
        "contradicted": "(주의: 초록과 어긋나는 내용이 있는 요약)",
    },
    "en": {
        "found": "These papers speak of it.",
        "empty_index": "The index is empty. Put digests in with `nonmun ingest` first.",
        "unknown_paper": "Not in the index: {papers}",
        "nothing_relevant": "None of the papers in the index answers this question.",
        "outside_window": "The index holds nothing of those days, or that such a filter lets through.",
        "no_text": "In the index, but without words to quote (the summary was refused and no abstract is known): "
        "{papers}. `nonmun fetch` brings the abstract.",
        "invented": "(beware: a summary written from the title alone)",
        "contradicted": "(beware: a summary that its abstract contradicts)",
    },
}

WARNINGS = frozenset(words[label] for words in _WORDS.values() for label in ("invented", "contradicted"))
"""What stands behind a quotation that is not to be trusted."""


def is_own_words(line: str) -> bool:
    """Whether a line of an answer is a lead or a notice of ours, which says nothing of a paper's content."""
    notices = (words[name] for words in _WORDS.values() for name in words.keys() - {"invented", "contradicted"})
    return any(_matches(notice, line) for notice in notices)


def _matches(notice: str, line: str) -> bool:
    head, _, tail = notice.partition("{papers}")
    return line == notice if not tail and "{" not in notice else line.startswith(head) and line.endswith(tail)


def answer(result: SearchResult, score: Score) -> Answer:
    """Answer from what a search found.

    Args:
        result: hits with their evidence.
        score: how well each of some sentences answers the question.
    """
    reason = _why_not(result)
    if reason is None:
        groups = [(hit, _best(hit, result, score, first=not place)) for place, hit in enumerate(_speakers(result))]
        groups = [(hit, chosen) for hit, chosen in groups if chosen]
        if groups:
            return _written(result, groups)
        reason = ("outside_window" if result.where else "no_text") if result.known else "nothing_relevant"
    papers = ", ".join(result.question.paper_ids)
    text = _WORDS[result.question.lang][reason].format(papers=papers)
    return _answer(result, text, reason=reason)


def trimmed(given: Answer, evidence: int) -> Answer:
    """The same answer, each hit with its best `evidence` chunks and those that the answer cites."""
    cited = {citation.chunk_id for citation in given.citations}

    def shown(hit: Hit) -> Hit:
        pairs = enumerate(hit.evidence)
        return replace(hit, evidence=tuple(one for at, one in pairs if at < evidence or one.chunk_id in cited))

    return replace(given, hits=tuple(shown(hit) for hit in given.hits))


def _why_not(result: SearchResult) -> str | None:
    if result.empty:
        return "empty_index"
    if result.where and not result.hits:
        return "outside_window"
    if result.known:
        return None
    if result.question.paper_ids:
        return "unknown_paper"
    return None if result.relevant else "nothing_relevant"


def _speakers(result: SearchResult) -> list[Hit]:
    """The papers to quote: those that the question names, else the best and those near it."""
    if result.known:
        return [hit for hit in result.hits if hit.paper_id in result.known][:MAX_PAPERS]
    relevant = [hit for hit in result.hits if hit.paper_id in result.relevant]
    return [hit for hit in relevant if hit.score >= _NEAR_PAPER * relevant[0].score][:MAX_PAPERS]


def _best(hit: Hit, result: SearchResult, score: Score, *, first: bool) -> list[Citation]:
    """The sentences of a paper that answer best, in the question's language where it has any, in reading order."""
    evidence = sound(hit.evidence)
    native = tuple(item for item in evidence if item.lang == result.question.lang)
    pool = quotations(hit.paper_id, native[:_CHUNKS]) or quotations(hit.paper_id, evidence[:_CHUNKS])
    scores = score([quotation.citation.quote for quotation in pool])
    ranked = sorted(zip(scores, pool, strict=True), key=lambda pair: -pair[0])
    chosen: list[Quotation] = []
    for value, quotation in ranked:
        near = not chosen or value >= _NEAR_BEST * ranked[0][0]
        if near and not any(_same(quotation.citation.quote, other.citation.quote) for other in chosen):
            chosen.append(quotation)
        if len(chosen) == (_SENTENCES_FIRST if first else _SENTENCES_OTHER):
            break
    chosen.sort(key=lambda quotation: (quotation.rank, quotation.citation.start))
    return [quotation.citation for quotation in chosen]


def _same(one: str, other: str) -> bool:
    """Whether two sentences share most of their character bigrams (Dice)."""
    pairs = [{words[at : at + 2] for at in range(len(words) - 1)} for words in (one, other)]
    total = len(pairs[0]) + len(pairs[1])
    return total > 0 and 2 * len(pairs[0] & pairs[1]) / total > _DISTINCT


def _line(citation: Citation, lang: Language) -> str:
    """A quotation with its paper's id, and a warning where its summary is not to be trusted."""
    warned = warning(citation, lang)
    return f"- {' '.join(citation.quote.split())} [{citation.paper_id}]{' ' if warned else ''}{warned}"


def warning(citation: Citation, lang: Language) -> str:
    """What stands behind a quotation that is not to be trusted; empty behind any other."""
    return _WORDS[lang].get(citation.trust or "", "")


def missing_notice(result: SearchResult) -> str:
    """One line on the papers that a question names and the index does not hold; empty where it holds all."""
    missing = [key for key in result.question.paper_ids if key not in result.known]
    return _WORDS[result.question.lang]["unknown_paper"].format(papers=", ".join(missing)) if missing else ""


def _written(result: SearchResult, groups: list[tuple[Hit, list[Citation]]]) -> Answer:
    lines = [_WORDS[result.question.lang]["found"]]
    for hit, chosen in groups:
        lines += ["", f"**{shown_title(hit)}** ({hit.url})"]
        lines += [_line(citation, result.question.lang) for citation in chosen]
    if missing := missing_notice(result):
        lines += ["", missing]
    citations = tuple(citation for _, chosen in groups for citation in chosen)
    return _answer(result, "\n".join(lines), citations)


def _answer(
    result: SearchResult, text: str, citations: tuple[Citation, ...] = (), *, reason: str | None = None
) -> Answer:
    understood = Interpretation.of(result.question, result.where)
    asked, abstained = result.question.text, reason is not None
    return Answer(asked, understood, text, citations, abstained, reason, result.hits, result.generation)
