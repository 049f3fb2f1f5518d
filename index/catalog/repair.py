"""The statements that only a repair needs: one transaction's writes, like those of an ingest."""

from __future__ import annotations

from collections.abc import Mapping

from .integrity import Inspection
from .writing import Writer


class Mender(Writer):
    """A transaction of `Catalog.write()`, with what a repair writes."""

    @classmethod
    def of(cls, writer: Writer) -> Mender:
        """The same transaction as `writer`."""
        return cls(writer._sql)

    def name_model(self) -> None:
        """Write down the model and dimension of the vectors here, which must be of one model."""
        [(model_id, dimension)] = Inspection.of(self).models()
        self.set_meta("model_id", model_id)
        self.set_meta("dimension", str(dimension))

    def raise_rev(self) -> None:
        """Bring the revision up to the newest one that a row carries."""
        self.set_meta("rev", str(Inspection.of(self).last_rev()))

    def drop_vectors(self) -> None:
        """Forget vectors that no chunk needs, that are of another model, or that are none."""
        model_id, dimension = self.meta("model_id") or "", int(self.meta("dimension") or 0)
        self._sql.execute("DELETE FROM vectors WHERE passage_hash NOT IN (SELECT passage_hash FROM chunks)")
        self._sql.execute("DELETE FROM vectors WHERE model_id != ?", (model_id,))
        bad = Inspection.of(self).bad_vectors(model_id, dimension)
        self._sql.executemany("DELETE FROM vectors WHERE passage_hash = ?", [(hashed,) for hashed in bad])

    def rebuild_terms(self, terms: Mapping[int, str]) -> None:
        """Make the lexical index anew, its tables too: a damaged one cannot always be emptied.

        Args:
            terms: space-separated terms by the row number of their chunk.
        """
        made = self._sql.execute("SELECT sql FROM sqlite_master WHERE name = 'lexical'").fetchone()[0]
        self._sql.execute("DROP TABLE lexical")
        self._sql.execute(made)
        self._sql.executemany("INSERT INTO lexical (rowid, terms) VALUES (?, ?)", terms.items())
