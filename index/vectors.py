"""The dense channel: the published generation for what it holds, an exact scan for everything newer."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .bilingual import Lexicon
from .building import Step
from .centring import Means
from .embedding import Matrix
from .errors import ConfigError, IndexDamagedError
from .generation import SPACE, Generation, Manifest, identity
from .generations import Generations
from .learned import Learned
from .papers import Language
from .postings import Postings
from .reading import Vectors, View

# A generation is published anew when this share of it, or this many chunks, are newer or gone: below that an exact scan
# of the difference costs less than the build.
_STALE_SHARE = 0.1
_STALE_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Nearest:
    """What the dense channel says of a question.

    Attributes:
        cosines: by row number; rows that the snapshot no longer holds may be among them.
        centred: the question's vector less its language's mean, float32 (d,), unit length.
        means: what it was centred with.
        generation: number of the generation that was asked; None where all was scanned.
    """

    cosines: dict[int, float]
    centred: Matrix
    means: Means
    generation: int | None


class Dense:
    """Vectors of one data directory. Safe to share between threads.

    Every query looks at CURRENT, so a generation published by another process is used at once; one that cannot be
    read is left alone, and the catalog is scanned exactly until a new one is published.
    """

    def __init__(self, folder: Path, model_id: str, dimension: int) -> None:
        self.generations = Generations(folder)
        self._model_id, self._dimension = model_id, dimension
        self._lock = threading.Lock()
        self._open: Generation | None = None
        self._retired: Generation | None = None
        self._broken: set[int] = set()
        self._fresh: tuple[tuple[str, int, int], Vectors, Matrix, Means] | None = None
        self._fresh_terms: tuple[tuple[str, int, int], Postings] | None = None

    def generation(self) -> Generation | None:
        """The published generation, opened; None where there is none or it cannot be read.

        Raises:
            ConfigError: it was built by another model.
        """
        number = self.generations.current()
        with self._lock:
            if number is None or number in self._broken:
                return None
            if self._open is None or self._open.manifest.number != number:
                try:
                    opened = Generation.open(self.generations.path(number))
                except IndexDamagedError:
                    if self.generations.current() == number:  # else it was replaced while we looked
                        self._broken.add(number)
                    return None
                self._check(opened.manifest)
                if opened.manifest.space != SPACE:  # vectors prepared in another way: scan until the next one
                    opened.close()
                    self._broken.add(number)
                    return None
                # The one before may still answer a query; the one before that has had a whole generation's time.
                if self._retired:
                    self._retired.close()
                self._retired, self._open = self._open, opened
            return self._open

    def generation_of(self, view: View) -> Generation | None:
        """The published generation, unless it was built from another catalog or after this snapshot."""
        generation = self.generation()
        return generation if generation and generation.manifest.belongs_to(view) else None

    def _check(self, manifest: Manifest) -> None:
        if (manifest.model_id, manifest.dimension) != (self._model_id, self._dimension):
            raise ConfigError(
                f"the index was built with {manifest.model_id}, the settings name {self._model_id}: configure the "
                "embedding it was built with, or ingest into another data directory"
            )

    def search(self, view: View, vector: Matrix, lang: Language, limit: int) -> Nearest:
        """The nearest chunks of a question.

        Args:
            view: the snapshot to answer from.
            vector: the question's vector, float32 (d,).
            lang: the question's language.
            limit: how many to take from the generation and from what is newer, each.
        """
        generation = self.generation_of(view)
        found: dict[int, float] = {}
        after = -1
        if generation:
            centred = generation.means.centre_question(vector, lang)
            try:
                found = generation.nearest(centred[None], limit)[0]
                after = generation.manifest.rev
            except IndexDamagedError:
                self._broken.add(generation.manifest.number)
                generation = None
        fresh, matrix, means = self._newer(view, generation, after)
        centred = means.centre_question(vector, lang)
        if len(fresh.rows):
            cosines = matrix @ centred
            top = np.argsort(-cosines, kind="stable")[:limit]
            found.update((int(fresh.rows[pick]), float(cosines[pick])) for pick in top)
        return Nearest(found, centred, means, generation.manifest.number if generation else None)

    def means(self, view: View) -> Means:
        """The language means that a search over this snapshot centres with."""
        generation = self.generation_of(view)
        return generation.means if generation else self._newer(view, None, -1)[2]

    def _newer(self, view: View, generation: Generation | None, after: int) -> tuple[Vectors, Matrix, Means]:
        key = (identity(view), generation.manifest.number if generation else -1, view.rev)
        cached = self._fresh
        if cached is None or cached[0] != key:
            fresh = view.vectors(self._model_id, self._dimension, after_rev=after)
            means = generation.means if generation else Means.of(fresh)
            cached = self._fresh = (key, fresh, means.centre(fresh), means)
        return cached[1:]

    def learned(self, view: View) -> tuple[Lexicon, tuple[Postings, ...]]:
        """What the published generation has learned, with the terms of everything in the snapshot.

        Without a generation there is no lexicon, and no terms are gathered for one.
        """
        generation = self.generation_of(view)
        if generation is None:
            return Lexicon(0, {}, {}), ()
        if not generation.learned.lexicon:
            return generation.learned.lexicon, ()
        key = (identity(view), generation.manifest.number, view.rev)
        cached = self._fresh_terms
        if cached is None or cached[0] != key:
            fresh = Postings.of(view.terms(after_rev=generation.manifest.rev))
            cached = self._fresh_terms = (key, fresh)
        return generation.learned.lexicon, (generation.learned.postings, cached[1])

    def cosines(self, view: View, rows: Iterable[int], centred: Matrix, means: Means) -> dict[int, float]:
        """Cosine of some chunks with a centred question, by row; rows that are gone are left out."""
        vectors = view.vectors_of(rows, self._model_id, self._dimension)
        scores = means.centre(vectors) @ centred
        return {int(row): float(score) for row, score in zip(vectors.rows, scores, strict=True)}

    def is_stale(self, view: View) -> bool:
        """Whether a new generation should be published: none can be read, or too much has changed since."""
        chunks = view.chunk_count()
        number = self.generations.current()
        if number is None:
            return chunks > 0
        try:
            generation = self.generation()
            if generation is None or generation.count() != generation.manifest.rows:
                return True
        except Exception:  # a store that cannot even count is of no use
            return True
        if not generation.manifest.belongs_to(view):
            return True
        newer = view.changed_rows(generation.manifest.rev)
        gone = generation.manifest.rows - (chunks - newer)
        if gone < 0:  # chunks that had no vector when it was built: neither in it nor newer, so not found
            return True
        return newer + gone > min(_STALE_SHARE * generation.manifest.rows, _STALE_ROWS)

    def publish(self, view: View, recipe: str, step: Step) -> Manifest:
        """Build and publish a generation of everything in the snapshot."""
        vectors = view.vectors(self._model_id, self._dimension)
        step("learn")
        return self.generations.publish(
            vectors,
            Learned.of(view),
            model_id=self._model_id,
            recipe=recipe,
            rev=view.rev,
            step=step,
            catalog=identity(view),
        )

    def close(self) -> None:
        """Release the generation's files."""
        with self._lock:
            for generation in (self._open, self._retired):
                if generation:
                    generation.close()
            self._open = self._retired = None
