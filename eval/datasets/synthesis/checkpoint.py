"""A dataset folder that fills query by query, and is read again by the run that goes on with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....index.domain.chunks import Chunk
from ....index.domain.errors import ConfigError, FileError
from ....index.domain.papers import Language
from ..append_log import HEADER, append, is_judgment, is_object, mend
from ..formats.nonmun import write_about
from ..formats.text_lines import objects
from ..formats.trec import read_qrels


@dataclass(frozen=True, slots=True)
class Order:
    """What to have written.

    Attributes:
        model: what the server calls the model.
        count: how many queries.
        seed: decides about which chunks.
        langs: languages of the queries, in turn.
    """

    model: str
    count: int = 200
    seed: int = 0
    langs: Sequence[Language] = ("ko", "en")


def _record(folder: Path) -> object:
    """What a folder was begun with; None where it was not."""
    path = folder / "making.json"
    try:
        return json.loads(path.read_text("utf-8")) if path.is_file() else None
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read ({error}); begin anew: --force") from error


class Shelf:
    """The dataset folder as it fills."""

    def __init__(self, folder: Path, order: Order) -> None:
        self._folder, self._order = folder, order
        self.queries: list[str] = []
        self.tried: set[str] = set()
        self.skipped: Counter[str] = Counter()

    @classmethod
    def open(cls, folder: Path, order: Order, name: str, corpus: str) -> Shelf:
        """Begin a folder, or read what an earlier run left in it.

        Raises:
            ConfigError: it holds a set of another order.
        """
        shelf = cls(folder, order)
        record = {"model": order.model, "seed": order.seed, "langs": list(order.langs)}
        known = _record(folder)
        if known is None:
            shelf._begin(name, corpus, record)
        elif known != record:
            raise ConfigError(f"{folder}: was begun with {json.dumps(known)}; go on with that, or begin anew: --force")
        shelf._read()
        return shelf

    def _begin(self, name: str, corpus: str, record: Mapping[str, Any]) -> None:
        description = f"Questions written by {self._order.model}, seed {self._order.seed}"
        about = {"name": name, "corpus": corpus, "description": description}
        try:
            write_about(self._folder, about)
            (self._folder / "making.json").write_text(json.dumps(record) + "\n", "utf-8")  # last: the folder is begun
        except OSError as error:
            raise FileError(f"{self._folder}: cannot be written ({error.strerror}); choose another folder") from error

    def _read(self) -> None:
        """Mend what a kill tore, and read what was written."""
        mend(self._folder / "queries.jsonl", is_object)
        mend(self._folder / "skipped.jsonl", is_object)
        mend(self._folder / "qrels.tsv", is_judgment)
        lines = [record for _, record in objects(self._folder / "queries.jsonl")] if self._has("queries.jsonl") else []
        judged = read_qrels(self._folder / "qrels.tsv") if self._has("qrels.tsv") else {}
        for one in lines:  # a kill between the two files leaves a query without its judgment
            if one["id"] not in judged:
                self._judge(str(one["id"]), str(one["chunk"]).partition(":")[0])
        self.queries = [str(one["id"]) for one in lines]
        self.tried = {str(one["chunk"]) for one in lines}
        if self._has("skipped.jsonl"):
            for _, one in objects(self._folder / "skipped.jsonl"):
                self.tried.add(str(one["chunk"]))
                self.skipped[str(one["reason"])] += 1

    def _has(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def add(self, chunk: Chunk, lang: Language, question: str) -> None:
        """Keep a query."""
        query_id = f"llm-{len(self.queries):04}"
        record = {"id": query_id, "text": question, "lang": lang, "kind": "llm", "source": chunk.source}
        record |= {"section": chunk.section, "chunk": chunk.chunk_id, "model": self._order.model}
        append(self._folder / "queries.jsonl", json.dumps(record, ensure_ascii=False))
        self._judge(query_id, chunk.paper_id)
        self.queries.append(query_id)

    def _judge(self, query_id: str, paper_id: str) -> None:
        append(self._folder / "qrels.tsv", f"{query_id}\t{paper_id}\t1", HEADER)

    def skip(self, chunk: Chunk, reason: str) -> None:
        """Note that a chunk gave no query."""
        append(self._folder / "skipped.jsonl", json.dumps({"chunk": chunk.chunk_id, "reason": reason}))
        self.skipped[reason] += 1

    def reasons(self) -> str:
        """Why chunks were passed over, in words."""
        told = "; ".join(f"{count} times {reason}" for reason, count in self.skipped.most_common())
        return told or "no chunk is long enough"
