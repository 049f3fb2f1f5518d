"""The chat command over a pipe, and answers in a terminal."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from nonmun import Answer, Citation, Interpretation
from nonmun.cli import output, rendering
from nonmun.cli.commands.chat import read_lines
from nonmun.index.domain.papers import text_hash

from ..conftest import CODE, environment

LORA = "2106.09685"
HOSTILE = "[bold]\x1b[31m지움\x1b]0;제목\x07 \u202e끝"


@pytest.fixture
def chat(folder: Path, ingested: object):
    del ingested

    def chat(text: str, *args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", CODE, "chat", *args]
        env = environment(NONMUN_DATA=str(folder / "data"))
        return subprocess.run(command, cwd=folder, env=env, input=text, capture_output=True, text=True, timeout=120)

    return chat


def test_follow_ups_use_the_context_until_new(chat) -> None:
    done = chat(
        "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법\n그 논문의 한계는?\n\nin English\n/new\n그 논문의 한계는?\n",
        "--json",
    )
    assert (done.returncode, done.stderr) == (0, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    interpretations = [answer["interpretation"] for answer in answers]
    assert [interpretation["papers"] for interpretation in interpretations] == [[], [LORA], [LORA], []]
    assert (interpretations[2]["repeats"], interpretations[2]["answer_lang"]) == ("그 논문의 한계는?", "en")


def test_piped_output_is_plain_and_invalid_questions_are_skipped(chat) -> None:
    done = chat(
        "x" * 2001
        + "\n큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법\nrecipe for kimchi stew\n끝\nrecipe for kimchi stew\n"
    )
    assert done.returncode == 0
    assert done.stderr.startswith("nonmun: question: has 2,001 characters")
    assert len(done.stderr.splitlines()) == 1
    assert "\x1b" not in done.stdout
    assert f"(https://arxiv.org/abs/{LORA})" in done.stdout
    assert "**" not in done.stdout
    assert done.stdout.count("None of the papers in the index answers this question.") == 1


@pytest.mark.parametrize("end", ["exit\n", "/quit\n", "종료\n", "EXIT\nb\n", ""])
def test_input_ends_at_an_exit_word(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"  a \n\n{end}"))
    assert list(read_lines()) == ["a"]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Capture the output to a terminal."""
    sent = io.StringIO()
    console = Console(
        file=sent, force_terminal=True, color_system="standard", highlight=False, soft_wrap=True, width=200
    )
    for module in (output, rendering):
        monkeypatch.setattr(module, "out", console)
    return sent


def answer(text: str, quote: str, trust: str | None = None, notes: tuple[str, ...] = ()) -> Answer:
    cited = Citation(
        "2505.00001", "2505.00001:summary@2025-05-16:other:0", text_hash(quote), 0, len(quote), quote, trust, text=quote
    )  # pyright: ignore[reportArgumentType]
    return Answer("q", Interpretation("ko"), text, (cited,), False, None, (), None, trust=notes)


def test_terminal_output_has_links_and_colors(terminal: io.StringIO) -> None:
    note = "주의: 논문을 읽지 못하고 제목만으로 쓴 요약을 인용했습니다: 2505.00001"
    text = f"리드.\n\n**제목** (https://arxiv.org/abs/2505.00001) · 2025-05-16\n- 문장입니다. [2505.00001]\n\n{note}"
    rendering.show_answer(answer(text, "문장입니다.", "invented", (note,)))
    sent = terminal.getvalue()
    assert "\x1b]8;" in sent  # OSC 8
    assert ";https://arxiv.org/abs/2505.00001\x1b\\" in sent
    assert f"\x1b[33m{note}\x1b[0m" in sent
    assert "**" not in sent
    assert "\x1b[2m" in sent


def test_labels_are_bold(terminal: io.StringIO) -> None:
    rendering.show_answer(answer("리드.\n\n방법:\n\n**Two\x1b[2J**\n- 문장입니다. [2505.00001]", "문장입니다."))
    sent = terminal.getvalue()
    assert "\x1b[1mTwo" in sent
    assert "**" not in sent
    assert "\x1b[2J" not in sent


def test_hostile_text_cannot_control_the_terminal(terminal: io.StringIO) -> None:
    text = f"리드.\n\n**{HOSTILE}** (https://arxiv.org/abs/2505.00001)\n- {HOSTILE} [2505.00001]\n{HOSTILE}"
    rendering.show_answer(answer(text, HOSTILE))
    sent = terminal.getvalue()
    assert "\x1b[31m" not in sent
    assert "\x1b]0;" not in sent
    assert "\x07" not in sent
    assert "\u202e" not in sent
    assert sent.count("[bold]") == 3  # printed literally, not as markup
