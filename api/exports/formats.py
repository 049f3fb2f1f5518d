"""The formats of exports, with their media types and file suffixes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

ExportFormat = Literal["bibtex", "ris", "csl-json", "markdown"]

FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)

MEDIA_TYPES: Mapping[ExportFormat, str] = {
    "bibtex": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl-json": "application/vnd.citationstyles.csl+json",
    "markdown": "text/markdown",
}
"""Media types, those that doi.org takes for the bibliographic formats. All exports are UTF-8."""

SUFFIXES: Mapping[ExportFormat, str] = {
    "bibtex": ".bib",
    "ris": ".ris",
    "csl-json": ".csl.json",
    "markdown": ".md",
}
