"""matplotlib figures as inline SVG with the colors and the font of the page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from ...index.util.text import sanitize, truncate
from .runs import COLORS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 360.0  # points; fits a phone without scaling
FONT_SIZE = 12.0  # points
_TITLE_WIDTH = 200  # columns of the full text in a tooltip
# Sentinel colors that nothing else draws with; they are replaced by the page's color variables.
INK, FAINT, GRID = "#010a01", "#010a02", "#010a03"
_FONT_FAMILY = re.compile(r"font-family: [^;]*;? ?|(?<=px) '[^;]*")
_DECIMALS = re.compile(r"\d+\.\d{3,}")
_PLACEHOLDER = re.compile(r"@(\d+)@")


def series_color(index: int) -> str:
    """Return the sentinel color of a run's lines and bars."""
    return f"#010b{index:02x}"


_VARIABLES = {
    INK: "var(--ink)", FAINT: "var(--faint)", GRID: "var(--rule)",
    **{series_color(index): f"var(--s{index})" for index in range(COLORS)},
}  # fmt: skip


@dataclass(slots=True)
class Labels:
    """Untrusted texts of a figure, which matplotlib sees as numbered placeholders only.

    So it neither parses a `$` as math nor looks for glyphs that its font lacks, and the widths in its font do not
    determine the layout.
    """

    texts: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def __call__(self, text: str, width: int) -> str:
        """Return a placeholder for a text that is shown truncated to a width in columns."""
        self.texts.append((sanitize(truncate(text, _TITLE_WIDTH)), width))
        return f"@{len(self.texts) - 1}@"


def draw_svg(key: str, label: str, height: float, draw: Callable[[Figure, Labels], object]) -> str:
    """Draw a figure and return it as an SVG element.

    Args:
        key: prefix of all ids in the figure; unique on the page.
        label: text alternative for screen readers.
        height: height in points; the width is `WIDTH`.
        draw: draws on an empty figure.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    labels, file = Labels(), io.BytesIO()
    with mpl.rc_context():
        mpl.rcdefaults()  # ignores the user's matplotlibrc
        mpl.rcParams.update({
            "svg.fonttype": "none", "svg.hashsalt": key, "font.size": FONT_SIZE, "text.color": INK,
            "axes.labelcolor": INK, "xtick.color": FAINT, "ytick.color": FAINT, "xtick.labelcolor": INK,
            "ytick.labelcolor": INK, "axes.edgecolor": FAINT, "grid.color": GRID, "axes.linewidth": 0.8,
            "axes.axisbelow": True, "axes.labelsize": FONT_SIZE, "xtick.labelsize": FONT_SIZE,
            "ytick.labelsize": FONT_SIZE,
        })  # fmt: skip
        figure = Figure((WIDTH / 72, height / 72))
        draw(figure, labels)
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _to_inline(file.getvalue(), key, label, labels)


def _to_inline(svg: bytes, key: str, label: str, labels: Labels) -> str:
    from defusedxml.ElementTree import fromstring

    root: ElementTree.Element = fromstring(svg)
    for element in root.iter():
        for child in list(element):
            # A style sheet would apply to the whole page; clip paths are unused, since nothing leaves its axes.
            if _local_name(child.tag) in {"metadata", "style", "clipPath"}:
                element.remove(child)
    for element in root.iter():
        element.tag, element.text, element.tail = _local_name(element.tag), (element.text or "").strip(), None
        if element.tag == "g":  # ids of groups are never referenced
            element.attrib.pop("id", None)
        element.attrib = {
            _local_name(name): _page_value(_local_name(name), value, key) for name, value in element.attrib.items()
        }
        element.attrib.pop("clip-path", None)
        if placeholder := _PLACEHOLDER.fullmatch(element.text):
            _set_text(element, *labels.texts[int(placeholder[1])])
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": sanitize(label)}
    return ElementTree.tostring(root, encoding="unicode")


def _local_name(name: str) -> str:
    return name.rpartition("}")[2]


def _page_value(name: str, value: str, key: str) -> str:
    """Return an attribute's value with unique ids, the page's colors and font, and rounded numbers."""
    if name == "id":
        return f"{key}-{value}"
    if name == "href":
        return f"#{key}-{value.removeprefix('#')}"
    if name == "style":
        for sentinel, variable in _VARIABLES.items():
            value = value.replace(sentinel, variable)
        return _FONT_FAMILY.sub("", value).replace("font: ", "font-size: ")
    return _DECIMALS.sub(lambda match: f"{float(match[0]):.2f}", value)


def _set_text(element: ElementTree.Element, text: str, width: int) -> None:
    """Set an element's text, truncated to a width in columns, with the full text as its tooltip."""
    short = truncate(text, width)
    element.text = short
    if short != text:
        title = ElementTree.SubElement(element, "title")
        title.text = text
