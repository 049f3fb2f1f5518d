"""citeproc-py: formats a bibliography of a CSL-JSON file."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON

warnings.simplefilter("error")  # unknown variables
items = json.loads(Path(sys.argv[1]).read_text("utf-8"))
style = CitationStylesStyle("harvard-cite-them-right", validate=False)
bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
for item in items:
    bibliography.register(Citation([CitationItem(item["id"])]))
print(json.dumps([str(entry) for entry in bibliography.bibliography()]))
