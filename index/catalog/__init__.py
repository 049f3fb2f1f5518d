"""The catalog: the transactional SQLite store of documents, papers, chunks and vectors."""
