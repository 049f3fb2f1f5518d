"""Real clients of the API, each installed from PyPI or npm into an environment of its own, and run as a program."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

HERE = Path(__file__).parent
ENVIRONMENTS = Path(__file__).parents[3] / ".venv" / "clients"
_INSTALL_SECONDS, _RUN_SECONDS = 900, 900

Run = Callable[..., Any]


@pytest.fixture(scope="session")
def run_python() -> Run:
    """Run a program of `programs/` with the packages of `requirements/NAME.txt`; return what it printed as JSON.

    Usage: `run_python("openai-3", "openai_chat.py", base_url, ...)`; raises with the program's errors if it fails.
    """

    def run(name: str, program: str, *arguments: str, **environment: str) -> Any:
        python = client_environment(name) / "bin" / "python"
        return _output([str(python), str(HERE / "programs" / program), *arguments], environment)

    return run


@pytest.fixture(scope="session")
def run_with_nonmun() -> Run:
    """Run a program as `run_python`, in an environment that holds nonmun and its dependencies as well."""

    def run(name: str, program: str, *arguments: str, **environment: str) -> Any:
        python = environment_with_nonmun(name) / "bin" / "python"
        return _output([str(python), str(HERE / "programs" / program), *arguments], environment)

    return run


@pytest.fixture(scope="session")
def run_node() -> Run:
    """Run a program of `programs/` with the packages of `requirements/NAME.json`, as `run_python`."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node and npm")

    def run(name: str, program: str, *arguments: str, **environment: str) -> Any:
        folder = _node_environment(name)
        shutil.copy(HERE / "programs" / program, folder / program)  # modules are looked up from the program's folder
        return _output(["node", str(folder / program), *arguments], environment)

    return run


def _output(command: list[str], environment: dict[str, str]) -> Any:
    variables = {key: value for key, value in os.environ.items() if not key.startswith("NONMUN_")} | environment
    done = subprocess.run(command, capture_output=True, text=True, timeout=_RUN_SECONDS, env=variables, check=False)
    assert done.returncode == 0, f"{command[1]}: {done.stderr[-4_000:]}"
    return json.loads(done.stdout)


def client_environment(name: str) -> Path:
    """Return an environment with the packages of `requirements/NAME.txt`."""
    requirements = HERE / "requirements" / f"{name}.txt"
    folder = _folder_for(requirements)

    def install() -> None:
        venv.create(folder, with_pip=True)
        _install(folder, requirements)

    return _once(folder, install)


def environment_with_nonmun(name: str) -> Path:
    """Return an environment with the packages of `requirements/NAME.txt` on top of those of this one."""
    requirements = HERE / "requirements" / f"{name}.txt"
    folder = _folder_for(requirements)

    def install() -> None:
        venv.create(folder, with_pip=True)
        # Packages found there count as installed; what the requirements replace comes first on the path.
        below = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
        paths = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
        (Path(paths["purelib"]) / "below.pth").write_text(below, "utf-8")
        _install(folder, requirements)

    return _once(folder, install)


def _node_environment(name: str) -> Path:
    manifest = HERE / "requirements" / f"{name}.json"
    folder = _folder_for(manifest)

    def install() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(manifest, folder / "package.json")
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
        subprocess.run(npm, cwd=folder, check=True, timeout=_INSTALL_SECONDS)

    return _once(folder, install)


def _install(folder: Path, requirements: Path) -> None:
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(requirements)], check=True, timeout=_INSTALL_SECONDS)
    bare = _without_dependencies(requirements)
    if bare.exists():
        subprocess.run([*pip, "--no-deps", "-r", str(bare)], check=True, timeout=_INSTALL_SECONDS)


def _without_dependencies(requirements: Path) -> Path:
    """Return the file of the packages whose dependencies, as far as they are needed, `requirements` lists."""
    return requirements.with_name(f"{requirements.stem}.no-deps.txt")


def _folder_for(requirements: Path) -> Path:
    bare = _without_dependencies(requirements)
    contents = requirements.read_bytes() + (bare.read_bytes() if bare.exists() else b"")
    key = hashlib.sha256(contents + sys.version.encode()).hexdigest()[:12]
    return ENVIRONMENTS / f"{requirements.stem}-{key}"


def _once(folder: Path, install: Callable[[], None]) -> Path:
    """Install into a folder unless that is done, by one process at a time; what was interrupted is done again."""
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    done = folder / ".installed"
    with FileLock(folder.with_suffix(".lock")):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            install()
            done.touch()
    return folder
