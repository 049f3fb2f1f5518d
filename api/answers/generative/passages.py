"""Which passages a language model is shown: few, short, numbered by paper, and made of sentences that can be quoted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ....index.domain.hits import Evidence, Hit
from ....index.domain.papers import Language
from ....index.retrieval.searcher import SearchResult
from ..quotations import Quotation, is_read, quotations, sound
from ..rendering.titles import shown_title

MAX_PASSAGES = 4
_NATIVE_FIRST = 2  # chunks in the question's language before the best one of the other


@dataclass(frozen=True, slots=True)
class Passage:
    """What a model is shown of one paper.

    Attributes:
        number: what it is called in the prompt, from 1.
        quotations: its sentences, in the order of reading.
    """

    number: int
    paper_id: str
    title: str
    quotations: tuple[Quotation, ...]

    @property
    def text(self) -> str:
        """The sentences, one a line."""
        return "\n".join(" ".join(one.citation.quote.split()) for one in self.quotations)


def tokens(text: str) -> float:
    """About how many tokens a model takes for a text: one a Korean syllable, one for three other characters.

    An upper estimate for the tokenizers of current multilingual models, which differ by half.
    """
    korean = sum("가" <= letter <= "힣" for letter in text)
    return korean + (len(text) - korean) / 3


def choose(result: SearchResult, cited: Sequence[str], budget: int, lang: Language) -> tuple[Passage, ...]:
    """The passages for a question.

    Args:
        result: what the search found.
        cited: ids of the papers that answer, as the extractive answer has it; they come first.
        budget: tokens of all passages together, shared out evenly.
        lang: the language to answer in.
    """
    hits = {hit.paper_id: hit for hit in result.hits}
    response_language = [hits[key] for key in dict.fromkeys(cited) if key in hits]
    if not result.known:  # as where answers are quotations, nobody is told what was made up from a title
        beside = (hit for hit in result.hits if hit.paper_id in result.relevant and hit not in response_language)
        response_language += [hit for hit in beside if is_read(hit.evidence)]
    response_language = response_language[:MAX_PASSAGES]
    made = [(hit, _within(hit, budget / len(response_language), lang)) for hit in response_language]
    kept = [(hit, found) for hit, found in made if found]
    return tuple(
        Passage(number, hit.paper_id, shown_title(hit), found) for number, (hit, found) in enumerate(kept, start=1)
    )


def _within(hit: Hit, budget: float, lang: Language) -> tuple[Quotation, ...]:
    """A paper's sentences from its best chunks, as many as the budget holds, in the order of reading."""
    found: list[Quotation] = []
    for place, item in enumerate(_in_turn(sound(hit.evidence), lang)):
        for one in quotations(hit.paper_id, (item,)):
            cost = tokens(one.citation.quote)
            if cost > budget:
                return tuple(found)
            if any(one.citation.quote == other.citation.quote for other in found):
                continue
            budget -= cost
            found.append(replace(one, rank=place))
    return tuple(found)


def _in_turn(evidence: tuple[Evidence, ...], lang: Language) -> Iterator[Evidence]:
    """Chunks by worth: the best ones of the language to answer in, the best other one, then the rest."""
    native = [item for item in evidence if item.lang == lang]
    other = [item for item in evidence if item.lang != lang]
    first = [*native[:_NATIVE_FIRST], *other[:1]]
    yield from first
    yield from (item for item in evidence if item not in first)
