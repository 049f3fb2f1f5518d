"""A browser for the tests of pages: Debian's Chromium, or another one on the PATH."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

expect.set_options(timeout=120_000)  # a slow machine has time enough
ROOT = Path(__file__).parents[4]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCREENSHOTS = ROOT / ".nonmun" / "screenshots"
"""The pictures that the tests make, for a person to look at."""

_OBSERVE = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""


@pytest.fixture(scope="module")  # while it is open, no other event loop runs in this thread
def chromium() -> Iterator[Browser]:
    if BROWSER is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """A browser on a service, with everything that must not happen there.

    Attributes:
        context: the browser's context: storage and cookies of its own.
        page: its first page.
        errors: errors and warnings of scripts, and requests to other hosts.
    """

    context: BrowserContext
    page: Page
    errors: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        """Open a path of the service in the first page."""
        self.page.goto(path)
        return self.page

    def another_page(self) -> Page:
        """Return another tab of the same browser."""
        page = self.context.new_page()
        self.observe(page)
        return page

    def observe(self, page: Page) -> None:
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: self.errors.append(f"dialog {dialog.message}"))

    def check(self) -> None:
        """Assert that nothing happened that must not."""
        for page in self.context.pages:
            assert page.evaluate("window.violations ?? []") == []
        assert self.errors == []


Visiting = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture
def visiting(chromium: Browser) -> Visiting:
    """Returns a context manager that visits the service of a client."""

    @contextmanager
    def visit(client: httpx.Client, lang: str = "ko-KR", width: int = 1280, **options: Any) -> Iterator[Visit]:
        height = 740 if width < 600 else 900
        context = chromium.new_context(
            base_url=str(client.base_url), locale=lang, viewport={"width": width, "height": height}, **options
        )
        context.add_init_script(_OBSERVE)
        found = Visit(context, context.new_page())
        host = urlsplit(str(client.base_url)).netloc

        def note_request(request: Request) -> None:
            parts = urlsplit(request.url)
            if parts.scheme.startswith("http") and parts.netloc != host:
                found.errors.append(f"requested {request.url}")

        context.on("request", note_request)
        found.observe(found.page)
        try:
            yield found
            found.check()
        finally:
            context.close()

    return visit
