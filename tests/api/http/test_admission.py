"""Admission: places that bound what runs, a bounded wait before them, and no place lost whatever ends the work."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Library
from nonmun.api.http import create_app
from nonmun.api.http.admission import Admission
from nonmun.api.http.errors import OverloadedError
from nonmun.api.http.work import Work
from nonmun.api.keys import KeyStore
from nonmun.index.domain.vectors import Matrix
from nonmun.settings import HttpConfig

from ..conftest import bearer, running, wait_until

FOREVER = 1_000.0  # seconds, longer than any test
KO = "보상 모델 없이 선호에 맞추는 학습은?"
QUESTION = "Which paper cuts an image into patches for a transformer?"


class Clock:
    """Monotonic seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Holder:
    """A task that waits for a place and then keeps it until it is released.

    Attributes:
        scope: cancels the task.
        release: ends its work.
        client: whose work it is.
        outcome: "waiting", "working", "done", "refused", "failed" or "cancelled".
    """

    def __init__(self, admission: Admission, client: str = "") -> None:
        self._admission, self.client = admission, client
        self.scope, self.release, self.outcome = anyio.CancelScope(), anyio.Event(), "waiting"
        self.refusal: OverloadedError | None = None
        self.fails = False

    async def __call__(self) -> None:
        with self.scope:
            try:
                async with self._admission.place(self.client):
                    self.outcome = "working"
                    await self.release.wait()
                    if self.fails:
                        raise ArithmeticError
            except OverloadedError as error:
                self.refusal, self.outcome = error, "refused"
            except ArithmeticError:
                self.outcome = "failed"
            except anyio.get_cancelled_exc_class():
                self.outcome = "cancelled"
                raise
            else:
                self.outcome = "done"


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    anyio.run(test)


async def settle() -> None:
    """Let every task run until it waits for something."""
    await anyio.wait_all_tasks_blocked()


async def lost_nothing(admission: Admission, places: int) -> None:
    """Assert that nothing counts as waiting or working, and that all places can be taken, and no more."""
    assert (admission.waiting, admission.working) == (0, 0)
    holders = [Holder(admission) for _ in range(places + 1)]
    async with anyio.create_task_group() as group:
        for holder in holders:
            group.start_soon(holder)
            await settle()
        assert [holder.outcome for holder in holders[:places]] == ["working"] * places
        assert holders[places].outcome in {"waiting", "refused"}
        group.cancel_scope.cancel()
    assert (admission.waiting, admission.working) == (0, 0)


def test_places_bound_what_runs_at_once() -> None:
    async def test() -> None:
        admission = Admission(2, deadline=FOREVER, queue=100)
        holders = [Holder(admission) for _ in range(6)]
        async with anyio.create_task_group() as group:
            for holder in holders:
                group.start_soon(holder)
            for number in range(6):
                await settle()
                outcomes = [holder.outcome for holder in holders]
                assert (
                    outcomes == (["done"] * number + ["working"] * 2 + ["waiting"] * 6)[:6]
                )  # first come, first served
                assert (admission.working, admission.waiting) == (outcomes.count("working"), outcomes.count("waiting"))
                holders[number].release.set()
        await lost_nothing(admission, 2)

    run(test)


def test_places_bound_the_threads() -> None:
    async def test() -> None:
        admission = Admission(2, deadline=FOREVER, queue=100)
        lock, running, most = threading.Lock(), 0, 0

        def step() -> None:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.01)
            with lock:
                running -= 1

        async def work() -> None:
            async with admission.place():
                await admission.run(step)

        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(work)
        assert most <= 2
        await lost_nothing(admission, 2)

    run(test)


def test_a_full_queue_refuses_at_once() -> None:
    async def test() -> None:
        admission = Admission(1, deadline=FOREVER, queue=2)
        holders = [Holder(admission) for _ in range(3)]
        async with anyio.create_task_group() as group:
            for holder in holders:
                group.start_soon(holder)
                await settle()
            with pytest.raises(OverloadedError) as refusal:
                async with admission.place():
                    pytest.fail("there is no place")
            assert isinstance(refusal.value.retry_after, int)
            assert refusal.value.retry_after >= 1
            assert (admission.working, admission.waiting) == (1, 2)
            for holder in holders:
                holder.release.set()
        assert [holder.outcome for holder in holders] == ["done"] * 3  # those that waited already lose nothing
        await lost_nothing(admission, 1)

    run(test)


