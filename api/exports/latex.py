"""LaTeX: text that prints as it stands, with the formulas in it kept as formulas."""

from __future__ import annotations

import re
from itertools import zip_longest

from .text import one_line, plain, with_spaces

# As Pandoc reads dollars: no white space inside, no digit after the formula, so that "$5 to $10" is none.
_MATH = re.compile(r"(?<![\\$])\$(?=[^\s$])((?:[^$\\]|\\.)+?)(?<!\s)\$(?![\d$])")
# A formula with any other command is printed as text: LaTeX commands can read and write files.
_MATH_COMMANDS = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar partial "
    "nabla mathbb mathcal mathbf mathrm mathit mathsf mathfrak boldsymbol text textbf textit textrm textsc "
    "times cdot pm mp div ast star circ leq geq le ge ll gg neq ne approx sim simeq equiv propto infty in notin subset "
    "subseteq cup cap setminus forall exists emptyset to rightarrow leftarrow leftrightarrow Rightarrow mapsto uparrow "
    "downarrow sum prod int sqrt frac hat bar tilde vec dot overline widehat widetilde log ln exp min max arg argmin "
    "argmax sup inf lim sin cos tan det Pr mid parallel perp langle rangle lceil rceil lfloor rfloor ldots cdots dots "
    "prime dagger oplus otimes top bot quad".split()
)
_COMMAND = re.compile(r"\\([A-Za-z]+|.)")
_CONTROL_SYMBOLS = frozenset(",;:!|%$#&_ ")
_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
# BibTeX counts \{ and \} as braces. Some readers do not know these, so they are for texts with unbalanced ones only.
_UNBALANCED = _SPECIAL | str.maketrans({"{": r"\textbraceleft{}", "}": r"\textbraceright{}"})


def escape(text: str) -> str:
    """Return the LaTeX that prints a text; its Unicode characters stay, and braces are balanced."""
    return text.translate(_SPECIAL if _is_balanced(text) else _UNBALANCED)


def to_latex(text: str) -> str:
    """Return the LaTeX of a title or an abstract, on one line.

    Formulas between dollars stay as they are if they hold nothing but symbols. Everything else prints as readers of
    `plain` see it. Braces are balanced.
    """
    line = one_line(text)
    formulas = [match for match in _MATH.finditer(line) if _is_harmless(match[1])]
    starts = [0, *(match.end() for match in formulas)]
    ends = [*(match.start() for match in formulas), len(line)]
    words = [with_spaces(line[start:end], plain(line[start:end])) for start, end in zip(starts, ends, strict=True)]
    table = _SPECIAL if _is_balanced("".join(words)) else _UNBALANCED
    escaped = [part.translate(table) for part in words]
    return "".join(
        part for pair in zip_longest(escaped, (match[0] for match in formulas), fillvalue="") for part in pair
    )


def _is_harmless(formula: str) -> bool:
    """Return whether a formula has known commands only, balanced braces, and nothing with a meaning outside of it."""
    for match in _COMMAND.finditer(formula):
        if match[1] not in _MATH_COMMANDS and match[1] not in _CONTROL_SYMBOLS:
            return False
    bare = _COMMAND.sub("", formula)
    if "^^" in bare or set(bare) & set("%#&~\\"):  # ^^ is a notation for any character
        return False
    return _is_balanced(bare)


def _is_balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall("[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
