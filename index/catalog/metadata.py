"""Settings stored with the catalog: its identity, the embedding model, versions of the chunker and the tokenizer."""

from __future__ import annotations

from .session import Session


class Metadata:
    """Key-value settings of a catalog (table `meta`)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, key: str) -> str | None:
        """Return the value of a setting; None where it is not set."""
        row = self._session.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set(self, key: str, value: str) -> None:
        """Store a setting; the revision stays the same."""
        sql = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
        self._session.write(sql, (key, value))

    @property
    def catalog_id(self) -> str:
        """The identity of the catalog. A restored catalog gets a new one."""
        return self.get("catalog") or ""

    @property
    def model_id(self) -> str | None:
        """The embedding model of the vectors; None where nothing is embedded yet."""
        return self.get("model_id")

    @property
    def dimension(self) -> int:
        """The length of the vectors; 0 where nothing is embedded yet."""
        return int(self.get("dimension") or 0)

    def set_model(self, model_id: str, dimension: int) -> None:
        """Store the embedding model of the vectors and their length."""
        self.set("model_id", model_id)
        self.set("dimension", str(dimension))
