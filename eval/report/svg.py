"""matplotlib figures as inline SVG that takes its colours and its font from the page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from ...index.util.text import clean, shortened
from .sides import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 360.0  # points; a phone shows them as they are
FONT = 12.0  # points
_TITLE = 200  # columns of a text that is shown in full where it is pointed at
# Colours that nothing else draws with; the page's own take their places.
INK, FAINT, GRID = "#010a01", "#010a02", "#010a03"
_FAMILY = re.compile(r"font-family: [^;]*;? ?|(?<=px) '[^;]*")  # the page's own is used
_DIGITS = re.compile(r"\d+\.\d{3,}")
_PLACEHOLDER = re.compile(r"@(\d+)@")


def series(colour: int) -> str:
    """What a run's lines and bars are drawn with."""
    return f"#010b{colour:02x}"


_VARIABLES = {
    INK: "var(--ink)", FAINT: "var(--faint)", GRID: "var(--rule)",
    **{series(at): f"var(--s{at})" for at in range(COLOURS)},
}  # fmt: skip


@dataclass(slots=True)
class Labels:
    """Texts from outside that a figure shows: matplotlib sees numbered placeholders only.

    So it neither reads a `$` as mathematics nor looks for glyphs that its font lacks, and what is measured in its
    font does not decide the layout.
    """

    texts: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def __call__(self, text: str, most: int) -> str:
        """A placeholder for a text, shown in at most so many columns."""
        self.texts.append((clean(shortened(text, _TITLE)), most))
        return f"@{len(self.texts) - 1}@"


def drawn(key: str, label: str, height: float, draw: Callable[[Figure, Labels], object]) -> str:
    """Draw a figure.

    Args:
        key: begins every id in it; unique on the page.
        label: what it shows, for those who do not see it.
        height: in points; the width is `WIDTH`.
        draw: draws on an empty figure.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    labels, file = Labels(), io.BytesIO()
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever matplotlibrc its user has
        mpl.rcParams.update({
            "svg.fonttype": "none", "svg.hashsalt": key, "font.size": FONT, "text.color": INK, "axes.labelcolor": INK,
            "xtick.color": FAINT, "ytick.color": FAINT, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
            "axes.edgecolor": FAINT, "grid.color": GRID, "axes.linewidth": 0.8, "axes.axisbelow": True,
            "axes.labelsize": FONT, "xtick.labelsize": FONT, "ytick.labelsize": FONT,
        })  # fmt: skip
        figure = Figure((WIDTH / 72, height / 72))
        draw(figure, labels)
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(file.getvalue(), key, label, labels)


def _inline(written: bytes, key: str, label: str, labels: Labels) -> str:
    from defusedxml.ElementTree import fromstring

    root: ElementTree.Element = fromstring(written)
    for element in root.iter():
        for child in list(element):
            # Its style sheet would reach the whole page; nothing leaves its axes, so nothing is clipped.
            if _local(child.tag) in {"metadata", "style", "clipPath"}:
                element.remove(child)
    for element in root.iter():
        element.tag, element.text, element.tail = _local(element.tag), (element.text or "").strip(), None
        if element.tag == "g":  # only what is used again needs its id
            element.attrib.pop("id", None)
        element.attrib = {_local(name): _mended(_local(name), value, key) for name, value in element.attrib.items()}
        element.attrib.pop("clip-path", None)
        if placeholder := _PLACEHOLDER.fullmatch(element.text):
            _named(element, *labels.texts[int(placeholder[1])])
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": clean(label)}
    return ElementTree.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _mended(name: str, value: str, key: str) -> str:
    if name == "id":
        return f"{key}-{value}"
    if name == "href":
        return f"#{key}-{value.removeprefix('#')}"
    if name == "style":
        for sentinel, variable in _VARIABLES.items():
            value = value.replace(sentinel, variable)
        return _FAMILY.sub("", value).replace("font: ", "font-size: ")
    return _DIGITS.sub(lambda match: f"{float(match[0]):.2f}", value)


def _named(element: ElementTree.Element, text: str, most: int) -> None:
    short = shortened(text, most)
    element.text = short
    if short != text:
        title = ElementTree.SubElement(element, "title")
        title.text = text
