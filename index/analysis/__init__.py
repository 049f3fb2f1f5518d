"""Text analysis: tokenisation, language identification and sentence segmentation."""
