"""Measure how long after a question its first words are on the page, beside the API's own time for the same answer.

    python benchmarks/asking.py --base http://127.0.0.1:8765 [--questions FILE] [--runs N]

The first line of an answer in Chromium, the whole answer of `POST /v1/ask` and the whole page without JavaScript are
measured in turn, question by question.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

_QUESTIONS = (
    "KV 캐시를 줄이는 논문은?",
    "이미지 이상 탐지 논문은?",
    "강화 학습으로 추론 능력을 높인 논문은?",
    "AdaptCLIP의 한계는?",
    "which papers quantize attention?",
    "비디오 생성 속도를 높인 연구 알려줘",
    "5월 16일에 나온 논문은?",
    "diffusion language models",
)
_FIRST_LINE = """
question => new Promise(resolve => {
  const field = document.getElementById("q");
  field.value = question;
  const turns = document.querySelectorAll("article.turn").length;
  const observer = new MutationObserver(() => {
    const turn = document.querySelectorAll("article.turn")[turns];
    if (turn?.querySelector(".answer p")) {
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));  // it has been painted
    }
  });
  observer.observe(document.getElementById("conversation"), { childList: true, subtree: true });
  const start = performance.now();
  field.form.requestSubmit();
})
"""


def first_line(page: Page, question: str) -> float:
    """Return the milliseconds from sending a question to the paint of the first line of its answer."""
    page.goto("/")
    taken: float = page.evaluate(_FIRST_LINE, question)
    page.locator(".actions").wait_for()
    return taken


def elapsed(client: httpx.Client, method: str, path: str, **options: object) -> float:
    """Return the milliseconds of a request."""
    start = time.perf_counter()
    client.request(method, path, **options).raise_for_status()  # pyright: ignore[reportArgumentType]
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Print the milliseconds of each way, and by how much the page is later than the API."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="http://127.0.0.1:8765")
    parser.add_argument("--questions", type=Path, help="a question a line")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    questions = options.questions.read_text("utf-8").splitlines() if options.questions else _QUESTIONS
    times: dict[str, list[float]] = {"page, first line": [], "API, whole answer": [], "page without JavaScript": []}
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright, httpx.Client(base_url=options.base, timeout=600) as client:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_context(base_url=options.base).new_page()
        for run in range(options.runs + 1):
            for question in questions:
                taken = (
                    first_line(page, question),
                    elapsed(client, "POST", "/v1/ask", json={"question": question}),
                    elapsed(client, "GET", "/", params={"q": question}),
                )
                if run:  # the first one reads what is cached later
                    for values, value in zip(times.values(), taken, strict=True):
                        values.append(value)
        browser.close()
    for name, values in times.items():
        low, *_, high = statistics.quantiles(values, n=20)
        print(f"{name:24} p50 {statistics.median(values):7.1f} ms   p5 {low:7.1f}   p95 {high:7.1f}")
    later = [first - whole for first, whole in zip(*list(times.values())[:2], strict=True)]
    print(f"first line after the API's whole answer: p50 {statistics.median(later):.1f} ms, most {max(later):.1f} ms")


if __name__ == "__main__":
    main()
