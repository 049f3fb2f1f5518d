"""The model that writes answers, opened as settings and arguments say."""

from __future__ import annotations

from typing import Any

from ....settings import Settings
from ...llm import ChatModel, StreamingModel
from . import CrossEncoderNLI, Limits, Writer
from .support import Vectors


def open_writer(settings: Settings, llm: Any, vectors: Vectors) -> Writer:
    """The writer of answers.

    Args:
        settings: name limits, a model for entailment, and a server.
        llm: a llama-index `LLM`, or a `StreamingModel`; None takes the settings' server.
        vectors: texts to centred unit vectors, float32 (n, d).

    Raises:
        ConfigError: the settings name a server in a way that cannot be used.
        ModelError: the model for entailment cannot be loaded.
    """
    limits = Limits(settings.llm_first_token, settings.llm_gap, settings.llm_timeout, settings.answer.prompt_tokens)
    nli = settings.answer.nli
    entailment = CrossEncoderNLI.open(nli, device=settings.device) if nli else None
    return Writer(_model(settings, llm), vectors, limits, entailment)


def _model(settings: Settings, llm: Any) -> StreamingModel:
    if llm is None:
        return ChatModel.of(settings)
    if hasattr(llm, "stream_chat"):
        from ...llm.llama_index import LlamaModel

        return LlamaModel(llm)
    return llm
