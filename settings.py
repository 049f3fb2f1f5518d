"""Configuration: one frozen model, from NONMUN_* variables and nonmun.toml, unknown keys refused."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from .index.domain.errors import ConfigError
from .index.embeddings.factory import BUNDLED
from .index.retrieval.config import SearchConfig


class Answering(BaseModel):
    """How answers of a language model are made and checked: the table `answer` of nonmun.toml, or NONMUN_ANSWER__*."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nli: str = Field(default="", description="a cross-encoder that has to see entailment, too: its name or directory")
    prompt_tokens: int = Field(
        default=1_800, ge=200, le=100_000, description="tokens of evidence that a model is shown"
    )


class Settings(BaseSettings):
    """Everything that can be configured. Arguments come before NONMUN_* variables, those before ./nonmun.toml."""

    model_config = SettingsConfigDict(
        env_prefix="NONMUN_",
        env_nested_delimiter="__",
        toml_file="nonmun.toml",
        extra="forbid",
        frozen=True,
        env_ignore_empty=True,
    )

    data: Path = Field(default_factory=lambda: user_data_path("nonmun"), description="data directory")
    cache: Path = Field(default_factory=lambda: user_cache_path("nonmun"), description="where models are built once")
    embedding: str = Field(
        default=BUNDLED,
        description="bundled | sentence-transformers:<name or directory> | llama-index:<module>:<attribute>",
    )
    device: str = Field(default="", description="where torch models run: cpu, cuda, mps; empty takes the best there is")
    batch_size: int = Field(default=32, ge=1, le=4096, description="texts that a torch model reads at once")
    host: str = Field(default="127.0.0.1", description="address that the API listens on")
    port: int = Field(default=8765, ge=0, le=65_535, description="port of the API; 0 takes a free one")

    search: SearchConfig = Field(default=SearchConfig(), description="how papers are ranked")
    answer: Answering = Field(default=Answering(), description="how answers of a language model are made and checked")

    contact: str = Field(default="", description="mail address or URL by which arXiv can reach you; sent when fetching")
    arxiv_url: str = Field(default="", description="a mirror of arXiv's query API; empty for arXiv itself")
    huggingface_url: str = Field(default="", description="a mirror of Hugging Face's papers API; empty for its own")

    llm_url: str = Field(default="", description="base URL of an OpenAI-compatible server, such as http://localhost/v1")
    llm_model: str = Field(default="", description="name of the model that it serves")
    llm_key: SecretStr = Field(default=SecretStr(""), description="its key, where it wants one")
    llm_timeout: float = Field(default=60, gt=0, le=3600, description="seconds to wait for a whole reply")
    # Without a server that replies, an answer has to be there within two seconds.
    llm_first_token: float = Field(default=1.3, gt=0, le=3600, description="seconds to wait for an answer to begin")
    llm_gap: float = Field(default=1.2, gt=0, le=3600, description="seconds to wait for an answer to go on")

    @field_validator("data", "cache")
    @classmethod
    def _expand(cls, path: Path) -> Path:
        return expanded(path)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then nonmun.toml; no .env and no secret files."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def expanded(path: Path) -> Path:
    """A path with the home directory that a leading ~ stands for.

    Raises:
        ValueError: there is no such user, or none has a home.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path}: nobody here has such a home directory; write the path out") from error


def load_settings(file: Path | None = None, **given: Any) -> Settings:
    """Read the configuration.

    Args:
        file: a TOML file that comes before variables and nonmun.toml, and after `given`.
        **given: settings by name; those that are None count as not given.

    Raises:
        ConfigError: a value cannot be used, or a NONMUN_* variable or a key of nonmun.toml or of `file` is unknown.
    """
    known = {f"NONMUN_{name.upper()}" for name in Settings.model_fields}
    known |= {f"NONMUN_SEARCH__{name.upper()}" for name in SearchConfig.model_fields}
    known |= {f"NONMUN_ANSWER__{name.upper()}" for name in Answering.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith("NONMUN_") and name.upper() not in known)
    if unknown:
        raise ConfigError(f"{', '.join(unknown)}: unknown; known are {', '.join(sorted(known))}")
    try:
        return Settings(**_read(file) | {name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        variable = f"NONMUN_{name.upper().replace('.', '__')}"
        where = f"{variable}, {file} or nonmun.toml" if file else f"{variable} or nonmun.toml"
        raise ConfigError(f"setting {name}: {first['msg']} ({where})") from error
    except SettingsError as error:  # a table as one variable has to be JSON
        raise ConfigError(f"NONMUN_* variables: {error}; set its parts, such as NONMUN_SEARCH__DENSE") from error
    except ValueError as error:  # tomllib's own
        raise ConfigError(f"nonmun.toml: {error}") from error


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"{file}: is no TOML ({error})") from error
