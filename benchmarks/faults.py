"""Faults planted in honest summaries with a fixed seed: figures changed, bodies exchanged, abstracts made silent."""

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
    """A summary with one figure changed, or (`was` == `now`) one that its abstract was made silent about.

    Attributes:
        start, end: the figure's span in the subject's body, as it stands there now.
    """

    subject: SourcedSummary
    start: int
    end: int
    kind: str
    was: str
    now: str


def digit(number: str, rng: random.Random) -> str | None:
    """One digit is another one."""
    at = rng.choice([at for at, letter in enumerate(number) if letter.isdigit()])
    choices = [other for other in "123456789" + "0" * (at > 0) if other != number[at]]
    return number[:at] + rng.choice(choices) + number[at + 1 :]


def swapped(number: str, rng: random.Random) -> str | None:
    """Two neighbouring digits change places."""
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
    """Ten times as much, or a tenth."""
    value, decimals, comma = float(number.replace(",", "")), len(number.partition(".")[2]), "," * ("," in number)
    if rng.random() < 0.5 and (decimals or value % 10 == 0) and value:
        return f"{value / 10:{comma}.{decimals + 1 if decimals else 0}f}"
    return f"{value * 10:{comma}.{max(0, decimals - 1)}f}"


def rounded(number: str, _rng: random.Random) -> str | None:
    """One place less, rounded the wrong way."""
    whole, _, fraction = number.replace(",", "").partition(".")
    bare = whole.rstrip("0") if not fraction else whole
    if len((bare + fraction).lstrip("0")) < 2:
        return None
    step = 10.0 ** (1 - len(fraction)) if fraction else 10.0 ** (len(whole) - len(bare) + 1)
    value = float(number.replace(",", ""))
    low = value // step * step
    if abs(value - low - step / 2) < step / 100:
        return None  # neither way is wrong
    wrong = low if value - low > step / 2 else low + step
    return f"{wrong:{',' * (',' in number)}.{max(0, len(fraction) - 1)}f}" if wrong > 0 else None


def other(number: str, rng: random.Random) -> str | None:
    """Another number of the same length."""
    first = next(at for at, letter in enumerate(number) if letter.isdigit())
    return "".join(
        rng.choice("123456789" if at == first else "0123456789") if letter.isdigit() else letter
        for at, letter in enumerate(number)
    )


_CHANGES = {"digit": digit, "swapped": swapped, "magnitude": magnitude, "rounded": rounded, "other": other}


def changed(words: str, unit: str, kind: str, rng: random.Random) -> str | None:
    """A figure's words with a fault of one kind; None where that kind does not fit them."""
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
    behind = words[number.end() :]
    if kind == "magnitude":
        for scale, wrong in _SCALES:
            if behind.lstrip().startswith(scale):
                return words[: number.end()] + behind.replace(scale, wrong, 1)
    now = _CHANGES[kind](number[0], rng)
    return None if now is None or now == number[0] else words[: number.start()] + now + behind


def checkable(subject: SourcedSummary) -> list[Quantity]:
    """Figures of a body, spans in it, that stand in the title or abstract, too, by value and unit."""
    stated = find_quantities(f"{subject.title}\n{subject.abstract}")
    found: list[Quantity] = []
    for section in subject.entry.sections:
        text = subject.entry.text(section)
        for start, end in sentences(text):
            if not is_uninformative(text[start:end]):
                found += [
                    replace(figure, start=section.start + start + figure.start, end=section.start + start + figure.end)
                    for figure in find_quantities(text[start:end])
                    if any(agrees(figure, other) for other in stated)
                ]
    return found


def with_body(entry: Entry, body: str) -> Entry:
    """An entry with another body."""
    return replace(entry, body=body, sections=parse_sections(body)[1])


def changed_numbers(subjects: Sequence[SourcedSummary], count: int, seed: int) -> list[Fault]:
    """`count` summaries with one mention of one checkable figure changed, kinds in turn; no fault twice."""
    rng = random.Random(seed)
    pool = [(subject, figure) for subject in subjects for figure in checkable(subject)]
    faults: dict[tuple[str, str, int, str], Fault] = {}
    for turn in range(40 * count):
        if len(faults) == count or not pool:
            break
        (subject, figure), kind = rng.choice(pool), KINDS[turn % len(KINDS)]
        body = subject.entry.body
        was = body[figure.start : figure.end]
        now = changed(was, figure.unit, kind, rng)
        if now is None or now == was:
            continue
        entry = with_body(subject.entry, body[: figure.start] + now + body[figure.end :])
        fault = Fault(replace(subject, entry=entry), figure.start, figure.start + len(now), kind, was, now)
        faults[entry.digest_date, entry.paper_id, figure.start, now] = fault
    return list(faults.values())


def exchanged(subjects: Sequence[SourcedSummary], pairs: int, seed: int) -> list[SourcedSummary]:
    """Both summaries of `pairs` pairs of papers of one day, each under the other's paper; no pair twice."""
    rng = random.Random(seed)
    days: dict[str, list[SourcedSummary]] = {}
    for subject in subjects:
        days.setdefault(subject.entry.digest_date, []).append(subject)
    choices = [(a, b) for day in days.values() for at, a in enumerate(day) for b in day[:at]]
    out: list[SourcedSummary] = []
    for a, b in rng.sample(choices, min(pairs, len(choices))):
        out += [replace(a, entry=_moved(b.entry, a.entry)), replace(b, entry=_moved(a.entry, b.entry))]
    return out


def _moved(entry: Entry, to: Entry) -> Entry:
    return replace(entry, paper_id=to.paper_id, url=to.url)


def silenced(subjects: Sequence[SourcedSummary], seed: int) -> list[Fault]:
    """Honest summaries of whose abstracts every sentence that holds one of their figures was taken out, one a summary:
    what the abstract does not mention must not be called contradicted.
    """
    rng = random.Random(seed)
    out: list[Fault] = []
    for subject in subjects:
        if not (figures := checkable(subject)):
            continue
        figure = rng.choice(figures)
        spans = sentences(subject.abstract)
        kept = [
            subject.abstract[start:end]
            for start, end in spans
            if not any(agrees(figure, other) for other in find_quantities(subject.abstract[start:end]))
        ]
        words = subject.entry.body[figure.start : figure.end]
        if kept:
            silent = replace(subject, title="", abstract=" ".join(kept))
            out.append(Fault(silent, figure.start, figure.end, "silenced", words, words))
    return out
