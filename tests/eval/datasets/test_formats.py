"""Readers and writers of all dataset and run formats; errors name the file and the line."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import FileError
from nonmun.eval.datasets.formats import format_trec_run, open_dataset, read_trec_run, write_dataset
from nonmun.eval.datasets.formats.external import read_trec
from nonmun.eval.datasets.formats.nonmun import read_nonmun
from nonmun.eval.datasets.formats.trec import paper_key, read_qrels
from nonmun.eval.datasets.model import Dataset, DatasetQuery

Write = Callable[..., Path]
QUERIES = (
    '{"id": "q1", "text": "어텐션", "lang": "ko", "kind": "topic", "as_of": "2025-05-16", "level": 3}\n'
    '\n{"id": "q2", "text": "soup?", "answerable": false, "without": ["1706.03762:abstract:abstract:0"]}\n'
)
OWN = {
    "queries.jsonl": QUERIES,
    "qrels.tsv": "query\tpaper\tgrade\nq1\t1706.03762v5\t2\nq1\t2106.09685\t0\n",
    "dataset.toml": 'name = "ours"\ncorpus = "samples"\nlicence = "MIT"\ndescription = "x"\n',
}
TOPICS = """<top>
<num> Number: 301
<title> Topic: international organized crime

<desc> Description:
Identify organizations
</top>

