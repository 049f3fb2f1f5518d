"""The chat command: several questions, each in the context of the turns before it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

from ...api.conversation.turns import MAX_TURNS, Turn
from ...api.results import as_json
from ...index.domain.errors import InputError
from ..app import open_data
from ..options import Count, Data, FilterOptions, Json, Llm
from ..output import err, escape, out, print_json
from ..rendering import show_answer

_EXIT_WORDS = frozenset({"exit", "quit", "/exit", "/quit", "끝", "종료"})
_HELP = "Ask in Korean or English. /new forgets what was asked, exit or Ctrl-D ends."
_PROMPT = "> "


def chat(
    *, k: Count = 10, filters: FilterOptions, llm: Llm = None, data: Data = None, json_output: Json = False
) -> None:
    """Ask several questions, each a possible follow-up ("그 논문의 한계는?", "in English"); /new clears the context."""
    template = filters.ask_request("?", k, llm)  # an invalid option ends the command before a question is read
    with open_data(data) as library:
        if sys.stdin.isatty():
            out.print(_HELP, style="dim")
        turns: list[Turn] = []
        for line in read_lines():
            if line == "/new":
                turns.clear()
                continue
            try:
                answer = library.answering.ask(replace(template, question=line, history=tuple(turns)))
            except InputError as error:  # an invalid question does not end the session
                err.print(f"nonmun: {escape(str(error))}", style="red")
                continue
            turns = [*turns, Turn.of(answer)][-MAX_TURNS:]
            if json_output:
                print_json(as_json(answer), compact=True)
            else:
                show_answer(answer)
                out.print()


def read_lines() -> Iterator[str]:
    """Yield the non-empty lines of standard input until it ends or an exit word is read."""
    while True:
        try:
            line = input(_PROMPT if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            if sys.stdin.isatty():
                out.print()  # so that the shell's prompt begins on a new line
            return
        if line.lower() in _EXIT_WORDS:
            return
        if line:
            yield line
