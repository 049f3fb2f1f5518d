"""Language models: an OpenAI-compatible client, an adapter for llama-index, and the protocol for any other."""

from .base import Message, StreamingModel, open_reply
from .client import ChatModel
from .errors import ReplyError

__all__ = ["ChatModel", "Message", "ReplyError", "StreamingModel", "open_reply"]