def test_without_a_queue_only_free_places_are_taken() -> None:
    async def test() -> None:
        admission = Admission(1, deadline=FOREVER, queue=0)
        holder, refused, later = (Holder(admission) for _ in range(3))
        async with anyio.create_task_group() as group:
            for each in (holder, refused):
                group.start_soon(each)
                await settle()
            assert (holder.outcome, refused.outcome) == ("working", "refused")
            holder.release.set()
            await settle()
            group.start_soon(later)
            await settle()
            assert later.outcome == "working"
            later.release.set()
        assert (admission.waiting, admission.working) == (0, 0)

    run(test)


def test_work_that_comes_at_once_is_not_refused_while_places_are_free() -> None:
    async def test() -> None:
        admission = Admission(4, deadline=FOREVER, queue=1)
        holders = [Holder(admission) for _ in range(4)]
        async with anyio.create_task_group() as group:
            for holder in holders:
                group.start_soon(holder)
            await settle()
            assert [holder.outcome for holder in holders] == ["working"] * 4
            group.cancel_scope.cancel()

    run(test)


def test_work_that_would_wait_longer_than_the_deadline_is_refused_at_once() -> None:
    async def test() -> None:
        clock = Clock()
        admission = Admission(2, deadline=60, queue=100, clock=clock)
        advice: list[int] = []
        for _ in range(2):
            async with admission.place(), admission.place():
                clock.now += 10_000
            async with admission.place(), admission.place():  # a free place is taken however long the work takes
                assert admission.working == 2
                with pytest.raises(OverloadedError) as refusal:
                    async with admission.place():
                        pytest.fail("there is no place")
                advice.append(refusal.value.retry_after)
        assert 60 < advice[0] < advice[1] <= 10_000  # the slower the work, the later a client may try again
        for _ in range(100):
            async with admission.place():
                clock.now += 0.01
        holder = Holder(admission)
        async with anyio.create_task_group() as group, admission.place(), admission.place():
            group.start_soon(holder)
            await settle()
            assert holder.outcome == "waiting"  # the work became fast again
            group.cancel_scope.cancel()
        await lost_nothing(admission, 2)

    run(test)


def test_refused_work_comes_back_as_fast_as_places_become_free() -> None:
    async def test() -> None:
        clock = Clock()
        admission = Admission(2, deadline=1, queue=0, clock=clock)
        for _ in range(200):
            async with admission.place():
                clock.now += 0.5

        async def refusals(count: int) -> list[int]:
            told: list[int] = []
            for _ in range(count):
                with pytest.raises(OverloadedError) as refusal:
                    async with admission.place():
                        pytest.fail("there is no place")
                told.append(refusal.value.retry_after)
            return told

        async with admission.place(), admission.place():
            told = await refusals(40)
            assert told == sorted(told)
            assert told[0] == 1
            assert 4 <= told[-1] - told[0] <= 11  # 40 questions of half a second in two places, up to twice as fast
            assert max(await refusals(2_000)) == 60
            clock.now += 1_000
            assert await refusals(1) == [1]  # the load is over

    run(test)


def test_work_without_a_place_within_the_deadline_is_refused() -> None:
    async def test() -> None:
        admission = Admission(1, deadline=0.15, queue=100)
        async with admission.place():
            with pytest.raises(OverloadedError) as refusal:
                async with admission.place():
                    pytest.fail("there is no place")
            assert refusal.value.retry_after >= 1
            assert (admission.waiting, admission.working) == (0, 1)
        assert (admission.waiting, admission.working) == (0, 0)
        async with admission.place():
            assert admission.working == 1

    run(test)


