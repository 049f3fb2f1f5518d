"""What an ingest has to do: files against the catalog, one change for each transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...index.catalog.base import CatalogView
from ...index.domain.papers import Abstract, Entry, Problem, text_hash
from ...index.util.batching import batches
from ..formats.documents import ParsedDocument
from ..indexing.chunker import CHUNKER_VERSION
from ..report import Report
from ..sources.jsonl import read_abstracts
from .changes import PAPERS_A_CHANGE, Change, DocumentKey, Leaving


class Removals:
    """What was removed by hand: day (empty for an abstract), paper id, hash of the words.

    Args:
        stored: what the catalog remembers.
        readmit: whether it is taken in again.
    """

    def __init__(self, stored: set[tuple[str, str, str]], *, readmit: bool) -> None:
        self._stored, self._readmit = stored, readmit
        self.readmitted: set[tuple[str, str, str]] = set()

    def hold_back(self, day: str, paper_id: str, words: str) -> bool:
        """Whether some words stay out."""
        key = day, paper_id, text_hash(words)
        if key in self._stored and self._readmit:
            self.readmitted.add(key)
        return key in self._stored and not self._readmit


def rechunked(view: CatalogView) -> Iterator[Change]:
    """Every paper again where another version of the chunker made its chunks."""
    if view.metadata.get("chunker") not in {None, CHUNKER_VERSION}:
        for part in batches(sorted(view.papers.ids()), PAPERS_A_CHANGE):
            yield Change("new chunker", len(part), again=part)


def spoken(documents: Iterable[ParsedDocument]) -> set[str]:
    """The papers that documents speak of."""
    return {entry.paper_id for document in documents for entry in document.digest.entries}


def plan_abstracts(
    path: Path,
    view: CatalogView,
    documents: Sequence[ParsedDocument],
    report: Report,
    removals: Removals,
    *,
    standalone: bool,
) -> Iterator[Change]:
    """The abstracts of a JSONL file that are new or changed.

    Args:
        path: the file.
        view: what is stored.
        documents: what else is read; abstracts of papers that neither these nor the catalog know are left out.
        report: is told what was read and how it compares.
        removals: what was removed by hand.
        standalone: whether to take every paper of the file, and keep it though no digest speaks of it.

    Raises:
        FileError: the file cannot be read.
    """
    found, problems = read_abstracts(path, None if standalone else spoken(documents) | view.papers.ids())
    report.problems += problems
    kept = [one for one in found if not removals.hold_back("", one.paper_id, one.text)]
    report.held_back += len(found) - len(kept)
    stored = view.papers.sources(one.paper_id for one in kept)
    known = view.papers.standalone(one.paper_id for one in kept) if standalone else set[str]()
    fresh = [one for one in kept if _differs(one, stored.get(one.paper_id))]
    new = {one.paper_id for one in fresh}
    report.abstracts = len(fresh)
    missing = [one for one in kept if standalone and one.paper_id not in known | new]
    for part in batches([*fresh, *missing], PAPERS_A_CHANGE):
        yield Change("abstracts", len(part), sources=part, standalone=standalone)


def _differs(new: Abstract, known: Abstract | None) -> bool:
    """Whether a file says something new. What it leaves out is no difference, and upstream knows better than a file."""
    if known is not None and known.origin != "file":
        return False
    if known is None or (new.title, new.text) != (known.title, known.text):
        return True
    return new.published is not None and new.published != known.published


def plan_documents(
    view: CatalogView, documents: Sequence[ParsedDocument], report: Report, removals: Removals
) -> Iterator[Change]:
    """The documents that are new or changed, and those that their files no longer hold.

    Args:
        view: what is stored.
        documents: what was read, by day.
        report: is told what was read and how it compares.
        removals: what was removed by hand.
    """
    report.days = len({document.digest.date for document in documents if document.digest.date})
    report.papers = len(spoken(documents))
    owners: dict[tuple[str, str], str] = {}  # which document holds a day's entry of a paper; the first one keeps it
    read = {one.key: spoken([one]) for one in documents}
    for document in documents:
        digest = document.digest
        report.entries += len(digest.entries)
        report.problems += digest.problems
        stored = {entry.paper_id: (name, entry) for name, entry in view.entries.of_day(digest.date)}
        for paper_id, (name, _) in stored.items():
            if _keeps(view, (digest.date, name), paper_id, read):
                owners.setdefault((digest.date, paper_id), name)
        words = [one for one in digest.entries if not removals.hold_back(one.digest_date, one.paper_id, one.body)]
        report.held_back += len(digest.entries) - len(words)
        mine = [entry for entry in words if _owns(digest.name, entry, owners, report)]
        yield from _document(view, document, mine, stored, report)
    yield from _moved(view, documents)


def _keeps(view: CatalogView, key: DocumentKey, paper_id: str, read: Mapping[DocumentKey, set[str]]) -> bool:
    """Whether a stored document keeps its entry of a paper: it still says it, or is not read now but still there."""
    if key in read:
        return paper_id in read[key]
    known = view.documents.get(*key)
    return known is not None and bool(known.path) and Path(known.path).is_file()


def _document(
    view: CatalogView,
    document: ParsedDocument,
    mine: Sequence[Entry],
    stored: Mapping[str, tuple[str, Entry]],
    report: Report,
) -> Iterator[Change]:
    """One document against what is stored of its day."""
    digest = document.digest
    before = {paper_id: entry for paper_id, (name, entry) in stored.items() if name == digest.name}
    if before and not digest.entries:
        # A file cut short, or being written just now, is no reason to forget what it said.
        message = f"has no entries any more; the {len(before)} that it had are kept (nonmun remove {digest.date})"
        report.problems.append(Problem(digest.name, 1, message))
        return
    response_language = {entry.paper_id for entry in mine}
    gone = [] if document.damaged else [paper_id for paper_id in before if paper_id not in response_language]
    _count(mine, {paper_id: entry for paper_id, (_, entry) in stored.items()}, report)
    put = [entry for entry in mine if before.get(entry.paper_id) != entry]
    known = view.documents.get(*document.key)
    if put or gone or known is None or (known.hash, known.recipe) != (document.hash, document.recipe):
        removed = [Leaving(digest.date, paper_id, digest.name) for paper_id in gone]
        yield from _stored(document, put, removed)
    elif known.path != document.path:
        report.moved.append((digest.date, digest.name, document.path))


def _stored(document: ParsedDocument, put: Sequence[Entry], removed: Sequence[Leaving]) -> Iterator[Change]:
    """A document in one transaction; a very long one in several, and not marked as read before the last."""
    label = document.digest.date or document.digest.name
    parts = list(batches(put, PAPERS_A_CHANGE)) or [()]
    for part in parts[:-1]:
        yield Change(label, len(part), replace(document, recipe=""), part)
    rest = len(document.digest.entries) - sum(len(part) for part in parts[:-1])
    yield Change(label, rest, document, parts[-1], removed)


def _moved(view: CatalogView, documents: Sequence[ParsedDocument]) -> Iterator[Change]:
    """The former days of files whose date was corrected: what they said then, they say of another day now."""
    files: dict[str, list[ParsedDocument]] = {}
    for document in documents:
        files.setdefault(document.path, []).append(document)
    for path, held in files.items():
        kept = {one.key for one in held}
        words = {(entry.paper_id, entry.body) for one in held for entry in one.digest.entries}
        former = [one.key for one in view.documents.from_path(path)]
        for day, name in former:
            said = {(entry.paper_id, entry.body) for owner, entry in view.entries.of_day(day) if owner == name}
            # A file that is written anew each day has other words: its former days stay.
            if (day, name) not in kept and said & words:
                yield Change(day, len(said), dropped=[(day, name)], why="moved")


def _owns(name: str, entry: Entry, owners: dict[tuple[str, str], str], report: Report) -> bool:
    owner = owners.setdefault((entry.digest_date, entry.paper_id), name)
    if owner != name:
        message = f"{entry.paper_id} of {entry.digest_date} is already in {owner}; that one is used"
        report.problems.append(Problem(name, entry.line, message))
    return owner == name


def _count(mine: Sequence[Entry], before: Mapping[str, Entry], report: Report) -> None:
    for entry in mine:
        known = before.get(entry.paper_id)
        if known is None:
            report.new += 1
        elif known.body == entry.body:
            report.unchanged += 1
        else:
            report.changed += 1
