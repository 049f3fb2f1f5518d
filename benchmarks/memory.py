"""Measure the memory of an ingest by phase, in a separate process.

    python benchmarks/memory.py DIGESTS ABSTRACTS [--papers N] [--data DIR]

Ingests DIGESTS and the first N of ABSTRACTS (a JSONL file, optionally .gz; all by default) into a new index. Printed
are the peak resident memory of each phase (the kernel's high-water mark, reset when a phase begins) and the anonymous
memory at its end; the rest are pages of mapped files, which the kernel may drop. Linux only.
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
    """Seconds, peak resident MiB and final anonymous MiB of this process, by phase."""

    def __init__(self) -> None:
        self.phases: dict[str, list[float]] = {}
        self._phase, self._since = "start", time.perf_counter()

    def step(self, step: JobProgress) -> None:
        """Enter the phase of an ingest step, which is reported before the step begins."""
        self.enter(f"{step.detail} {step.what}" if step.detail == "abstracts" else step.what)

    def enter(self, phase: str) -> None:
        """End the current phase and begin another."""
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        peak, anonymous = (int(status[name].split()[0]) / 1024 for name in ("VmHWM", "RssAnon"))
        Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM to the current resident size
        now = time.perf_counter()
        totals = self.phases.setdefault(self._phase, [0.0, 0.0, 0.0])
        self.phases[self._phase] = [totals[0] + now - self._since, max(totals[1], peak), max(totals[2], anonymous)]
        self._phase, self._since = phase, now


def child(digests: str, abstracts: str, data: str) -> None:
    """Run the ingest and print the meter's phases as JSON."""
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
    parser.add_argument("--papers", type=int, help="number of abstracts to ingest")
    parser.add_argument("--data", type=Path, help="keep the index in this directory")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subset = Path(folder) / "abstracts.jsonl"
        with open_text(args.abstracts) as lines:
            subset.write_text("".join(islice(lines, args.papers)), "utf-8")
        data = args.data or Path(folder) / "data"
        command = [sys.executable, str(Path(__file__)), "--child", str(args.digests), str(subset), str(data)]
        result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    chunks, phases = json.loads(result.stdout.splitlines()[-1])
    total, highest = sum(phase[0] for phase in phases.values()), max(phase[1] for phase in phases.values())
    print(f"{chunks} chunks in {total:.0f} s, peak {highest:.0f} MiB\n")
    print("| phase | s | peak MiB | anonymous MiB at the end |\n|---|---|---|---|")
    for phase, (seconds, peak, anonymous) in phases.items():
        print(f"| {phase} | {seconds:.1f} | {peak:.0f} | {anonymous:.0f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:5])
    else:
        main()
