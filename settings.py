"""Configuration: one frozen model, read from NONMUN_* variables and TOML files; unknown keys are errors.

A nonmun.toml that is merely found in the working directory may come from anybody, with a repository or an archive. It
may not name what runs code, what receives secrets, or who may ask: those settings count from the user's own file, from
a file that is named (NONMUN_CONFIG, --config), from variables and from arguments.
"""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_cache_path, user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from .index.domain.errors import ConfigError
from .index.embeddings.factory import BUNDLED
from .index.retrieval.config import SearchConfig

MAX_LOCK_WAIT = 86_400
"""Maximum of the setting `lock_wait`, in seconds: a day."""
_CONFIG = "NONMUN_CONFIG"
_MAX_KEY_BYTES = 4_096
_Names = Annotated[tuple[str, ...], NoDecode]  # in a variable, names separated by commas, or a JSON list


class AnswerConfig(BaseModel):
    """Generation and verification of answers: the table `answer` of nonmun.toml, or NONMUN_ANSWER__* variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nli: str = Field(default="", description="cross-encoder that has to confirm entailment as well: name or directory")
    prompt_tokens: int = Field(
        default=1_800, ge=200, le=100_000, description="tokens of evidence in the prompt of a model"
    )


class HttpConfig(BaseModel):
    """The HTTP service: the table `http` of nonmun.toml, or NONMUN_HTTP__* variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    auth: Literal["auto", "required", "off"] = Field(
        default="auto",
        description="whether requests need a key; auto: on loopback for changes only",
    )
    hosts: _Names = Field(
        default=(), description="host names to answer to, besides loopback ones and `host`; * answers to any"
    )
    origins: _Names = Field(default=(), description="origins of web pages that may call the API (CORS)")
    proxies: _Names = Field(
        default=(), description="addresses or networks of reverse proxies whose X-Forwarded-* headers are believed"
    )
    root_path: str = Field(default="", description="path under which a reverse proxy serves the API")
    rate: str = Field(default="", description="requests of a key or an address: 60/minute; empty for no limit")
    llm_rate: str = Field(default="", description="answers written by a model, of a key or an address: 200/day")
    places: int = Field(
        default=0,
        ge=0,
        le=256,
        description="questions worked on at once in a process; 0 is one for each core that is free for it",
    )
    workers: int = Field(default=1, ge=1, le=64, description="processes that answer; limits and metrics are of each")
    writers: int = Field(default=8, ge=1, le=1_000, description="answers that a model writes at once")
    queue: int = Field(default=64, ge=0, le=100_000, description="questions that wait for a place at most")
    jobs: int = Field(default=8, ge=1, le=100_000, description="jobs that add entries in a process, most of which wait")
    wait: float = Field(default=0.8, gt=0, le=600, description="seconds that a question waits for a place at most")
    connections: int = Field(default=1_000, ge=1, le=1_000_000, description="open connections at most")
    header_timeout: float = Field(default=10, gt=0, le=3600, description="seconds for the header of a request")
    body_timeout: float = Field(default=30, gt=0, le=3600, description="seconds for the body of a request")
    idle_timeout: float = Field(default=30, gt=0, le=3600, description="seconds that a connection may idle")
    grace: float = Field(default=10, gt=0, le=3600, description="seconds for answers in progress at a shutdown")
    log: Literal["text", "json"] = Field(default="text", description="format of the log")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severe events to log; debug logs the text of questions"
    )

    @field_validator("hosts", "origins", "proxies", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if not value.lstrip().startswith("["):
            return tuple(filter(None, map(str.strip, value.split(","))))
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ValueError(
                """expected names separated by commas, or a JSON list: '["papers.example.org"]'"""
            ) from error

    @field_validator("root_path")
    @classmethod
    def _check_root_path(cls, path: str) -> str:
        if path and (not path.startswith("/") or path.endswith("/")):
            raise ValueError("expected a path such as /papers, without a slash at its end")
        return path

    @field_validator("rate", "llm_rate")
    @classmethod
    def _check_rate(cls, text: str) -> str:
        if text:
            from limits import parse_many  # imported by few commands

            if len(parse_many(text)) != 1:
                raise ValueError("expected a single rate, such as 60/minute")
        return text


_FILE = "nonmun.toml"
_TRUSTED_ONLY = ("host", "llm_url", "llm_key_file", "arxiv_url", "huggingface_url", "answer.nli", "search.rerank")
_TRUSTED_ONLY_TABLES = ("http",)
_RUNS_CODE = ("llama-index:", "sentence-transformers:")


class Settings(BaseSettings):
    """All settings: arguments before NONMUN_* variables, then ./nonmun.toml, then the user's own nonmun.toml."""

    model_config = SettingsConfigDict(
        env_prefix="NONMUN_",
        env_nested_delimiter="__",
        toml_file=_FILE,
        extra="forbid",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,  # an invalid value may be a secret
    )

    data: Path = Field(default_factory=lambda: user_data_path("nonmun"), description="data directory")
    cache: Path = Field(
        default_factory=lambda: user_cache_path("nonmun"), description="directory of the models that are built once"
    )
    embedding: str = Field(
        default=BUNDLED,
        description="bundled | sentence-transformers:<name or directory> | llama-index:<module>:<attribute>",
    )
    device: str = Field(
        default="", description="device of PyTorch models: cpu, cuda or mps; empty selects the best available"
    )
    batch_size: int = Field(default=32, ge=1, le=4096, description="texts in a batch of a PyTorch model")
    host: str = Field(default="127.0.0.1", description="address that the API listens on")
    port: int = Field(default=8765, ge=0, le=65_535, description="port of the API; 0 selects a free one")

    lock_wait: float = Field(
        default=0,
        ge=0,
        le=MAX_LOCK_WAIT,
        description="seconds that a command waits for another ingest to end; 0 to fail at once",
    )

    search: SearchConfig = Field(default=SearchConfig(), description="retrieval and ranking")
    http: HttpConfig = Field(default=HttpConfig(), description="the HTTP service")
    answer: AnswerConfig = Field(default=AnswerConfig(), description="generation and verification of answers")

    contact: str = Field(default="", description="mail address or URL for arXiv to contact you; sent when fetching")
    arxiv_url: str = Field(default="", description="mirror of arXiv's query API; empty for arXiv itself")
    huggingface_url: str = Field(
        default="", description="mirror of Hugging Face's papers API; empty for Hugging Face itself"
    )

    llm_url: str = Field(
        default="",
        repr=False,  # it may hold a password
        description="base URL of an OpenAI-compatible server, such as http://localhost/v1",
    )
    llm_model: str = Field(default="", description="name of the model on that server")
    # Before llm_key, whose validator reads it.
    llm_key_file: Path | None = Field(
        default=None, description="file that holds the API key, as secrets of Docker, Kubernetes and systemd do"
    )
    llm_key: SecretStr = Field(
        default=SecretStr(""),
        validate_default=True,
        description="API key, if the server needs one; with llm_key_file, the content of that file",
    )
    llm_timeout: float = Field(default=60, gt=0, le=3600, description="seconds until a reply has to be complete")
    # An answer has to be complete within two seconds even if the server does not reply.
    llm_first_token: float = Field(default=1.3, gt=0, le=3600, description="seconds until a reply has to begin")
    llm_gap: float = Field(
        default=1.2, gt=0, le=3600, description="maximum number of seconds between two parts of a reply"
    )

    @field_validator("data", "cache", "llm_key_file")
    @classmethod
    def _expand(cls, path: Path | None) -> Path | None:
        return None if path is None else expand_home(path)

    @field_validator("llm_key")
    @classmethod
    def _read_key(cls, key: SecretStr, info: ValidationInfo) -> SecretStr:
        file: Path | None = info.data.get("llm_key_file")
        if file is None:
            if not _fits_header(key.get_secret_value()):
                raise ValueError("the key holds a control character or one that is not ASCII")
            return key
        if key.get_secret_value():
            raise ConfigError(
                f"llm_key and llm_key_file ({file}) are both given; keep one of them (NONMUN_LLM_KEY, "
                "NONMUN_LLM_KEY_FILE or nonmun.toml)"
            )
        return SecretStr(_read_key_file(file))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources by precedence: arguments, environment, nonmun.toml; no .env and no secret files."""
        del dotenv_settings, file_secret_settings
        found = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, found, TomlConfigSettingsSource(settings_cls, user_file())


def user_file() -> Path:
    """Return the path of the user's own configuration file."""
    return user_config_path("nonmun") / _FILE


def expand_home(path: Path) -> Path:
    """Return a path with a leading ~ or ~user replaced by the home directory.

    Raises:
        ValueError: the user does not exist or has no home directory.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path}: there is no such home directory; write the path out") from error


def _read_key_file(file: Path) -> str:
    """Return the key in a file, without surrounding white space.

    Raises:
        ConfigError: the file cannot be read, or holds no key.
    """
    remedy = "llm_key_file (NONMUN_LLM_KEY_FILE) has to name a file that holds the API key and nothing else"
    try:
        # Opening a pipe would block. Kubernetes links to the file, and `stat` follows links.
        if not stat.S_ISREG(file.stat().st_mode):
            raise ConfigError(f"{file}: is not a regular file; {remedy}")
        with file.open("rb") as opened:
            content = opened.read(_MAX_KEY_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); {remedy}") from error
    if len(content) > _MAX_KEY_BYTES:
        raise ConfigError(f"{file}: is larger than {_MAX_KEY_BYTES:,} bytes; {remedy}")
    key = content.decode("ascii", "replace").strip()
    if not key:
        raise ConfigError(f"{file}: is empty; {remedy}")
    if not _fits_header(key):
        raise ConfigError(f"{file}: is not one line of ASCII characters; {remedy}")
    return key


def _fits_header(key: str) -> bool:
    """Return whether an HTTP header can hold a key."""
    return key.isascii() and key.isprintable()


def load_settings(file: Path | None = None, **given: Any) -> Settings:
    """Load the settings.

    Args:
        file: a TOML file that takes precedence over variables and nonmun.toml; None is the one that NONMUN_CONFIG
            names, if any.
        **given: settings by name, which take precedence over everything; None counts as not given.

    Raises:
        ConfigError: a value is invalid, a NONMUN_* variable or a key of a file is unknown, or the nonmun.toml of the
            working directory sets what only a trusted file may.
    """
    if file is None and (named := os.environ.get(_CONFIG)):
        file = expand_home(Path(named))
    _check_found_file(file)
    known = {_CONFIG} | {f"NONMUN_{name.upper()}" for name in Settings.model_fields}
    for table, config in {"SEARCH": SearchConfig, "ANSWER": AnswerConfig, "HTTP": HttpConfig}.items():
        known |= {f"NONMUN_{table}__{name.upper()}" for name in config.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith("NONMUN_") and name.upper() not in known)
    if unknown:
        raise ConfigError(f"{', '.join(unknown)}: unknown variable (known are {', '.join(sorted(known))})")
    try:
        return Settings(**_read(file) | {name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        variable = f"NONMUN_{name.upper().replace('.', '__')}"
        where = f"{variable}, {file} or nonmun.toml" if file else f"{variable} or nonmun.toml"
        raise ConfigError(f"setting {name}: {first['msg']} ({where})") from error
    except SettingsError as error:  # a whole table in one variable has to be JSON
        raise ConfigError(f"NONMUN_* variables: {error}; set its parts, such as NONMUN_SEARCH__DENSE") from error
    except ValueError as error:  # from tomllib
        raise ConfigError(f"nonmun.toml: {error}") from error


def _check_found_file(named: Path | None) -> None:
    """Check that the nonmun.toml of the working directory, unless it is named, sets nothing that has to be trusted.

    Raises:
        ConfigError: it does.
    """
    found = Path(_FILE)
    if not found.is_file() or any(other and other.exists() and found.samefile(other) for other in (named, user_file())):
        return
    try:
        values = tomllib.loads(found.read_text("utf-8"))
    except (OSError, ValueError):
        return  # reported where it is read
    tables = {f"{name}.{key}" for name, table in values.items() if isinstance(table, dict) for key in table}  # pyright: ignore[reportUnknownVariableType]
    refused = [name for name in _TRUSTED_ONLY if name in values or name in tables]
    refused += [name for name in _TRUSTED_ONLY_TABLES if name in values]
    if str(values.get("embedding", "")).startswith(_RUNS_CODE):
        refused.append("embedding")
    if refused:
        raise ConfigError(
            f"{found.resolve()}: sets {', '.join(refused)}, which a file that is only found in a folder may not; name "
            f"the file (NONMUN_CONFIG={_FILE}), or move these settings to {user_file()}"
        )


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"{file}: is not valid TOML ({error})") from error
