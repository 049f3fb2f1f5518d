"""The folder of generations: built from the catalog, switched atomically, then left alone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from ..domain.vectors import Vectors
from ..util.files import replace_text
from .artifacts import Learned
from .builder import Step, cannot_write, room_for, write
from .generation import SPACE, Manifest, checksum

KEPT = 2
_NUMBER = re.compile("[1-9][0-9]*")


class Generations:
    """The folder of generations, and which one is current."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> int | None:
        """Number of the published generation; None where nothing is published."""
        try:
            return int((self.folder / "CURRENT").read_text("ascii"))
        except (OSError, ValueError):
            return None

    def path(self, number: int) -> Path:
        """Folder of a generation."""
        return self.folder / str(number)

    def publish(
        self,
        vectors: Vectors,
        learned: Learned,
        *,
        model_id: str,
        recipe: str,
        rev: int,
        step: Step,
        catalog: str = "",
        ready: Callable[[], object] = lambda: None,
    ) -> Manifest:
        """Build, verify and publish a generation. Call it from one process at a time.

        A kill at any moment leaves the published generation as it was; what it leaves half built is swept away by
        the next call.

        Args:
            vectors: every chunk's vector, from one snapshot of the catalog.
            learned: from the same snapshot.
            model_id: the model that made them.
            recipe: version of the chunker.
            rev: revision of that snapshot.
            step: called with a word before each step; what it raises stops the build.
            catalog: identity of the catalog.
            ready: called once it is built and verified, before it is switched to; what it raises leaves it unpublished.

        Raises:
            IndexDamagedError: the built index does not give back what was put in.
            ConfigError: it cannot be written, as on a full disk.
        """
        step("sweep")
        # Numbers are never used twice, even when CURRENT is lost: another reader may hold the old folder open.
        number = max([*self._numbers(), self.current() or 0]) + 1
        self.sweep()
        folder = self.path(number)
        rows, dimension = vectors.matrix.shape
        manifest = Manifest(number, model_id, dimension, SPACE, recipe, rows, rev, checksum(vectors), {}, catalog)
        with room_for(folder, step) as told:
            folder.mkdir(parents=True)
            manifest = write(folder, manifest, learned, told)
        ready()
        step("switch")
        try:
            replace_text(self.folder / "CURRENT", str(number))
        except OSError as error:
            raise cannot_write(self.folder / "CURRENT", error) from error
        step("tidy")
        self.sweep()
        return manifest

    def _numbers(self) -> list[int]:
        if not self.folder.exists():
            return []
        return sorted(int(path.name) for path in self.folder.iterdir() if _NUMBER.fullmatch(path.name))

    def leftovers(self, keep: int = KEPT) -> list[Path]:
        """What runs that were cut short left behind: half-built folders, and those before the ones that are kept."""
        kept = {self.path(number) for number in self._kept(keep)}
        fresh = self.folder / "CURRENT.new"
        return [
            *(path for number in self._numbers() if (path := self.path(number)) not in kept),
            *([fresh] if fresh.exists() else []),
        ]

    def strangers(self) -> list[Path]:
        """What lies in the folder but was not put there by nonmun."""
        if not self.folder.is_dir():
            return []
        known = {"CURRENT", "CURRENT.new", *map(str, self._numbers())}
        return sorted(path for path in self.folder.iterdir() if path.name not in known)

    def sweep(self, keep: int = KEPT) -> None:
        """Remove what is not the current generation or one of the `keep` - 1 published last before it."""
        for path in self.leftovers(keep):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _kept(self, keep: int) -> list[int]:
        current = self.current()
        return [number for number in self._numbers() if current is not None and number <= current][-keep:]
