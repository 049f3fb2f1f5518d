"""Build and run the service as the Dockerfile says, on a machine without a container engine: python .ci/container.py

A folder takes the place of the image's root. The COPY and RUN instructions of the first stage are carried out in it;
then the service runs with the user, variables, command, health check and stop signal of the last stage, and with the
jobs and variables of compose.yaml. All of them are read from these files. What the base image and its package manager
do is not covered, nor is the image's read-only root: the files of the program belong to another user instead.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn, TextIO

import httpx
import yaml
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[1]
UNITS = ROOT / "deploy" / "systemd"
DEADLINE = 900  # seconds for the service to become healthy, or to end
QUESTION = "이미지를 패치로 잘라 트랜스포머에 넣는 논문은?"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_STAGES = {"FROM", "COPY", "RUN"}


def fail(message: str) -> NoReturn:
    """End with a message."""
    sys.exit(f".ci/container: {message}")


def require(condition: object, message: str) -> None:
    """End with a message unless a condition holds."""
    if not condition:
        fail(message)


@dataclass(frozen=True, slots=True)
class Image:
    """What the Dockerfile says.

    Attributes:
        build: instruction and value of the COPY and RUN instructions of the first stage.
        copied: where the last stage copies from the first, and to.
        last: the values of the last stage's other instructions, by instruction.
    """

    build: list[tuple[str, str]]
    copied: list[tuple[str, str]]
    last: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> Image:
        """Parse a Dockerfile of two stages."""
        stages: list[list[tuple[str, str]]] = []
        with path.open("rb") as file:
            for entry in DockerfileParser(fileobj=file).structure:
                name, value = str(entry["instruction"]).upper(), str(entry["value"])
                if name == "FROM":
                    stages.append([])
                elif name != "COMMENT":
                    stages[-1].append((name, value))
        require(len(stages) == 2, "Dockerfile: expected two stages")
        build, last = stages
        copied = [shlex.split(value) for name, value in last if name == "COPY"]
        for words in copied:
            require(
                len(words) == 3 and words[0].startswith("--from="), "Dockerfile: the last stage copies from outside"
            )
        return cls(build, [(words[1], words[2]) for words in copied], {n: v for n, v in last if n not in _STAGES})

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the last stage."""
        return dict(word.split("=", 1) for word in shlex.split(self.last["ENV"]))

    @property
    def volumes(self) -> list[str]:
        """The folders that are written to."""
        return json.loads(self.last["VOLUME"])

    @property
    def entrypoint(self) -> list[str]:
        """The program."""
        return json.loads(self.last["ENTRYPOINT"])

    @property
    def health_check(self) -> list[str]:
        """The command that tells whether the service is healthy."""
        return json.loads(self.last["HEALTHCHECK"].partition("CMD")[2])


class Root:
    """A folder in place of the image's root.

    Args:
        folder: the folder.
        image: whose paths are mapped to it.
    """

    def __init__(self, folder: Path, image: Image) -> None:
        self.folder = folder
        targets = [shlex.split(value)[-1] for name, value in image.build if name == "COPY"]
        paths = [*targets, *image.volumes, *(path for pair in image.copied for path in pair)]
        tops = sorted({PurePosixPath(path).parts[1] for path in paths})
        self._path = re.compile(rf"(?<![\w./:-])/(?=(?:{'|'.join(map(re.escape, tops))})(?:$|[/:\s\"']))")

    def place(self, text: str) -> str:
        """Return a text with the image's paths mapped to the folder."""
        return self._path.sub(f"{self.folder}/", text)


