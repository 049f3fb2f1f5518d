"""Commands for shared answers: list, show, remove."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...index.domain.errors import ConfigError, InputError, NotFoundError
from ...settings import load_settings
from ..app import open_data
from ..options import Data, Json
from ..output import escape, out, print_json

if TYPE_CHECKING:  # the other commands do not import the stored answers
    from ...api.receipts.model import Receipt
    from ...api.receipts.store import ReceiptStore

_REASONS = {"gone": "not shown: its source was removed", "changed": "not shown: its source no longer holds these words"}


def list_receipts(data: Data = None, json_output: Json = False) -> None:
    """List the shared answers: id, time and question, oldest first; those that cannot be read come last."""
    receipts, damaged = _read_all(_open_store(data))
    if json_output:
        fields = [
            {"id": receipt_id, "created": receipt.created, "question": receipt.request.question, "damaged": False}
            for receipt_id, receipt in receipts
        ]
        print_json(fields + [{"id": name, "created": None, "question": None, "damaged": True} for name in damaged])
        return
    for receipt_id, receipt in receipts:
        time = receipt.created[:16].replace("T", " ")
        out.print(escape(f"{receipt_id}  {time}  {receipt.request.question}"))
    for receipt_id in damaged:
        out.print(f"{receipt_id}  damaged: cannot be read; `nonmun receipts remove {receipt_id}` removes it")
    if not receipts and not damaged:
        out.print("there are no shared answers")


def show(
    receipt_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the answer, as listed.")],
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Show a shared answer, as far as the index still holds what it quotes."""
    from ...api.receipts.checks import check_receipt, paper_finder
    from ...api.receipts.store import ReceiptStore
    from ...api.web.views import answer_lines

    with open_data(data) as library:
        receipt = ReceiptStore(library.settings.data).get(receipt_id)
        checked = check_receipt(receipt, paper_finder(library.paper))
    if json_output:
        print_json(checked.as_json(receipt_id))
        return
    request, answer, made = checked.receipt.request, checked.receipt.answer, checked.receipt.made
    out.print(f"[bold]{escape(request.question)}[/bold]")
    lines = answer_lines(answer)
    for at, (line, segment) in enumerate(zip(lines, answer.segments, strict=True)):
        numbers = "".join(f"[{number}]" for number in line.numbers)
        text = "(not shown: the text it quotes is gone)" if at in checked.withheld else segment.text
        out.print(escape(f"{text} {numbers}".rstrip()))
    for check, citation in zip(checked.checks, answer.citations, strict=True):
        source = f"digest of {citation.entry}" if citation.entry else "abstract or record"
        state = _REASONS.get(check.state, source)
        out.print(escape(f"[{check.number}] {check.paper_id}, {state}, SHA-256 {check.text_hash}"), style="dim")
    out.print(
        escape(
            f"asked {receipt.created}, as of {request.as_of}; generation {answer.generation}, model {made.model_id}, "
            f"configuration {made.configuration}, nonmun {made.version}"
        ),
        style="dim",
    )


def remove(
    receipt_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids, as listed.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Remove all of them.")] = False,
    data: Data = None,
) -> None:
    """Remove shared answers; their addresses lead nowhere from then on."""
    if bool(receipt_ids) == every:
        raise InputError("ID", "give ids of shared answers, or --all")
    store = _open_store(data)
    if every:
        removed = store.remove_all()
    else:
        existing, chosen = set(store.ids()), list(dict.fromkeys(receipt_ids or ()))
        if unknown := [receipt_id for receipt_id in chosen if receipt_id not in existing]:
            raise NotFoundError(f"no shared answer {unknown[0][:40]}; `nonmun receipts list` shows them")
        for receipt_id in chosen:
            store.remove(receipt_id)
        removed = len(chosen)
    out.print(f"removed {removed} shared {'answer' if removed == 1 else 'answers'}")


def _open_store(data: Path | None) -> ReceiptStore:
    """Return the shared answers of a data directory, or of the settings' one; the index need not be intact.

    Raises:
        ConfigError: it is not a data directory.
    """
    from ...api.receipts.store import FOLDER, ReceiptStore

    folder = load_settings(data=data).data
    if not (folder / "catalog.sqlite").is_file() and not (folder / FOLDER).is_dir():
        raise ConfigError(f"{folder}: holds no index and no shared answers; choose another --data")
    return ReceiptStore(folder)


def _read_all(store: ReceiptStore) -> tuple[list[tuple[str, Receipt]], list[str]]:
    """Return the receipts of a store with their ids, oldest first, and the ids of those that cannot be read."""
    from ...api.receipts.storing import UnreadableAnswerError

    receipts: list[tuple[str, Receipt]] = []
    damaged: list[str] = []
    for receipt_id in store.ids():
        try:
            receipts.append((receipt_id, store.get(receipt_id)))
        except UnreadableAnswerError:
            damaged.append(receipt_id)
        except NotFoundError:  # removed meanwhile
            continue
    return sorted(receipts, key=lambda item: (item[1].created, item[0])), damaged
