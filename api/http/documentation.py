"""The API's documentation: the OpenAPI document, and the page that shows it without any request to another host."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

from .errors import MEDIA_TYPE
from .guard import Requirement, root_path
from .sse import event_schemas

DOCUMENT, PATH = "/openapi.json", "/docs"
_ASSETS = f"{PATH}/assets"
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_KEY = {"type": "http", "scheme": "bearer", "description": "an API key: Authorization: Bearer nm_..."}


def complete_document(
    document: dict[str, Any],
    requirements: Mapping[tuple[str, str], Requirement] | None,
    anonymous: Collection[str] = (),
) -> dict[str, Any]:
    """Return an OpenAPI document with what FastAPI does not declare by itself.

    That are the media type of errors, the events of streams, and the scopes of keys.

    Args:
        document: the document as FastAPI makes it; it is changed.
        requirements: what each operation needs, by path and method; None where no request needs a key.
        anonymous: the scopes of requests without a key.
    """
    components = document.setdefault("components", {})
    components["schemas"] = event_schemas() | components.get("schemas", {})
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                _declare_problem(status, response)
            needed = requirements[path, method] if requirements else "nothing"
            if needed != "nothing":
                is_optional = needed in anonymous or (needed == "key" and anonymous)
                operation["security"] = [{"key": [] if needed == "key" else [needed]}, *([{}] if is_optional else [])]
    if requirements:
        components["securitySchemes"] = {"key": _KEY}
    return document


def _declare_problem(status: str, response: dict[str, Any]) -> None:
    """Give an error its media type; FastAPI declares all models as plain JSON."""
    content = response.get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if status >= "400" and str(schema.get("$ref", "")).endswith("/Problem"):
        content[MEDIA_TYPE] = content.pop("application/json")


def add_documentation(app: FastAPI) -> None:
    """Add the document, the page, and the scripts and styles of Swagger UI that fastapi-offline ships."""

    @cache
    def document(root: str) -> bytes:
        servers = {"servers": [{"url": root}]} if root else {}
        return json.dumps(app.openapi() | servers, ensure_ascii=False, separators=(",", ":")).encode()

    @app.get(DOCUMENT, include_in_schema=False)
    async def openapi(request: Request) -> Response:
        return Response(document(root_path(request.scope)), media_type="application/json")

    app.mount(_ASSETS, StaticFiles(directory=str(files("fastapi_offline") / "static")), name="docs-assets")

    @app.get(PATH, include_in_schema=False)
    async def documentation(request: Request) -> HTMLResponse:
        root = root_path(request.scope)
        page = get_swagger_ui_html(
            openapi_url=f"{root}{DOCUMENT}",
            title=f"{app.title}: API",
            swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{root}{_ASSETS}/favicon.png",
        )
        body = bytes(page.body).decode()
        return HTMLResponse(body, headers={"content-security-policy": _policy(body)})


def _policy(page: str) -> str:
    """Return a content security policy that allows the scripts of the page, by their hashes, and no other host."""
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(page))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
