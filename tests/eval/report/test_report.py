"""The HTML report: complete, self-contained, and safe against hostile text in runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nonmun import FileError, InputError, Library
from nonmun.eval.datasets.formats import format_trec_run
from nonmun.eval.datasets.model import Dataset, DatasetQuery
from nonmun.eval.experiments.runner import RunConfig, run_dataset
from nonmun.eval.experiments.summary import summarize
from nonmun.eval.experiments.trec_scoring import score_run
from nonmun.eval.metrics.registry import measure_outcomes, select_measures
from nonmun.eval.metrics.retrieval import DEFAULT_MEASURES
from nonmun.eval.report import render_report, write_report
from nonmun.eval.report.curves import recall_curve
from nonmun.eval.report.figures import spread_apart
from nonmun.eval.report.legend import legend_entry
from nonmun.eval.report.runs import label_runs
from nonmun.eval.report.tables import compare_with_first, measure_table
from nonmun.eval.runs.model import Run, difficulty_key
from nonmun.eval.runs.storage import read_run, write_run
from nonmun.index.util.text import sanitize, truncate
from nonmun.settings import load_settings

SAMPLES = Path(__file__).parents[3] / "samples"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "</style></title></textarea><script>alert(4)</script>",
    "javascript:alert(5)",
    "\u202egnihton\u2066",
    "W" * 3000,
    "가" * 900,
    "a\x00b\x07c\x1b[31m\r\nd\u2028e\ufffe",
    "שלום עולם مرحبا بالعالم",
    "{{ 7*7 }}{% raw %}$\\frac{a}{$ @0@ ]]>--><!--&lt;",
    "Z" + "\u0301" * 300,
]
VOID = {"meta", "link", "img", "br", "path"}


@dataclass
class Page(HTMLParser):
    """The elements, attributes and texts of a page."""

    tags: Counter[str] = field(default_factory=Counter)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def values(self, name: str) -> list[str]:
        return [value for _, key, value in self.attributes if key == name]


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    return page


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """The questions of `samples/questions.txt`, one about a paper that is not in the index, and an unanswerable one."""
    lines = (SAMPLES / "questions.txt").read_text("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line.strip()]
    queries = [DatasetQuery(f"q{at:02}", text, "ko", fields={"kind": "topic"}) for at, (text, _) in enumerate(pairs)]
    qrels = {f"q{at:02}": {paper_id: 2} for at, (_, paper_id) in enumerate(pairs)}
    queries += [
        DatasetQuery("hard", "What keeps very deep networks trainable & stable?", "en", fields={"kind": "topic"}),
        DatasetQuery("rain", "내일 비가 오나요", "ko", answerable=False, fields={"kind": "near"}),
        DatasetQuery("open", "Which model translates best?", "en"),
    ]
    return Dataset("questions", tuple(queries), {**qrels, "hard": {"1512.03385": 2}}, "samples", "MIT")


@pytest.fixture(scope="module")
def pair(filled: Library, dataset: Dataset, hash_embedder: Any, tmp_path_factory: Any) -> tuple[Run, Run]:
    """A run of the defaults with answers, and one without the lexical channel, as read from disk."""
    folder = tmp_path_factory.mktemp("runs")
    search = load_settings(data=filled.settings.data).search.model_copy(update={"lexical": False})
    settings = filled.settings.model_copy(update={"search": search})
    write_run(folder / "a", run_dataset(filled, dataset, "defaults", RunConfig(answers=True)))
    with Library.open(settings=settings, embedding=hash_embedder()) as other:
        write_run(folder / "b", run_dataset(other, dataset, "dense-only"))
    return read_run(folder / "a"), read_run(folder / "b")


@pytest.fixture(scope="module")
def page(pair: tuple[Run, Run]) -> str:
    return render_report(pair)


@pytest.fixture(scope="module")
def hostile(pair: tuple[Run, Run]) -> str:
    return render_report([poisoned(pair[0]), pair[1]], title=HOSTILE[2])


def poisoned(run: Run) -> Run:
    """Return a run in which every text is hostile."""

    def evil(at: int) -> str:
        return HOSTILE[at % len(HOSTILE)]

    outcomes = tuple(
        replace(
            outcome, text=evil(at), lang=evil(at + 1), fields={evil(at + 2): evil(at + 3), "kind": f"{evil(at)}{at}"},
            grades={**outcome.grades, evil(at + 4): 1},
            ranking=tuple(
                replace(item, paper_id=item.paper_id if to % 2 else evil(at + to), title=evil(at + to + 1),
                        text=evil(at + to + 2), trust=evil(at + to + 3))
                for to, item in enumerate(outcome.ranking)
            ),
            answer=replace(outcome.answer, reason=evil(at), cited=(evil(at + 1),)) if outcome.answer else None,
            explanations=tuple(
                {**item, "matched": {evil(at): 0.5}, "missed": [evil(at + 1)],
                 "channels": [{"channel": evil(at + 2), "rank": 1, "share": 0.1}]}
                for item in outcome.explanations
            ),
        )
        for at, outcome in enumerate(run.outcomes)
    )  # fmt: skip
    record = {
        **run.record, **summarize(outcomes, 0), "unknown_papers": HOSTILE, "code": HOSTILE[1],
        "dataset": run.record["dataset"] | {"name": HOSTILE[0], "corpus": HOSTILE[5], "licence": HOSTILE[7] + "\ud800"},
        "configuration": {HOSTILE[0]: {HOSTILE[5]: HOSTILE[6]}},
    }  # fmt: skip
    record["measures"] = {**record["measures"], HOSTILE[2]: record["measures"]["map"]}
    return Run(HOSTILE[0] + HOSTILE[5], record, outcomes)


def test_shows_everything_in_the_runs(pair: tuple[Run, Run], page: str) -> None:
    text = parsed(page).text
    for run in pair:
        for name, value in run.record["measures"].items():
            assert f"{value['mean']:.3f} {value['low']:.3f}–{value['high']:.3f}" in text
            assert legend_entry(name).description in text
        bad = [
            outcome
            for outcome in run.outcomes
            if outcome.answerable and outcome.measures and difficulty_key(outcome)[0] < 1
        ]
        assert bad
        assert all(escape(outcome.text) in page for outcome in bad)
        for value in (run.name, run.record["code"], run.record["index"]["model_id"], run.dataset_hash):
            assert value in text
    assert [run.record["configuration"]["search"]["lexical"] for run in pair] == [True, False]
    assert "search.lexical true false" in text
    assert "1 judged papers are not in the index and count as missed: 1512.03385" in text
    assert "queries have no relevant paper judged and are not measured: open" in text
    assert "not in the index" in text
    assert f"Area under the risk-coverage curve: {pair[0].record['risk_coverage']['area']:.3f}" in text
    assert all(stage in text for stage in pair[0].record["latencies"])


def test_worst_queries_have_papers_and_explanations(pair: tuple[Run, Run]) -> None:
    run = pair[1]
    bad = min(
        (outcome for outcome in run.outcomes if outcome.explanations and outcome.query_id != "hard"), key=difficulty_key
    )
    text = parsed(render_report([run], max_worst=30)).text
    start = text.index(bad.text)
    case = text[start : text.index(f"query {bad.query_id}") + 4000]
    for paper_id in (*bad.grades, bad.ranking[0].paper_id):
        assert paper_id in case
    assert bad.ranking[0].title in case
    assert " ".join(bad.ranking[0].text[:40].split()) in case
    best = bad.explanations[0]
    assert (
        f"Rank {best['rank']} of the candidates: {best['score']:.3f} = dense {best['channels'][0]['share']:.3f}" in case
    )
    assert all(
        term in case for explanation in bad.explanations for term in [*explanation["matched"], *explanation["missed"]]
    )


def test_limits_the_worst_queries(pair: tuple[Run, Run]) -> None:
    assert [parsed(render_report(pair[:1], max_worst=limit)).values("class").count("case") for limit in (0, 1)] == [
        0,
        1,
    ]


def test_page_is_self_contained(page: str, hostile: str) -> None:
    for html in (page, hostile):
        found = parsed(html)
        links = [value for name in ("href", "src", "xlink:href", "action", "data") for value in found.values(name)]
        assert links
        assert not [link for link in links if not re.fullmatch(r"#[\w-]+|https://arxiv\.org/abs/[\w./-]+", link)]
        assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base", "image"} & found.tags.keys()
        assert not [name for _, name, _ in found.attributes if name.startswith("on")]
        styles = [*re.findall(r"<style>(.*?)</style>", html, re.DOTALL), *found.values("style")]
        assert not [style for style in styles if re.search(r"url\(|@import|expression|src\(", style)]
        assert found.values("clip-path") == []
        assert "default-src 'none'" in " ".join(found.values("content"))


def test_anchors_have_targets(page: str, hostile: str) -> None:
    for html in (page, hostile):
        found = parsed(html)
        assert [id_ for id_, n in Counter(found.values("id")).items() if n > 1] == []
        assert {href[1:] for href in found.values("href") if href.startswith("#")} <= set(found.values("id"))
        assert set(found.values("aria-labelledby")) <= set(found.values("id"))


def test_figures_have_text_alternatives(page: str) -> None:
    found = parsed(page)
    figures = [tag for tag, name, value in found.attributes if (name, value) == ("role", "img")]
    assert figures == ["svg"] * found.tags["figure"]
    assert found.tags["figure"] == found.tags["figcaption"] == 4  # a slice, recall, times, risk
    labels = [value for tag, name, value in found.attributes if (tag, name) == ("svg", "aria-label")]
    assert len(labels) == len(figures)
    assert all(re.search(r"A .*\d", label) for label in labels)
    drawn = "".join(re.findall(r"<svg viewBox.*?</svg>", page, re.DOTALL))
    assert not re.search(r"#[0-9a-f]{6}\b|font-family|@\d+@", drawn)  # colors and font are the page's
    assert drawn.count("<text") > 40


def test_hostile_text_is_inert(pair: tuple[Run, Run], page: str, hostile: str) -> None:
    found = parsed(hostile)
    assert found.tags.keys() <= parsed(page).tags.keys() | {"title"}
    assert HOSTILE[0] in found.text
    assert HOSTILE[1] in found.text
    assert "שלום עולם مرحبا بالعالم" in found.text
    assert "{{ 7*7 }}{% raw %}" in found.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", hostile)
    assert max(map(len, re.findall(r"W+", hostile))) <= 400
    hostile.encode("utf-8")
    assert not [href for href in found.values("href") if "javascript" in href]


def test_rendering_is_deterministic(pair: tuple[Run, Run], page: str) -> None:
    assert render_report(pair) == page


def test_recall_curve_agrees_with_the_measures(pair: tuple[Run, Run]) -> None:
    for run in pair:
        curve = recall_curve(run)
        assert len(curve) == run.record["depth"]
        assert np.all(np.diff(curve) >= 0)
        for k in (1, 5, 10, 50):
            assert curve[k - 1] == pytest.approx(run.record["measures"][f"r@{k}"]["mean"], abs=1e-6)


def test_only_significant_differences_are_marked(make_run: Callable[..., Run], pair: tuple[Run, Run]) -> None:
    low = make_run("low", [{"ndcg@10": 0.1 + at / 100, "unsupported": 0.9} for at in range(20)])
    high = make_run("high", [{"ndcg@10": 0.6 + at / 100, "unsupported": 0.1} for at in range(20)])
    near = make_run("near", [{"ndcg@10": 0.1 + (at + (-1) ** at) / 100, "unsupported": 0.9} for at in range(20)])

    def marks(*runs: Run) -> list[tuple[str, bool]]:
        shown = label_runs(runs)
        row = measure_table(shown, compare_with_first(shown))[0]
        return [(cell.sign, cell.best) for cell in row.cells if cell]

    assert marks(low) == [("", False)]
    assert marks(low, high) == [("", False), ("+", True)]
    assert marks(high, low) == [("", True), ("-", False)]
    assert marks(low, near) == [("", False), ("", False)]
    assert marks(low, near, high) == [("", False), ("", False), ("+", True)]
    assert marks(high, low, high) == [("", False), ("-", False), ("", False)]
    html = render_report([low, high])
    assert html.count('class="n best"') == 2  # in the measures and in the differences
    assert "tested measures (ndcg@10)" in parsed(html).text
    same = render_report([low, near])
    assert 'class="n best"' not in same
    assert 'title="better' not in same


def test_lower_is_better_for_unsupported(make_run: Callable[..., Run]) -> None:
    low = make_run("low", [{"unsupported": 0.9 - at / 100} for at in range(20)])
    high = make_run("high", [{"unsupported": 0.1 + at / 100} for at in range(20)])
    shown = label_runs([low, high])
    assert [(cell.sign, cell.best) for cell in measure_table(shown, compare_with_first(shown))[0].cells if cell] == [
        ("", False),
        ("+", True),
    ]


def test_run_of_another_system(pair: tuple[Run, Run], dataset: Dataset, tmp_path: Path) -> None:
    rankings = {
        outcome.query_id: [paper.paper_id for paper in outcome.ranking]
        for outcome in pair[0].outcomes
        if outcome.query_id != "q00"
    }
    (tmp_path / "theirs.trec").write_text(format_trec_run(rankings, "theirs"), "utf-8")
    theirs = score_run(dataset, tmp_path / "theirs.trec", "theirs")
    alone = parsed(render_report([theirs]))
    assert not {"latency", "answers", "differences"} & set(alone.values("id"))
    assert "1 queries are not in the run and count as nothing found: q00" in alone.text
    assert "another system" in alone.text
    both = parsed(render_report([pair[0], theirs]))
    assert {"latency", "answers", "differences"} <= set(both.values("id"))
    title = next(paper.title for paper in pair[0].outcomes[1].ranking)
    assert title in both.text


def test_runs_without_a_shared_measure(make_run: Callable[..., Run]) -> None:
    a, b = (make_run(name, [{measure: 0.5}] * 3) for name, measure in (("a", "map"), ("b", "r@10")))
    assert "share no measure" in parsed(render_report([a, b])).text


def test_run_with_empty_rankings(pair: tuple[Run, Run]) -> None:
    empty = tuple(
        replace(outcome, ranking=(), explanations=(), answer=None, timings={}) for outcome in pair[0].outcomes
    )
    outcomes = tuple(measure_outcomes(empty, select_measures(DEFAULT_MEASURES, 100)))
    run = Run("empty", {**pair[0].record, **summarize(outcomes, 0)}, outcomes)
    assert "Retrieved papers None." in parsed(render_report([run, pair[1]])).text


def test_many_runs(make_run: Callable[..., Run]) -> None:
    runs = [make_run(f"r{at}", [{"ndcg@10": at / 30}] * 4) for at in range(28)]
    assert [run.letter for run in label_runs(runs)][24:] == ["Y", "Z", "AA", "AB"]
    found = parsed(render_report(runs[:9]))
    assert {"stroke-dasharray" in style for style in found.values("style")} == {True, False}


def test_rejects_runs_of_different_datasets(make_run: Callable[..., Run]) -> None:
    runs = [make_run(name, [{"map": 0.5}] * 3, hashed=name * 64) for name in "ab"]
    with pytest.raises(InputError, match="different datasets"):
        render_report(runs)
    with pytest.raises(InputError, match="name at least one run"):
        render_report([])


def test_write_error_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="choose another --html"):
        write_report(tmp_path / "file" / "page.html", "")


def test_text_is_truncated_by_display_width() -> None:
    assert truncate("논문 검색", 9) == "논문 검색"
    assert truncate("논문 검색", 8) == "논문 검…"
    assert truncate("abc\n  def", 20) == "abc def"
    assert sanitize("a\x00\u202eb\tc\n") == "a\ufffd\ufffdb\tc\n"


def test_line_end_letters_do_not_overlap() -> None:
    for values in ([0.1, 0.11, 0.12], [0.98, 0.99, 1.0], [0.0, 0.5, 1.0], [1.0] * 5):
        moved = spread_apart(values, 0.1, 1.0)
        assert np.all(np.diff(moved) >= 0.1 - 1e-9)
        assert max(moved) <= 1.0


BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {name!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
from nonmun.cli import main
main()
"""


