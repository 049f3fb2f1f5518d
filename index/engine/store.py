"""The folder of generations: numbered subfolders, and the file CURRENT that names the published one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from ..util.files import replace_text
from .artifacts import Artifacts
from .base import Observer
from .builder import build, cannot_write
from .generation import IndexData, Manifest

KEPT = 2
_NUMBER = re.compile("[1-9][0-9]*")


class GenerationStore:
    """The generations of one data directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> int | None:
        """Return the number of the published generation; None where nothing is published."""
        try:
            return int((self.folder / "CURRENT").read_text("ascii"))
        except (OSError, ValueError):
            return None

    def path(self, number: int) -> Path:
        """Return the folder of a generation."""
        return self.folder / str(number)

    def next_number(self) -> int:
        """Return a number that was never used, even when CURRENT is lost: a reader may hold an old folder open."""
        return max([*self._numbers(), self.current() or 0]) + 1

    def publish(
        self,
        manifest: Manifest,
        data: IndexData,
        artifacts: Artifacts,
        observe: Observer = lambda _: None,
        before_switch: Callable[[], object] = lambda: None,
    ) -> Manifest:
        """Build, verify and publish a generation. Only one process at a time may call it.

        A kill at any moment leaves the published generation as it was; the next call removes what was half built.

        Args:
            manifest: its description, with a number from `next_number`; the hashes are filled in.
            data: its searchable content.
            artifacts: what was learned from the content.
            observe: called before each step.
            before_switch: called once it is verified; what it raises leaves it unpublished.

        Raises:
            IndexDamagedError: the built generation does not return what was put in.
            ConfigError: it cannot be written, for example on a full disk.
        """
        observe("sweep")
        self.sweep()
        manifest = build(self.path(manifest.number), manifest, data, artifacts, observe)
        before_switch()
        observe("switch")
        try:
            replace_text(self.folder / "CURRENT", str(manifest.number))
        except OSError as error:
            raise cannot_write(self.folder / "CURRENT", error) from error
        observe("tidy")
        self.sweep()
        return manifest

    def _numbers(self) -> list[int]:
        if not self.folder.exists():
            return []
        return sorted(int(path.name) for path in self.folder.iterdir() if _NUMBER.fullmatch(path.name))

    def leftovers(self, keep: int = KEPT) -> list[Path]:
        """Return what interrupted runs left (half-built folders), and generations older than the `keep` latest."""
        kept = {self.path(number) for number in self._kept(keep)}
        fresh = self.folder / "CURRENT.new"
        return [
            *(path for number in self._numbers() if (path := self.path(number)) not in kept),
            *([fresh] if fresh.exists() else []),
        ]

    def unknown_files(self) -> list[Path]:
        """Return what lies in the folder but was not written by nonmun."""
        if not self.folder.is_dir():
            return []
        known = {"CURRENT", "CURRENT.new", *map(str, self._numbers())}
        return sorted(path for path in self.folder.iterdir() if path.name not in known)

    def sweep(self, keep: int = KEPT) -> None:
        """Remove all but the current generation and the `keep` - 1 published before it; all of them if `keep` is 0."""
        for path in self.leftovers(keep):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _kept(self, keep: int) -> list[int]:
        current = self.current()
        return [number for number in self._numbers() if current is not None and number <= current][::-1][:keep]
