"""Retrieve with LangChain: alone, in a chain, in batches, asynchronously, with filters and with errors."""

import asyncio
import json
import sys
from typing import Any

from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda

from nonmun import Filter, InputError, Library
from nonmun.api.integrations.langchain import NonmunRetriever

data, question = sys.argv[1:]


def plain(documents: list[Document]) -> list[dict[str, Any]]:
    return [document.model_dump() for document in documents]


def error_of(call: Any) -> str:
    try:
        call()
    except (InputError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


with Library.open(data, create=False) as library:
    retriever = NonmunRetriever(library=library, k=4)
    chain = retriever | RunnableLambda(lambda documents: [document.id for document in documents])
    printed = {
        "documents": plain(retriever.invoke(question)),
        "chain": chain.invoke(question),
        "batch": [plain(documents) for documents in retriever.batch([question, question])],
        "async": plain(asyncio.run(retriever.ainvoke(question))),
        "async with arguments": plain(asyncio.run(retriever.ainvoke(question, k=2, filters={"lang": "en"}))),
        "more than there are": plain(retriever.invoke(question, k=1_000)),
        "of a filter": plain(NonmunRetriever(library=library, filters=Filter(source="abstract")).invoke(question)),
        "of a dict": plain(NonmunRetriever(library=library, filters={"source": "abstract"}).invoke(question)),
        "replaced": plain(
            NonmunRetriever(library=library, filters={"source": "abstract"}).invoke(question, filters={"lang": "ko"})
        ),
        "dump": sorted(retriever.model_dump()),
        "errors": [
            error_of(lambda: retriever.invoke("")),
            error_of(lambda: retriever.invoke(question, k=0)),
            error_of(lambda: retriever.invoke(question, filters={"language": "ko"})),
            error_of(lambda: NonmunRetriever(library=object())),
            error_of(lambda: NonmunRetriever(library=library, k=0)),
        ],
    }
print(json.dumps(printed))
