"""A dataset folder that is written query by query and can be resumed after an interruption at any moment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....index.domain.chunks import Chunk
from ....index.domain.errors import ConfigError, FileError
from ....index.domain.papers import Language
from ..append_log import QRELS_HEADER, append_line, is_complete_judgment, is_complete_object, repair_last_line
from ..formats.nonmun import write_metadata
from ..formats.text_lines import json_objects
from ..formats.trec import read_qrels

_QUERIES, _QRELS, _SKIPPED, _CONFIG = "queries.jsonl", "qrels.tsv", "skipped.jsonl", "making.json"


@dataclass(frozen=True, slots=True)
class QuestionConfig:
    """Parameters of a set of questions that a language model writes.

    Attributes:
        model: name of the model on its server.
        count: number of queries.
        seed: determines the chunks.
        langs: languages of the queries, in turn.
    """

    model: str
    count: int = 200
    seed: int = 0
    langs: Sequence[Language] = ("ko", "en")


@dataclass(slots=True)
class CheckpointedWriter:
    """Writes a dataset folder; every query is on disk when `add` returns.

    Attributes:
        folder: the dataset folder.
        config: parameters of the set.
        query_ids: ids of the queries written so far.
        tried: ids of the chunks that gave a query or were skipped.
        skipped: number of skipped chunks by reason.
    """

    folder: Path
    config: QuestionConfig
    query_ids: list[str] = field(default_factory=list[str])
    tried: set[str] = field(default_factory=set[str])
    skipped: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def open(cls, folder: Path, config: QuestionConfig, name: str, corpus: str) -> CheckpointedWriter:
        """Start a folder, or resume one that an earlier run with the same parameters left.

        Args:
            folder: the dataset folder, which must exist.
            config: parameters of the set.
            name: name of the dataset.
            corpus: description of its corpus.

        Raises:
            ConfigError: the folder was started with other parameters.
            FileError: the folder cannot be read or written.
        """
        parameters = {"model": config.model, "seed": config.seed, "langs": list(config.langs)}
        stored = _read_parameters(folder)
        if stored is None:
            _start(folder, config, name, corpus, parameters)
        elif stored != parameters:
            raise ConfigError(
                f"{folder}: was begun with {json.dumps(stored)}; continue with these parameters, or start anew: --force"
            )
        writer = cls(folder, config)
        writer._resume()
        return writer

    def _resume(self) -> None:
        """Repair lines that a kill interrupted, and read what was written."""
        repair_last_line(self.folder / _QUERIES, is_complete_object)
        repair_last_line(self.folder / _SKIPPED, is_complete_object)
        repair_last_line(self.folder / _QRELS, is_complete_judgment)
        records = _read_objects(self.folder / _QUERIES)
        qrels = read_qrels(self.folder / _QRELS) if (self.folder / _QRELS).is_file() else {}
        for record in records:  # a kill between the two files leaves a query without its judgment
            if record["id"] not in qrels:
                self._judge(str(record["id"]), str(record["chunk"]).partition(":")[0])
        self.query_ids = [str(record["id"]) for record in records]
        self.tried = {str(record["chunk"]) for record in records}
        for record in _read_objects(self.folder / _SKIPPED):
            self.tried.add(str(record["chunk"]))
            self.skipped[str(record["reason"])] += 1

    def add(self, chunk: Chunk, lang: Language, question: str) -> None:
        """Write a query about a chunk with its judgment."""
        query_id = f"llm-{len(self.query_ids):04}"
        record = {"id": query_id, "text": question, "lang": lang, "kind": "llm", "source": chunk.source}
        record |= {"section": chunk.section, "chunk": chunk.chunk_id, "model": self.config.model}
        append_line(self.folder / _QUERIES, json.dumps(record, ensure_ascii=False))
        self._judge(query_id, chunk.paper_id)
        self.query_ids.append(query_id)

    def _judge(self, query_id: str, paper_id: str) -> None:
        append_line(self.folder / _QRELS, f"{query_id}\t{paper_id}\t1", QRELS_HEADER)

    def skip(self, chunk: Chunk, reason: str) -> None:
        """Record that a chunk gave no query, so that a resumed run does not try it again."""
        append_line(self.folder / _SKIPPED, json.dumps({"chunk": chunk.chunk_id, "reason": reason}))
        self.skipped[reason] += 1

    def skip_reasons(self) -> str:
        """Return the reasons for skipped chunks with their counts, in words."""
        reasons = "; ".join(f"{count} times {reason}" for reason, count in self.skipped.most_common())
        return reasons or "no chunk is long enough"


def _read_parameters(folder: Path) -> object:
    """Return the parameters that a folder was started with, or None for a new folder."""
    path = folder / _CONFIG
    try:
        return json.loads(path.read_text("utf-8")) if path.is_file() else None
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read ({error}); start anew: --force") from error


def _start(folder: Path, config: QuestionConfig, name: str, corpus: str, parameters: Mapping[str, Any]) -> None:
    description = f"Questions written by {config.model}, seed {config.seed}"
    try:
        write_metadata(folder, {"name": name, "corpus": corpus, "description": description})
        (folder / _CONFIG).write_text(json.dumps(parameters) + "\n", "utf-8")  # last: it marks the folder as started
    except OSError as error:
        raise FileError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error


def _read_objects(path: Path) -> list[dict[str, Any]]:
    return [record for _, record in json_objects(path)] if path.is_file() else []
