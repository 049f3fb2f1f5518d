"""The bundled embedding model, multilingual-e5-small on the CPU; hands names on."""

from .model import E5, MODEL_ID, RECIPES

__all__ = ["E5", "MODEL_ID", "RECIPES"]