class User:
    """The user that the service runs as: that of the image if this is root, otherwise the current one."""

    def __init__(self, number: str) -> None:
        require(number.isdigit() and int(number) > 0, f"Dockerfile: USER {number}: expected a number other than 0")
        self.number, self.is_other = int(number), os.geteuid() == 0

    def own(self, path: Path) -> None:
        """Make a folder that nobody else can enter."""
        path.mkdir(mode=0o700)
        if self.is_other:
            os.chown(path, self.number, self.number)

    def prefix(self) -> list[str]:
        """Return the words that run a command as the user, without any rights (cap_drop, no-new-privileges)."""
        if not self.is_other:
            return []
        ids = [f"--reuid={self.number}", f"--regid={self.number}", "--clear-groups"]
        return ["setpriv", *ids, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"]


def copy_context(target: Path) -> None:
    """Copy the files that Docker would be sent: those of the working tree that git and Docker do not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    ignored = [line.strip() for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.strip()]
    for name in sorted(set(listed.stdout.decode().split("\0"))):
        if name and (ROOT / name).is_file() and not _is_ignored(PurePosixPath(name), ignored):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def _is_ignored(path: PurePosixPath, patterns: Sequence[str]) -> bool:
    names = [str(part) for part in (path, *path.parents)]
    return any(
        fnmatch.fnmatch(name, pattern) or (pattern.startswith("**/") and fnmatch.fnmatch(name, pattern[3:]))
        for name in names
        for pattern in patterns
    )


def build(image: Image, root: Root, user: User) -> None:
    """Carry out the instructions of the first stage."""
    context = root.folder / "context"
    copy_context(context)
    python = find_python(user)
    programs = root.folder / "programs"
    programs.mkdir()
    (programs / "python").write_text(f'#!/bin/sh\nexec {python} "$@"\n', "utf-8")
    (programs / "python").chmod(0o755)
    left_out = re.compile("NONMUN_|PYTHON|VIRTUAL_ENV|OTEL_")
    env = {name: value for name, value in os.environ.items() if not left_out.match(name)}
    env |= {"PATH": f"{programs}:{SYSTEM_PATH}", "PIP_QUIET": "1"}
    for name, value in image.build:
        print(f".ci/container: {name} {value}", flush=True)
        if name == "RUN":
            subprocess.run(["/bin/sh", "-ec", root.place(value)], cwd=root.folder, env=env, check=True)
        elif name == "COPY":
            copy(context, root, shlex.split(value))
        else:
            fail(f"Dockerfile: the first stage has {name}, which this script does not know")


def copy(context: Path, root: Root, words: Sequence[str]) -> None:
    """Carry out a COPY instruction without options."""
    *sources, target = words
    require(not any(word.startswith("--") for word in words), f"Dockerfile: COPY {' '.join(words)}: has options")
    for source in sources:
        path, place = context / source, Path(root.place(target))
        if path.is_dir():
            shutil.copytree(path, place, dirs_exist_ok=True)
        else:
            place = place / path.name if target.endswith("/") else place
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)


def find_python(user: User) -> str:
    """Return an interpreter that the user can run as well."""
    check = "import ensurepip, os, sqlite3, sys, sysconfig; os.listdir(sysconfig.get_path('stdlib'))"
    check += "; sys.exit(sys.version_info < (3, 11))"
    for name in ("python3.12", "python3.11", "python3.13", "python3"):
        for folder in (*os.environ["PATH"].split(":"), *SYSTEM_PATH.split(":")):
            path = f"{folder}/{name}"
            if not os.access(path, os.X_OK):
                continue
            if (
                subprocess.run(
                    [*user.prefix(), path, "-c", check], capture_output=True, check=False, cwd="/"
                ).returncode
                == 0
            ):
                return path
    fail(f"no Python 3.11 or newer with venv that user {user.number} can run; on Debian: apt-get install python3-venv")


def check_compose(image: Image) -> dict[str, Any]:
    """Check compose.yaml, and return its services."""
    document = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    declared, services = set(document["volumes"]), document["services"]
    for name, service in services.items():
        where = f"compose.yaml: {name}"
        require(service.get("read_only") is True, f"{where}: its root can be written to")
        require(service.get("cap_drop") == ["ALL"], f"{where}: keeps capabilities")
        require("no-new-privileges:true" in service.get("security_opt", ()), f"{where}: may gain privileges")
        mounts = dict(reversed(volume.split(":")[:2]) for volume in service["volumes"])
        require(set(image.volumes) <= mounts.keys(), f"{where}: mounts nothing at {image.volumes}")
        unknown = {mounts[path] for path in image.volumes} - declared
        require(not unknown, f"{where}: volumes that are not declared: {unknown}")
    ports = [port.split(":") for port in services["serve"]["ports"]]
    require(ports == [["127.0.0.1", image.last["EXPOSE"], image.last["EXPOSE"]]], "compose.yaml: serve: other ports")
    return services


def check_units(root: Root) -> None:
    """Have systemd check its units, if it is there; the program has to be where they say."""
    if shutil.which("systemd-analyze") is None:
        print(".ci/container: systemd-analyze is not installed; the units are not checked")
        return
    folder = root.folder / "units"
    shutil.copytree(UNITS, folder)
    for path in folder.rglob("*.*"):
        if path.is_file():
            path.write_text(root.place(path.read_text("utf-8")), "utf-8")
    units = sorted(str(path) for path in folder.iterdir() if path.is_file())  # with the files in their .d folders
    command = ["systemd-analyze", "verify", "--man=no", *units]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # Units of the machine are loaded as well, and may have defects of their own.
    told = [line for line in (done.stdout + done.stderr).splitlines() if "nonmun" in line]
    require(done.returncode == 0 and not told, "\n".join(["systemd-analyze verify:", *told]))


def unit_variables(unit: Path) -> dict[str, str]:
    """Return the settings among the variables of a unit."""
    lines = re.findall(r"^Environment=(.*)$", unit.read_text("utf-8"), re.MULTILINE)
    variables = dict(word.split("=", 1) for line in lines for word in shlex.split(line))
    return {name: value for name, value in variables.items() if name.startswith("NONMUN_")}


def compose_variables(service: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of a service of compose.yaml, where none is set outside."""

    def interpolate(found: re.Match[str]) -> str:
        return found["text"] if found["kind"] == "-" else ""

    pattern = re.compile(r"\$\{\w+(?::(?P<kind>[-+?])(?P<text>[^}]*))?\}")
    return {name: pattern.sub(interpolate, str(value)) for name, value in service.get("environment", {}).items()}


class Container:
    """Runs commands as in a container of the image.

    Args:
        root: the root.
        user: the user.
        image: the image.
        temporary: the folder in place of /tmp.
    """

    def __init__(self, root: Root, user: User, image: Image, temporary: Path) -> None:
        self._user, self.cwd = user, root.place(image.last["WORKDIR"])
        env = {name: root.place(value) for name, value in image.environment.items()}
        self.env = {"LANG": "C.UTF-8", "HOME": self.cwd, "TMPDIR": str(temporary), **env}
        self.env["PATH"] = self.env["PATH"].replace("$PATH", SYSTEM_PATH)

    def start(self, command: Sequence[str], log: TextIO, **more: str) -> subprocess.Popen[str]:
        """Start a command, whose output is piped and whose errors go to a file."""
        words, env = self._words(command), self.env | more
        return subprocess.Popen(words, cwd=self.cwd, env=env, stdout=subprocess.PIPE, stderr=log, text=True)

    def finish(self, command: Sequence[str], **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        words, env = self._words(command), self.env | more
        return subprocess.run(
            words, cwd=self.cwd, env=env, capture_output=True, text=True, timeout=DEADLINE, check=False
        )

    def run(self, *command: str, **more: str) -> str:
        """Run a command, and return its output; one that fails ends the script."""
        done = self.finish(command, **more)
        require(done.returncode == 0, f"{shlex.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def _words(self, command: Sequence[str]) -> list[str]:
        return [*self._user.prefix(), "/usr/bin/env", *command]  # env looks it up in the PATH of the image


@contextmanager
def running(
    container: Container, command: Sequence[str], log: Path, variables: Mapping[str, str]
) -> Generator[tuple[subprocess.Popen[str], int]]:
    """Run the service on a free port; yield the process and the port."""
    with (
        log.open("w", encoding="utf-8") as file,
        container.start(command, file, **variables, NONMUN_PORT="0") as process,
    ):
        try:
            assert process.stdout
            found = re.search(r"http://0\.0\.0\.0:(\d+)", line := process.stdout.readline())
            if found is None:
                fail(f"{shlex.join(command)}: does not listen on 0.0.0.0: {line}")
            yield process, int(found[1])
        except SystemExit:
            print(log.read_text("utf-8"), file=sys.stderr)
            raise
        finally:
            if process.poll() is None:
                process.kill()


def wait_until_healthy(container: Container, image: Image, process: subprocess.Popen[str], port: int) -> None:
    """Run the health check until it succeeds."""
    check = [word.replace(f":{image.last['EXPOSE']}/", f":{port}/") for word in image.health_check]
    require(check != image.health_check, "Dockerfile: the health check asks another port than EXPOSE")
    deadline = time.monotonic() + DEADLINE
    while container.finish(check).returncode != 0:
        require(process.poll() is None, "the service ended before it was healthy")
        require(time.monotonic() < deadline, f"the service was not healthy within {DEADLINE} s")
        time.sleep(0.5)


def check_service(image: Image, services: Mapping[str, Any], root: Root, user: User) -> None:
    """Run the jobs and the service, and ask it."""
    for volume in image.volumes:
        user.own(Path(root.place(volume)))
    user.own(temporary := root.folder / "tmp")
    container = Container(root, user, image, temporary)
    program = Path(root.place(image.copied[0][1]))
    writable = container.run("find", str(program), "-writable", "-not", "-type", "l")
    require(not writable, f"the service can change its program:\n{writable}")
    settings = "from nonmun.settings import load_settings; print(load_settings().port)"
    port = container.run("python", "-c", settings)
    require(port.strip() == image.last["EXPOSE"], f"Dockerfile: EXPOSE {image.last['EXPOSE']}, but the port is {port}")
    for unit in UNITS.glob("*.service"):
        container.run("python", "-c", settings, **unit_variables(unit))  # unknown ones are errors

    digests = root.folder / "digests"
    shutil.copytree(ROOT / "samples" / "digests", digests)
    ingest = [word.replace("/digests", str(digests)) for word in services["ingest"]["command"] if word != "--fetch"]
    container.run(*image.entrypoint, *ingest, **compose_variables(services["ingest"]))
    create = [*services["keys"]["entrypoint"], "create", "container", "--json"]
    key = json.loads(container.run(*create, **compose_variables(services["keys"])))["key"]
    log = root.folder / "log"
    serve = [*image.entrypoint, *services["serve"]["command"]]
    require(serve == [*image.entrypoint, *json.loads(image.last["CMD"])], "compose.yaml: serve: another command")
    with running(container, serve, log, compose_variables(services["serve"])) as (process, port):
        wait_until_healthy(container, image, process, port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE, trust_env=False) as client:
            body = {"question": QUESTION}
            refused = client.post("/v1/ask", json=body)
            require(refused.status_code == 401, f"without a key: {refused.status_code} {refused.text}")
            answer = client.post("/v1/ask", json=body, headers={"authorization": f"Bearer {key}"})
            require(answer.status_code == 200, f"with a key: {answer.status_code} {answer.text}")
            require(answer.json()["citations"], f"no quotation in the answer: {answer.text}")
        process.send_signal(signal.Signals[image.last["STOPSIGNAL"]])
        status = process.wait(DEADLINE)
        require(status == 0, f"{image.last['STOPSIGNAL']}: the service ended with status {status}")
    for line in log.read_text("utf-8").splitlines():
        require(line.startswith("{") and json.loads(line), f"the log is not JSON: {line}")
    require(key not in log.read_text("utf-8"), "the log holds a key")


def check_sbom(root: Root, image: Image) -> None:
    """Have the SBOM of the environment written and validated, and compare it with what is installed."""
    environment, target = Path(root.place(image.copied[0][1])), root.folder / "sbom.cdx.json"
    subprocess.run(["make", "sbom", f"ENVIRONMENT={environment}", f"SBOM={target}"], cwd=ROOT, check=True)
    document = json.loads(target.read_text("utf-8"))
    listed = subprocess.run(
        [environment / "bin" / "pip", "list", "--format=json"], capture_output=True, check=True, cwd="/"
    )
    installed = {(_normal(package["name"]), package["version"]) for package in json.loads(listed.stdout)}
    told = {(_normal(component["name"]), component["version"]) for component in document["components"]}
    own = document["metadata"]["component"]
    told.add((own["name"], own["version"]))
    require(told == installed, f"SBOM: differs from what is installed: {sorted(told ^ installed)}")
    packages = next(environment.glob("lib/python3*/site-packages"))
    data = [part for part in own["components"] if part["type"] == "data"]
    for part in data:
        digest = hashlib.sha256((packages / "nonmun" / part["name"]).read_bytes()).hexdigest()
        require(digest == part["hashes"][0]["content"], f"SBOM: {part['name']} differs from the installed one")
    require(data and any(part["name"] == "multilingual-e5-small" for part in own["components"]), "SBOM: lacks data")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Check the files of a deployment."""
    image = Image.read(ROOT / "Dockerfile")
    services = check_compose(image)
    user = User(image.last["USER"])
    with tempfile.TemporaryDirectory(prefix="nonmun-image-") as folder:
        Path(folder).chmod(0o755)  # the user of the image has to reach the program
        root = Root(Path(folder), image)
        build(image, root, user)
        check_units(root)
        check_sbom(root, image)
        program = root.place(image.copied[0][1])
        subprocess.run(["chmod", "-R", "a-w", program], check=True)
        try:
            check_service(image, services, root, user)
        finally:
            subprocess.run(["chmod", "-R", "u+w", program], check=True)
    print(".ci/container: the image's environment is built, healthy, asked and ended as the Dockerfile says")


if __name__ == "__main__":
    main()
