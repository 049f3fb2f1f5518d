// Citation.js: reads an export in each bibliographic format, and formats a bibliography of each.

import { readFileSync } from "node:fs";
import { Cite } from "@citation-js/core";
import "@citation-js/plugin-bibtex";
import "@citation-js/plugin-csl";
import "@citation-js/plugin-ris";

// Not sniffed: text that looks like BibTeX makes it take any file for BibTeX.
const types = { bibtex: "@biblatex/text", ris: "@ris/file", "csl-json": "@else/json" };
const found = {};
for (const [format, forceType] of Object.entries(types)) {
  const cite = new Cite(readFileSync(`${process.argv[2]}/${format}`, "utf8"), { forceType });
  found[format] = {
    items: cite.format("data", { format: "object" }),
    bibliography: cite.format("bibliography", { format: "text", template: "apa", lang: "en-US" }),
  };
}
console.log(JSON.stringify(found));
