"""One Markdown digest to entries: a pure function of its text, in linear time."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date

from ...index.domain.arxiv_ids import ArxivId, find_arxiv_ids, parse_arxiv_id
from ...index.domain.errors import FileError
from ...index.domain.papers import Entry, Problem
from .sections import parse_sections

MAX_BYTES = 1_000_000

PARSER_VERSION = "1"
"""Changes whenever the same text may give other entries; a document read by another version is read again."""

_DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
_TITLE = re.compile(r"^# .*$", re.MULTILINE)
_HEADING = re.compile(r"^##[ \t]+(\S+)[ \t]*\r?$", re.MULTILINE)
_ALMOST_ID = re.compile(r"(?:arxiv:)?(?:\d{3,5}\.\d{3,6}|[a-z.-]+/\d{5,8})(?:v\d*)?", re.IGNORECASE)
_SUMMARY = re.compile(r"^\*\*Summary\*\*[ \t]*:[ \t]*\r?\n?", re.MULTILINE)
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Digest:
    """What one file says.

    Attributes:
        name: the file's name, without folders.
        date: ISO date from the title, else from the name; empty where neither has one.
        entries: one for each paper, in order.
        problems: what was not understood.
    """

    name: str
    date: str
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """The text of one entry: heading line at `start`, contents from `inside` to `end`."""

    arxiv_id: ArxivId
    line: int
    start: int
    inside: int
    end: int


class _Reader:
    """Collects the entries and problems of one file."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.problems: list[Problem] = []
        self.newlines = [match.start() for match in re.finditer("\n", text)]

    def line(self, offset: int) -> int:
        """1-based line of an offset."""
        return bisect_left(self.newlines, offset) + 1

    def report(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.name, line, message))

    def date(self, head: str) -> str:
        """The digest's date: the title's, which the file's name must not contradict."""
        title = _TITLE.search(head)
        titled = self._day(title[0], self.line(title.start())) if title else ""
        named = self._day(self.name, 1)
        if titled and named and titled != named:
            assert title is not None
            self.report(self.line(title.start()), f"the title says {titled}, the file name {named}; the title is used")
        if not titled and not named:
            self.report(1, "no date in the title or the file name; name the file YYYY-MM-DD.md")
        return titled or named

    def _day(self, text: str, line: int) -> str:
        for match in _DATE.finditer(text):
            try:
                return date.fromisoformat(match[1]).isoformat()
            except ValueError:
                self.report(line, f"{match[1]} is no day of the calendar")
        return ""

    def blocks(self) -> list[_Block]:
        """Entries start at `## <arXiv id>` and nowhere else, inside a fence or out of it."""
        starts: list[tuple[re.Match[str], ArxivId]] = []
        for match in _HEADING.finditer(self.text):
            if arxiv_id := parse_arxiv_id(match[1]):
                starts.append((match, arxiv_id))
            elif _ALMOST_ID.fullmatch(match[1]):
                message = f"{match[1]!r} looks like an entry but is no arXiv id; kept with the text before it"
                self.report(self.line(match.start()), message)
        ends = [*(match.start() for match, _ in starts), len(self.text)][1:]
        return [
            _Block(arxiv_id, self.line(match.start()), match.start(), match.end(), end)
            for (match, arxiv_id), end in zip(starts, ends, strict=True)
        ]

    def entry(self, block: _Block, day: str) -> Entry:
        """One entry, its body without the separator that ends it."""
        inside = self.text[block.inside : block.end]
        summary = _SUMMARY.search(inside)
        head = inside[: summary.start()] if summary else ""
        link = _LINK.search(head if summary else inside[:300])
        if not summary:
            self.report(block.line, f"{block.arxiv_id.paper_id} has no **Summary**: line; all its text is the body")
        self._check_head(block, head, link)
        from_ = summary.end() if summary else (link.end() if link else 0)
        raw = inside[from_:]
        body = raw[: _body_end(raw)].lstrip()
        if not body:
            self.report(block.line, f"{block.arxiv_id.paper_id} has an empty summary")
        title, sections = parse_sections(body)
        paper = block.arxiv_id
        url = link[0] if link else ""
        return Entry(day, paper.paper_id, paper.version, url, title, body, sections, block.line)

    def _check_head(self, block: _Block, head: str, link: re.Match[str] | None) -> None:
        paper_id = block.arxiv_id.paper_id
        if not link:
            self.report(block.line, f"{paper_id} has no link")
        elif (linked := find_arxiv_ids(link[0])) and linked[0].paper_id != paper_id:
            self.report(block.line, f"the heading says {paper_id}, its link {linked[0].paper_id}; the heading is used")
        rest = (head.replace(link[0], "") if link else head).replace("🔗", "").strip()
        if rest:
            self.report(
                block.line, f"{paper_id} has text between heading and summary that is not a link: {rest[:60]!r}"
            )


def _body_end(raw: str) -> int:
    """Where the body ends: before trailing white space and the one `---` that parts entries."""
    bare = raw.rstrip()
    if bare.endswith("---") and (len(bare) == 3 or bare[-4] == "\n"):
        bare = bare[:-3].rstrip()
    return len(bare)


def parse_digest(text: str, name: str) -> Digest:
    """Read one digest.

    Args:
        text: the file's text; the offsets of sections count its code points.
        name: the file's name, used for its date and in messages.

    Raises:
        FileError: the text is larger than `MAX_BYTES`.
    """
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise FileError(f"{name}: more than {MAX_BYTES:,} bytes; split it into one file a day")
    reader = _Reader(text, name)
    blocks = reader.blocks()
    head = text[: blocks[0].start] if blocks else text
    day = reader.date(head)
    title = _TITLE.search(head)
    outside = (head[: title.start()] + head[title.end() :] if title else head).strip("\ufeff \t\r\n-")
    if not blocks:
        reader.report(1, "no entries: none of its lines is `## <arXiv id>`")
    elif outside:
        spot = head.find(outside.splitlines()[0])
        reader.report(reader.line(spot), f"text before the first entry, kept but not searched: {outside[:60]!r}")
    entries: dict[str, Entry] = {}
    for block in blocks:
        entry = reader.entry(block, day)
        first = entries.setdefault(entry.paper_id, entry)
        if first is not entry:
            message = f"{entry.paper_id} is already at line {first.line}; the first one is used"
            reader.report(block.line, message)
    problems = sorted(reader.problems, key=lambda problem: problem.line)
    return Digest(name, day, tuple(entries.values()) if day else (), tuple(problems))
