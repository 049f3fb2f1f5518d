"""Text analysis: tokenization, language identification and sentence segmentation."""
