"""What an ingest has to do: files against the catalog, one change for each transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..index.papers import Abstract, Entry, Problem, text_hash
from ..index.reading import View
from ..index.snapshot import batches
from .abstracts.file import read_abstracts
from .changes import PAPERS_A_CHANGE, Change, EntryKey
from .chunks import CHUNKER_VERSION
from .files import Document
from .report import Report

Removals = set[tuple[str, str, str]]


def rechunked(view: View) -> Iterator[Change]:
    """Every paper again where another version of the chunker made its chunks."""
    if view.meta("chunker") not in {None, CHUNKER_VERSION}:
        for part in batches(sorted(view.paper_ids()), PAPERS_A_CHANGE):
            yield Change("new chunker", len(part), again=part)


def spoken(documents: Iterable[Document]) -> set[str]:
    """The papers that documents speak of."""
    return {entry.paper_id for document in documents for entry in document.digest.entries}


def plan_abstracts(
    path: Path, view: View, documents: Sequence[Document], report: Report, removals: Removals, *, standalone: bool
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
    found, problems = read_abstracts(path, None if standalone else spoken(documents) | view.paper_ids())
    report.problems += problems
    kept = [one for one in found if ("", one.paper_id, text_hash(one.text)) not in removals]
    report.held_back += len(found) - len(kept)
    stored = view.sources(one.paper_id for one in kept)
    known = view.standalone(one.paper_id for one in kept) if standalone else set[str]()
    fresh = [one for one in kept if _differs(one, stored.get(one.paper_id))]
    new = {one.paper_id for one in fresh}
    report.abstracts = len(fresh)
    missing = [one for one in kept if standalone and one.paper_id not in known | new]
    for part in batches([*fresh, *missing], PAPERS_A_CHANGE):
        yield Change("abstracts", len(part), sources=part, standalone=standalone)


def _differs(new: Abstract, known: Abstract | None) -> bool:
    """Whether a file says something that is not stored; what it leaves out is no difference."""
    if known is None or (new.title, new.text) != (known.title, known.text):
        return True
    return new.published is not None and new.published != known.published


def plan_documents(view: View, documents: Sequence[Document], report: Report, removals: Removals) -> Iterator[Change]:
    """The documents that are new or changed, and those that their files no longer hold.

    Args:
        view: what is stored.
        documents: what was read, by day.
        report: is told what was read and how it compares.
        removals: what was removed by hand.
    """
    report.days = len({document.digest.date for document in documents if document.digest.date})
    report.papers = len(spoken(documents))
    owners: dict[EntryKey, str] = {}  # which document holds a day's entry of a paper; the first one keeps it
    read = {(one.digest.date, one.digest.name): spoken([one]) for one in documents}
    for document in documents:
        digest = document.digest
        report.entries += len(digest.entries)
        report.problems += digest.problems
        stored = {entry.paper_id: (name, entry) for name, entry in view.document_entries(digest.date)}
        for paper_id, (name, _) in stored.items():
            # A file of another name that is not part of this run gives way: it was renamed, or its paper moved.
            if paper_id in read.get((digest.date, name), ()):
                owners.setdefault((digest.date, paper_id), name)
        allowed = [entry for entry in digest.entries if _key(entry) not in removals]
        report.held_back += len(digest.entries) - len(allowed)
        mine = [entry for entry in allowed if _owns(digest.name, entry, owners, report)]
        yield from _document(view, document, mine, stored, report)
    yield from _moved(view, documents, report)


def _key(entry: Entry) -> tuple[str, str, str]:
    return entry.digest_date, entry.paper_id, text_hash(entry.body)


def _document(
    view: View, document: Document, mine: Sequence[Entry], stored: Mapping[str, tuple[str, Entry]], report: Report
) -> Iterator[Change]:
    """One document against what is stored of its day."""
    digest = document.digest
    before = {paper_id: entry for paper_id, (name, entry) in stored.items() if name == digest.name}
    if before and not digest.entries:
        # A file cut short, or being written just now, is no reason to forget what it said.
        message = f"has no entries any more; the {len(before)} that it had are kept (nonmun remove {digest.date})"
        report.problems.append(Problem(digest.name, 1, message))
        return
    speaks = {entry.paper_id for entry in mine}
    gone = [paper_id for paper_id in before if paper_id not in speaks]
    _count(mine, {paper_id: entry for paper_id, (_, entry) in stored.items()}, report)
    report.removed += len(gone)
    put = [entry for entry in mine if before.get(entry.paper_id) != entry]
    known = view.document(digest.date, digest.name)
    if put or gone or known is None or (known.hash, known.recipe) != (document.hash, document.recipe):
        removed = [(digest.date, paper_id) for paper_id in gone]
        yield Change(digest.date or digest.name, len(digest.entries), document, put, removed)
    elif known.path != document.path:
        report.moved.append((digest.date, digest.name, document.path))


def _moved(view: View, documents: Sequence[Document], report: Report) -> Iterator[Change]:
    """The former days of files whose date was corrected."""
    days: dict[str, set[EntryKey]] = {}
    for document in documents:
        if document.digest.entries:  # a file without a day has not said that its former day was wrong
            days.setdefault(document.path, set()).add((document.digest.date, document.digest.name))
    for path, kept in days.items():
        former = [(one.digest_date, one.name) for one in view.documents_from(path)]
        former = [key for key in former if key not in kept]
        if former:
            change = dropping(view, former, "moved")
            report.removed += len(change.removed)
            yield change


def dropping(view: View, keys: Sequence[EntryKey], why: str, spared: Iterable[EntryKey] = ()) -> Change:
    """The change that takes documents away with the entries that they hold, but for those that others hold now."""
    held = [(day, entry.paper_id) for day, name in keys for owner, entry in view.document_entries(day) if owner == name]
    removed = [key for key in held if key not in set(spared)]
    return Change(", ".join(sorted({day for day, _ in keys})), len(removed), removed=removed, dropped=keys, why=why)


def _owns(name: str, entry: Entry, owners: dict[EntryKey, str], report: Report) -> bool:
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
