"""Language models: one client of any OpenAI-compatible server, llama-index's, and anything that streams text."""

from .client import ChatModel
from .faults import ReplyError
from .model import Message, StreamingModel, replied

__all__ = ["ChatModel", "Message", "ReplyError", "StreamingModel", "replied"]
