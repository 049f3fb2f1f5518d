"""Retrieve with Haystack: alone, in a pipeline, asynchronously, with filters, from serialized data and with errors."""

import asyncio
import json
import sys
from typing import Any

from haystack import Document, Pipeline
from haystack.components.builders import PromptBuilder

from nonmun import ConfigError, InputError, Library
from nonmun.api.integrations.haystack import NonmunRetriever

data, question = sys.argv[1:]
ABSTRACTS = {"field": "meta.source", "operator": "==", "value": "abstract"}


def plain(output: dict[str, list[Document]]) -> list[dict[str, Any]]:
    return [document.to_dict(flatten=False) for document in output["documents"]]


def error_of(call: Any) -> str:
    try:
        call()
    except (InputError, ConfigError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


class Other:
    def search(self, *_: Any, **__: Any) -> Any:
        raise AssertionError


def piped(retriever: NonmunRetriever) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("retriever", retriever)
    template = "{% for document in documents %}{{ document.id }}\n{% endfor %}"
    pipeline.add_component("prompt", PromptBuilder(template=template, required_variables="*"))
    pipeline.connect("retriever.documents", "prompt.documents")
    return pipeline


with Library.open(data, create=False) as library:
    retriever = NonmunRetriever(library, top_k=4)
    pipeline = piped(NonmunRetriever(data, top_k=4))
    text = pipeline.dumps()
    loaded = Pipeline.loads(text, allowed_modules=["nonmun.*"])
    both = {"operator": "AND", "conditions": [ABSTRACTS, {"field": "lang", "operator": "==", "value": "en"}]}
    either = {"operator": "OR", "conditions": [ABSTRACTS, ABSTRACTS]}
    restored = NonmunRetriever.from_dict(retriever.to_dict())
    printed = {
        "documents": plain(retriever.run(question)),
        "async": plain(asyncio.run(retriever.run_async(question, top_k=2))),
        "pipeline": pipeline.run({"retriever": {"query": question}})["prompt"]["prompt"].split(),
        "async pipeline": asyncio.run(pipeline.run_async({"retriever": {"query": question}}))["prompt"][
            "prompt"
        ].split(),
        "loaded": loaded.run({"retriever": {"query": question}})["prompt"]["prompt"].split(),
        "dumped again": loaded.dumps() == text,
        "restored": plain(restored.run(question)),
        "to_dict": retriever.to_dict(),
        "filtered": plain(retriever.run(question, filters=both, top_k=300)),
        "of the constructor": plain(NonmunRetriever(library, filters=ABSTRACTS, top_k=300).run(question)),
        "replaced": plain(
            NonmunRetriever(library, filters=ABSTRACTS).run(
                question, filters={"field": "meta.lang", "operator": "==", "value": "ko"}
            )
        ),
        "errors": [
            error_of(lambda: retriever.run("")),
            error_of(lambda: retriever.run(question, top_k=0)),
            error_of(lambda: retriever.run(question, filters=either)),
            error_of(lambda: NonmunRetriever(library, filters={"field": "meta.title", "operator": "!=", "value": "x"})),
            error_of(lambda: NonmunRetriever(library, filters={"field": "meta.lang", "value": "ko"})),
            error_of(lambda: NonmunRetriever(data + "/none").warm_up()),
            error_of(lambda: NonmunRetriever(Other()).to_dict()),
        ],
    }
    restored.close()
    pipeline.close()
    loaded.close()
    printed["after closing"] = plain(restored.run(question))
    restored.close()
    retriever.close()
    printed["still open"] = plain(retriever.run(question))
print(json.dumps(printed))
