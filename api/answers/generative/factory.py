"""Opens the answer generator that settings and arguments configure."""

from __future__ import annotations

from functools import partial
from typing import Any

from ....settings import Settings
from ...llm import ChatModel, StreamingModel
from ...llm.redaction import redact, secrets_of
from .generator import AnswerGenerator, GenerationLimits
from .nli import CrossEncoderNLI
from .support import EmbedTexts


def open_answer_generator(settings: Settings, llm: Any, embed: EmbedTexts) -> AnswerGenerator:
    """Return an answer generator.

    Args:
        settings: name the limits, the entailment model and the server.
        llm: a llama-index `LLM` or a `StreamingModel`; None for the settings' server.
        embed: maps n texts to centered unit vectors, float32 (n, d).

    Raises:
        ConfigError: the settings of the server are incomplete or contradictory.
        ModelError: the entailment model cannot be loaded.
    """
    limits = GenerationLimits(
        settings.llm_first_token, settings.llm_gap, settings.llm_timeout, settings.answer.prompt_tokens
    )
    nli = settings.answer.nli
    entailment = CrossEncoderNLI.open(nli, device=settings.device) if nli else None
    secrets = secrets_of(settings.llm_url, settings.llm_key.get_secret_value())
    return AnswerGenerator(_language_model(settings, llm), embed, limits, entailment, partial(redact, secrets=secrets))


def _language_model(settings: Settings, llm: Any) -> StreamingModel:
    if llm is None:
        return ChatModel.of(settings)
    if hasattr(llm, "stream_chat"):
        from ...llm.llama_index import LlamaModel

        return LlamaModel(llm)
    return llm
