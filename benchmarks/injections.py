"""Count benign sentences that are detected as instructions or as active content.

    python benchmarks/injections.py DATA [ABSTRACTS.jsonl.gz]

DATA is a data directory; ABSTRACTS is an optional second source with the field `text` or `abstract`.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterable

from nonmun import Library
from nonmun.api.answers.prompt_injection import has_active_content, is_instruction
from nonmun.index.analysis.sentences import fast_sentences


def main(data: str, abstracts: str | None = None) -> None:
    """Print both counts, and every sentence that is detected as an instruction."""
    with Library.open(data, create=False) as library:
        _count("chunks of the index", (chunk.text for chunk in library.chunks()))
    if abstracts:
        with gzip.open(abstracts, "rt", encoding="utf-8") as file:
            rows = map(json.loads, file)
            _count("abstracts", (row.get("text") or row.get("abstract") or "" for row in rows))


def _count(name: str, texts: Iterable[str]) -> None:
    sentences = [text[start:end] for text in texts for start, end in fast_sentences(text)]
    instructions = [sentence for sentence in sentences if is_instruction(sentence)]
    active = sum(map(has_active_content, sentences))
    print(f"{name}: {len(sentences)} sentences, {len(instructions)} instructions, {active} with active content")
    for sentence in instructions:
        print(f"    {' '.join(sentence.split())[:150]}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
