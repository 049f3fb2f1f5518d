"""The bundled embedding model: multilingual-e5-small with 8-bit weights on the CPU."""

from .model import BACKENDS, E5, MODEL_ID

__all__ = ["BACKENDS", "E5", "MODEL_ID"]
