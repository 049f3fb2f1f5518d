"""Settings: precedence of arguments, variables and nonmun.toml; frozen; no unknown keys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from nonmun import ConfigError, Library, Settings
from nonmun.settings import load_settings, user_file


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in list(os.environ):
        if name.upper().startswith("NONMUN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults() -> None:
    settings = load_settings()
    assert (settings.embedding, settings.host, settings.port) == ("bundled", "127.0.0.1", 8765)
    assert settings.data.is_absolute()
    assert settings.cache.is_absolute()


def test_arguments_take_precedence_over_variables_over_the_file(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / "nonmun.toml").write_text('port = 1\nllm_model = "m"\ndata = "from-toml"\n')
    assert (load_settings().port, load_settings().llm_model, load_settings().data) == (1, "m", Path("from-toml"))
    monkeypatch.setenv("NONMUN_PORT", "2")
    assert (load_settings().port, load_settings().llm_model) == (2, "m")
    assert load_settings(port=3).port == 3
    assert load_settings(port=None).port == 2
    assert load_settings(port=0).port == 0


def test_empty_variable_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NONMUN_PORT", "")
    assert load_settings().port == 8765


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("papers.example.org", ("papers.example.org",)),
        (" a.example , b.example,", ("a.example", "b.example")),
        ('["a.example", "b.example"]', ("a.example", "b.example")),
        ("*", ("*",)),
        ("[]", ()),
        ("", ()),
    ],
)
@pytest.mark.parametrize("setting", ["hosts", "origins", "proxies"])
def test_lists_are_separated_by_commas_or_json(
    monkeypatch: pytest.MonkeyPatch, setting: str, text: str, names: tuple[str, ...]
) -> None:
    monkeypatch.setenv(f"NONMUN_HTTP__{setting.upper()}", text)
    assert getattr(load_settings().http, setting) == names


def test_an_invalid_list_names_its_variable_and_both_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NONMUN_HTTP__HOSTS", "[papers.example.org]")
    with pytest.raises(ConfigError, match=r"separated by commas.*'\[\"papers.example.org\"\]'.*NONMUN_HTTP__HOSTS"):
        load_settings()


def test_import_does_not_load_numpy() -> None:
    code = "import sys, nonmun.settings; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_ignores_dotenv(clean: Path) -> None:
    (clean / ".env").write_text("NONMUN_PORT=5\n")
    assert load_settings().port == 8765


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().port = 1


def test_rejects_an_unknown_argument() -> None:
    with pytest.raises(ValidationError, match="colour"):
        Settings(colour="red")
    with pytest.raises(ConfigError, match="colour"):
        load_settings(colour="red")


@pytest.mark.parametrize("name", ["NONMUN_COLOUR", "NONMUN_", "nonmun_dta"])
def test_rejects_an_unknown_variable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(ConfigError, match=rf"{name}: unknown variable \(known are .*NONMUN_DATA"):
        load_settings()


def test_ignores_variables_of_other_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NONMUNX", "x")
    monkeypatch.setenv("PORT", "1")
    assert load_settings().port == 8765


def test_rejects_an_unknown_key_in_the_file(clean: Path) -> None:
    (clean / "nonmun.toml").write_text("colour = 1\n")
    with pytest.raises(ConfigError, match=r"colour.*nonmun\.toml"):
        load_settings()


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"[port]\nx = 1\n", b'port = "many"\n'])
def test_rejects_an_invalid_file(clean: Path, content: bytes) -> None:
    (clean / "nonmun.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"nonmun\.toml"):
        load_settings()


@pytest.mark.parametrize("value", ["-1", "65536", "many", "1.5"])
def test_rejects_an_invalid_port(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NONMUN_PORT", value)
    with pytest.raises(ConfigError, match=r"setting port: .*NONMUN_PORT"):
        load_settings()


# --- the table `search`, and an explicit file


def test_defaults_of_the_search_table() -> None:
    search = load_settings().search
    assert (search.dense, search.lexical, search.lexical_weight, search.candidates) == (True, True, 0.6, 200)


def test_merges_the_search_table_from_all_sources(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / "nonmun.toml").write_text("port = 1\n[search]\ndense = false\nlexical_weight = 1\ncandidates = 1\n")
    monkeypatch.setenv("NONMUN_SEARCH__LEXICAL_WEIGHT", "2")
    monkeypatch.setenv("NONMUN_SEARCH__CANDIDATES", "2")
    (clean / "a.toml").write_text("[search]\ncandidates = 3\n")
    settings = load_settings(clean / "a.toml")
    assert (settings.port, settings.search.dense) == (1, False)
    assert (settings.search.lexical_weight, settings.search.candidates, settings.search.lexical) == (2, 3, True)


def test_precedence_of_an_explicit_file(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / "nonmun.toml").write_text('port = 1\nllm_model = "m"\n')
    (clean / "a.toml").write_text('port = 3\ndata = "from-a"\n')
    monkeypatch.setenv("NONMUN_PORT", "2")
    monkeypatch.setenv("NONMUN_DATA", "from-variable")
    settings = load_settings(clean / "a.toml")
    assert (settings.port, settings.llm_model, settings.data) == (3, "m", Path("from-a"))
    assert load_settings(clean / "a.toml", port=4, data=None).port == 4


def test_accepts_the_search_table_as_one_json_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NONMUN_SEARCH", '{"dense": false}')
    assert load_settings().search.dense is False
    monkeypatch.setenv("NONMUN_SEARCH", "dense")
    with pytest.raises(ConfigError, match=r"NONMUN_\* variables.*\"search\".*NONMUN_SEARCH__DENSE"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("NONMUN_SEARCH__DENSE", "maybe", r"setting search\.dense: .*NONMUN_SEARCH__DENSE or nonmun\.toml"),
        ("NONMUN_SEARCH__CANDIDATES", "0", r"setting search\.candidates: .*NONMUN_SEARCH__CANDIDATES"),
        ("NONMUN_SEARCH__LEXICAL_WEIGHT", "-1", r"setting search\.lexical_weight"),
        ("NONMUN_SEARCH__COLOUR", "red", r"NONMUN_SEARCH__COLOUR: unknown variable \(known are .*NONMUN_SEARCH__DENSE"),
        ("NONMUN_SEARCH__DENSE__X", "1", "NONMUN_SEARCH__DENSE__X: unknown"),
        ("NONMUN_SEARCH_DENSE", "1", "NONMUN_SEARCH_DENSE: unknown"),
    ],
)
def test_rejects_an_invalid_part_of_the_search_table(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=words):
        load_settings()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"port = \n", r"a\.toml: is not valid TOML \(.*line 1"),
        (b"\xff", r"a\.toml: is not valid TOML"),
        (b"colour = 1\n", r"setting colour: .*NONMUN_COLOUR, .*a\.toml or nonmun\.toml"),
        (b"[search]\ncolour = 1\n", r"setting search\.colour: .*a\.toml"),
        (b"search = 1\n", r"setting search: .*a\.toml"),
        (b"[search]\nlexical_weight = nan\n", r"setting search\.lexical_weight: .*a\.toml"),
        (b'port = "many"\n', r"setting port: .*a\.toml"),
    ],
)
def test_rejects_an_invalid_explicit_file(clean: Path, content: bytes, words: str) -> None:
    (clean / "a.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=words) as error:
        load_settings(clean / "a.toml")
    assert "\n" not in str(error.value)


def test_rejects_a_missing_explicit_file(clean: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.toml: cannot be read \(No such file"):
        load_settings(clean / "no.toml")
    with pytest.raises(ConfigError, match=r"cannot be read"):
        load_settings(clean)


def test_rejects_the_home_of_an_unknown_user() -> None:
    with pytest.raises(ConfigError, match="write the path out"):
        load_settings(data=Path("~nobody-of-this-name/papers"))
    with pytest.raises(ConfigError, match="write the path out"):
        Library.open("~nobody-of-this-name/papers")


# --- which file may set what


TRUSTED_ONLY = {
    "host": 'host = "0.0.0.0"\n',
    "llm_key_file": 'llm_key_file = "key"\n',
    "llm_url": 'llm_url = "http://127.0.0.1:1/v1"\nllm_model = "m"\n',
    "embedding": 'embedding = "llama-index:module:attribute"\n',
    "arxiv_url": 'arxiv_url = "http://127.0.0.1:1"\n',
    "http": '[http]\nauth = "off"\n',
    "search.rerank": '[search]\nrerank = "model"\n',
    "answer.nli": '[answer]\nnli = "model"\n',
}


@pytest.mark.parametrize("name", TRUSTED_ONLY)
def test_a_file_that_is_only_found_may_not_set_what_has_to_be_trusted(clean: Path, name: str) -> None:
    (clean / "nonmun.toml").write_text(TRUSTED_ONLY[name])
    with pytest.raises(ConfigError, match=rf"nonmun\.toml: sets .*{name}.*NONMUN_CONFIG"):
        load_settings()


@pytest.mark.parametrize("name", TRUSTED_ONLY)
def test_a_named_file_may(clean: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (clean / "key").write_text("secret")
    for file in (clean / "nonmun.toml", clean / "other.toml"):
        file.write_text(TRUSTED_ONLY[name])
        assert load_settings(file) != Settings.model_construct()
        monkeypatch.setenv("NONMUN_CONFIG", str(file))
        assert load_settings() == load_settings(file)
        monkeypatch.delenv("NONMUN_CONFIG")
        file.unlink()


def test_the_users_own_file_may_and_yields_to_the_one_found(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(clean / "config"))
    user_file().parent.mkdir(parents=True)
    user_file().write_text('port = 5\nllm_url = "http://127.0.0.1:1/v1"\nllm_model = "m"\n')
    assert (load_settings().port, load_settings().llm_url) == (5, "http://127.0.0.1:1/v1")
    (clean / "nonmun.toml").write_text("port = 6\n")
    assert (load_settings().port, load_settings().llm_model) == (6, "m")


def test_a_missing_named_file_is_an_error(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NONMUN_CONFIG", str(clean / "no.toml"))
    with pytest.raises(ConfigError, match=r"no\.toml: cannot be read"):
        load_settings()


@pytest.mark.parametrize("rate", ["60/minute", "5 per second", "1000/day"])
def test_a_rate_is_a_number_in_a_time(rate: str) -> None:
    assert load_settings(http={"rate": rate}).http.rate == rate


def test_an_invalid_rate_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"setting http\.rate"):
        load_settings(http={"rate": "many"})


@pytest.mark.parametrize("path", ["/", "papers", "/papers/"])
def test_a_root_path_is_a_path_without_a_slash_at_its_end(path: str) -> None:
    assert load_settings(http={"root_path": "/papers"}).http.root_path == "/papers"
    with pytest.raises(ConfigError, match=r"setting http\.root_path"):
        load_settings(http={"root_path": path})


# --- the key of the language model, from a file


@pytest.mark.parametrize("content", ["sk-1 2/3", "sk-1 2/3\n", "\n  sk-1 2/3\r\n"])
def test_the_key_is_the_content_of_a_file(clean: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    (clean / "key").write_text(content, newline="")
    settings = load_settings(llm_key_file=clean / "key")
    assert settings.llm_key.get_secret_value() == "sk-1 2/3"
    monkeypatch.setenv("NONMUN_LLM_KEY_FILE", "key")
    assert load_settings().llm_key == settings.llm_key
    monkeypatch.setenv("NONMUN_LLM_KEY_FILE", "")
    assert load_settings().llm_key.get_secret_value() == ""


def test_the_file_of_the_key_may_be_a_link(clean: Path) -> None:
    """Kubernetes replaces a secret by changing a link to its folder."""
    (clean / "..data").mkdir()
    (clean / "..data" / "key").write_text("first")
    (clean / "key").symlink_to("..data/key")
    assert load_settings(llm_key_file=clean / "key").llm_key.get_secret_value() == "first"


def test_the_file_of_the_key_may_be_in_the_home(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(clean))
    (clean / "key").write_text("secret")
    assert load_settings(llm_key_file="~/key").llm_key.get_secret_value() == "secret"


def test_a_key_and_a_file_with_a_key_are_an_error(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / "key").write_text("of-the-file")
    (clean / "a.toml").write_text('llm_key_file = "key"\n')
    monkeypatch.setenv("NONMUN_LLM_KEY", "of-the-variable")
    with pytest.raises(ConfigError, match=r"llm_key and llm_key_file .*NONMUN_LLM_KEY, NONMUN_LLM_KEY_FILE") as error:
        load_settings(clean / "a.toml")
    assert "of-the-" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"k" * 4_097, "is larger than 4,096 bytes"),
        (b"secret\nsecret\n", "is not one line of ASCII"),
        (b"secret\x00", "is not one line of ASCII"),
        ("secret비밀".encode(), "is not one line of ASCII"),
        (b"secret\xff", "is not one line of ASCII"),
        (b"\xff\xfes\x00", "is not one line of ASCII"),
    ],
)
def test_rejects_a_file_that_holds_no_key(clean: Path, content: bytes, words: str) -> None:
    (clean / "key").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"^{clean}/key: {words}.*NONMUN_LLM_KEY_FILE") as error:
        load_settings(llm_key_file=clean / "key")
    assert "secret" not in str(error.value)


def test_rejects_what_is_no_file(clean: Path) -> None:
    os.mkfifo(clean / "pipe")  # would block
    for path in (clean, clean / "pipe", Path("/dev/zero")):
        with pytest.raises(ConfigError, match=rf"^{path}: is not a regular file; llm_key_file"):
            load_settings(llm_key_file=path)
    for path, reason in ((clean / "none", "No such file"), (clean / "pipe" / "key", "Not a directory")):
        with pytest.raises(ConfigError, match=rf"^{path}: cannot be read \({reason}.*llm_key_file"):
            load_settings(llm_key_file=path)
    with pytest.raises(ConfigError, match="setting llm_key"):
        load_settings(llm_key_file="a\0b")
    with pytest.raises(ConfigError, match=r"setting llm_key_file: .*write the path out"):
        load_settings(llm_key_file="~nobody-of-this-name/key")


@pytest.mark.skipif(os.geteuid() == 0, reason="everything can be read by root")
def test_rejects_a_file_that_may_not_be_read(clean: Path) -> None:
    (clean / "key").write_text("secret")
    (clean / "key").chmod(0)
    with pytest.raises(ConfigError, match=r"key: cannot be read \(Permission denied\)"):
        load_settings(llm_key_file=clean / "key")


def test_no_text_about_settings_holds_a_secret(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / "key").write_text("top-secret")
    settings = load_settings(llm_key_file=clean / "key", llm_url="http://kim:password@127.0.0.1/v1")
    for text in (repr(settings), str(settings), settings.model_dump_json(exclude={"llm_url"}), str(settings.llm_key)):
        assert "top-secret" not in text
        assert "password" not in text
    for key in ("top-secret\n", "top-secret\x7f", "top-secret비밀"):
        with pytest.raises(ValidationError) as invalid:
            Settings(llm_key=key)
        assert "top-secret" not in str(invalid.value)
        with pytest.raises(ConfigError, match=r"setting llm_key: .*NONMUN_LLM_KEY") as error:
            load_settings(llm_key=key)
        assert "top-secret" not in str(error.value)
    monkeypatch.setenv("NONMUN_LLM_KEY", "top-secret")
    monkeypatch.setenv("NONMUN_PORT", "many")
    with pytest.raises(ConfigError) as error:
        load_settings()
    assert "top-secret" not in f"{error.value}{error.value.__cause__}"


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "86401", "soon"])
def test_rejects_an_invalid_wait_for_the_lock(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    assert load_settings().lock_wait == 0
    monkeypatch.setenv("NONMUN_LOCK_WAIT", seconds)
    with pytest.raises(ConfigError, match=r"setting lock_wait: .*NONMUN_LOCK_WAIT"):
        load_settings()
