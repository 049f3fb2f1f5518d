"""Runs commands of nonmun in forked children that have its modules and the Korean analyzer already.

A line of JSON in, one of JSON out. A command of its own process takes two seconds to import and load what most of the
suite's commands need; a forked one has the same exit status, output and signals without them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, NoReturn

import chromadb  # noqa: F401 - imported before the forks, opened after them

import nonmun.cli
from nonmun.index.analysis.korean import korean_terms


def run(request: dict[str, Any]) -> NoReturn:
    """Run a command in this process, which then ends."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        file = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, descriptor)
        os.close(file)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # PYTHONPATH counts at the start of an interpreter only.
    sys.path[:0] = [path for path in request["env"].get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.argv = ["nonmun", *request["args"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    status = 1
    try:
        nonmun.cli.main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main() -> None:
    korean_terms("한국어")
    for line in sys.stdin:
        if not (child := os.fork()):
            run(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


if __name__ == "__main__":
    main()
