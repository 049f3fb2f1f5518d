"""Language models: one client of any OpenAI-compatible server, llama-index's, and anything that streams text."""

from .base import Message, StreamingModel, replied
from .client import ChatModel
from .errors import ReplyError

__all__ = ["ChatModel", "Message", "ReplyError", "StreamingModel", "replied"]
