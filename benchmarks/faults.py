"""Plant faults in correct summaries with a fixed seed: changed figures, exchanged bodies, reduced abstracts."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from nonmun.index.analysis.sentences import sentences
from nonmun.index.domain.papers import Entry
from nonmun.index.facts.agreement import agrees
from nonmun.index.facts.quantities import Quantity, find_quantities
from nonmun.ingest.formats.sections import parse_sections
from nonmun.ingest.trust.judge import SourcedSummary
from nonmun.ingest.trust.refusals.empty_sentences import is_uninformative

KINDS = ("digit", "swapped", "magnitude", "rounded", "unit", "other")
_NATIVE = "열두 열세 열네 두 세 네 다섯 여섯 일곱 여덟 아홉 열".split()
_SCALES = (("만", "억"), ("억", "만"), ("B", "M"), ("M", "B"), ("K", "M"), ("천", "만"))
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """A summary with one changed figure, or an unchanged one that its abstract no longer states.

    Attributes:
        subject: the summary with the fault.
        start, end: span of the figure in the subject's body, after the change.
        kind: one of `KINDS`, or "unstated".
        original, changed: the figure's text before and after the change; equal if unstated.
    """

    subject: SourcedSummary
    start: int
    end: int
    kind: str
    original: str
    changed: str


def digit(number: str, rng: random.Random) -> str | None:
    """Replace one digit by another."""
    at = rng.choice([at for at, letter in enumerate(number) if letter.isdigit()])
    choices = [other for other in "123456789" + "0" * (at > 0) if other != number[at]]
    return number[:at] + rng.choice(choices) + number[at + 1 :]


def swapped(number: str, rng: random.Random) -> str | None:
    """Swap two neighboring digits; None if there are no two that differ."""
    places = [at for at, letter in enumerate(number) if letter.isdigit()]
    pairs = [(a, b) for a, b in pairwise(places) if number[a] != number[b]]
    pairs = [(a, b) for a, b in pairs if a != places[0] or number[b] != "0"]
    if not pairs:
        return None
    letters = list(number)
    a, b = rng.choice(pairs)
    letters[a], letters[b] = letters[b], letters[a]
    return "".join(letters)


def magnitude(number: str, rng: random.Random) -> str | None:
    """Multiply or divide by ten."""
    value, decimals, comma = float(number.replace(",", "")), len(number.partition(".")[2]), "," * ("," in number)
    if rng.random() < 0.5 and (decimals or value % 10 == 0) and value:
        return f"{value / 10:{comma}.{decimals + 1 if decimals else 0}f}"
    return f"{value * 10:{comma}.{max(0, decimals - 1)}f}"


def rounded(number: str, _rng: random.Random) -> str | None:
    """Drop one decimal place and round in the wrong direction; None if that is impossible."""
    whole, _, fraction = number.replace(",", "").partition(".")
    bare = whole.rstrip("0") if not fraction else whole
    if len((bare + fraction).lstrip("0")) < 2:
        return None
    step = 10.0 ** (1 - len(fraction)) if fraction else 10.0 ** (len(whole) - len(bare) + 1)
    value = float(number.replace(",", ""))
    low = value // step * step
    if abs(value - low - step / 2) < step / 100:
        return None  # halfway: neither direction is wrong
    wrong = low if value - low > step / 2 else low + step
    return f"{wrong:{',' * (',' in number)}.{max(0, len(fraction) - 1)}f}" if wrong > 0 else None


def other(number: str, rng: random.Random) -> str | None:
    """Draw another number with the same number of digits."""
    first = next(at for at, letter in enumerate(number) if letter.isdigit())
    return "".join(
        rng.choice("123456789" if at == first else "0123456789") if letter.isdigit() else letter
        for at, letter in enumerate(number)
    )


_CHANGES = {"digit": digit, "swapped": swapped, "magnitude": magnitude, "rounded": rounded, "other": other}


def change_figure(words: str, unit: str, kind: str, rng: random.Random) -> str | None:
    """Return a figure's text with a fault of one kind; None if the kind does not apply."""
    if kind == "unit":
        if unit == "percent" and words.endswith("%"):
            return words[:-1] + rng.choice(["%p", "점", "배"])
        return re.sub(r"\s?(?:%\S*|점|포인트)$", "%", words) if unit == "points" and words[-1] not in "%" else None
    number = _NUMBER.search(words)
    if number is None:
        native = next((word for word in _NATIVE if words.startswith(word)), None)
        if native is None or kind != "other":
            return None
        return rng.choice([word for word in _NATIVE if word != native]) + words[len(native) :]
    suffix = words[number.end() :]
    if kind == "magnitude":
        for scale, wrong in _SCALES:
            if suffix.lstrip().startswith(scale):
                return words[: number.end()] + suffix.replace(scale, wrong, 1)
    changed = _CHANGES[kind](number[0], rng)
    return None if changed is None or changed == number[0] else words[: number.start()] + changed + suffix


