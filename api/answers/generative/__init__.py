"""Answers that a language model writes, from numbered passages only, and that are checked sentence by sentence."""

from .nli import CrossEncoderNLI
from .writing import Limits, Writer

__all__ = ["CrossEncoderNLI", "Limits", "Writer"]
