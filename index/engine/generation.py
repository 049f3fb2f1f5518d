"""One published generation: an immutable folder with vectors, postings, artifacts and a manifest over all of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..catalog.base import CatalogView
from ..domain.errors import IndexDamagedError
from ..domain.vectors import Matrix, Vectors
from .artifacts import CALIBRATION_FILE, LEXICON_FILE, Artifacts
from .bm25 import Postings
from .centering import LanguageMeans
from .chroma import ChromaCollection

SPACE = "cosine, centred by language"
"""How vectors are prepared and compared; part of the file format."""
CANARIES = 64
"""Largest number of sampled vectors that must find themselves."""

POSTINGS_FILE, MEANS_FILE, ROWS_FILE, VECTORS_FILE = "postings.npz", "means.npy", "rows.npz", "vectors.npy"
FILES = (POSTINGS_FILE, LEXICON_FILE, CALIBRATION_FILE, MEANS_FILE, ROWS_FILE, VECTORS_FILE)
_MANIFEST = "manifest.json"
_FILE_KEYS = {"chunker_version": "recipe"}  # fields of a manifest whose name in the file is another one


@dataclass(frozen=True, slots=True)
class Manifest:
    """Description of a generation. It is written last, so a folder with a manifest is complete.

    Attributes:
        number: of the generation.
        model_id, dimension: of the vectors.
        space: how vectors are compared.
        chunker_version: version of the chunker.
        rows: number of vectors.
        rev: revision of the catalog snapshot.
        checksum: over row numbers and vectors.
        files: SHA-256 of each file by its path in the folder.
        catalog: id of the catalog that it was built from; row numbers mean nothing to another one.
    """

    number: int
    model_id: str
    dimension: int
    space: str
    chunker_version: str
    rows: int
    rev: int
    checksum: str
    files: dict[str, str]
    catalog: str = ""

    def belongs_to(self, view: CatalogView) -> bool:
        """Return whether the rows are those of this catalog, and none of them is newer than the snapshot.

        A catalog that was restored from a backup has another id, so no later generation is used with it.
        """
        return self.catalog == view.catalog_id and self.rev <= view.revision


@dataclass(frozen=True, slots=True)
class IndexData:
    """The searchable content of a generation.

    Attributes:
        means: by which the vectors were centered.
        vectors: centered vectors, memory-mapped where they were read from disk.
        postings: posting lists of the same chunks.
    """

    means: LanguageMeans
    vectors: Vectors
    postings: Postings

    @classmethod
    def of(cls, view: CatalogView, vectors: Vectors) -> IndexData:
        """Build the content from a catalog snapshot and the vectors of its chunks."""
        means = LanguageMeans.of(vectors)
        return cls(means, means.centered(vectors), Postings.of(view.terms.all()))

    def save(self, folder: Path) -> None:
        """Write the four array files."""
        np.savez(folder / POSTINGS_FILE, **self.postings.arrays())
        self.means.save(folder / MEANS_FILE)
        np.savez(folder / ROWS_FILE, rows=self.vectors.rows, korean=self.vectors.korean)
        np.save(folder / VECTORS_FILE, self.vectors.matrix)

    @classmethod
    def load(cls, folder: Path) -> IndexData:
        """Read what `save` wrote; vectors are memory-mapped."""
        rows = _read_arrays(folder / ROWS_FILE)
        matrix = np.load(folder / VECTORS_FILE, mmap_mode="r", allow_pickle=False)
        vectors = Vectors(rows["rows"], rows["korean"], matrix)
        return cls(
            LanguageMeans.load(folder / MEANS_FILE), vectors, Postings.load(_read_arrays(folder / POSTINGS_FILE))
        )


class Generation:
    """A generation that is open for queries. Safe to share between threads."""

    def __init__(self, folder: Path, manifest: Manifest, data: IndexData, artifacts: Artifacts) -> None:
        self.manifest, self.data, self.artifacts = manifest, data, artifacts
        self.collection = ChromaCollection(folder, f"generation {manifest.number}:")

    @classmethod
    def open(cls, folder: Path) -> Generation:
        """Open a generation.

        Raises:
            IndexDamagedError: a file cannot be read, or differs from the one that was published.
        """
        try:
            manifest = _read_manifest(folder)
            # Chroma maps these files unchecked: damaged ones return wrong neighbors or end the process.
            if hashes(folder) != manifest.files:
                raise IndexDamagedError("its files are not those that were published")
            return cls(folder, manifest, IndexData.load(folder), Artifacts.load(folder))
        except Exception as error:  # damage may cause any error, and the folder is unusable
            raise IndexDamagedError(f"{folder}: cannot be opened ({error}); the next ingest rebuilds it") from error

    def nearest(self, vectors: Matrix, limit: int) -> list[dict[int, float]]:
        """Return the cosines of the nearest chunks by row number, as `ChromaCollection.nearest`."""
        return self.collection.nearest(vectors, min(limit, self.manifest.rows))

    def canaries_lost(self, vectors: Vectors) -> list[int]:
        """Return those rows of an even sample whose vectors do not find themselves in Chroma.

        Args:
            vectors: the centered vectors that the collection should hold.

        Raises:
            IndexDamagedError: the collection cannot be read.
        """
        count = len(vectors.rows)
        sample = np.linspace(0, count - 1, min(CANARIES, count)).astype(int)
        # Equal texts have equal vectors: another row at distance zero counts as well.
        return [
            row
            for row, near in zip(vectors.rows[sample].tolist(), self.nearest(vectors.matrix[sample], 10), strict=True)
            if row not in near and max(near.values(), default=0.0) < 0.999
        ]

    def close(self) -> None:
        """Release the files of the collection; it cannot be queried any more."""
        self.collection.close()


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest over the files that are there, and return it with their hashes."""
    manifest = replace(manifest, files=hashes(folder))
    record = {_FILE_KEYS.get(name, name): value for name, value in asdict(manifest).items()}
    (folder / _MANIFEST).write_text(json.dumps(record, indent=1), "utf-8")
    return manifest


def _read_manifest(folder: Path) -> Manifest:
    fields = {key: name for name, key in _FILE_KEYS.items()}
    record: dict[str, Any] = json.loads((folder / _MANIFEST).read_text("utf-8"))
    return Manifest(**{fields.get(key, key): value for key, value in record.items()})


def checksum(vectors: Vectors) -> str:
    """Return the SHA-256 over row numbers and vectors."""
    digest = hashlib.sha256(vectors.rows.tobytes())
    digest.update(vectors.matrix.tobytes())
    return digest.hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every immutable file of a generation by its relative path."""
    files = [*ChromaCollection.files(folder), *(path for name in FILES if (path := folder / name).exists())]
    return {str(path.relative_to(folder)): _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_arrays(path: Path) -> dict[str, Any]:
    # Opened here: np.load leaves a file open that turns out to be no archive.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)
