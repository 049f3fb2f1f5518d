"""Checks of the catalog: each a question to one snapshot, its answer a finding or none. Nothing is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from ..domain.findings import REPAIR, Finding, incurable, mendable
from .session import CatalogView

_BLOCK = 4_096  # vectors looked at together
_NO_CHUNK = "NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.passage_hash = vectors.passage_hash)"
_SAYS_LEXICAL = re.compile(r"fts5 table.*lexical", re.IGNORECASE)  # SQLite 3.44 and newer check it by themselves


class Inspection(CatalogView):
    """A snapshot, looked at for damage."""

    @classmethod
    def of(cls, view: CatalogView) -> Inspection:
        """The same snapshot as `view`."""
        return cls(view._sql)

    def damage(self) -> Iterator[Finding]:
        """What SQLite itself says of the file."""
        said = [str(row[0]) for row in self._sql.execute("PRAGMA integrity_check(5)")]
        lexical = [line for line in said if _SAYS_LEXICAL.search(line)]
        others = [line for line in said if line != "ok" and line not in lexical]
        if lexical:
            yield mendable("lexical-damaged", f"the lexical index is damaged ({lexical[0]})")
        if others:
            yield incurable("catalog-damaged", f"the catalog is damaged ({'; '.join(others).replace(chr(10), ' ')})")
        broken = sorted({str(row[0]) for row in self._sql.execute("PRAGMA foreign_key_check")})
        if broken:
            yield incurable("catalog-dangling", f"rows of {', '.join(broken)} point to rows that are gone")

    def settings(self) -> Iterator[Finding]:
        """The revision, and the name of the model."""
        rev = self.meta("rev") or ""
        last = self.last_rev()
        if not rev.isdecimal() or int(rev) < last:
            yield mendable("revision-behind", f"the revision is {rev or 'missing'}, rows are of up to {last}")
        if self.chunk_count() and not (self.meta("model_id") and (self.meta("dimension") or "").isdecimal()):
            message = "the catalog does not say which model made its vectors"
            if len(self.models()) == 1:
                yield mendable("model-unnamed", message)
            else:
                yield incurable("model-unnamed", message)

    def last_rev(self) -> int:
        """The newest revision that any row carries."""
        tables = ("documents", "papers", "entries", "chunks")
        union = " UNION ALL ".join(f"SELECT max(rev) AS rev FROM {table}" for table in tables)  # noqa: S608 - fixed
        return int(self._sql.execute(f"SELECT coalesce(max(rev), 0) FROM ({union})").fetchone()[0])  # noqa: S608

    def models(self) -> list[tuple[str, int]]:
        """Model and dimension of the vectors here."""
        sql = "SELECT DISTINCT model_id, length(vector) / 4 FROM vectors ORDER BY 1, 2"
        return [(row[0], row[1]) for row in self._sql.execute(sql)]

    def empty_papers(self) -> list[str]:
        """Papers that no digest speaks of and that are not here for their own sake."""
        sql = "SELECT paper_id FROM papers WHERE NOT standalone AND paper_id NOT IN (SELECT paper_id FROM entries)"
        return [row[0] for row in self._sql.execute(sql)]

    def papers_left(self) -> Iterator[Finding]:
        """Papers of which nothing is left."""
        if empty := self.empty_papers():
            yield mendable("papers-empty", f"{len(empty)} papers have neither entry nor abstract, such as {empty[0]}")

    def lexical(self, *, thorough: bool) -> Iterator[Finding]:
        """Whether every chunk has its terms, and no term is without its chunk."""
        missing = self._count("chunks WHERE row NOT IN (SELECT id FROM lexical_content)")
        orphans = self._count("lexical_content WHERE id NOT IN (SELECT row FROM chunks)")
        if missing:
            yield mendable("lexical-missing", f"{missing} chunks are not in the lexical index")
        if orphans:
            yield mendable("lexical-orphans", f"{orphans} rows of the lexical index belong to no chunk")
        lengths = {row[0]: _first_varint(row[1]) for row in self._sql.execute("SELECT id, sz FROM lexical_docsize")}
        rows = {row[0] for row in self._sql.execute("SELECT id FROM lexical_content")}
        counted = self._sql.execute("SELECT coalesce(sum(cnt), 0) FROM lexical_vocabulary").fetchone()[0]
        if lengths.keys() != rows or sum(lengths.values()) != counted or (thorough and not self._terms_agree()):
            yield mendable("lexical-damaged", "the lexical index does not hold the terms that it was given")

    def _terms_agree(self) -> bool:
        """Whether the index says of every term what indexing the same terms anew says."""
        made = str(self._sql.execute("SELECT sql FROM sqlite_master WHERE name = 'lexical'").fetchone()[0])
        # Temporary tables live outside the file, and go when the snapshot does.
        self._sql.execute(re.sub(r"TABLE\s+\S+", "TABLE temp.anew", made, count=1))
        self._sql.execute("INSERT INTO temp.anew (rowid, terms) SELECT id, c0 FROM lexical_content")
        self._sql.execute("CREATE VIRTUAL TABLE temp.anew_terms USING fts5vocab (temp, anew, instance)")
        self._sql.execute("CREATE VIRTUAL TABLE temp.old_terms USING fts5vocab (main, lexical, instance)")
        one, other = 'SELECT term, doc, "offset" FROM temp.anew_terms', 'SELECT term, doc, "offset" FROM temp.old_terms'
        return not any(
            self._sql.execute(f"SELECT EXISTS ({left} EXCEPT {right})").fetchone()[0]
            for left, right in ((one, other), (other, one))
        )

    def vectors_here(self) -> Iterator[Finding]:
        """Whether every chunk has a vector, every vector a chunk, and each is one."""
        model_id, dimension = self.meta("model_id") or "", int(self.meta("dimension") or 0)
        if missing := len(self.without_vectors(model_id)):
            yield mendable("vectors-missing", f"{missing} chunks have no vector, so no search by meaning finds them")
        if orphans := self._count(f"vectors WHERE {_NO_CHUNK}"):
            yield mendable("vectors-orphaned", f"{orphans} vectors belong to no chunk")
        others = [name for name, _ in self.models() if name != model_id]
        if others:
            message = f"there are vectors of another model ({others[0]}), as of a re-embedding that was cut short"
            yield mendable("vectors-foreign", message, f"`nonmun reembed` goes on with it; {REPAIR} forgets them")
        if bad := len(self.bad_vectors(model_id, dimension)):
            yield mendable("vectors-damaged", f"{bad} vectors are none: wrong length, not finite or not of length one")

    def bad_vectors(self, model_id: str, dimension: int) -> list[str]:
        """Passage hashes of vectors that are not `dimension` finite numbers of length one (or zero, for no text)."""
        cursor = self._sql.execute("SELECT passage_hash, vector FROM vectors WHERE model_id = ?", (model_id,))
        bad: list[str] = []
        while rows := cursor.fetchmany(_BLOCK):
            whole = [row for row in rows if isinstance(row[1], bytes) and len(row[1]) == 4 * dimension]
            bad += [row[0] for row in rows if not isinstance(row[1], bytes) or len(row[1]) != 4 * dimension]
            matrix = np.frombuffer(b"".join(row[1] for row in whole), np.float32).reshape(len(whole), dimension)
            with np.errstate(all="ignore"):
                lengths = np.sqrt(np.square(matrix, dtype=np.float64).sum(axis=1))
            fine = np.isfinite(lengths) & ((np.abs(lengths - 1) < 0.01) | (lengths == 0))
            bad += [row[0] for row, good in zip(whole, fine, strict=True) if not good]
        return bad


def _first_varint(blob: bytes) -> int:
    """The number of terms that FTS5 writes down for a row of one column: big-endian groups of seven bits."""
    value = 0
    for byte in blob[:9]:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value