def command(*args: str | Path, blocked: str = "nothing") -> subprocess.CompletedProcess[str]:
    code = BLOCKED.format(name=blocked)
    env = {key: value for key, value in os.environ.items() if not key.startswith("NONMUN_")} | {"PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-c", code, "eval", "report", *map(str, args)],
        env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_command(pair: tuple[Run, Run], page: str, tmp_path: Path) -> None:
    for name, run in zip("ab", pair, strict=True):
        write_run(tmp_path / name, run)
    out = tmp_path / "new" / "report.html"
    done = command(tmp_path / "a", tmp_path / "b", "--html", out)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", f"written to {out}\n")
    assert out.read_text("utf-8") == page
    done = command(tmp_path / "none", "--html", out)
    assert done.returncode == 1
    assert "contains no run" in done.stderr


@pytest.mark.parametrize("missing", ["jinja2", "matplotlib"])
def test_missing_extra_is_named(pair: tuple[Run, Run], tmp_path: Path, missing: str) -> None:
    write_run(tmp_path / "run", pair[0])
    done = command(tmp_path / "run", "--html", tmp_path / "out.html", blocked=missing)
    assert done.returncode == 1
    assert done.stderr == f"nonmun: a report needs {missing}: pip install 'nonmun[report]'\n"
    assert not (tmp_path / "out.html").exists()


