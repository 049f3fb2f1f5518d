"""Papers with text that tries to break out of every format."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from nonmun import Paper
from nonmun.api.exports.export import export

HOSTILE = (
    "}\n@article{evil,\n title={x}",
    "\r\nER  - \r\nTY  - JOUR\r\nTI  - evil",
    "\n---\ntitle: evil\n---\n",
    "\n# evil\n\n- evil\n\n    evil\n",
    "<script>alert(1)</script>",
    "![evil](javascript:alert(1))",
    "{{ site.evil }}{% evil %}",
    r"\input{/etc/passwd}",
    r"$\input{/etc/passwd}$",
    "$^^5cinput{/etc/passwd}$",
    "$a} b$",
    "```\nevil",
    "{:DOI: 10.1/evil}",
    "DOI: 10.1/evil",
    "&lt;b&gt;",
    "\u202eevil\x00\x1b[31m\ud800",
    "\u2028\u2029\x85\x0b\x0c\x1c",
    '"evil": "',
)
"""Fragments that have a meaning in one of the formats."""

text = st.lists(
    st.one_of(
        st.sampled_from(HOSTILE),
        st.text("가나다 한국어ABCabc012 \\{}[]()<>$%&#_~^*`'\"@,;:=+-!|./?\n\t", max_size=12),
        st.text(max_size=6),
        st.sampled_from(["$x^{2}$", r"$\mathcal{O}(n \log n)$", "한국어 제목", "50% of $5", "T^2", r"27.8\%"]),
    ),
    max_size=6,
).map("".join)
"""Text of a digest or a source."""

names = st.lists(
    st.one_of(
        st.sampled_from(["Geoffrey E. Hinton", "Laurens van der Maaten", "김철수", "Gemini Team", "Hal Daumé III"]),
        st.text("가나AaBb éñ.,'-~*{}\\$%&\"\n", min_size=1, max_size=20),
        st.sampled_from(HOSTILE),
    ),
    max_size=8,
).map(tuple)
"""Names of authors."""

ids = st.sampled_from(["2505.10527", "2401.00001", "1706.03762", "math.GT/0309136", "cs/9901001"])

papers = st.builds(
    lambda paper_id, title, abstract, authors, published, **more: paper(
        paper_id, title=title, abstract=abstract, authors=authors, published=published, **more
    ),
    ids,
    text,
    text,
    names,
    st.none() | st.dates().map(str),
    doi=st.sampled_from(["", "10.1000/xyz123", "https://doi.org/10.1002/(SICI)1<1::A>3.0.CO;2-O"]) | text,
    journal_ref=text,
    comment=text,
    categories=st.lists(st.sampled_from(["cs.CL", "stat.ML"]) | text, max_size=2).map(tuple),
)
"""Papers as a careless source states them."""


def paper(paper_id: str = "2505.10527", **fields: Any) -> Paper:
    values = {"title": "A Title", "abstract": "", "url": f"https://arxiv.org/abs/{paper_id}", "published": "2025-05-15"}
    return Paper(paper_id, **(values | fields))


def exported(*papers: Paper, to: Any) -> str:
    return export(papers, to, lambda _: {})


def shown(value: str) -> str:
    """Return the words of a text as a reader may see them: on one line, without what no format allows."""
    line = " ".join(value.split())
    return "".join("\ufffd" if _is_forbidden(char) else char for char in line)


def _is_forbidden(char: str) -> bool:
    code = ord(char)
    return code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or char in "\u202a\u202b\u202c\u202d\u202e"
