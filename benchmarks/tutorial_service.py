"""Serve llama-index's tutorial pipeline over the chunks of an index, to compare with (`benchmarks/load.py`).

    python benchmarks/tutorial_service.py DATA

The chunks, their vectors and the embedding model are nonmun's; retrieval is `VectorStoreIndex` over a Chroma collection
behind a FastAPI route as FastAPI's tutorial writes one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from query import build_tutorial_index

from nonmun import Library


class Body(BaseModel):
    """What is searched for."""

    question: str


def main() -> None:
    """Build the pipeline and serve it on a free port."""
    app = FastAPI()
    with Library.open(sys.argv[1], create=False) as library, tempfile.TemporaryDirectory() as folder:
        retriever = build_tutorial_index(Path(sys.argv[1]), folder, library).as_retriever(similarity_top_k=10)

        @app.post("/v1/search")
        def search(body: Body) -> list[dict[str, object]]:
            found = retriever.retrieve(body.question)
            return [{"text": node.node.get_content(), "score": node.score} for node in found]

        @app.get("/healthz")
        def healthz() -> dict[str, str]:
            return {"status": "ok"}

        config = uvicorn.Config(app, port=0, log_level="critical")
        server = uvicorn.Server(config)
        socket = config.bind_socket()
        print(f"http://127.0.0.1:{socket.getsockname()[1]}", flush=True)
        server.run(sockets=[socket])


if __name__ == "__main__":
    main()