# Shows the page in a frame as wide as a phone and measures it, first folded, then with all details open.
FRAME = """<!doctype html><meta charset="utf-8"><body><pre id="result"></pre><script>
function measure(inner) {{
  const root = inner.documentElement, edge = root.clientWidth, wide = [];
  for (const one of inner.querySelectorAll("body *")) {{
    const box = one.getBoundingClientRect();
    if ((box.right > edge + 1 || box.left < -1) && !one.closest(".box") && !one.closest("svg")) wide.push(one.tagName);
  }}
  const clipped = [...inner.querySelectorAll("details.case")].filter(one => one.scrollWidth > one.clientWidth + 1);
  return {{width: edge, page: root.scrollWidth, wide, clipped: clipped.length, height: root.scrollHeight,
    figures: [...inner.querySelectorAll("svg[role=img]")].map(one => one.getBoundingClientRect().width)}};
}}
const frame = document.createElement("iframe");
frame.style = "border:0;width:{width}px;height:800px";
frame.onload = () => {{
  const folded = measure(frame.contentDocument);
  frame.contentDocument.querySelectorAll("details").forEach(one => {{ one.open = true; }});
  document.getElementById("result").textContent = JSON.stringify([folded, measure(frame.contentDocument)]);
}};
frame.srcdoc = {page};
document.body.append(frame);
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="no chromium, chromium-browser or google-chrome on PATH")
@pytest.mark.parametrize("width", [360, 390, 1200])
@pytest.mark.parametrize("name", ["page", "hostile"])
def test_page_fits_in_a_browser(request: pytest.FixtureRequest, tmp_path: Path, name: str, width: int) -> None:
    html = json.dumps(request.getfixturevalue(name)).replace("</", "<\\/").replace("<!--", "<\\!--")
    file = tmp_path / "frame.html"
    file.write_text(FRAME.format(width=width, page=html), "utf-8")
    done = subprocess.run(
        [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
         "--window-size=1300,900", "--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom",
         file.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    result = re.search(r'<pre id="result">(.*?)</pre>', done.stdout)
    assert result, done.stderr
    folded, unfolded = json.loads(result[1])
    for layout in (folded, unfolded):
        assert layout["width"] in (width, width - 15)  # a scroll bar may take 15 px
        assert layout["page"] <= layout["width"]
        assert layout["wide"] == []
        assert layout["clipped"] == 0
        assert min(layout["figures"]) >= min(width - 60, 300)
    assert unfolded["height"] > folded["height"]
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