def test_a_deadline_that_passes_as_a_place_becomes_free_loses_no_place() -> None:
    async def test() -> None:
        clock = Clock()  # stands still, so that only waiting is refused and nothing for its expected wait
        admission = Admission(2, deadline=0.12, queue=1_000, clock=clock)
        outcomes: list[str] = []

        async def work(pause: float) -> None:
            try:
                async with admission.place():
                    await anyio.sleep(pause)
                outcomes.append("done")
            except OverloadedError:
                outcomes.append("refused")

        for pause in (0, 0.03, 0.06, 0.12):
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(work, pause)
            assert (admission.waiting, admission.working) == (0, 0)
        assert len(outcomes) == 80
        assert "done" in outcomes
        async with admission.place(), admission.place():
            assert admission.working == 2

    run(test)


def test_ending_a_holder_or_a_waiter_frees_its_place() -> None:
    async def test() -> None:
        admission = Admission(1, deadline=FOREVER, queue=100)
        failing, cancelled, abandoned, last = holders = [Holder(admission) for _ in range(4)]
        async with anyio.create_task_group() as group:
            for holder in holders:
                group.start_soon(holder)
            await settle()
            abandoned.scope.cancel()
            await settle()
            assert (admission.working, admission.waiting) == (1, 2)
            failing.fails = True
            failing.release.set()
            await settle()
            assert (cancelled.outcome, admission.working, admission.waiting) == ("working", 1, 1)
            cancelled.scope.cancel()
            await settle()
            assert (last.outcome, admission.working, admission.waiting) == ("working", 1, 0)
            last.release.set()
        assert [holder.outcome for holder in holders] == ["failed", "cancelled", "cancelled", "done"]
        await lost_nothing(admission, 1)

    run(test)


def test_a_cancelled_step_keeps_its_place_until_its_thread_ends() -> None:
    async def test() -> None:
        admission = Admission(1, deadline=FOREVER, queue=100)
        begun, end = threading.Event(), threading.Event()
        scope, following = anyio.CancelScope(), Holder(admission)

        def step() -> None:
            begun.set()
            assert end.wait(FOREVER)

        async def work() -> None:
            with scope:
                async with admission.place():
                    await admission.run(step)

        async with anyio.create_task_group() as group:
            group.start_soon(work)
            while not begun.is_set():
                await anyio.sleep(0.01)
            group.start_soon(following)
            await settle()
            scope.cancel()
            for _ in range(10):
                await anyio.lowlevel.checkpoint()
            assert (following.outcome, admission.working) == ("waiting", 1)
            end.set()
            while following.outcome == "waiting":
                await anyio.sleep(0.01)
            following.release.set()
        await lost_nothing(admission, 1)

    run(test)


async def fill(group: Any, admission: Admission, clients: str) -> list[Holder]:
    """Start work of some clients, in this order."""
    holders = [Holder(admission, client) for client in clients]
    for holder in holders:
        group.start_soon(holder)
        await settle()
    return holders


async def admitted(holders: Sequence[Holder]) -> str:
    """Release all work as it gets its place; return the clients in the order in which they did."""
    order, done = "", set[Holder]()
    while working := [holder for holder in holders if holder.outcome == "working" and holder not in done]:
        order += "".join(holder.client for holder in working)
        done.update(working)
        for holder in working:
            holder.release.set()
        await settle()
    return order


def test_clients_take_turns() -> None:
    async def test() -> None:
        admission = Admission(1, deadline=FOREVER, queue=100)
        async with anyio.create_task_group() as group:
            holders = await fill(group, admission, "aaaaaabbc")
            assert await admitted(holders) == "aabcabaaa"  # of each client the first that came
        await lost_nothing(admission, 1)

    run(test)


@pytest.mark.parametrize(
    ("queue", "clients", "refused", "order"),
    [
        (4, "aaaaab", [4], "aabaa"),  # the first works, and four wait
        (4, "aaaaabb", [3, 4], "aabab"),
        (4, "aaaaabbb", [3, 4, 7], "aabab"),  # the third would be more than a share
        (4, "aaaaabcd", [2, 3, 4], "aabcd"),
        (2, "aabc", [3], "aab"),  # nobody has more than one
        (2, "aaabc", [2, 4], "aab"),
        (1, "aab", [2], "aa"),
        (3, "aaaabbcc", [2, 3, 5, 7], "aabc"),
        (4, "aaaaaa", [5], "aaaaa"),  # a single client loses its latest
    ],
)
def test_a_full_queue_is_shared_out(queue: int, clients: str, refused: list[int], order: str) -> None:
    async def test() -> None:
        admission = Admission(1, deadline=FOREVER, queue=queue)
        async with anyio.create_task_group() as group:
            holders = await fill(group, admission, clients)
            assert [number for number, holder in enumerate(holders) if holder.outcome == "refused"] == refused
            assert all(holders[number].refusal.retry_after >= 1 for number in refused if holders[number].refusal)
            assert admission.waiting == queue
            assert await admitted(holders) == order
        await lost_nothing(admission, 1)

    run(test)


