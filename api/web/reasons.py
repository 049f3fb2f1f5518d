"""The reasons for trust labels in the words of the pages, and the spans of the texts that they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...index.analysis.language import language
from ...index.domain.papers import Entry, Language
from ...index.domain.trust import Reason, Trust
from ...index.facts.latex import render_latex
from ..answers.markdown import strip_markdown
from .markup import Span
from .texts import Texts

_TALLY = "checked"  # code of the reason that counts the claims
_MAX_WORDS = 160  # characters of the summary that a reason shows
_MIN_EXCERPT = 40  # characters of what is found in an abstract even if it starts or ends within a word
_FIELD = "{words}"


@dataclass(frozen=True, slots=True)
class ReasonView:
    """A reason for the trust label of a summary. Reasons that say the same are one with several places.

    Attributes:
        kind: class of its marks: "agree" or "doubt".
        before, words, after: the reason; `words` are the summary's own, empty where it is about the whole summary.
        lang: language of the summary's words.
        against_label: what `against` is; empty without it.
        against: the words of the paper that the summary was compared with.
        day: ISO date of the digest.
        places: the spans in the summary's body.
        source: the span of `against` in the abstract; None if it is not in there.
    """

    kind: str
    before: str
    words: str
    after: str
    lang: Language
    against_label: str
    against: str
    day: str
    places: tuple[tuple[int, int], ...]
    source: tuple[int, int] | None

    @property
    def text(self) -> str:
        """The reason on one line, without what the paper says."""
        return f"{self.before}{self.words}{self.after}"

    @property
    def line(self) -> str:
        """The reason on one line, with what the paper says."""
        return f"{self.text}. {self.against_label}: {self.against}" if self.against else self.text

    @property
    def ids(self) -> list[str]:
        """The ids of the marks in the summary."""
        return [f"reason-{self.day}-{start}-{end}" for start, end in self.places]

    @property
    def source_id(self) -> str:
        """The id of the mark in the abstract; empty if there is none."""
        return f"abstract-{self.source[0]}-{self.source[1]}" if self.source else ""


def reason_views(entry: Entry, abstract: str, texts: Texts) -> list[ReasonView]:
    """Return the reasons for a summary's trust label, each once, decisive ones first.

    Args:
        entry: the summary.
        abstract: the abstract of its paper; empty if unknown.
        texts: the words of the page.
    """
    if entry.trust is None:
        return []
    merged: dict[tuple[str, str, str], ReasonView] = {}
    for reason in entry.trust.reasons:
        if reason.code == _TALLY and entry.trust.label != "unchecked":
            continue
        view = _view(entry, entry.trust, reason, abstract, texts)
        key = (view.kind, view.text, view.against)
        if other := merged.get(key):
            view = replace(other, places=tuple(dict.fromkeys((*other.places, *view.places))))
        merged[key] = view
    return list(merged.values())


def summary_spans(views: Iterable[ReasonView]) -> list[Span]:
    """Return the parts of a summary that reasons are about."""
    return [
        Span(start, end, view.kind, mark, view.line)
        for view in views
        for (start, end), mark in zip(view.places, view.ids, strict=True)
    ]


def abstract_spans(views: Iterable[ReasonView]) -> list[Span]:
    """Return the parts of an abstract that reasons compare summaries with."""
    spans = [Span(*view.source, view.kind, view.source_id, view.text) for view in views if view.source]
    return list(dict.fromkeys(spans))  # summaries of several days repeat each other


def _view(entry: Entry, trust: Trust, reason: Reason, abstract: str, texts: Texts) -> ReasonView:
    kind = "agree" if trust.label == "supported" else "doubt"
    words = _cut(render_latex(strip_markdown(entry.body[reason.start : reason.end])))
    key = next((key for key in (f"{kind}_{reason.code}", f"reason_{reason.code}") if key in texts.all), "")
    # Codes of an older or newer version have no words here.
    pattern = texts.all[key] if key else f"{_FIELD}: {reason.message}" if words else reason.message
    pattern = pattern.replace("{paper}", trust.wrong_paper or "")
    before, field, after = pattern.partition(_FIELD)
    label = {"wrong_paper": "title_of_other", "name": "paper_has"}.get(reason.code, "against")
    return ReasonView(
        kind,
        before,
        words if field else "",
        after,
        entry.lang or language(entry.body),
        texts(label) if reason.against else "",
        render_latex(reason.against),
        entry.digest_date,
        ((reason.start, reason.end),) if reason.end > reason.start else (),
        _place(reason.against, abstract) if reason.code != "wrong_paper" else None,
    )


def _place(words: str, abstract: str) -> tuple[int, int] | None:
    """Return where an abstract has some words; None if it does not."""
    if not words:
        return None
    if match := re.search(rf"(?<!\w){re.escape(words)}(?!\w)", abstract):  # "two" is not in "network"
        return match.span()
    start = abstract.find(words) if len(words) >= _MIN_EXCERPT else -1
    return (start, start + len(words)) if start >= 0 else None


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_WORDS else f"{line[:_MAX_WORDS].rstrip()} …"
