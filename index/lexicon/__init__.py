"""The bilingual lexicon: bundled glossary, alignment learned from papers in both languages, query translation."""
