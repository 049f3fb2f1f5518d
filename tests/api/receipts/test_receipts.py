"""Receipts: sealed answers that nobody else can make, what is stored of them, and what the index no longer holds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import stat
import threading
import zlib
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from nonmun import InputError, Library, NotFoundError, Turn
from nonmun.api.decoding import decode
from nonmun.api.receipts.checks import check_receipt, paper_finder
from nonmun.api.receipts.model import Made, PinnedRequest, Receipt
from nonmun.api.receipts.replay import compare_answers
from nonmun.api.receipts.seal import MAX_SEAL_CHARACTERS, SECRET_FILE, Sealer
from nonmun.api.receipts.store import FOLDER, ReceiptStore
from nonmun.api.receipts.storing import NotStoredError, StoreBusyError, StoreFullError, UnreadableAnswerError
from nonmun.api.requests import AskRequest
from nonmun.api.results import PaperDetails, Segment
from nonmun.index.domain.hits import Citation
from nonmun.index.query.dates.window import today_in_seoul

QUESTION = "이미지를 패치로 잘라 트랜스포머에 넣는 논문은?"
MADE = Made("model", "0" * 64, "1")
SAMPLES = Path(__file__).parents[3] / "samples"


def receipt_of(library: Library, question: str = QUESTION, **fields: object) -> Receipt:
    request = AskRequest.from_input(question, **fields)
    return Receipt.of(library.answering.ask(request), request, MADE)


@pytest.fixture(scope="module")
def receipt(sample_library: Library) -> Receipt:
    receipt = receipt_of(sample_library, as_of="2025-03-06", history=[Turn("BERT가 뭐야?", ("1810.04805",))])
    assert receipt.answer.citations
    return receipt


# sealing


def test_a_sealed_answer_comes_back_as_it_was(receipt: Receipt, tmp_path: Path) -> None:
    (tmp_path / f"{SECRET_FILE}.0123456789abcdef.new").write_text("0")  # a process was killed while it made the secret
    sealed = Sealer(tmp_path).seal(receipt)
    assert sealed
    assert not list(tmp_path.glob(f"{SECRET_FILE}.*"))
    assert Sealer(tmp_path).unseal(sealed) == receipt  # another process
    assert stat.S_IMODE((tmp_path / SECRET_FILE).stat().st_mode) == 0o600
    assert receipt.request.as_request() == AskRequest.from_input(
        QUESTION, as_of="2025-03-06", history=[Turn("BERT가 뭐야?", ("1810.04805",))]
    )


def test_a_request_without_a_reference_date_gets_today(sample_library: Library) -> None:
    before = today_in_seoul()
    pinned = receipt_of(sample_library).request.as_of
    assert before <= pinned <= today_in_seoul()


def test_processes_that_make_the_secret_at_once_agree(receipt: Receipt, tmp_path: Path) -> None:
    sealed: list[str | None] = []
    start = threading.Barrier(8)

    def seal() -> None:
        start.wait()
        sealed.append(Sealer(tmp_path).seal(receipt))

    threads = [threading.Thread(target=seal) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {Sealer(tmp_path).unseal(token or "").receipt_id for token in sealed} == {receipt.receipt_id}
    assert {path.name for path in tmp_path.iterdir()} == {SECRET_FILE, "answers.lock"}


def signed(folder: Path, payload: str) -> str:
    secret = bytes.fromhex((folder / SECRET_FILE).read_text())
    digest = hmac.digest(secret, payload.encode(), hashlib.sha256)
    return f"{payload}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: "",
        lambda token: ".",
        lambda token: token[:-1],
        lambda token: token[1:],
        lambda token: token.partition(".")[0],
        lambda token: f"{token.partition('.')[0]}.",
        lambda token: f"x{token}",
        lambda token: token.replace(".", "é.", 1),
        lambda token: token.partition(".")[0] + "." + "A" * 43,
        lambda token: "\ud800" + token,
    ],
)
def test_a_damaged_or_forged_answer_is_refused(receipt: Receipt, tmp_path: Path, forge: Callable[[str], str]) -> None:
    sealer = Sealer(tmp_path)
    sealed = sealer.seal(receipt) or ""
    with pytest.raises(InputError, match="answer: is damaged"):
        sealer.unseal(forge(sealed))


def test_an_answer_sealed_elsewhere_is_refused(receipt: Receipt, tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
    sealed = Sealer(tmp_path / "a").seal(receipt) or ""
    Sealer(tmp_path / "b").seal(receipt)
    for folder in ("b", "c"):  # c has no secret at all; none is made for what comes from outside
        with pytest.raises(InputError, match="answer: is damaged"):
            Sealer(tmp_path / folder).unseal(sealed)
    # A secret that is missing is not an empty one.
    empty = hmac.digest(b"", sealed.partition(".")[0].encode(), hashlib.sha256)
    forged = f"{sealed.partition('.')[0]}.{base64.urlsafe_b64encode(empty).decode().rstrip('=')}"
    with pytest.raises(InputError, match="answer: is damaged"):
        Sealer(tmp_path / "c").unseal(forged)
    assert not (tmp_path / "c" / SECRET_FILE).exists()


@pytest.mark.parametrize("content", [b"\0" * 50_000_000, b"[]", b"{}", b"nonsense", b"[" * 100_000])
def test_signed_nonsense_is_refused_within_bounds(receipt: Receipt, tmp_path: Path, content: bytes) -> None:
    sealer = Sealer(tmp_path)
    sealer.seal(receipt)
    payload = base64.urlsafe_b64encode(zlib.compress(content)).decode()
    with pytest.raises(InputError, match="answer: is damaged"):
        sealer.unseal(signed(tmp_path, payload))
    with pytest.raises(InputError, match="answer: is damaged"):
        sealer.unseal(signed(tmp_path, "no-base64!"))


def test_a_sealed_answer_has_a_limit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"answer: is longer than 196,608"):
        Sealer(tmp_path).unseal("x" * (MAX_SEAL_CHARACTERS + 1))


def test_a_folder_that_cannot_be_written_seals_nothing(receipt: Receipt, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert Sealer(file).seal(receipt) is None


def test_a_damaged_secret_is_logged_once(receipt: Receipt, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sealer = Sealer(tmp_path)
    (tmp_path / SECRET_FILE).write_text("abcd")
    assert sealer.seal(receipt) is None
    assert sealer.seal(receipt) is None
    (record,) = [record for record in caplog.records if record.name == "nonmun.answers"]
    assert record.levelname == "WARNING"
    assert str(tmp_path / SECRET_FILE) in record.getMessage()
    with pytest.raises(NotStoredError, match="remove it"):
        sealer.unseal("a.b")
    (tmp_path / SECRET_FILE).unlink()
    assert sealer.seal(receipt)


def test_the_configuration_hash_follows_what_influences_answers(sample_library: Library) -> None:
    settings = sample_library.settings
    made = Made.of("m", settings)
    other = settings.model_copy(update={"search": settings.search.model_copy(update={"lexicon": False})})
    assert Made.of("m", other).configuration != made.configuration
    assert Made.of("m", settings.model_copy(update={"llm_model": "x"})).configuration != made.configuration
    irrelevant = {"port": 1, "data": Path("/elsewhere"), "llm_timeout": 5.0, "contact": "x"}
    assert Made.of("m", settings.model_copy(update=irrelevant)) == made


def test_a_receipt_holds_the_whole_request() -> None:
    request, pinned = ({field.name for field in fields(kind)} for kind in (AskRequest, PinnedRequest))
    assert request - pinned == {"without", "stream"}  # no page sends these
    assert pinned <= request


# checking and storing


@pytest.fixture
def held(scratch: Library) -> Receipt:
    """A receipt that quotes several papers of an index that a test may change."""
    receipt = receipt_of(scratch, "attention")
    assert len({citation.paper_id for citation in receipt.answer.citations}) > 1
    return receipt


def words_of(receipt: Receipt, paper_id: str) -> list[str]:
    return [citation.quote for citation in receipt.answer.citations if citation.paper_id == paper_id]


def files_with(words: str, folder: Path) -> list[str]:
    shown = json.dumps(words, ensure_ascii=False)[1:-1].encode()
    return [path.name for path in folder.rglob("*.json") if shown in path.read_bytes()]


def test_what_the_index_holds_is_shown_as_it_was(scratch: Library, held: Receipt) -> None:
    checked = check_receipt(held, paper_finder(scratch.paper))
    assert checked.is_complete
    assert checked.receipt == held
    assert checked.shown_answer() == held.answer
    assert [check.text_hash for check in checked.checks] == [citation.text_hash for citation in held.answer.citations]


def test_nothing_of_a_removed_paper_is_shown(scratch: Library, held: Receipt) -> None:
    paper_id = held.answer.citations[0].paper_id
    title = scratch.paper(paper_id).paper.title
    lost = words_of(held, paper_id)
    scratch.remove(paper_id)
    checked = check_receipt(held, paper_finder(scratch.paper))
    states = {check.number: check.state for check in checked.checks}
    for number, citation in enumerate(held.answer.citations, start=1):
        assert states[number] == ("gone" if citation.paper_id == paper_id else "held")
    shown = json.dumps(checked.as_json("x"), ensure_ascii=False)
    for words in (*lost, title):
        assert json.dumps(words, ensure_ascii=False)[1:-1] not in shown
    answer = checked.shown_answer()
    assert paper_id not in answer.answer
    assert all(answer.answer[part.start : part.end] == part.text for part in answer.segments)
    assert scratch.export(answer, "markdown")
    kept = checked.receipt.answer
    assert all(kept.answer[part.start : part.end] == part.text for part in kept.segments)


def test_the_labels_of_a_comparison_are_those_of_today(scratch: Library) -> None:
    lora, bert = "2106.09685", "1810.04805"
    receipt = receipt_of(scratch, f"{lora}와 {bert}를 비교해 줘")
    assert {"**LoRA**", "**BERT**"} <= {segment.text for segment in receipt.answer.segments}
    assert check_receipt(receipt, paper_finder(scratch.paper)).shown_answer() == receipt.answer

    def find_renamed(paper_id: str) -> PaperDetails:
        details = scratch.paper(paper_id)
        return (
            replace(details, paper=replace(details.paper, title="Bidirectional: So")) if paper_id == bert else details
        )

    shown = check_receipt(receipt, find_renamed).shown_answer().answer
    assert "**Bidirectional**" in shown
    assert "BERT**" not in shown
    scratch.remove(bert)
    checked = check_receipt(receipt, paper_finder(scratch.paper))
    assert "**LoRA**" in checked.shown_answer().answer
    assert "BERT**" not in json.dumps(checked.as_json("x"), ensure_ascii=False)


def test_a_removed_summary_leaves_the_other_quotations_of_its_paper(tmp_path: Path, embedder) -> None:
    days = {"2025-03-03": "The zebra network segments images.", "2025-03-04": "The giraffe network segments images."}
    for day, text in days.items():
        (tmp_path / f"{day}.md").write_text(f"# {day}\n\n## 2505.00001\n**Summary**:\n# Animals\n{text}\n", "utf-8")
    with Library.open(tmp_path / "data", embedding=embedder) as library:
        library.ingest([tmp_path / f"{day}.md" for day in days])
        made = [library.chunk(f"2505.00001:summary@{day}:other:0") for day in days]
        citations = tuple(
            Citation("2505.00001", chunk.chunk_id, chunk.text_hash, 0, len(chunk.text), chunk.text, "unchecked",
                     chunk.entry, chunk.source_start, chunk.source_end, text=chunk.text)
            for chunk in made
        )  # fmt: skip
        text = "Both networks segment images."
        answer = replace(
            library.ask("network"), citations=citations, answer=text, segments=(Segment(text, 0, len(text), (0, 1)),)
        )
        receipt = Receipt.of(answer, AskRequest("network"), MADE)
        find = paper_finder(library.paper)
        assert check_receipt(receipt, find).is_complete
        library.remove("2505.00001@2025-03-03")
        checked = check_receipt(receipt, paper_finder(library.paper))
        assert [check.state for check in checked.checks] == ["gone", "held"]
        assert checked.withheld == {0}  # a model wrote it from both
        assert "giraffe" in json.dumps(checked.as_json("x"))
        assert "zebra" not in json.dumps(checked.as_json("x"))
        edited = days["2025-03-04"].replace("giraffe", "lion")
        (tmp_path / "2025-03-04.md").write_text(f"# 2025-03-04\n\n## 2505.00001\n**Summary**:\n# Animals\n{edited}\n")
        library.ingest(tmp_path / "2025-03-04.md")
        checked = check_receipt(receipt, paper_finder(library.paper))
        assert [check.state for check in checked.checks] == ["gone", "changed"]
        assert "giraffe" not in json.dumps(checked.as_json("x"))


def test_a_quotation_that_moved_is_found_where_it_stands_now(scratch: Library, held: Receipt) -> None:
    first = held.answer.citations[0]
    moved = decode(Citation, asdict(first) | {"source_start": 0, "source_end": 1, "prefix": "no such words"})
    answer = replace(held.answer, citations=(moved, *held.answer.citations[1:]))
    checked = check_receipt(replace(held, answer=answer), paper_finder(scratch.paper))
    shown = checked.receipt.answer.citations[0]
    assert checked.is_complete
    assert (shown.quote, shown.prefix, shown.suffix) == (first.quote, "", "")  # the context was not found
    assert shown.source_end == (shown.source_start or 0) + len(first.quote)


def test_text_behind_which_there_is_no_quotation_goes_with_the_first_one(scratch: Library, held: Receipt) -> None:
    text = "A sentence of nobody."
    answer = replace(
        held.answer,
        answer=f"{held.answer.answer}\n{text}",
        segments=(
            *held.answer.segments,
            Segment(text, len(held.answer.answer) + 1, len(held.answer.answer) + 1 + len(text)),
        ),
    )
    receipt = replace(held, answer=answer)
    assert text in check_receipt(receipt, paper_finder(scratch.paper)).receipt.answer.answer
    scratch.remove(held.answer.citations[0].paper_id)
    assert text not in check_receipt(receipt, paper_finder(scratch.paper)).receipt.answer.answer


def test_the_same_answer_is_stored_once(scratch: Library, held: Receipt, tmp_path: Path) -> None:
    store = ReceiptStore(tmp_path)
    receipt_id = store.add(held, scratch.paper)
    assert store.add(replace(held, created="2030-01-01T00:00:00+00:00"), scratch.paper) == receipt_id
    assert store.add(replace(held, request=replace(held.request, as_of=date(2020, 1, 1))), scratch.paper) != receipt_id
    assert store.get(receipt_id) == held
    assert len(store.ids()) == 2
    for path in (tmp_path / FOLDER).iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store.remove(receipt_id)
    with pytest.raises(NotFoundError):
        store.get(receipt_id)
    with pytest.raises(NotFoundError):
        store.remove(receipt_id)


@pytest.mark.parametrize("receipt_id", ["", "x", "../keys", "0" * 31, "0" * 33, "0" * 32, "A" * 32])
def test_there_is_nothing_under_other_ids(tmp_path: Path, receipt_id: str) -> None:
    with pytest.raises(NotFoundError):
        ReceiptStore(tmp_path).get(receipt_id)


def test_receipts_have_a_limit(scratch: Library, held: Receipt, tmp_path: Path) -> None:
    store = ReceiptStore(tmp_path, limit=1)
    receipt_id = store.add(held, scratch.paper)
    with pytest.raises(StoreFullError, match=r"nonmun receipts remove"):
        store.add(replace(held, made=Made("other", "", "")), scratch.paper)
    assert store.add(held, scratch.paper) == receipt_id


def test_purging_erases_words_from_receipts(scratch: Library, held: Receipt) -> None:
    folder = scratch.settings.data
    store, sealer = ReceiptStore(folder), Sealer(folder)
    sealed = sealer.seal(held) or ""
    receipt_id = store.add(held, scratch.paper)
    paper_id = held.answer.citations[0].paper_id
    lost = [*words_of(held, paper_id), scratch.paper(paper_id).paper.title]
    kept = next(citation for citation in held.answer.citations if citation.paper_id != paper_id).quote
    assert scratch.purgeable().receipts == 0
    scratch.remove(paper_id)
    assert all(files_with(words, folder) for words in lost)  # as the history of the catalog
    assert scratch.purgeable().receipts == 1
    assert scratch.purge().erased.receipts == 1
    assert [files_with(words, folder) for words in lost] == [[]] * len(lost)
    assert files_with(kept, folder)
    assert scratch.purgeable().receipts == 0
    states = [check.state for check in check_receipt(store.get(receipt_id), paper_finder(scratch.paper)).checks]
    assert states.count("gone") == len(words_of(held, paper_id))
    # A page that was open before the purge still has the words; what it sends is stored without them.
    store.remove(receipt_id)
    store.add(sealer.unseal(sealed), scratch.paper)
    assert [files_with(words, folder) for words in lost] == [[]] * len(lost)


class Removing:
    """Papers of a library, one of which is removed and purged after it was looked up first."""

    def __init__(self, library: Library, paper_id: str) -> None:
        self._library, self._paper_id, self.erased = library, paper_id, -1

    def __call__(self, paper_id: str) -> PaperDetails:
        details = self._library.paper(paper_id)
        if paper_id == self._paper_id and self.erased < 0:
            self._library.remove(paper_id)
            self.erased = self._library.purge().erased.receipts
        return details


def test_what_is_purged_while_an_answer_is_stored_is_not_stored(scratch: Library, held: Receipt) -> None:
    paper_id = held.answer.citations[0].paper_id
    lost = words_of(held, paper_id)
    papers = Removing(scratch, paper_id)
    ReceiptStore(scratch.settings.data).add(held, papers)
    assert papers.erased == 0
    assert [files_with(words, scratch.settings.data / FOLDER) for words in lost] == [[]] * len(lost)
    assert scratch.purgeable().receipts == 0


def test_a_purge_waits_for_answers_that_are_being_stored(scratch: Library, held: Receipt) -> None:
    """They may have been looked up before the removal; another receipt appears while the first ones are erased."""
    store = ReceiptStore(scratch.settings.data)
    store.add(held, scratch.paper)
    paper_id = held.answer.citations[0].paper_id
    other = replace(held, made=Made("other", "", ""))
    scratch.remove(paper_id)
    find = paper_finder(scratch.paper)

    def late(paper: str) -> PaperDetails | None:
        file = scratch.settings.data / FOLDER / f"{other.receipt_id}.json"
        if not file.exists():
            file.write_text(json.dumps(other.as_json()), "utf-8")
        return find(paper)

    assert store.erase(late) == 2
    assert store.outdated(find) == []


def test_what_a_killed_process_did_not_finish_is_found_and_erased(scratch: Library, held: Receipt) -> None:
    folder = scratch.settings.data / FOLDER
    store = ReceiptStore(scratch.settings.data)
    receipt_id = store.add(held, scratch.paper)
    unfinished = folder / f"{'0' * 32}.json.0123456789abcdef.new"
    unfinished.write_text(json.dumps(held.as_json()))
    assert store.ids() == [receipt_id]
    assert scratch.purgeable().receipts == 1
    assert scratch.purge().erased.receipts == 1
    assert not unfinished.exists()
    unfinished.write_text("")
    store.add(replace(held, made=Made("other", "", "")), scratch.paper)
    assert not unfinished.exists()
    unfinished.write_text("")
    assert store.remove_all() == 2
    assert [path.name for path in folder.iterdir()] == [".lock"]


def test_receipts_are_erased_while_others_are_stored(scratch: Library, held: Receipt) -> None:
    """The lock is not held while receipts are compared with the index."""
    store = ReceiptStore(scratch.settings.data, wait=0)
    for name in "abc":
        store.add(replace(held, made=Made(name, "", "")), scratch.paper)
    scratch.remove(held.answer.citations[0].paper_id)
    find, added = paper_finder(scratch.paper), list[str]()

    def adding(paper_id: str) -> PaperDetails | None:
        if not added:
            added.append(store.add(replace(held, made=Made("d", "", "")), scratch.paper))
        return find(paper_id)

    assert store.erase(adding) == 3
    assert len(store.ids()) == 4
    assert store.outdated(find) == []


def test_a_lock_that_is_held_is_waited_for_as_long_as_told(scratch: Library, held: Receipt) -> None:
    store = ReceiptStore(scratch.settings.data, wait=0)
    store.add(held, scratch.paper)
    with FileLock(scratch.settings.data / FOLDER / ".lock"), pytest.raises(StoreBusyError, match="another process"):
        store.add(replace(held, made=Made("other", "", "")), scratch.paper)


def damages(receipt: Receipt) -> dict[str, str]:
    content = receipt.as_json()

    def changed(part: str, **fields: object) -> str:
        answer = dict(content["answer"])
        answer[part] = [answer[part][0] | fields, *answer[part][1:]]
        return json.dumps(content | {"answer": answer})

    return {
        "empty": "",
        "fields": "{}",
        "deep": "[" * 100_000,
        "large position": changed("segments", citations=[999]),
        "negative position": changed("segments", citations=[-1]),
        "negative start": changed("segments", start=-1),
        "far end": changed("segments", end=10**9),
        "no part of a text": changed("citations", start=5, end=5),
    }


@pytest.mark.parametrize(
    "name",
    [
        *("empty", "fields", "deep", "large position", "negative position"),
        *("negative start", "far end", "no part of a text"),
    ],
)
def test_a_damaged_receipt_stops_nothing_else(scratch: Library, held: Receipt, name: str) -> None:
    store = ReceiptStore(scratch.settings.data)
    damaged = store.add(held, scratch.paper)
    others = [store.add(replace(held, made=Made(which, "", "")), scratch.paper) for which in "abcd"]
    file = scratch.settings.data / FOLDER / f"{damaged}.json"
    file.write_text(damages(held)[name])
    with pytest.raises(UnreadableAnswerError, match=f"{damaged}.*remove it"):
        store.get(damaged)
    assert store.damaged() == [file.name]
    scratch.remove(held.answer.citations[0].paper_id)
    with pytest.raises(UnreadableAnswerError, match=damaged):
        scratch.purgeable()
    with pytest.raises(UnreadableAnswerError, match=f"{damaged}.*nonmun receipts remove"):
        scratch.purge()
    find = paper_finder(scratch.paper)
    for other in others:
        stored = store.get(other)
        assert check_receipt(stored, find).receipt == stored  # nothing of it was left to erase
    assert store.add(held, scratch.paper) == damaged  # shared again, it replaces the damaged file
    assert store.get(damaged)
    assert scratch.purgeable().receipts == 0


def test_a_folder_named_as_a_receipt_is_none(scratch: Library, held: Receipt) -> None:
    store = ReceiptStore(scratch.settings.data)
    receipt_id = store.add(held, scratch.paper)
    (scratch.settings.data / FOLDER / f"{'0' * 32}.json").mkdir()
    assert store.ids() == [receipt_id]
    assert scratch.purgeable().receipts == 0
    assert store.remove_all() == 1


def test_doctor_finds_damaged_receipts_and_secrets(scratch: Library, held: Receipt) -> None:
    folder = scratch.settings.data
    receipt_id = ReceiptStore(folder).add(held, scratch.paper)
    assert Sealer(folder).seal(held)
    assert scratch.examine() == ()
    (folder / FOLDER / f"{receipt_id}.json").write_text("[" * 100_000)
    (folder / SECRET_FILE).write_text("x")
    findings = scratch.examine()
    assert [finding.code for finding in findings] == ["answers-key", "answers-damaged"]
    assert receipt_id in findings[1].message
    assert not any(finding.repairable for finding in findings)
    assert scratch.repair(findings) == findings


def test_sharing_again_brings_back_what_is_in_the_index_again(scratch: Library, held: Receipt, tmp_path: Path) -> None:
    store = ReceiptStore(scratch.settings.data)
    receipt_id = store.add(held, scratch.paper)
    scratch.remove(held.answer.citations[0].paper_id)
    scratch.purge()
    erased = store.get(receipt_id)
    assert erased != held
    assert store.add(held, scratch.paper) == receipt_id
    assert store.get(receipt_id) == erased
    with Library.open(tmp_path / "other", embedding=scratch.embedder) as restored:
        restored.ingest(SAMPLES / "digests", SAMPLES / "abstracts.jsonl")
        assert store.add(held, restored.paper) == receipt_id
        assert store.get(receipt_id) == held
        assert check_receipt(store.get(receipt_id), paper_finder(restored.paper)).is_complete


def test_a_purged_quotation_of_a_changed_summary_stays_changed(tmp_path: Path, embedder) -> None:
    (tmp_path / "2025-03-03.md").write_text("# 2025-03-03\n\n## 2505.00001\n**Summary**:\n# Animals\nThe zebra runs.\n")
    with Library.open(tmp_path / "data", embedding=embedder) as library:
        library.ingest(tmp_path / "2025-03-03.md")
        chunk = library.chunk("2505.00001:summary@2025-03-03:other:0")
        citation = Citation("2505.00001", chunk.chunk_id, chunk.text_hash, 0, len(chunk.text), chunk.text, "unchecked",
                            chunk.entry, chunk.source_start, chunk.source_end, text=chunk.text)  # fmt: skip
        segment = Segment(chunk.text, 0, len(chunk.text), (0,))
        answer = replace(library.ask("zebra"), citations=(citation,), answer=chunk.text, segments=(segment,))
        store = ReceiptStore(tmp_path / "data")
        receipt_id = store.add(Receipt.of(answer, AskRequest("zebra"), MADE), library.paper)

        def states() -> list[str]:
            checked = check_receipt(store.get(receipt_id), paper_finder(library.paper))
            assert checked.withheld == {0}
            return [check.state for check in checked.checks]

        (tmp_path / "2025-03-03.md").write_text(
            "# 2025-03-03\n\n## 2505.00001\n**Summary**:\n# Animals\nThe lion runs.\n"
        )
        library.ingest(tmp_path / "2025-03-03.md")
        assert states() == ["changed"]
        library.purge()
        assert states() == ["changed"]
        assert not files_with("zebra runs", tmp_path / "data" / FOLDER)
        library.remove("2505.00001")
        assert states() == ["gone"]


# replays


def test_replays_are_same_changed_or_gone(scratch: Library, held: Receipt) -> None:
    def replay():
        checked = check_receipt(held, paper_finder(scratch.paper))
        return compare_answers(checked, scratch.answering.ask(held.request.as_request()), MADE)

    same = replay()
    assert (same.verdict, same.differences) == ("same", ())
    assert {line.kind for line in same.lines} == {"same"}
    other = compare_answers(
        check_receipt(held, paper_finder(scratch.paper)), same.answer, Made("other", "1" * 64, MADE.version)
    )
    assert other.differences == ("model", "configuration")
    fewer = replace(same.answer, segments=same.answer.segments[:-1], citations=same.answer.citations[:-1])
    changed = compare_answers(check_receipt(held, paper_finder(scratch.paper)), fewer, MADE)
    assert changed.verdict == "changed"
    assert [line.text for line in changed.lines if line.kind == "removed"] == [held.answer.segments[-1].text]
    refused = scratch.ask("오늘 점심은 뭐가 좋을까?")
    assert refused.abstained
    assert compare_answers(check_receipt(held, paper_finder(scratch.paper)), refused, MADE).verdict == "gone"
    scratch.remove(held.answer.citations[0].paper_id)
    assert replay().verdict == "gone"
