"""The tables of the catalog and their migrations."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ..domain.errors import ConfigError

# `chunks.row` is never reused (AUTOINCREMENT) and a changed chunk gets a new one, so a row number identifies one text
# for good: published generations hold row numbers, and a search drops those that are no longer in `chunks`.
_FIRST = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('rev', '0')",
    """CREATE TABLE documents (
        digest_date TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, text_hash TEXT NOT NULL,
        recipe TEXT NOT NULL, ingested_at TEXT NOT NULL, rev INTEGER NOT NULL,
        PRIMARY KEY (digest_date, name))""",
    """CREATE TABLE problems (
        digest_date TEXT NOT NULL, name TEXT NOT NULL, line INTEGER NOT NULL, message TEXT NOT NULL,
        FOREIGN KEY (digest_date, name) REFERENCES documents ON DELETE CASCADE)""",
    """CREATE TABLE papers (
        paper_id TEXT PRIMARY KEY, title TEXT NOT NULL, abstract TEXT NOT NULL, rev INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE entries (
        digest_date TEXT NOT NULL, paper_id TEXT NOT NULL REFERENCES papers, name TEXT NOT NULL, version INTEGER,
        url TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, sections TEXT NOT NULL, line INTEGER NOT NULL,
        rev INTEGER NOT NULL,
        PRIMARY KEY (digest_date, paper_id),
        FOREIGN KEY (digest_date, name) REFERENCES documents)""",
    "CREATE INDEX entries_paper ON entries (paper_id)",
    """CREATE TABLE chunks (
        row INTEGER PRIMARY KEY AUTOINCREMENT, chunk_id TEXT NOT NULL UNIQUE,
        paper_id TEXT NOT NULL REFERENCES papers, source TEXT NOT NULL, digest_date TEXT, section TEXT NOT NULL,
        ordinal INTEGER NOT NULL, lang TEXT NOT NULL, text TEXT NOT NULL, context TEXT NOT NULL,
        passage_hash TEXT NOT NULL, rev INTEGER NOT NULL)""",
    "CREATE INDEX chunks_paper ON chunks (paper_id)",
    "CREATE INDEX chunks_rev ON chunks (rev)",
    "CREATE INDEX chunks_passage ON chunks (passage_hash)",
    """CREATE TABLE vectors (
        passage_hash TEXT NOT NULL, model_id TEXT NOT NULL, vector BLOB NOT NULL,
        PRIMARY KEY (passage_hash, model_id)) WITHOUT ROWID""",
    # The index terms are space-separated; the tokenizer has to leave them whole.
    """CREATE VIRTUAL TABLE lexical USING fts5 (terms, tokenize = "ascii tokenchars '-._+#'")""",
    "CREATE VIRTUAL TABLE lexical_vocabulary USING fts5vocab (lexical, row)",
)

# Abstracts are stored apart from the papers that are searched: a removed paper is no longer found, and its abstract
# need not be fetched again should it return.
_SECOND = (
    # The identity of the catalog: generations built from another one are not used, even if their numbers match.
    "INSERT INTO meta VALUES ('catalog', lower(hex(randomblob(16))))",
    """CREATE TABLE sources (
        paper_id TEXT PRIMARY KEY, status TEXT NOT NULL, title TEXT NOT NULL, abstract TEXT NOT NULL, origin TEXT,
        version INTEGER, published TEXT, fetched_at TEXT, tried_at TEXT, reason TEXT NOT NULL) WITHOUT ROWID""",
    """INSERT INTO sources SELECT paper_id, 'found', title, abstract, 'file', NULL, NULL, NULL, NULL, '' FROM papers
        WHERE abstract != ''""",
    "ALTER TABLE papers ADD COLUMN standalone INTEGER NOT NULL DEFAULT 0",  # stays without an entry
    "UPDATE papers SET standalone = 1 WHERE paper_id NOT IN (SELECT paper_id FROM entries)",
    "ALTER TABLE papers DROP COLUMN title",
    "ALTER TABLE papers DROP COLUMN abstract",
    "ALTER TABLE documents ADD COLUMN path TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX documents_path ON documents (path)",
    "ALTER TABLE entries ADD COLUMN lang TEXT",
    "ALTER TABLE entries ADD COLUMN ingested_at TEXT NOT NULL DEFAULT ''",
    """UPDATE entries SET ingested_at = (SELECT ingested_at FROM documents AS one
        WHERE one.digest_date = entries.digest_date AND one.name = entries.name)""",
    "ALTER TABLE entries ADD COLUMN label TEXT NOT NULL DEFAULT 'unchecked'",
    "ALTER TABLE entries ADD COLUMN wrong_paper TEXT",
    "ALTER TABLE entries ADD COLUMN reasons TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE entries ADD COLUMN judged TEXT NOT NULL DEFAULT ''",  # version of the judge; empty without a verdict
    """CREATE TABLE revisions (
        digest_date TEXT NOT NULL, paper_id TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
        ingested_at TEXT NOT NULL, ended_at TEXT NOT NULL, why TEXT NOT NULL)""",
    "CREATE INDEX revisions_paper ON revisions (paper_id)",
    """CREATE TABLE removals (
        digest_date TEXT NOT NULL, paper_id TEXT NOT NULL, text_hash TEXT NOT NULL, removed_at TEXT NOT NULL,
        PRIMARY KEY (digest_date, paper_id, text_hash)) WITHOUT ROWID""",
)

CREATE_TERMS = "CREATE TABLE chunk_terms (row INTEGER PRIMARY KEY, terms TEXT NOT NULL)"

# Nothing searches the full-text index: postings are built from the terms when a generation is published. They are read
# from its content table, which a damaged index leaves readable.
_THIRD = (
    CREATE_TERMS,
    "INSERT INTO chunk_terms SELECT id, c0 FROM lexical_content WHERE c0 IS NOT NULL",
    "DROP TABLE lexical_vocabulary",
    "DROP TABLE lexical",
)

CREATE_PASSAGES = "CREATE VIEW passages AS SELECT passage_hash FROM chunks UNION ALL SELECT passage_hash FROM sentences"

# Sentences are made from chunks after they are stored: `split_chunks` tells which chunks have theirs.
_FOURTH = (
    "CREATE TABLE split_chunks (row INTEGER PRIMARY KEY)",
    """CREATE TABLE sentences (
        row INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, terms TEXT NOT NULL,
        passage_hash TEXT NOT NULL, PRIMARY KEY (row, start)) WITHOUT ROWID""",
    "CREATE INDEX sentences_passage ON sentences (passage_hash)",
    CREATE_PASSAGES,
)

# The bibliography is NULL until a source was asked for it. Facets are what a search filters by.
_FIFTH = (
    "ALTER TABLE sources ADD COLUMN bibliography TEXT",
    """CREATE TABLE facets (
        facet TEXT NOT NULL, value TEXT NOT NULL, paper_id TEXT NOT NULL,
        PRIMARY KEY (facet, value, paper_id)) WITHOUT ROWID""",
    "CREATE INDEX facets_paper ON facets (paper_id)",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH)
"""MIGRATIONS[n] migrates a catalog from schema version n to n + 1. Never change one that was released."""


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Migrate a catalog to the newest schema, each version in a transaction of its own.

    Args:
        connection: a connection outside a transaction.
        migrations: the statements from each version to the next.

    Raises:
        ConfigError: the catalog has a newer schema.
    """
    while True:
        version = _version(connection)
        if version > len(migrations):
            message = f"the catalog has schema {version}, this version of nonmun reads up to {len(migrations)}"
            raise ConfigError(f"{message}; upgrade nonmun")
        if version == len(migrations):
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _version(connection) == version:  # another process may have migrated it meanwhile
                for statement in migrations[version]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
