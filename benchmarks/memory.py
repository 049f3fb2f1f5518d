"""What an ingest holds in memory, phase by phase: the whole command's work in a process of its own.

    python benchmarks/memory.py DIGESTS ABSTRACTS [--papers N] [--data DIR]

Reads DIGESTS, and the first N of ABSTRACTS (a JSONL file, .gz too; all of them by default), into a new index. Printed
is the most that was resident within each phase (the kernel's own high-water mark, set back when a phase begins), and
how much of that was the process's own: the rest are pages of files, mapped, which the kernel may drop. Linux only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from nonmun.index.util.files import open_text
from nonmun.ingest.report import JobProgress


class Meter:
    """The memory of this process, by phase."""

    def __init__(self) -> None:
        self.phases: dict[str, list[float]] = {}
        self._phase, self._since = "start", time.perf_counter()

    def step(self, step: JobProgress) -> None:
        """Told every step before it is taken."""
        self.enter(f"{step.detail} {step.what}" if step.detail == "abstracts" else step.what)

    def enter(self, phase: str) -> None:
        """A phase begins, and the one before ends."""
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        most, own = (int(status[name].split()[0]) / 1024 for name in ("VmHWM", "RssAnon"))
        Path("/proc/self/clear_refs").write_text("5")  # sets VmHWM back to what is resident now
        now = time.perf_counter()
        known = self.phases.setdefault(self._phase, [0.0, 0.0, 0.0])
        self.phases[self._phase] = [known[0] + now - self._since, max(known[1], most), max(known[2], own)]
        self._phase, self._since = phase, now


def child(digests: str, abstracts: str, data: str) -> None:
    """Ingest, and print each phase's seconds, most resident, and own memory at its end."""
    meter = Meter()
    import nonmun.cli  # noqa: F401 - what the command imports
    from nonmun import Library

    meter.enter("read")
    with Library.open(data) as library:
        report = library.ingest([digests], abstracts, all_abstracts=True, observe=meter.step)
    meter.enter("end")
    print(json.dumps([report.chunks, meter.phases]))


def main() -> None:
    """Run the ingest and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("digests", type=Path)
    parser.add_argument("abstracts", type=Path)
    parser.add_argument("--papers", type=int, help="how many of the abstracts")
    parser.add_argument("--data", type=Path, help="keep the index in this directory")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        some = Path(folder) / "abstracts.jsonl"
        with open_text(given.abstracts) as lines:
            some.write_text("".join(islice(lines, given.papers)), "utf-8")
        data = given.data or Path(folder) / "data"
        command = [sys.executable, str(Path(__file__)), "--child", str(given.digests), str(some), str(data)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    chunks, phases = json.loads(done.stdout.splitlines()[-1])
    whole, most = sum(one[0] for one in phases.values()), max(one[1] for one in phases.values())
    print(f"{chunks} chunks in {whole:.0f} s, at most {most:.0f} MiB\n")
    print("| phase | s | MiB at most | own at its end |\n|---|---|---|---|")
    for phase, (seconds, peak, own) in phases.items():
        print(f"| {phase} | {seconds:.1f} | {peak:.0f} | {own:.0f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:5])
    else:
        main()
