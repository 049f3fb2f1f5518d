"""Commands for the keys of the HTTP service: create, list, revoke."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from ...api.keys import FILE, SCOPES, Key, KeyStore, Scope
from ...index.domain.errors import InputError
from ...settings import load_settings
from ..options import Data, Json
from ..output import escape, out, print_json

_PERIOD = re.compile(r"(\d{1,6})\s*(h|d|w|y)")
_HOURS = {"h": 1, "d": 24, "w": 7 * 24, "y": 365 * 24}


def create(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    data: Data = None,
    scope: Annotated[
        list[str] | None, typer.Option(help=f"What it allows, repeatable: {', '.join(SCOPES)} (default: read and ask).")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="Time until it expires: 12h, 30d, 8w, 1y (default: never).", show_default=False)
    ] = None,
    json_output: Json = False,
) -> None:
    """Make a key and print its secret, which is shown once and stored nowhere."""
    scopes = cast("list[Scope]", scope or ["read", "ask"])
    secret, key = _store(data).create(name, scopes, None if expires is None else _period(expires))
    if json_output:
        print_json(_fields(key) | {"key": secret})
        return
    out.print(f"[bold]{secret}[/]")
    out.print(f"key {key.id} for {escape(key.name)}: {', '.join(sorted(key.scopes))}; it is not shown again")


def list_keys(data: Data = None, json_output: Json = False) -> None:
    """List the keys: id, first and last characters, name, scopes, expiry and last use."""
    keys = _store(data).all()
    if json_output:
        print_json([_fields(key) for key in keys])
        return
    for key in keys:
        expires = f"expires {key.expires:%Y-%m-%d %H:%M}" if key.expires else "never expires"
        used = f"last used {key.last_used:%Y-%m-%d %H:%M}" if key.last_used else "never used"
        out.print(f"{key.id}  {key.hint}  {escape(key.name)}  {','.join(sorted(key.scopes))}  {expires}  {used}")
    if not keys:
        out.print("there are no keys")


def revoke(key_id: Annotated[str, typer.Argument(help="Id of the key, as listed.")], data: Data = None) -> None:
    """Remove a key; requests with it fail from then on."""
    key = _store(data).revoke(key_id)
    out.print(f"revoked key {key.id} of {escape(key.name)}")


def _store(data: Path | None) -> KeyStore:
    return KeyStore(load_settings(data=data).data / FILE)


def _period(text: str) -> timedelta:
    match = _PERIOD.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise InputError("expires", f"{text!r} is not a time such as 12h, 30d, 8w or 1y")
    return timedelta(hours=int(match[1]) * _HOURS[match[2]])


def _fields(key: Key) -> dict[str, Any]:
    times = {"created": key.created, "expires": key.expires, "last_used": key.last_used}
    return asdict(key) | {"scopes": sorted(key.scopes)} | {name: at and at.isoformat() for name, at in times.items()}
