"""The bilingual lexicon: glossary, learned alignment and query translation."""
