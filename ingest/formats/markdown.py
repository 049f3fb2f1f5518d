"""The Markdown format: one digest per file, parsed in linear time."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date

from ...index.domain.arxiv_ids import ArxivId, find_arxiv_ids, parse_arxiv_id
from ...index.domain.errors import FileError
from ...index.domain.papers import Entry, Problem
from .base import Digest, ParsedFile
from .sections import parse_sections

MAX_BYTES = 1_000_000
_SPLIT_HINT = "split it into one file a day"

_DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
_TITLE = re.compile(r"^# .*$", re.MULTILINE)
_HEADING = re.compile(r"^##[ \t]+(\S+)[ \t]*\r?$", re.MULTILINE)
_ALMOST_ID = re.compile(r"(?:arxiv:)?(?:\d{3,5}\.\d{3,6}|[a-z.-]+/\d{5,8})(?:v\d*)?", re.IGNORECASE)
_SUMMARY = re.compile(r"^\*\*Summary\*\*[ \t]*:[ \t]*\r?\n?", re.MULTILINE)
_LINK = re.compile(r"https?://\S+")


class MarkdownFormat:
    """A file per day: a title with the date, and a section `## <arXiv id>` per paper."""

    suffixes: tuple[str, ...] = (".md",)
    version = "1"
    max_bytes = MAX_BYTES
    split_hint = _SPLIT_HINT

    def parse(self, text: str, name: str) -> ParsedFile:
        """Parse a digest."""
        return ParsedFile([(parse_digest(text, name), text)])


def parse_digest(text: str, name: str) -> Digest:
    """Parse one digest.

    Args:
        text: the file's text; the offsets of sections count its code points.
        name: the file's name, for its date and for messages.

    Raises:
        FileError: the text is larger than `MAX_BYTES`.
    """
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise FileError(f"{name}: more than {MAX_BYTES:,} bytes; {_SPLIT_HINT}")
    return _DigestParser(text, name).parse()


@dataclass(frozen=True, slots=True)
class _Block:
    """The text of one entry: its heading starts at `start`; its content is `text[inside:end]`."""

    arxiv_id: ArxivId
    line: int
    start: int
    inside: int
    end: int


class _DigestParser:
    """Collects the entries and problems of one file."""

    def __init__(self, text: str, name: str) -> None:
        self._text, self._name = text, name
        self._problems: list[Problem] = []
        self._newlines = [match.start() for match in re.finditer("\n", text)]

    def parse(self) -> Digest:
        blocks = self._find_blocks()
        head = self._text[: blocks[0].start] if blocks else self._text
        day = self._find_date(head)
        self._check_preamble(head, blocks)
        entries: dict[str, Entry] = {}
        for block in blocks:
            entry = self._parse_entry(block, day)
            first = entries.setdefault(entry.paper_id, entry)
            if first is not entry:
                self._report(block.line, f"{entry.paper_id} is already at line {first.line}; the first one is used")
        problems = sorted(self._problems, key=lambda problem: problem.line)
        return Digest(self._name, day, tuple(entries.values()) if day else (), tuple(problems))

    def _line(self, offset: int) -> int:
        """Return the 1-based line of an offset."""
        return bisect_left(self._newlines, offset) + 1

    def _report(self, line: int, message: str) -> None:
        self._problems.append(Problem(self._name, line, message))

    def _find_date(self, head: str) -> str:
        """Return the date in the title, which overrides the one in the file's name."""
        title = _TITLE.search(head)
        title_line = self._line(title.start()) if title else 1
        title_date = self._valid_date(title[0], title_line) if title else ""
        name_date = self._valid_date(self._name, 1)
        if title_date and name_date and title_date != name_date:
            self._report(
                title_line, f"the title has the date {title_date}, the file name {name_date}; the title is used"
            )
        if not title_date and not name_date:
            self._report(1, "no date in the title or the file name; name the file YYYY-MM-DD.md")
        return title_date or name_date

    def _valid_date(self, text: str, line: int) -> str:
        """Return the first valid date in a text, and report the invalid ones before it."""
        for match in _DATE.finditer(text):
            try:
                return date.fromisoformat(match[1]).isoformat()
            except ValueError:
                self._report(line, f"{match[1]} is not a valid date")
        return ""

    def _check_preamble(self, head: str, blocks: list[_Block]) -> None:
        title = _TITLE.search(head)
        preamble = (head[: title.start()] + head[title.end() :] if title else head).strip("\ufeff \t\r\n-")
        if not blocks:
            self._report(1, "no entries: none of its lines is `## <arXiv id>`")
        elif preamble:
            line = self._line(head.find(preamble.splitlines()[0]))
            self._report(line, f"text before the first entry, kept but not searched: {preamble[:60]!r}")

    def _find_blocks(self) -> list[_Block]:
        """Return the entries: each starts at a line `## <arXiv id>`, also inside a code fence."""
        starts: list[tuple[re.Match[str], ArxivId]] = []
        for match in _HEADING.finditer(self._text):
            if arxiv_id := parse_arxiv_id(match[1]):
                starts.append((match, arxiv_id))
            elif _ALMOST_ID.fullmatch(match[1]):
                message = f"{match[1]!r} looks like an entry but is not a valid arXiv id; kept with the text before it"
                self._report(self._line(match.start()), message)
        ends = [*(match.start() for match, _ in starts), len(self._text)][1:]
        return [
            _Block(arxiv_id, self._line(match.start()), match.start(), match.end(), end)
            for (match, arxiv_id), end in zip(starts, ends, strict=True)
        ]

    def _parse_entry(self, block: _Block, day: str) -> Entry:
        content = self._text[block.inside : block.end]
        summary = _SUMMARY.search(content)
        head = content[: summary.start()] if summary else ""
        link = _LINK.search(head if summary else content[:300])
        paper_id = block.arxiv_id.paper_id
        if not summary:
            self._report(block.line, f"{paper_id} has no **Summary**: line; all its text is the body")
        self._check_head(block, head, link)
        start = summary.end() if summary else (link.end() if link else 0)
        raw_body = content[start:]
        body = raw_body[: _body_end(raw_body)].lstrip()
        if not body:
            self._report(block.line, f"{paper_id} has an empty summary")
        title, sections = parse_sections(body)
        url = link[0] if link else ""
        return Entry(day, paper_id, block.arxiv_id.version, url, title, body, sections, block.line)

    def _check_head(self, block: _Block, head: str, link: re.Match[str] | None) -> None:
        paper_id = block.arxiv_id.paper_id
        if not link:
            self._report(block.line, f"{paper_id} has no link")
        elif (linked := find_arxiv_ids(link[0])) and linked[0].paper_id != paper_id:
            message = f"the heading names {paper_id}, its link {linked[0].paper_id}; the heading is used"
            self._report(block.line, message)
        rest = (head.replace(link[0], "") if link else head).replace("🔗", "").strip()
        if rest:
            message = f"{paper_id} has text between heading and summary that is not a link: {rest[:60]!r}"
            self._report(block.line, message)


def _body_end(text: str) -> int:
    """Return where the body ends: before trailing white space and the one `---` that separates entries."""
    bare = text.rstrip()
    if bare.endswith("---") and (len(bare) == 3 or bare[-4] == "\n"):
        bare = bare[:-3].rstrip()
    return len(bare)
