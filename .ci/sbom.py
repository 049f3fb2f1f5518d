"""Write the SBOM of nonmun with the packages of an environment: python .ci/sbom.py ENVIRONMENT FILE

cyclonedx-py lists the packages. The bundled data, which no package manager knows, is added as parts of nonmun: the
weights of the embedding model, the glossary and the list of everyday terms. The result is checked against the schema
of CycloneDX.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from nonmun.index.embeddings.e5.weights import FILE as WEIGHTS

ROOT = Path(__file__).parents[1]
SPEC = SchemaVersion.V1_6
DATA = {
    "index/lexicon/glossary.tsv": "Korean terms of artificial intelligence with English translations",
    "index/query/everyday_terms.txt": "English words that name no paper",
}


def describe_packages(environment: Path) -> dict[str, Any]:
    """Return the SBOM of nonmun and the packages of an environment."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", str(ROOT / "pyproject.toml")]
    command += ["--sv", SPEC.to_version(), "--output-reproducible", "-o", "-", str(environment)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def describe_data(weights: Path) -> list[dict[str, Any]]:
    """Return the components of the bundled data, given the file of the weights."""
    model = {
        "type": "machine-learning-model",
        "name": "multilingual-e5-small",
        "group": "intfloat",
        "description": f"embedding model: the weights in 4 bits, {WEIGHTS}",
        "purl": "pkg:huggingface/intfloat/multilingual-e5-small",
        "hashes": _hashes(weights),
    }
    files = [
        {"type": "data", "name": name, "description": text, "hashes": _hashes(ROOT / name)}
        for name, text in DATA.items()
    ]
    licenses = [{"license": {"id": "MIT"}}]
    return [{"bom-ref": f"data:{part['name']}", **part, "licenses": licenses} for part in (model, *files)]


def _hashes(path: Path) -> list[dict[str, str]]:
    with path.open("rb") as file:
        return [{"alg": "SHA-256", "content": hashlib.file_digest(file, "sha256").hexdigest()}]


def main(environment: Path, target: Path) -> None:
    """Write the SBOM; exit with a message if it is not valid, or the environment lacks nonmun's requirements."""
    weights = next(environment.glob(f"lib/python3*/site-packages/{WEIGHTS}"), None)
    if weights is None:
        sys.exit(f"{environment}: lacks {WEIGHTS}; install requirements/run.txt there")
    document = describe_packages(environment)
    document["metadata"]["component"]["components"] = describe_data(weights)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if error := JsonStrictValidator(SPEC).validate_str(text):
        sys.exit(f"{target}: is not valid CycloneDX {SPEC.to_version()}: {error}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    print(f"{target}: {len(document['components'])} packages, valid CycloneDX {SPEC.to_version()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
