"""The command that asks again and again: chat, each question after the turns before it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ...api.conversation.turns import MAX_TURNS, Turn
from ...api.results import as_json
from ...index.domain.errors import InputError
from ...index.domain.filters import parse_date
from ..app import Data, Json, app, opened
from ..options import AsOf, Lang, Papers, Published, Sections, Since, Source, Trust, Until, chosen
from ..output import err, escape, out, print_json
from ..rendering import show_answer
from .ask import Count, Llm

_END = frozenset({"exit", "quit", "/exit", "/quit", "끝", "종료"})
_HELP = "Ask in Korean or English. /new forgets what was asked, exit or Ctrl-D ends."
_PROMPT = "> "


@app.command()
def chat(
    k: Count = 10,
    since: Since = None,
    until: Until = None,
    published: Published = False,
    only: Papers = None,
    section: Sections = None,
    lang: Lang = None,
    source: Source = None,
    trust: Trust = None,
    as_of: AsOf = None,
    llm: Llm = None,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """Ask several questions, each after those before it ("그 논문의 한계는?", "in English"); /new forgets them."""
    where, day = chosen(since, until, published, only, section, lang, source, trust), parse_date("as_of", as_of)
    with opened(data) as library:
        if sys.stdin.isatty():
            out.print(_HELP, style="dim")
        turns: list[Turn] = []
        for line in lines():
            if line == "/new":
                turns.clear()
                continue
            try:
                answer = library.ask(line, k, where=where, as_of=day, history=turns, generate=llm)
            except InputError as error:  # this question is no good; the next one may be
                err.print(f"nonmun: {escape(str(error))}", style="red")
                continue
            turns = [*turns, Turn.of(answer)][-MAX_TURNS:]
            if as_json_:
                print_json(as_json(answer), compact=True)
            else:
                show_answer(answer)
                out.print()


def lines() -> Iterator[str]:
    """The lines that are typed or piped in, without empty ones, until they end or a word ends them."""
    while True:
        try:
            line = input(_PROMPT if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            if sys.stdin.isatty():
                out.print()  # the terminal's next line is not ours
            return
        if line.lower() in _END:
            return
        if line:
            yield line
