"""Admission: how many questions are worked on at once, how many wait, and which are turned away.

Answering is bound by the processor: more questions at once than there are cores only make each of them slower. Others
wait, but no longer than a deadline; one that would is refused at once, so that its client can try again elsewhere.
Those that are refused are told to come back one after another, as fast as places become free: if all came back at once,
turning them away again would take the processor from the answers.

Clients take turns: however much one of them asks at once, another waits for one question of each client before it. The
queue is shared out in the same way (longest queue drop; McKenney, "Stochastic Fairness Queueing", 1990).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Literal, TypeVar

import anyio
from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from .errors import OverloadedError

T = TypeVar("T")

_SMOOTHING = 0.1  # weight of the latest question in the mean time that one holds its place
_FIRST_GUESS = 0.1  # seconds, before any question was measured
_OVERBOOKED = 2  # so much refused work comes back for each place: the queue evens out the rest, and some never does
_SOONEST, _LATEST = 1.0, 60.0  # seconds after which refused work comes back, however much is refused


class Admission:
    """Places for work in threads, with a bounded queue before them. Belongs to one event loop.

    Args:
        places: how much work runs at once.
        deadline: seconds that work waits for a place at most.
        queue: how much work waits at most.
        clock: monotonic seconds.

    Attributes:
        threads: bounds the threads of admitted work.
    """

    def __init__(
        self, places: int, *, deadline: float, queue: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        # Work that is abandoned half-way keeps its thread until its step ends: the places bound the threads as well.
        self.threads = CapacityLimiter(places)
        self._count, self._deadline, self._most, self._clock = places, deadline, queue, clock
        self._working, self._queue = 0, _FairQueue()
        self._mean = _FIRST_GUESS
        self._latest_return = -math.inf  # when the work that was refused last is to come back

    @property
    def waiting(self) -> int:
        """How much work waits for a place."""
        return len(self._queue)

    @property
    def working(self) -> int:
        """How much work has a place."""
        return self._working

    @asynccontextmanager
    async def place(self, client: str = "") -> AsyncGenerator[None]:
        """Hold a place, for which this waits.

        Args:
            client: whose work it is; clients take turns.

        Raises:
            OverloadedError: too much work waits already, or there was no place within the deadline.
        """
        if self._working < self._count:  # nobody waits then
            self._working += 1
        else:
            await self._wait(client)
        start = self._clock()
        try:
            yield
        finally:
            self._mean += _SMOOTHING * (self._clock() - start - self._mean)
            self._leave()

    async def run(self, work: Callable[[], T]) -> T:
        """Run a step of admitted work in a thread of its own; cancelling waits for the step to end."""
        return await run_sync(work, limiter=self.threads)

    async def _wait(self, client: str) -> None:
        expected = self._mean * (self._queue.before_next_of(client) + 1) / self._count
        if expected > self._deadline or not self._make_room(client):
            raise self._refusal(expected)
        waiter = _Waiter(client)
        self._queue.add(waiter)
        try:
            with anyio.move_on_after(self._deadline):
                await waiter.is_decided.wait()
        except BaseException:  # cancelled, by a scope or by asyncio itself
            if waiter.fate == "admitted":  # it came too late: the place is the next one's
                self._leave()
            elif waiter.fate == "waiting":
                self._queue.remove(waiter)
            raise
        if waiter.fate == "waiting":
            self._queue.remove(waiter)
        if waiter.fate != "admitted":
            raise self._refusal(expected)

    def _refusal(self, expected: float) -> OverloadedError:
        """Return a refusal that tells when to come back: after those that were refused before.

        Args:
            expected: seconds until the work would have had a place.
        """
        now = self._clock()
        next_return = min(self._latest_return + self._mean / self._count / _OVERBOOKED, now + _LATEST)
        self._latest_return = max(next_return, now + max(_SOONEST, expected))
        return OverloadedError(math.ceil(self._latest_return - now))

    def _make_room(self, client: str) -> bool:
        """Return whether one more of a client may wait, for which one of the client with the most may have to go.

        Clients that have a single question each do not displace each other: the earlier one has waited longer.
        """
        if len(self._queue) < self._most:
            return True
        own = self._queue.waiting_of(client) + 1
        clients = self._queue.clients + (own == 1)
        if own > max(1, self._most // clients) or own >= self._queue.longest:
            return False
        self._queue.pop_newest_of_longest().decide("displaced")
        return True

    def _leave(self) -> None:
        """Pass a place on, or leave it free."""
        if self._queue:
            self._queue.pop_next().decide("admitted")
        else:
            self._working -= 1


class _Waiter:
    """Work that waits for a place.

    Args:
        client: whose work it is.

    Attributes:
        fate: what has become of it.
        is_decided: set when it no longer waits, other than by its own decision.
    """

    __slots__ = ("client", "fate", "is_decided")

    def __init__(self, client: str) -> None:
        self.client = client
        self.fate: Literal["waiting", "admitted", "displaced"] = "waiting"
        self.is_decided = anyio.Event()

    def decide(self, fate: Literal["admitted", "displaced"]) -> None:
        """End its wait."""
        self.fate = fate
        self.is_decided.set()


class _FairQueue:
    """Waiters in the order in which they are admitted: those of a client as they came, and the clients in turn.

    All operations take constant time.
    """

    def __init__(self) -> None:
        self._length = 0
        self._lines: OrderedDict[str, OrderedDict[_Waiter, None]] = OrderedDict()  # the client whose turn it is first
        self._by_length: dict[int, OrderedDict[str, None]] = {}  # the clients with so many waiters
        self.longest = 0  # the most waiters that a client has

    def __len__(self) -> int:
        return self._length

    @property
    def clients(self) -> int:
        """How many clients wait."""
        return len(self._lines)

    def waiting_of(self, client: str) -> int:
        """Return how many waiters a client has."""
        return len(self._lines.get(client, ()))

    def before_next_of(self, client: str) -> int:
        """Return how many waiters are admitted before the next one that a client adds, at most."""
        own = self.waiting_of(client)
        others = self.clients - (own > 0)
        return own + min(self._length - own, (own + 1) * others)

    def add(self, waiter: _Waiter) -> None:
        """Add a waiter."""
        line = self._lines.setdefault(waiter.client, OrderedDict())
        line[waiter] = None
        self._count(waiter.client, len(line) - 1, len(line))

    def remove(self, waiter: _Waiter) -> None:
        """Remove a waiter."""
        line = self._lines[waiter.client]
        del line[waiter]
        if not line:
            del self._lines[waiter.client]
        self._count(waiter.client, len(line) + 1, len(line))

    def pop_next(self) -> _Waiter:
        """Remove and return the oldest waiter of the client whose turn it is."""
        client, line = next(iter(self._lines.items()))
        self._lines.move_to_end(client)
        waiter = next(iter(line))
        self.remove(waiter)
        return waiter

    def pop_newest_of_longest(self) -> _Waiter:
        """Remove and return the newest waiter of a client that has the most."""
        client = next(reversed(self._by_length[self.longest]))
        waiter = next(reversed(self._lines[client]))
        self.remove(waiter)
        return waiter

    def _count(self, client: str, before: int, now: int) -> None:
        """Note that a client has one waiter more or less."""
        self._length += now - before
        if before:
            clients = self._by_length[before]
            del clients[client]
            if not clients:
                del self._by_length[before]
        if now:
            self._by_length.setdefault(now, OrderedDict())[client] = None
        # Where the only client with the most has one less, none has more than it still has.
        if now > self.longest or self.longest not in self._by_length:
            self.longest = now
