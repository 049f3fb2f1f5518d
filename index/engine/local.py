"""The dense channel: the published generation for what it holds, an exact scan for everything newer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..analysis.analyzer import rest as rest_analyser
from ..catalog.base import CatalogView
from ..domain.errors import ConfigError, IndexDamagedError
from ..domain.papers import Language
from ..domain.vectors import Matrix, Rows, Vectors
from ..lexicon.lexicon import Lexicon
from ..linking.vocabulary import Vocabulary
from ..retrieval.abstention import Embed, calibrated, probes
from ..retrieval.fusion import SCANNED_ROWS
from .artifacts import Learned, untaught
from .bm25 import Postings
from .builder import Step
from .calibration import Calibration
from .centering import LanguageMeans
from .exact import Nearest, nearest
from .generation import SPACE, Generation, Manifest
from .store import Generations

# A generation is published anew when this share of it, or this many chunks, are newer or gone: below that an exact scan
# of the difference costs less than the build.
_STALE_SHARE = 0.1
_STALE_ROWS = 5_000
LARGE_ROWS = 5_000
"""From so many chunks on, the model and the analyser of Korean make room for what is made of an index, while they are
not needed; of fewer, so little is made that loading them again is not worth it.
"""


class Terms(NamedTuple):
    """What one snapshot knows of words.

    Attributes:
        lexicon: the glossary, and what the published generation has learned to translate.
        parts: the terms of every chunk, those newer than the generation last.
        vocabulary: the same as words that a question may mean.
        calibration: from which likeness on a paper answers.
    """

    lexicon: Lexicon
    parts: tuple[Postings, ...]
    vocabulary: Vocabulary
    calibration: Calibration


class Dense:
    """Vectors of one data directory. Safe to share between threads.

    Every query looks at CURRENT, so a generation published by another process is used at once; one that cannot be
    read is left alone, and the catalog is scanned exactly until a new one is published.

    Args:
        folder: of the generations.
        model_id, dimension: of the vectors.
        scanned_rows: a generation of at most so many vectors is scanned, a larger one is asked through Chroma.
        centring: whether vectors are compared as generations hold them; else as the model gave them, and scanned.
    """

    def __init__(
        self,
        folder: Path,
        model_id: str,
        dimension: int,
        scanned_rows: int = SCANNED_ROWS,
        *,
        centring: bool = True,
    ) -> None:
        self.generations, self._scanned_rows = Generations(folder), scanned_rows
        self._centring = centring
        self._model_id, self._dimension = model_id, dimension
        self._lock = threading.Lock()
        self._open: Generation | None = None
        self._retired: Generation | None = None
        self._broken: set[int] = set()
        self._fresh: tuple[tuple[str, int, int], Vectors, LanguageMeans] | None = None
        self._terms: tuple[tuple[str, int, int], Terms] | None = None
        self._uncentred: tuple[Generation, Vectors] | None = None

    def generation(self) -> Generation | None:
        """The published generation, opened; None where there is none, or it cannot be read or is of another model."""
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
                manifest = opened.manifest
                made = manifest.model_id, manifest.dimension, manifest.space
                # Another model's: the index was re-embedded a moment ago. The catalog says what is true: it is scanned.
                if made != (self._model_id, self._dimension, SPACE):
                    opened.close()
                    self._broken.add(number)
                    return None
                # The one before may still answer a query; the one before that has had a whole generation's time.
                if self._retired:
                    self._retired.close()
                self._retired, self._open = self._open, opened
            return self._open

    def generation_of(self, view: CatalogView) -> Generation | None:
        """The published generation, unless it was built from another catalog or after this snapshot.

        Raises:
            ConfigError: the snapshot holds vectors of another model.
        """
        self._check(view)
        generation = self.generation()
        return generation if generation and generation.manifest.belongs_to(view) else None

    def _check(self, view: CatalogView) -> None:
        """In the very snapshot that is searched: another process may re-embed the index at any moment."""
        stored = view.model_id
        if stored not in {None, self._model_id}:
            raise ConfigError(
                f"the index was re-embedded with {stored} while it was open with {self._model_id}: open it again, or "
                "start this program again, with `embedding` set to the new model"
            )

    def search(
        self, view: CatalogView, vector: Matrix, lang: Language, limit: int, rows: Rows | None = None
    ) -> Nearest:
        """The nearest chunks of a question.

        Args:
            view: the snapshot to answer from.
            vector: the question's vector, float32 (d,).
            lang: the question's language.
            limit: how many to take from the generation and from what is newer, each.
            rows: only among these, rising; they are compared one by one, so that nothing is missed.
        """
        generation = self.generation_of(view)
        found: dict[int, float] = {}
        if generation and rows is None:
            try:
                known, means = self._compared(generation)
                centred = means.centre_question(vector, lang)
                if self._centring and generation.manifest.rows > self._scanned_rows:
                    found = generation.nearest(centred[None], limit)[0]
                else:
                    found = nearest(known, centred, limit, None)
            except IndexDamagedError:
                self._broken.add(generation.manifest.number)
                generation = None
        fresh, means = self._newer(view, generation)
        parts = (self._compared(generation)[0], fresh) if generation else (fresh,)
        centred = means.centre_question(vector, lang)
        for part in parts if rows is not None else (fresh,):
            found |= nearest(part, centred, limit, rows)
        return Nearest(found, centred, parts, generation.manifest.number if generation else None)

    def means(self, view: CatalogView) -> LanguageMeans:
        """The language means that a search over this snapshot centres with."""
        generation = self.generation_of(view)
        return self._newer(view, generation)[1]

    def _compared(self, generation: Generation) -> tuple[Vectors, LanguageMeans]:
        """Its vectors as questions are compared with them, and what is taken from a question's."""
        learned = generation.learned
        if self._centring:
            return learned.vectors, learned.means
        cached = self._uncentred
        if cached is None or cached[0] is not generation:
            cached = self._uncentred = generation, learned.means.uncentred(learned.vectors)
        return cached[1], LanguageMeans.none(self._dimension)

    def _newer(self, view: CatalogView, generation: Generation | None) -> tuple[Vectors, LanguageMeans]:
        key = (view.catalog_id, generation.manifest.number if generation else -1, view.revision)
        cached = self._fresh
        if cached is None or cached[0] != key:
            after = generation.manifest.rev if generation else -1
            fresh = view.vectors.all(self._model_id, self._dimension, after_revision=after)
            if generation:
                means = self._compared(generation)[1]
            else:
                means = LanguageMeans.of(fresh) if self._centring else LanguageMeans.none(self._dimension)
            cached = self._fresh = (key, means.centred(fresh), means)
        return cached[1:]

    def learned(self, view: CatalogView) -> Terms:
        """What the published generation has learned, and the terms of everything in the snapshot."""
        generation = self.generation_of(view)
        after = generation.manifest.rev if generation else -1
        key = (view.catalog_id, generation.manifest.number if generation else -1, view.revision)
        cached = self._terms
        if cached is None or cached[0] != key:
            fresh = Postings.of(view.terms.all(after_revision=after))
            parts = (generation.learned.postings, fresh) if generation else (fresh,)
            lexicon = generation.learned.lexicon if generation else untaught(fresh)
            calibration = generation.learned.calibration if generation else Calibration.usual()
            cached = self._terms = key, Terms(lexicon, parts, Vocabulary(parts), calibration)
        return cached[1]

    def is_stale(self, view: CatalogView) -> bool:
        """Whether a new generation should be published: none can be read, or too much has changed since."""
        chunks = view.chunks.count()
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
        newer = view.chunks.count_after(generation.manifest.rev)
        gone = generation.manifest.rows - (chunks - newer)
        if gone < 0:  # chunks that had no vector when it was built: neither in it nor newer, so not found
            return True
        return newer + gone > min(_STALE_SHARE * generation.manifest.rows, _STALE_ROWS)

    def publish(
        self,
        view: CatalogView,
        recipe: str,
        step: Step,
        embed: Embed,
        ready: Callable[[], object] = lambda: None,
        rest: Callable[[], object] = lambda: None,
    ) -> Manifest:
        """Build and publish a generation of everything in the snapshot.

        Args:
            view: the snapshot.
            recipe: version of the chunker.
            step: called with a word before each step; what it raises stops the build.
            embed: questions to vectors, float32 (n, d); called at the beginning, to calibrate.
            ready: called once it is built and verified, before it is switched to.
            rest: has what embeds give back its memory; called after that, where the generation is a large one.
        """
        step("learn")
        rows = view.vectors.all(self._model_id, self._dimension).rows.tolist()
        asked, is_large = probes(view, rows, embed), len(rows) >= LARGE_ROWS
        if is_large:
            rest()
        # Read again rather than held: the analyser is loaded now, and learning takes the vectors' room twice more.
        learned = calibrated(Learned.of(view, view.vectors.all(self._model_id, self._dimension)), asked)
        if is_large:
            rest_analyser()
        return self.generations.publish(
            view.vectors.all(self._model_id, self._dimension),
            learned,
            model_id=self._model_id,
            recipe=recipe,
            rev=view.revision,
            step=step,
            catalog=view.catalog_id,
            ready=ready,
        )

    def close(self) -> None:
        """Release the generation's files."""
        with self._lock:
            for generation in (self._open, self._retired):
                if generation:
                    generation.close()
            self._open = self._retired = self._uncentred = None
