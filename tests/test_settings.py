"""Configuration: arguments before variables before nonmun.toml, frozen, nothing unknown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from nonmun import ConfigError, Settings
from nonmun.settings import load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in list(os.environ):
        if name.upper().startswith("NONMUN_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults() -> None:
    settings = load_settings()
    assert (settings.embedding, settings.host, settings.port) == ("bundled", "127.0.0.1", 8765)
    assert settings.data.is_absolute()
    assert settings.cache.is_absolute()


def test_precedence(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / "nonmun.toml").write_text('port = 1\nhost = "::1"\ndata = "from-toml"\n')
    assert (load_settings().port, load_settings().host, load_settings().data) == (1, "::1", Path("from-toml"))
    monkeypatch.setenv("NONMUN_PORT", "2")
    assert (load_settings().port, load_settings().host) == (2, "::1")
    assert load_settings(port=3).port == 3
    assert load_settings(port=None).port == 2
    assert load_settings(port=0).port == 0


def test_empty_variable_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NONMUN_PORT", "")
    assert load_settings().port == 8765


def test_no_dotenv(clean: Path) -> None:
    (clean / ".env").write_text("NONMUN_PORT=5\n")
    assert load_settings().port == 8765


def test_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().port = 1


def test_unknown_argument() -> None:
    with pytest.raises(ValidationError, match="colour"):
        Settings(colour="red")
    with pytest.raises(ConfigError, match="colour"):
        load_settings(colour="red")


@pytest.mark.parametrize("name", ["NONMUN_COLOUR", "NONMUN_", "nonmun_dta"])
def test_unknown_variable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(ConfigError, match=rf"{name}: unknown; known are .*NONMUN_DATA"):
        load_settings()


def test_other_variables_are_nobodys_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NONMUNX", "x")
    monkeypatch.setenv("PORT", "1")
    assert load_settings().port == 8765


def test_unknown_key_in_the_file(clean: Path) -> None:
    (clean / "nonmun.toml").write_text("colour = 1\n")
    with pytest.raises(ConfigError, match=r"colour.*nonmun\.toml"):
        load_settings()


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"[port]\nx = 1\n", b'port = "many"\n'])
def test_bad_file(clean: Path, content: bytes) -> None:
    (clean / "nonmun.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"nonmun\.toml"):
        load_settings()


@pytest.mark.parametrize("value", ["-1", "65536", "many", "1.5"])
def test_bad_port(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NONMUN_PORT", value)
    with pytest.raises(ConfigError, match=r"setting port: .*NONMUN_PORT"):
        load_settings()