def verifiable_figures(subject: SourcedSummary) -> list[Quantity]:
    """Return the figures of a body, with spans in it, that the title or abstract also states by value and unit."""
    stated = find_quantities(f"{subject.title}\n{subject.abstract}")
    figures: list[Quantity] = []
    for section in subject.entry.sections:
        text = subject.entry.text(section)
        for start, end in sentences(text):
            if not is_uninformative(text[start:end]):
                figures += [
                    replace(figure, start=section.start + start + figure.start, end=section.start + start + figure.end)
                    for figure in find_quantities(text[start:end])
                    if any(agrees(figure, other) for other in stated)
                ]
    return figures


def with_body(entry: Entry, body: str) -> Entry:
    """Return an entry with another body and its sections."""
    return replace(entry, body=body, sections=parse_sections(body)[1])


def plant_changed_figures(subjects: Sequence[SourcedSummary], count: int, seed: int) -> list[Fault]:
    """Return up to `count` distinct faults: one mention of one verifiable figure changed, cycling through the kinds."""
    rng = random.Random(seed)
    pool = [(subject, figure) for subject in subjects for figure in verifiable_figures(subject)]
    faults: dict[tuple[str, str, int, str], Fault] = {}
    for turn in range(40 * count):
        if len(faults) == count or not pool:
            break
        (subject, figure), kind = rng.choice(pool), KINDS[turn % len(KINDS)]
        body = subject.entry.body
        original = body[figure.start : figure.end]
        changed = change_figure(original, figure.unit, kind, rng)
        if changed is None or changed == original:
            continue
        entry = with_body(subject.entry, body[: figure.start] + changed + body[figure.end :])
        end = figure.start + len(changed)
        fault = Fault(replace(subject, entry=entry), figure.start, end, kind, original, changed)
        faults[entry.digest_date, entry.paper_id, figure.start, changed] = fault
    return list(faults.values())


def exchange_bodies(subjects: Sequence[SourcedSummary], pairs: int, seed: int) -> list[SourcedSummary]:
    """Return both summaries of up to `pairs` distinct pairs of papers of one day, each under the other's paper id."""
    rng = random.Random(seed)
    days: dict[str, list[SourcedSummary]] = {}
    for subject in subjects:
        days.setdefault(subject.entry.digest_date, []).append(subject)
    choices = [(a, b) for day in days.values() for at, a in enumerate(day) for b in day[:at]]
    exchanged: list[SourcedSummary] = []
    for a, b in rng.sample(choices, min(pairs, len(choices))):
        exchanged += [replace(a, entry=_reassign(b.entry, a.entry)), replace(b, entry=_reassign(a.entry, b.entry))]
    return exchanged


def _reassign(entry: Entry, target: Entry) -> Entry:
    return replace(entry, paper_id=target.paper_id, url=target.url)


def remove_from_abstracts(subjects: Sequence[SourcedSummary], seed: int) -> list[Fault]:
    """Remove one figure of each summary from its abstract, with every sentence that states it.

    The summaries are unchanged: a figure that the abstract does not mention must not be labelled as contradicted.
    """
    rng = random.Random(seed)
    faults: list[Fault] = []
    for subject in subjects:
        if not (figures := verifiable_figures(subject)):
            continue
        figure = rng.choice(figures)
        spans = sentences(subject.abstract)
        remaining = [
            subject.abstract[start:end]
            for start, end in spans
            if not any(agrees(figure, other) for other in find_quantities(subject.abstract[start:end]))
        ]
        words = subject.entry.body[figure.start : figure.end]
        if remaining:
            reduced = replace(subject, title="", abstract=" ".join(remaining))
            faults.append(Fault(reduced, figure.start, figure.end, "unstated", words, words))
    return faults
