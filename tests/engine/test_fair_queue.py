"""The waiting line: nothing is lost, nobody waits long for another, and the greediest gives way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from clustergraph.engine.fair_queue import FairQueue
from clustergraph.errors import EngineBusy

CLIENTS = st.sampled_from([None, "a", "b", "c", ""])


class Item:
    """A thing that waits; equal to every other, so that only its identity tells it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Item)

    def __hash__(self) -> int:
        return 1


class Waiting(RuleBasedStateMachine):
    """The line beside a plain list of all that should be waiting."""

    items = Bundle("items")
    limit = 7

    def __init__(self) -> None:
        super().__init__()
        self.queue: FairQueue[Item] = FairQueue(self.limit)
        self.waiting: list[tuple[str | None, Item]] = []

    def counted(self, client: str | None) -> int:
        return sum(owner == client for owner, _ in self.waiting)

    def expect_gone(self, item: Item) -> str | None:
        (place,) = [index for index, (_, other) in enumerate(self.waiting) if other is item]
        return self.waiting.pop(place)[0]

    @rule(client=CLIENTS, target=items)
    def put(self, client: str | None) -> tuple[str | None, Item]:
        item = Item()
        if len(self.waiting) < self.limit:
            self.queue.put(client, item)
            self.waiting.append((client, item))
        else:
            with pytest.raises(EngineBusy):
                self.queue.put(client, item)
        return client, item

    @rule()
    def pop(self) -> None:
        item = self.queue.pop()
        assert (item is None) == (not self.waiting)
        if item is not None:
            first_of_each = {}
            for owner, waits in self.waiting:
                first_of_each.setdefault(owner, waits)
            owner = self.expect_gone(item)
            assert first_of_each[owner] is item

    @rule(owned=consumes(items))
    def remove(self, owned: tuple[str | None, Item]) -> None:
        self.queue.remove(*owned)
        self.queue.remove(*owned)
        self.waiting = [(owner, item) for owner, item in self.waiting if item is not owned[1]]

    @rule(client=CLIENTS)
    def displace(self, client: str | None) -> None:
        most = max((self.counted(owner) for owner, _ in self.waiting), default=0)
        due = len(self.waiting) >= self.limit and most >= self.counted(client) + 2
        item = self.queue.displace(client)
        assert (item is not None) == due
        if item is not None:
            newest_of_each = dict(self.waiting)
            owner = self.expect_gone(item)
            assert newest_of_each[owner] is item
            assert self.counted(owner) == most - 1

    @precondition(lambda self: len(self.waiting) > 5)
    @rule()
    def drain(self) -> None:
        drained = self.queue.drain()
        assert sorted(map(id, drained)) == sorted(id(item) for _, item in self.waiting)
        self.waiting = []

    @invariant()
    def counts_what_waits(self) -> None:
        assert len(self.queue) == len(self.waiting)
        assert self.queue.full == (len(self.waiting) >= self.limit)


TestNothingIsLostOrServedTwice = Waiting.TestCase
TestNothingIsLostOrServedTwice.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@given(st.lists(st.tuples(CLIENTS, st.booleans()), max_size=60), CLIENTS)
def test_the_first_query_of_a_client_waits_for_one_of_each_other_at_most(
    history: list[tuple[str | None, bool]], client: str | None
) -> None:
    queue: FairQueue[tuple[str | None, int]] = FairQueue(100)
    for number, (owner, is_served) in enumerate(history):
        queue.put(owner, (owner, number))
        if is_served:
            queue.pop()
    while (item := queue.pop()) is not None and item[0] == client:
        pass  # the turn comes to others, and the client has nothing waiting
    rest = queue.drain()
    for owned in rest:
        if owned[0] != client:
            queue.put(owned[0], owned)
    first = (client, -1)
    queue.put(client, first)
    others = []
    while (item := queue.pop()) is not first:
        assert item is not None
        others.append(item[0])
    assert len(others) == len(set(others))


def test_fifty_queries_of_one_client_delay_the_first_of_another_by_one() -> None:
    queue: FairQueue[str] = FairQueue(100)
    for number in range(50):
        queue.put("greedy", f"greedy {number}")
    assert queue.pop() == "greedy 0"
    queue.put("modest", "modest 0")
    assert [queue.pop(), queue.pop(), queue.pop()] == ["greedy 1", "modest 0", "greedy 2"]


def test_a_client_that_comes_back_each_time_gets_no_second_turn_in_a_round() -> None:
    queue: FairQueue[str] = FairQueue(10)
    for client in ("a", "b", "c"):
        queue.put(client, client)
    served = []
    for number in range(6):
        served.append(queue.pop())
        queue.put(str(served[-1])[0], f"{str(served[-1])[0]}{number}")
    assert [str(item)[0] for item in served] == ["a", "b", "c", "a", "b", "c"]


def test_the_newest_of_the_greediest_gives_way_to_one_who_has_less() -> None:
    queue: FairQueue[str] = FairQueue(4)
    for number in range(3):
        queue.put("greedy", f"greedy {number}")
    queue.put("modest", "modest 0")
    assert queue.displace("greedy") is None
    assert queue.displace("modest") == "greedy 2"
    queue.put("modest", "modest 1")
    assert queue.displace("modest") is None
    assert queue.displace("new") == "modest 1"


def test_a_line_without_places_lets_nobody_wait() -> None:
    queue: FairQueue[str] = FairQueue(0)
    assert queue.displace("a") is None
    with pytest.raises(EngineBusy):
        queue.put("a", "x")
    assert queue.pop() is None


@pytest.mark.timeout(20)
def test_a_long_line_of_many_clients_is_served_in_linear_time() -> None:
    queue: FairQueue[object] = FairQueue(200_000)
    items = [(str(number % 1000), object()) for number in range(200_000)]
    for client, item in items:
        queue.put(client, item)
    for client, item in items[::2]:
        queue.remove(client, item)
    assert queue.displace("newcomer") is None
    assert len(queue.drain()) == 100_000