<top><num>302</num><title>어텐션만으로
번역: p < 0.05 </title></top>
"""
BEIR = {
    "queries.jsonl": '{"_id": "a", "text": "first"}\n{"_id": 7, "text": "둘째", "metadata": {}}\n'
    '{"_id": "c", "text": "x"}\n',
    "corpus.jsonl": "",
    "qrels/test.tsv": "query-id\tcorpus-id\tscore\na\td1\t1\n7\td2\t2\n7\td3\t0\n",
    "qrels/dev.tsv": "query-id\tcorpus-id\tscore\nc\td1\t1\n",
}


def fails(path: Path, *words: str, line: str = "") -> None:
    """Assert that opening a dataset raises an error of one line with a location and some words."""
    with pytest.raises(FileError) as error:
        open_dataset(path)
    message = str(error.value)
    assert "\n" not in message
    assert re.search(line + r": " if line else "", message), message
    for word in words:
        assert word in message


def test_reads_the_nonmun_format(write: Write) -> None:
    dataset = open_dataset(write(OWN))
    first, second = dataset.queries
    assert (dataset.name, dataset.corpus, dataset.licence) == ("ours", "samples", "MIT")
    assert (first.query_id, first.text, first.lang, first.answerable) == ("q1", "어텐션", "ko", True)
    assert dict(first.fields) == {"kind": "topic", "as_of": "2025-05-16", "level": "3"}
    assert (second.lang, second.answerable, second.without) == ("en", False, ("1706.03762:abstract:abstract:0",))
    assert dataset.qrels == {"q1": {"1706.03762": 2, "2106.09685": 0}}
    assert dataset.relevant_papers("q1") == {"1706.03762"}
    assert dataset.judged_papers() == {"1706.03762", "2106.09685"}
    assert (first.slice("lang"), first.slice("kind"), first.slice("colour")) == ("ko", "topic", "")


def test_judgments_and_metadata_are_optional(write: Write) -> None:
    dataset = open_dataset(write({"queries.jsonl": QUERIES}, "bare"))
    assert (dataset.name, dataset.qrels, dataset.unjudged_queries()) == ("bare", {}, ["q1"])


def test_reads_the_sample_dataset(samples: Path) -> None:
    dataset = open_dataset(samples / "evaluation")
    assert len(dataset.queries) == 190
    assert sum(not query.answerable for query in dataset.queries) == 50
    assert dataset.unjudged_queries() == []


def test_ignores_byte_order_marks_and_crlf(write: Write) -> None:
    plain = open_dataset(write(OWN))
    marked = {name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in OWN.items()}
    assert open_dataset(write(marked, "marked")) == plain
    assert open_dataset(write(marked, "marked")).hash == plain.hash


def test_hash_covers_queries_and_judgments(write: Write) -> None:
    plain = open_dataset(write(OWN)).hash
    renamed = open_dataset(write(OWN | {"dataset.toml": 'name = "other"\n'}, "renamed")).hash
    assert renamed == plain
    heading, *judged = OWN["qrels.tsv"].splitlines(keepends=True)
    assert open_dataset(write(OWN | {"qrels.tsv": "".join([heading, *reversed(judged)])}, "turned")).hash == plain
    for name, old, new in [
        ("qrels.tsv", "\t2\n", "\t1\n"),
        ("queries.jsonl", "어텐션", "어텐션?"),
        ("queries.jsonl", '"topic"', '"list"'),
        ("queries.jsonl", "abstract:0", "abstract:1"),
        ("queries.jsonl", '"lang": "ko"', '"lang": "en"'),
    ]:
        assert open_dataset(write(OWN | {name: OWN[name].replace(old, new)}, "changed")).hash != plain, new


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("queries.jsonl", QUERIES + "{", "queries.jsonl:4", "not valid JSON"),
        ("queries.jsonl", QUERIES + "[1]", "queries.jsonl:4", "not a JSON object"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": ' + "9" * 5000 + "}", "queries.jsonl:4", "not valid JSON"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": "\\ud800"}', "queries.jsonl:4", "not valid JSON"),
        ("queries.jsonl", QUERIES + "[" * 100_000, "queries.jsonl:4", "not valid JSON"),
        ("queries.jsonl", QUERIES + '{"id": "q3"}', "queries.jsonl:4", "'text'"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": " "}', "queries.jsonl:4", "'text'"),
        ("queries.jsonl", QUERIES + '{"id": true, "text": "x"}', "queries.jsonl:4", "'id'"),
        ("queries.jsonl", QUERIES + '{"id": "q 3", "text": "x"}', "queries.jsonl:4", "white space"),
        ("queries.jsonl", QUERIES + '{"id": "q1", "text": "x"}', "queries.jsonl:4", "already used"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": "x", "lang": "de"}', "queries.jsonl:4", "ko or en"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": "x", "lang": ["ko"]}', "queries.jsonl:4", "ko or en"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": "x", "answerable": "no"}', "queries.jsonl:4", "answerable"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": "x", "without": "a"}', "queries.jsonl:4", "without"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": "x", "without": [1]}', "queries.jsonl:4", "without"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": "x", "as_of": "May"}', "queries.jsonl:4", "as_of"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": "x", "as_of": 20250516}', "queries.jsonl:4", "as_of"),
        ("queries.jsonl", QUERIES + '{"id": "q3", "text": "x", "as_of": "2025-05-16x"}', "queries.jsonl:4", "as_of"),
        ("queries.jsonl", QUERIES.encode() + b'{"id": "q3", "text": "\xff"}', "queries.jsonl:4", "UTF-8"),
        ("queries.jsonl", "\n", "queries.jsonl", "no queries"),
        ("qrels.tsv", OWN["qrels.tsv"] + "q1\tp3\n", "qrels.tsv:4", "2 columns"),
        ("qrels.tsv", OWN["qrels.tsv"] + "q1\tp3\tx\n", "qrels.tsv:4", "'x' is not a valid grade"),
        ("qrels.tsv", OWN["qrels.tsv"] + "q1\tp3\t0.5\n", "qrels.tsv:4", "not a valid grade"),
        ("qrels.tsv", OWN["qrels.tsv"] + "q1\tp3\tnan\n", "qrels.tsv:4", "not a valid grade"),
        ("qrels.tsv", OWN["qrels.tsv"] + "q1\tp3\tinf\n", "qrels.tsv:4", "not a valid grade"),
        ("qrels.tsv", OWN["qrels.tsv"] + "q1\t\t1\n", "qrels.tsv:4", "columns"),
        ("qrels.tsv", OWN["qrels.tsv"] + "q1\t1706.03762v1\t1\n", "qrels.tsv:4", "was judged 2 before"),
        ("qrels.tsv", OWN["qrels.tsv"] + "q9\tp3\t1\n", "qrels.tsv:4", "q9"),
        ("qrels.tsv", OWN["qrels.tsv"] + "q1 q2\tp3\t1\n", "qrels.tsv:4", "q1 q2"),
        ("qrels.tsv", OWN["qrels.tsv"] + "q2\tp3\t1\n", "qrels.tsv:4", "not answerable"),
        ("dataset.toml", "name = 1\n", "dataset.toml", "'name'"),
        ("dataset.toml", 'colour = "red"\n', "dataset.toml", "'colour'"),
        ("dataset.toml", 'name = "x"\nname\n', "dataset.toml", "line 2"),
        ("dataset.toml", b"\xff", "dataset.toml", "cannot be read"),
    ],
)  # fmt: skip
def test_errors_name_file_and_line(write: Write, name: str, content: str | bytes, line: str, words: str) -> None:
    fails(write(OWN | {name: content}), words, line=re.escape(line))


def test_error_names_the_line_of_an_invalid_byte(write: Write) -> None:
    lines = [f'{{"id": "q{at}", "text": "질문"}}'.encode() for at in range(2000)]
    lines[1234] = b'{"id": "bad", "text": "\xea\xb0"}'
    fails(write({"queries.jsonl": b"\n".join(lines)}), "UTF-8", line=r"queries\.jsonl:1235")


def test_rejects_paths_that_are_not_datasets(write: Write, tmp_path: Path) -> None:
    fails(tmp_path / "nowhere", "does not exist", "queries.jsonl")
    fails(write({"readme.txt": "x"}), "is not a dataset", "TREC")
    fails(write({"readme.txt": "x"}) / "readme.txt", "is not a dataset")
    fails(write({"topics.1": "1\tx", "topics.2": "1\tx", "qrels": "1 0 p 1"}, "two"), "is not a dataset")
    fails(tmp_path / ("x" * 5000), "x")


# --- BEIR


def test_reads_beir(write: Write) -> None:
    folder = write(BEIR, "scifact")
    dataset = open_dataset(folder)
    assert dataset.name == "scifact"
    assert [(query.query_id, query.text, query.lang) for query in dataset.queries] == [
        ("a", "first", "en"),
        ("7", "둘째", "ko"),
    ]
    assert dataset.qrels == {"a": {"d1": 1}, "7": {"d2": 2, "d3": 0}}
    assert [query.query_id for query in open_dataset(folder, split="dev").queries] == ["c"]


def test_beir_rejects_a_missing_split(write: Write) -> None:
    with pytest.raises(FileError, match=r"train\.tsv: does not exist; available splits: dev, test"):
        open_dataset(write(BEIR), split="train")


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("queries.jsonl", '{"_id": "a", "text": "x"}\n{"text": "x"}\n', "queries.jsonl:2", "'_id'"),
        ("queries.jsonl", '{"_id": "a", "text": "x"}\n{"_id": "a", "text": "y"}\n', "queries.jsonl:2", "already used"),
        ("queries.jsonl", '{"_id": "z", "text": "x"}\n', "queries.jsonl", "no judged queries"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\na\td1\tyes\n", "test.tsv:2", "not a valid grade"),
        ("qrels/test.tsv", "a b\td1\t1\n", "queries.jsonl:4", "white space"),
    ],
)
def test_beir_errors(write: Write, name: str, content: str, line: str, words: str) -> None:
    files = BEIR | {"queries.jsonl": BEIR["queries.jsonl"] + '{"_id": "a b", "text": "x"}\n'}
    fails(write(files | {name: content}), words, line=re.escape(line))


# --- TREC


def test_reads_trec_topics(write: Write) -> None:
    dataset = open_dataset(write({"topics.txt": TOPICS, "qrels.txt": "301 0 d1 1\n302 0 1706.03762v2 2\n"}, "robust"))
    assert dataset.name == "robust"
    assert [(query.query_id, query.text, query.lang) for query in dataset.queries] == [
        ("301", "international organized crime", "en"),
        ("302", "어텐션만으로 번역: p < 0.05", "ko"),
    ]
    assert dataset.qrels == {"301": {"d1": 1}, "302": {"1706.03762": 2}}


def test_reads_gzipped_topic_tables(write: Write) -> None:
    files = {"topics.tsv.gz": gzip.compress(b"1\tone two\r\n2\tthree\r\n"), "qrels.gz": gzip.compress(b"1 0 d1 1\n")}
    dataset = open_dataset(write(files))
    assert [(query.query_id, query.text) for query in dataset.queries] == [("1", "one two"), ("2", "three")]
    assert dataset.unjudged_queries() == ["2"]
    folder = write(files)
    assert read_trec(folder / "topics.tsv.gz", folder / "qrels.gz") == dataset


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("topics", TOPICS + "\n<top><num>303</top>", r"topics:12", "<title>"),
        ("topics", TOPICS + "\n<top><title>x</title></top>", r"topics:12", "<num>"),
        ("topics", TOPICS.replace("</top>", "", 1), r"topics:1", "</top>"),
        ("topics", TOPICS + "<top><num>9<title>x", r"topics:11", "</top>"),
        ("topics", TOPICS.replace("302", "301"), r"topics:9", "already used"),
        ("topics", "1\tx\n2 y\n", r"topics:2", "a tab"),
        ("topics", "1\tx\n1\ty\n", r"topics:2", "already used"),
        ("topics", "1 a\tx\n", r"topics:1", "white space"),
        ("qrels", "301 0 d1 1\n301 0 d2 0\n301 0 d1 0\n", r"qrels:3", "judged 1 before"),
        ("qrels", "301 0 d1\n301 0 d1 one\n", r"qrels:1", "not a valid grade"),
        ("qrels", "301 0 d1 1 x\n", r"qrels:1", "5 columns"),
    ],
)
def test_trec_errors(write: Write, name: str, content: str, line: str, words: str) -> None:
    fails(write({"topics": TOPICS, "qrels": "301 0 d1 1\n"} | {name: content}), words, line=line)


def test_rejects_truncated_gzip(write: Write) -> None:
    packed = gzip.compress(("1\tx\n" * 50_000).encode())
    fails(write({"topics.gz": packed[:-20], "qrels": "1 0 d 1\n"}), "cannot be read", line=r"topics\.gz:\d+")
    fails(write({"topics.gz": b"no zip", "qrels": "1 0 d 1\n"}), "cannot be read", line=r"topics\.gz:1")


# --- AutoRAG


def autorag(folder: Path, **columns: list[object]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), folder / "qa.parquet")
    return folder


def test_reads_autorag(tmp_path: Path) -> None:
    folder = autorag(
        tmp_path / "auto",
        qid=["u1", "u2", "u3"],
        query=["어텐션이란?", "and LoRA?", "nothing"],
        retrieval_gt=[[["1706.03762:abstract:abstract:0", "1706.03762v2"], ["2106.09685"]], [["d-9"]], None],
        generation_gt=[["a"], ["b"], ["c"]],
    )
    dataset = open_dataset(folder)
    assert dataset == open_dataset(folder / "qa.parquet")
    assert [(query.query_id, query.lang) for query in dataset.queries] == [("u1", "ko"), ("u2", "en"), ("u3", "en")]
    assert dataset.qrels == {"u1": {"1706.03762": 1, "2106.09685": 1}, "u2": {"d-9": 1}, "u3": {}}
    assert dataset.unjudged_queries() == ["u3"]


def test_autorag_accepts_flat_lists_and_numeric_ids(tmp_path: Path) -> None:
    dataset = open_dataset(autorag(tmp_path, qid=[1, 2], query=["x", "y"], retrieval_gt=[["d1", "d2"], ["d3"]]))
    assert dataset.qrels == {"1": {"d1": 1, "d2": 1}, "2": {"d3": 1}}


def test_autorag_errors(tmp_path: Path) -> None:
    gold = [[["d"]], [["d"]]]
    fails(autorag(tmp_path / "a", qid=["1", "2"], query=["x", " "], retrieval_gt=gold), "'query'", line=r"parquet:2")
    fails(autorag(tmp_path / "b", qid=["1", "1"], query=["x", "y"], retrieval_gt=gold), "'1'", line=r"parquet:2")
    fails(autorag(tmp_path / "c", qid=["1", "2"], query=["x", "y"]), "retrieval_gt", line="qa.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing PAR1")
    fails(tmp_path / "broken.parquet", "AutoRAG", line=r"broken\.parquet")


# --- TREC tables


@pytest.mark.parametrize(
    ("document", "paper_id"),
    [
        ("1706.03762", "1706.03762"),
        ("1706.03762v7", "1706.03762"),
        ("arXiv:1706.03762v7", "1706.03762"),
        ("1706.03762:summary@2025-05-16:results:0", "1706.03762"),
        ("math.GT/0309136v1", "math.GT/0309136"),
        ("MS:1234", "MS:1234"),
        ("doc-17", "doc-17"),
    ],
)
def test_paper_key_of_document_ids(document: str, paper_id: str) -> None:
    assert paper_key(document) == paper_id


@pytest.mark.parametrize(
    "text",
    [
        "q1 0 d1 1\nq2 0 d2 -1\n",
        "q1\t0\td1\t1\nq2\t0\td2\t-1\n",
        "q1\td1\t1\nq2\td2\t-1\n",
        "Query\tPaper\tGrade\nq1\td1\t1.0\nq2\td2\t-1\nq1\td1\t1\n",
        "query-id corpus-id score\nq1 d1 1\nq2 d2 -1",
    ],
)
def test_reads_qrels_in_all_forms(write: Write, text: str) -> None:
    assert read_qrels(write({"qrels": text}) / "qrels") == {"q1": {"d1": 1}, "q2": {"d2": -1}}


def test_trec_run_is_ordered_by_score(write: Write) -> None:
    path = write({
        "run": "q1 Q0 low 1 0.1 tag\nq1 Q0 tie-b 2 0.5 tag\nq2 Q0 x 1 -3e2 tag\n"
        "q1 Q0 tie-a 3 0.5 tag\nq1 Q0 top 9 7 tag\n",
    }) / "run"  # fmt: skip
    assert read_trec_run(path) == {
        "q1": [("top", 7.0), ("tie-b", 0.5), ("tie-a", 0.5), ("low", 0.1)],
        "q2": [("x", -300.0)],
    }


def test_trec_run_keeps_the_best_score_of_a_paper(write: Write) -> None:
    """Whether the best score comes first or last."""
    text = "q Q0 2106.09685v1 1 2 t\nq Q0 1706.03762:a:b:0 2 1 t\nq Q0 1706.03762v2 3 3 t\nq Q0 2106.09685 4 0 t\n"
    for name, content in [("run", text), ("run.gz", gzip.compress(text.encode()))]:
        assert read_trec_run(write({name: content}) / name) == {"q": [("1706.03762", 3.0), ("2106.09685", 2.0)]}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("q Q0 d 1 0.5", "5 columns"),
        ("q Q0 d 1 0.5 a tag", "7 columns"),
        ("q Q0 d 1 high tag", "'high' is not a valid score"),
        ("q Q0 d 1 nan tag", "not a number"),
    ],
)
def test_trec_run_errors(write: Write, line: str, words: str) -> None:
    with pytest.raises(FileError, match=rf"run:2: .*{words}"):
        read_trec_run(write({"run": f"q Q0 c 1 0.9 tag\n{line}\n"}) / "run")
    with pytest.raises(FileError, match="nothing:1: cannot be read"):
        read_trec_run(write({"run": ""}) / "nothing")


# --- round trips

_IDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=8)
_TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).map(str.strip).filter(bool)
_PAPERS = st.from_regex(r"[a-z][a-z0-9-]{0,8}|1[0-9]0[1-9]\.0[0-9]{3}", fullmatch=True).filter(
    lambda name: paper_key(name) == name
)
_FIELDS = st.dictionaries(st.sampled_from(["kind", "level", "date"]), st.text(st.characters(codec="utf-8"), max_size=9))


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    queries: list[DatasetQuery] = []
    qrels: dict[str, dict[str, int]] = {}
    for query_id in draw(st.lists(_IDS, min_size=1, max_size=5, unique=True)):
        answerable = draw(st.booleans())
        without = tuple(draw(st.lists(_IDS, max_size=2)))
        queries.append(
            DatasetQuery(
                query_id, draw(_TEXTS), draw(st.sampled_from(["ko", "en"])), answerable, draw(_FIELDS), without
            )
        )
        grades = draw(st.dictionaries(_PAPERS, st.integers(-1, 3 if answerable else 0), max_size=4))
        if grades:
            qrels[query_id] = grades
    return Dataset(draw(_TEXTS), tuple(queries), qrels, draw(_TEXTS), draw(_TEXTS))


@given(datasets(), _TEXTS)
def test_nonmun_format_round_trip(dataset: Dataset, description: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        write_dataset(Path(name), dataset, description)
        read = read_nonmun(Path(name))
    assert read == dataset
    assert read.hash == dataset.hash


@given(st.dictionaries(_IDS, st.lists(_PAPERS, min_size=1, max_size=20, unique=True), max_size=4), _TEXTS)
def test_trec_run_round_trip(rankings: dict[str, list[str]], tag: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "run.trec"
        path.write_text(format_trec_run(rankings, tag), "utf-8")
        read = read_trec_run(path)
    assert {query: [paper for paper, _ in papers] for query, papers in read.items()} == rankings


def test_write_fails_with_an_error_for_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError, match="cannot be written"):
        write_dataset(tmp_path / "file", Dataset("x", (DatasetQuery("q", "x", "en"),), {}))


def test_jsonl_preserves_unusual_line_separators(tmp_path: Path) -> None:
    text = "a\u2028b\x85c\x0bd\re"
    write_dataset(tmp_path, Dataset("x", (DatasetQuery("q", text, "en", fields={"note": "1\r\n2"}),), {}))
    assert len((tmp_path / "queries.jsonl").read_bytes().splitlines()) == 1
    found = read_nonmun(tmp_path).queries[0]
    assert (found.text, found.fields["note"]) == (text, "1\r\n2")
    assert json.loads((tmp_path / "queries.jsonl").read_text("utf-8"))["id"] == "q"
