"""Answers that a language model writes, from numbered passages only, and that are checked sentence by sentence."""

from .generator import Limits, Writer
from .nli import CrossEncoderNLI

__all__ = ["CrossEncoderNLI", "Limits", "Writer"]
