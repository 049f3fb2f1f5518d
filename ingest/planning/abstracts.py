"""Planning of the changes for a file of abstracts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...index.domain.papers import Abstract
from ...index.util.batching import batches
from ..sources.jsonl import read_abstracts
from .changes import MAX_CHANGE_SIZE, Change
from .context import PlanContext, paper_ids


def plan_abstracts(context: PlanContext, path: Path, *, standalone: bool) -> Iterator[Change]:
    """Plan the abstracts of a JSONL file that are new or changed.

    Args:
        context: the catalog and the documents. Abstracts of papers in neither of them are left out.
        path: the file.
        standalone: whether to take every paper of the file, and to keep it without an entry in a digest.

    Raises:
        FileError: the file cannot be read.
    """
    view, report = context.view, context.report
    abstracts, problems = read_abstracts(path, None if standalone else paper_ids(context.documents) | view.papers.ids())
    report.problems += problems
    accepted = [
        abstract for abstract in abstracts if not context.removals.excludes("", abstract.paper_id, abstract.text)
    ]
    report.held_back += len(abstracts) - len(accepted)
    stored = view.papers.sources(abstract.paper_id for abstract in accepted)
    changed = [abstract for abstract in accepted if _differs(abstract, stored.get(abstract.paper_id))]
    report.abstracts = len(changed)
    unchanged: list[Abstract] = []
    if standalone:  # they may have to become standalone
        handled = {abstract.paper_id for abstract in changed}
        handled |= view.papers.standalone(abstract.paper_id for abstract in accepted)
        unchanged = [abstract for abstract in accepted if abstract.paper_id not in handled]
    for batch in batches([*changed, *unchanged], MAX_CHANGE_SIZE):
        yield Change("abstracts", len(batch), abstracts=batch, standalone=standalone)


def _differs(abstract: Abstract, stored: Abstract | None) -> bool:
    """Return whether a file's abstract replaces the stored one.

    A fetched abstract is never replaced, and a missing date or bibliography is not a difference.
    """
    if stored is not None and stored.origin != "file":
        return False
    if stored is None or (abstract.title, abstract.text) != (stored.title, stored.text):
        return True
    if abstract.bibliography is not None and abstract.bibliography != stored.bibliography:
        return True
    return abstract.published is not None and abstract.published != stored.published