def test_a_client_is_refused_for_its_own_wait_only() -> None:
    async def test() -> None:
        clock = Clock()
        admission = Admission(1, deadline=60, queue=100, clock=clock)
        for _ in range(100):
            async with admission.place():
                clock.now += 10
        async with anyio.create_task_group() as group:
            holders = await fill(group, admission, "aaaaaaaab")
            outcomes = [holder.outcome for holder in holders]
            assert outcomes == ["working"] + ["waiting"] * 6 + ["refused"] + ["waiting"]  # six take 60 s
            assert await admitted(holders) == "aabaaaaa"
        await lost_nothing(admission, 1)

    run(test)


@pytest.mark.parametrize("native", [False, True])
def test_a_place_for_work_that_was_cancelled_is_passed_on(native: bool) -> None:
    async def test() -> None:
        admission = Admission(1, deadline=FOREVER, queue=100)
        async with anyio.create_task_group() as group:
            first, last = Holder(admission, "a"), Holder(admission, "c")
            group.start_soon(first)
            await settle()
            cancelled = Holder(admission, "b")
            task = asyncio.create_task(cancelled())
            await settle()
            group.start_soon(last)
            await settle()
            first.release.set()
            while admission.waiting == 2:  # its place is granted, and it has not run since
                await anyio.lowlevel.checkpoint()
            assert cancelled.outcome == "waiting"
            if native:
                task.cancel()
            else:
                cancelled.scope.cancel()
            await settle()
            assert (cancelled.outcome, last.outcome) == ("cancelled", "working")
            last.release.set()
        await lost_nothing(admission, 1)

    run(test)


OPERATIONS = st.one_of(
    st.tuples(st.just("enter"), st.integers(0, 2)),
    st.tuples(st.sampled_from(["enter", "leave", "fail", "cancel", "cancel and leave"]), st.integers(0, 12)),
    st.tuples(st.sampled_from(["settle", "step"]), st.just(0)),
    st.tuples(st.just("pass"), st.integers(1, 3_000)),
)


@given(
    places=st.integers(1, 4),
    queue=st.integers(1, 4),
    operations=st.lists(OPERATIONS, max_size=40),
    cancels=st.booleans(),
)
def test_no_interleaving_loses_a_place(
    places: int, queue: int, operations: list[tuple[str, int]], cancels: bool
) -> None:
    async def test() -> None:
        clock = Clock()
        admission = Admission(places, deadline=FOREVER, queue=queue, clock=clock)
        holders: list[Holder] = []
        async with anyio.create_task_group() as group:
            for name, number in operations:
                if name == "enter":
                    holders.append(Holder(admission, "abc"[number % 3]))
                    group.start_soon(holders[-1])
                elif name == "pass":
                    clock.now += number
                elif name == "settle":
                    await settle()
                elif name == "step":
                    await anyio.lowlevel.checkpoint()
                elif holders:
                    holder = holders[number % len(holders)]
                    if name.startswith("cancel"):
                        holder.scope.cancel()
                    holder.fails = name == "fail"
                    if name != "cancel":
                        holder.release.set()
                assert 0 <= admission.working <= places
                assert 0 <= admission.waiting <= queue
            await settle()
            outcomes = [holder.outcome for holder in holders]
            assert (admission.working, admission.waiting) == (outcomes.count("working"), outcomes.count("waiting"))
            assert admission.working == places or not admission.waiting  # nobody waits while a place is free
            for holder in holders:
                holder.release.set()
            if cancels:
                group.cancel_scope.cancel()
        assert (admission.waiting, admission.working) == (0, 0)
        for holder in holders:
            assert holder.outcome in {"done", "refused", "failed", "cancelled"}
            assert holder.refusal is None or holder.refusal.retry_after >= 1
        await lost_nothing(admission, places)

    run(test)


