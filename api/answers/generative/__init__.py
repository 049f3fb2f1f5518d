"""Generated answers: a language model writes from numbered passages, and every sentence is verified."""

from .generator import AnswerGenerator, GenerationLimits
from .nli import CrossEncoderNLI

__all__ = ["AnswerGenerator", "CrossEncoderNLI", "GenerationLimits"]
