"""Draw docs/architecture.svg: the packages and the imports between them, read from the source.

Run `python docs/draw_architecture.py` after packages change; a test compares the picture with the source. An arrow
means "imports". Arrows that follow from others (A → C if A → B → C) are left out, and so are those between parts:
a part may import any part below it, and none above.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "architecture.svg"
PARTS = ("cli", "eval", "api", "ingest", "index")

_BOX_WIDTH, _BOX_HEIGHT, _GAP, _ROW = 150, 30, 22, 62
_LEFT, _WIDTH = 110, 880
_STYLE = """
svg { font: 13px system-ui, sans-serif; color: #1f2328; background: #fff }
.part { fill: #f6f8fa; stroke: #d1d9e0 } .box { fill: #fff; stroke: #59636e } text { fill: currentColor }
.name { font-weight: 600; font-size: 15px } .arrow { fill: none; stroke: #59636e; stroke-width: 1.1 }
marker path { fill: #59636e }
@media (prefers-color-scheme: dark) {
svg { color: #f0f6fc; background: #0d1117 } .part { fill: #151b23; stroke: #3d444d }
.box { fill: #0d1117; stroke: #9198a1 } .arrow { stroke: #9198a1 } marker path { fill: #9198a1 } }
""".strip()


def package_imports(root: Path = ROOT) -> dict[str, set[str]]:
    """Return the packages below the five parts, each with the other packages that its modules import.

    A package is named by its path ("index/query"); each of a part's own modules is a box of its own ("api/library").
    Imports for type checking only and imports inside functions count as well; `__init__.py` files, which re-export
    names, do not.
    """
    modules = [path for part in PARTS for path in sorted((root / part).rglob("*.py")) if path.name != "__init__.py"]
    packages = {_package(path.relative_to(root)) for path in modules}
    imports: defaultdict[str, set[str]] = defaultdict(set)
    for path in modules:
        package = _package(path.relative_to(root))
        for target in _imported(path, root):
            while target not in packages and "/" in target:
                target = target.rpartition("/")[0]
            if target in packages and target != package:
                imports[package].add(target)
    return {package: imports[package] for package in sorted(packages)}


def _package(path: Path) -> str:
    """Return the box of a module, cut to two levels: "index/query/dates/korean.py" belongs to "index/query"."""
    return "/".join(path.with_suffix("").parts[:2])


def _imported(path: Path, root: Path) -> set[str]:
    parents = ["nonmun", *path.relative_to(root).parent.parts]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = parents[: len(parents) - node.level + 1]
            module = [*base, *(node.module.split(".") if node.module else [])]
            found |= {"/".join([*module, alias.name][1:3]) for alias in node.names}
    return found


def reduced(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the imports without those that follow from others."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        stack = [*imports[start]]
        while stack:
            package = stack.pop()
            if package not in seen:
                seen.add(package)
                stack += imports[package]
        return seen

    reachable = {package: reach(package) for package in imports}
    return {
        package: {target for target in targets if not any(target in reachable[other] for other in targets - {target})}
        for package, targets in imports.items()
    }


def levels(packages: list[str], imports: dict[str, set[str]]) -> dict[str, int]:
    """Return the level of each package: 0 imports none of the others, each other package is above those it imports."""
    found: dict[str, int] = {}

    def level(package: str, above: tuple[str, ...]) -> int:
        if package in above:
            raise ValueError(f"packages import each other: {' → '.join([*above, package])}")
        if package not in found:
            targets = [target for target in imports[package] if target in packages]
            found[package] = max((1 + level(target, (*above, package)) for target in targets), default=0)
        return found[package]

    for package in packages:
        level(package, ())
    return found


def draw(imports: dict[str, set[str]]) -> str:
    """Return the picture as SVG text."""
    inside = {
        package: {target for target in targets if target.partition("/")[0] == package.partition("/")[0]}
        for package, targets in imports.items()
    }
    arrows = reduced(inside)
    boxes: dict[str, tuple[float, float]] = {}
    bands: list[tuple[str, float, float]] = []
    top = 16.0
    for part in PARTS:
        packages = [package for package in imports if package.partition("/")[0] == part]
        level_of = levels(packages, imports)
        highest = max(level_of.values())
        for level in range(highest + 1):
            row = [package for package in packages if level_of[package] == level]
            width = len(row) * _BOX_WIDTH + (len(row) - 1) * _GAP
            for at, package in enumerate(row):
                x = _LEFT + (_WIDTH - _LEFT - width) / 2 + at * (_BOX_WIDTH + _GAP)
                boxes[package] = x, top + 14 + (highest - level) * _ROW
        height = highest * _ROW + _BOX_HEIGHT + 28
        bands.append((part, top, height))
        top += height + 26
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top:.0f}" role="img">',
        "<title>The packages of nonmun and their imports</title>",
        f"<style>{_STYLE}</style>",
        '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker>',
    ]
    for (_, y, height), (_, following, _) in pairwise(bands):
        lines.append(f'<path class="arrow" marker-end="url(#head)" d="M56 {y + height:.0f}V{following:.0f}"/>')
    for part, y, height in bands:
        lines.append(f'<rect class="part" x="8" y="{y:.0f}" width="{_WIDTH - 16}" height="{height:.0f}" rx="8"/>')
        lines.append(f'<text class="name" x="22" y="{y + height / 2 + 5:.0f}">{part}/</text>')
    for package, targets in sorted(arrows.items()):
        for target in sorted(targets):
            (x1, y1), (x2, y2) = boxes[package], boxes[target]
            start, end = (x1 + _BOX_WIDTH / 2, y1 + _BOX_HEIGHT), (x2 + _BOX_WIDTH / 2, y2)
            bend = (end[1] - start[1]) / 2
            lines.append(
                f'<path class="arrow" marker-end="url(#head)" d="M{start[0]:.0f} {start[1]:.0f}'
                f"C{start[0]:.0f} {start[1] + bend:.0f} {end[0]:.0f} {end[1] - bend:.0f} {end[0]:.0f} {end[1]:.0f}"
                '"/>'
            )
    for package, (x, y) in sorted(boxes.items()):
        name = package.partition("/")[2]
        lines.append(
            f'<rect class="box" x="{x:.0f}" y="{y:.0f}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="5"/>'
            f'<text text-anchor="middle" x="{x + _BOX_WIDTH / 2:.0f}" y="{y + 20:.0f}">{name}</text>'
        )
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    try:
        FILE.write_text(draw(package_imports()), "utf-8")
    except ValueError as error:
        sys.exit(str(error))
