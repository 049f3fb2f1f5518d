"""Publishing: learn from everything in the catalog, and have the engine build and publish a version of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .analysis.korean import korean_analyzer
from .analysis.term_statistics import term_information
from .calibration.calibrate import Embed, calibrate, embed_probes
from .catalog.base import CatalogView
from .domain.filters import NO_FILTER
from .engine.artifacts import Artifacts
from .engine.base import EngineSnapshot, Observer, SearchEngine
from .engine.shared import SharedEngine
from .lexicon.alignment import learn_lexicon as align
from .lexicon.glossary import add_glossary, as_parallel_texts, bundled_glossary
from .lexicon.lexicon import Lexicon
from .lexicon.training_data import parallel_glosses, parallel_papers
from .retrieval.channels import DEFAULT_CHANNELS, Channel

LARGE_ROWS = 5_000
"""From this number of chunks on, the embedding model and the Korean analyzer are released while they are not needed:
loading them again costs less than what is saved."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes versions of one index.

    Attributes:
        engines: opens the engine, and closes it.
        channels: the channels that searches use, for which abstention is calibrated.
    """

    engines: SharedEngine
    channels: Sequence[Channel] = DEFAULT_CHANNELS

    def publish(
        self,
        engine: SearchEngine,
        view: CatalogView,
        embed: Embed,
        *,
        chunker: str,
        observe: Observer = lambda _: None,
        before_switch: Callable[[], object] = lambda: None,
        release_model: Callable[[], object] = lambda: None,
    ) -> int:
        """Publish a version of everything in a catalog snapshot.

        Args:
            engine: builds and publishes it.
            view: the snapshot.
            embed: questions to vectors, float32 (n, d); called at the beginning, to calibrate abstention.
            chunker: version of the chunker that made the chunks.
            observe: called with the name of each step before it is taken; what it raises stops the work.
            before_switch: called once the version is verified; what it raises leaves the published one in place.
            release_model: frees the memory of the embedding model; called after `embed` where the index is large.

        Returns:
            The number of the version.

        Raises:
            IndexDamagedError: the built version does not return what was put in.
            ConfigError: it cannot be written, for example on a full disk.
        """
        observe("learn")
        rows = view.chunks.rows(NO_FILTER)
        probes = embed_probes(view, rows, embed)
        is_large = len(rows) >= LARGE_ROWS
        if is_large:
            release_model()

        def learn(snapshot: EngineSnapshot) -> Artifacts:
            lexicon = learn_lexicon(view, snapshot)
            artifacts = Artifacts(lexicon, calibrate(view, snapshot, lexicon, probes, self.channels))
            if is_large:
                korean_analyzer().release()
            return artifacts

        return engine.publish(view, learn, chunker=chunker, observe=observe, before_switch=before_switch)


def learn_lexicon(view: CatalogView, snapshot: EngineSnapshot) -> Lexicon:
    """Learn translations from the index's own texts, and add the shipped glossary."""
    glossary = bundled_glossary()
    learned = align(
        parallel_papers(view.terms.of_bilingual_papers()),
        parallel_glosses(view.chunks.korean_texts()),
        as_parallel_texts(glossary),
    )
    return add_glossary(learned, glossary, lambda term: term_information(snapshot.statistics, term))