# --- over HTTP


class Blocking:
    """An embedder that embeds some questions only when a test lets it.

    Attributes:
        texts: those questions, in the order in which they came.
        begun: how many such questions have come to it.
        go: lets them through.
        others: how many other calls have come.
    """

    def __init__(self, embedder: Any, marker: str = "slow") -> None:
        self._embedder, self._marker = embedder, marker
        self.begun, self.go, self.others = threading.Semaphore(0), threading.Event(), 0
        self.texts: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def queries(self, texts: Sequence[str]) -> Matrix:
        if any(self._marker in text for text in texts):
            self.texts += texts
            self.begun.release()
            assert self.go.wait(FOREVER)
        else:
            self.others += 1
        return self._embedder.queries(texts)


@contextmanager
def serving(library: Library, config: HttpConfig, keys: KeyStore | None = None) -> Generator[tuple[Work, httpx.Client]]:
    app, limits = create_app(library, config, keys=keys), httpx.Limits(max_connections=None)
    with (
        running(app) as (_, port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300, trust_env=False, limits=limits) as client,
    ):
        yield app.state.work, client


@contextmanager
def blocked(
    sample_library: Library, config: HttpConfig, keys: KeyStore | None = None
) -> Generator[tuple[Blocking, Work, httpx.Client]]:
    """Serve the samples with an embedder that blocks."""
    embedder = Blocking(sample_library.embedder)
    settings = sample_library.settings
    with (
        Library.open(settings=settings, embedding=embedder, create=False) as library,
        serving(library, config, keys) as (work, client),
    ):
        try:
            assert client.get("/readyz").status_code == 200
            yield embedder, work, client
        finally:
            embedder.go.set()


def ask(client: httpx.Client, number: int, **body: Any) -> httpx.Response:
    return client.post("/v1/ask", json={"question": f"slow {number}: {QUESTION}", **body})


def metric(client: httpx.Client, name: str) -> float:
    lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if not line.startswith("#"))
    return float(lines[name])


def test_a_full_service_refuses_questions_and_still_reports(sample_library: Library) -> None:
    config = HttpConfig(places=2, queue=3, wait=600)
    with blocked(sample_library, config) as (embedder, work, client), ThreadPoolExecutor(5) as pool:
        questions: list[Future[httpx.Response]] = [pool.submit(ask, client, number) for number in range(2)]
        assert all(embedder.begun.acquire(timeout=120) for _ in questions)
        questions += [pool.submit(ask, client, number, stream=number == 2) for number in range(2, 5)]
        wait_until(lambda: work.answering.waiting == 3)
        refused = [ask(client, 5), ask(client, 6, stream=True), client.post("/v1/search", json={"question": QUESTION})]
        for response in refused:
            assert (response.status_code, response.json()["code"]) == (503, "overloaded")
            assert response.headers["content-type"] == "application/problem+json"
            assert int(response.headers["retry-after"]) >= 1
            assert "too many questions" in response.json()["detail"]
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/papers/1706.03762").status_code == 200
        assert client.get("/v1/status").json()["papers"] == 17
        assert metric(client, "nonmun_questions_working") == 2
        assert metric(client, "nonmun_questions_waiting") == 3
        assert metric(client, 'nonmun_refused_total{code="overloaded"}') == 3
        embedded = embedder.others
        while embedder.others == embedded:  # not only what an earlier probe found
            assert client.get("/readyz").json()["status"] == "ok"
            time.sleep(0.05)
        assert not any(question.done() for question in questions)
        embedder.go.set()
        assert [question.result().status_code for question in questions] == [200] * 5
        wait_until(lambda: (work.answering.working, work.answering.waiting) == (0, 0))
        assert ask(client, 7).status_code == 200


def test_a_client_with_many_connections_starves_no_other(sample_library: Library, keys: KeyStore) -> None:
    greedy, modest = (bearer(keys.create(name, ["ask"])[0]) for name in ("greedy", "modest"))
    config = HttpConfig(places=1, queue=8, wait=600)
    with blocked(sample_library, config, keys) as (embedder, work, client), ThreadPoolExecutor(24) as pool:

        def post(headers: dict[str, str], name: str) -> Future[httpx.Response]:
            return pool.submit(client.post, "/v1/ask", json={"question": f"slow {name}: {QUESTION}"}, headers=headers)

        try:
            flood = [post(greedy, "greedy")]
            assert embedder.begun.acquire(timeout=120)
            flood += [post(greedy, "greedy") for _ in range(19)]
            wait_until(lambda: sum(question.done() for question in flood) == 11)
            single = post(modest, "modest")
            wait_until(lambda: single.done() or sum(question.done() for question in flood) == 12)
            assert not single.done(), single.result().text
            assert (work.answering.working, work.answering.waiting) == (1, 8)
        finally:
            embedder.go.set()
        assert single.result().status_code == 200
        responses = [question.result() for question in flood]
        refused = [response for response in responses if response.status_code == 503]
        assert (len(refused), {response.json()["code"] for response in refused}) == (12, {"overloaded"})
        assert all(int(response.headers["retry-after"]) >= 1 for response in refused)
        turns = ["modest" if "modest" in text else "greedy" for text in embedder.texts]
        assert turns.index("modest") <= 2  # one of the other client came before it, at most


def test_clients_take_turns_at_the_language_model(
    patient: Library, model_server: Any, models: Any, keys: KeyStore
) -> None:
    greedy, modest = (bearer(keys.create(name, ["ask"])[0]) for name in ("greedy", "modest"))
    go = threading.Event()

    def reply(exchange: Any) -> None:
        assert go.wait(FOREVER)
        models.citing(exchange)

    model_server.behave = reply
    config = HttpConfig(writers=1, queue=4, wait=600)
    with serving(patient, config, keys) as (work, client), ThreadPoolExecutor(12) as pool:
        try:
            body = {"question": KO}
            flood = [pool.submit(client.post, "/v1/ask", json=body, headers=greedy) for _ in range(8)]
            wait_until(lambda: sum(question.done() for question in flood) == 3)
            wait_until(lambda: len(model_server.requests) == 1)
            single = pool.submit(client.post, "/v1/ask", json=body, headers=modest)
            wait_until(lambda: single.done() or sum(question.done() for question in flood) == 4)
            assert not single.done(), single.result().text
            assert (work.writing.working, work.writing.waiting) == (1, 4)
        finally:
            go.set()
        assert single.result().json()["writer"] == "generated"
        assert sorted(question.result().status_code for question in flood) == [200] * 4 + [503] * 4


def test_a_question_waits_no_longer_than_its_deadline(sample_library: Library) -> None:
    config = HttpConfig(places=1, queue=100, wait=0.3)
    with blocked(sample_library, config) as (embedder, work, client), ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, client, 1)
        assert embedder.begun.acquire(timeout=120)
        for stream in (False, True):
            response = ask(client, 2, stream=stream)
            assert (response.status_code, response.json()["code"]) == (503, "overloaded")
            assert int(response.headers["retry-after"]) >= 1
        assert (work.answering.working, work.answering.waiting) == (1, 0)
        embedder.go.set()
        assert first.result().status_code == 200
        wait_until(lambda: work.answering.working == 0)


def test_a_failing_question_leaves_its_place(sample_library: Library) -> None:
    config = HttpConfig(places=1, queue=100, wait=600)
    with Library.open(settings=sample_library.settings) as library, serving(library, config) as (work, client):
        library.close()
        for number in range(5):
            for stream in (False, True):
                assert ask(client, number, stream=stream).status_code == 503
        assert client.post("/v1/search", json={"question": QUESTION}).json()["code"] == "unavailable"
        wait_until(lambda: (work.answering.working, work.answering.waiting) == (0, 0))


def test_a_service_without_a_queue_answers(sample_library: Library) -> None:
    with serving(sample_library, HttpConfig(places=2, queue=0, wait=600)) as (_, client):
        assert client.post("/v1/ask", json={"question": QUESTION}).status_code == 200
