"""A limit on the requests of one client: what it counts, what it tells and what it remembers."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustergraph.service.limiting import MOST_CLIENTS, RateLimit, RateLimitUnusable, client_of
from clustergraph.service.problems import RequestRefused

HERE, THERE = "203.0.113.7", "198.51.100.9"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def limit(rule: str) -> tuple[RateLimit, Clock]:
    clock = Clock()
    return RateLimit(rule, clock=clock), clock


def refusal(rate: RateLimit, client: str = HERE) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        rate.check(client)
    return caught.value


def test_requests_beyond_the_rule_are_refused_and_others_are_not_touched() -> None:
    rate, _ = limit("3/minute")
    for _ in range(3):
        rate.check(HERE)
    assert refusal(rate).slug == "rate-limited"
    rate.check(THERE)


def test_a_client_that_waits_as_told_is_served() -> None:
    rate, clock = limit("2/minute")
    rate.check(HERE)
    clock.now += 20.5
    rate.check(HERE)
    wait = int(refusal(rate).headers["Retry-After"])
    assert wait == 40
    clock.now += wait - 1
    assert refusal(rate).headers["Retry-After"] == "1"
    clock.now += 1
    rate.check(HERE)


def test_refused_requests_do_not_lengthen_the_wait() -> None:
    rate, clock = limit("1/second; 3/minute")
    for _ in range(3):
        rate.check(HERE)
        for _ in range(50):
            assert refusal(rate).headers["Retry-After"] in ("1", "60", "59", "58")
        clock.now += 1
    assert refusal(rate).headers["Retry-After"] == "57"
    clock.now += 57
    rate.check(HERE)


def test_a_refusal_tells_the_rule_the_wait_and_the_fields() -> None:
    rate, _ = limit("2 per 5 minutes")
    rate.check(HERE)
    rate.check(HERE)
    error = refusal(rate)
    assert str(error).startswith(
        "More than 2 requests came from your address within 300 s. Try again in 300 s."
    )
    assert error.headers == {
        "Retry-After": "300",
        "RateLimit-Policy": '"5-minute";q=2;w=300',
        "RateLimit": '"5-minute";r=0;t=300',
    }


def test_the_fields_tell_what_is_left_before_the_limit_is_reached() -> None:
    rate, clock = limit("600/minute")
    assert rate.headers(HERE) == {
        "RateLimit-Policy": '"minute";q=600;w=60',
        "RateLimit": '"minute";r=600;t=60',
    }
    rate.check(HERE)
    clock.now += 12.2
    assert rate.headers(HERE)["RateLimit"] == '"minute";r=599;t=48'
    assert rate.headers(THERE)["RateLimit"] == '"minute";r=600;t=60'
    clock.now += 60
    assert rate.headers(HERE)["RateLimit"] == '"minute";r=600;t=60'


def test_of_several_rules_each_holds_and_the_scarcest_is_told() -> None:
    rate, clock = limit("5/minute; 2/second")
    assert rate.headers(HERE)["RateLimit-Policy"] == '"second";q=2;w=1, "minute";q=5;w=60'
    for _ in range(2):
        rate.check(HERE)
        rate.check(HERE)
        assert rate.headers(HERE)["RateLimit"] == '"second";r=0;t=1'
        assert refusal(rate).headers["Retry-After"] == "1"
        clock.now += 1
    rate.check(HERE)
    assert rate.headers(HERE)["RateLimit"] == '"minute";r=0;t=58'
    assert refusal(rate).headers["Retry-After"] == "58"


def test_where_several_rules_are_used_up_the_longest_wait_is_told() -> None:
    rate, _ = limit("2/second; 2/minute")
    rate.check(HERE)
    rate.check(HERE)
    assert refusal(rate).headers["Retry-After"] == "60"


def test_of_two_rules_for_one_window_the_smaller_holds() -> None:
    rate, _ = limit("5/minute; 1/minute; 9/60 seconds")
    rate.check(HERE)
    refusal(rate)


@pytest.mark.parametrize(
    "rule",
    ["", "fast", "0/minute", "-1/minute", "600", "600/", "600/fortnight", "1.5/second", "10/minute, x",
     "9999999999999999/second", "9" * 5000 + "/minute", "1/999999999999999999 years", "60/minute\n60"],
)  # fmt: skip
def test_a_rule_that_cannot_be_read_names_the_setting_and_an_example(rule: str) -> None:
    with pytest.raises(RateLimitUnusable) as caught:
        RateLimit(rule)
    assert "CLUSTERGRAPH_RATE_LIMIT" in str(caught.value)
    assert "600/minute" in str(caught.value)
    assert len(str(caught.value)) < 400


@given(st.integers(1, 40), st.lists(st.floats(0, 30), max_size=80))
def test_no_window_of_a_client_ever_holds_more_than_the_rule_allows(most: int, pauses: list[float]) -> None:
    rate, clock = limit(f"{most}/minute")
    served: list[float] = []
    for pause in pauses:
        clock.now += pause
        try:
            rate.check(HERE)
        except RequestRefused as error:
            assert len(served) >= most
            assert 1 <= int(error.headers["Retry-After"]) <= 60
        else:
            served.append(clock.now)
    for first in served:
        # Two windows can meet within a minute, never three.
        assert sum(first <= each < first + 60 for each in served) <= 2 * most


def test_memory_is_bounded_however_many_clients_come() -> None:
    rate, clock = limit("60/minute")
    for number in range(MOST_CLIENTS):
        rate.check(f"first {number}")
    tracemalloc.start()
    try:
        for number in range(3 * MOST_CLIENTS):
            clock.now += 0.0001
            rate.check(f"second {number}")
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 12 * 1024 * 1024


def test_a_flood_of_clients_forgets_the_oldest_windows_and_no_recent_one() -> None:
    rate, _ = limit("1/minute")
    rate.check("oldest")
    for number in range(MOST_CLIENTS - 1):
        rate.check(f"flood {number}")
    rate.check(HERE)
    refusal(rate, HERE)
    refusal(rate, f"flood {MOST_CLIENTS - 2}")
    rate.check("oldest")


def test_windows_that_ended_make_room_before_any_that_is_open() -> None:
    rate, clock = limit("1/minute")
    rate.check(HERE)
    for number in range(MOST_CLIENTS // 2):
        rate.check(f"ended {number}")
    clock.now += 61
    rate.check(HERE)
    for number in range(MOST_CLIENTS // 2):
        rate.check(f"open {number}")
    refusal(rate, HERE)
    for number in range(MOST_CLIENTS // 2):
        refusal(rate, f"open {number}")


def test_a_limit_starts_no_thread() -> None:
    """A process with threads must not fork, and the engine forks."""
    script = (
        "import threading\n"
        "from clustergraph.service.limiting import RateLimit\n"
        "RateLimit('1/minute').check('here')\n"
        "print(threading.active_count())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (("203.0.113.7", 40000), "203.0.113.7"),
        (["203.0.113.7", 40000], "203.0.113.7"),
        (("2001:db8:1:2::5", 1), "2001:db8:1:2::/64"),
        (("2001:0DB8:1:2:ffff:1:2:3", 1), "2001:db8:1:2::/64"),
        (("2001:db8:1:3::5", 1), "2001:db8:1:3::/64"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (("::ffff:203.0.113.7", 1), "203.0.113.7"),
        (("::ffff:cb00:7107", 1), "203.0.113.7"),
        (("::1", 1), "::/64"),
        (("x" * 10_000, 0), "x" * 64),
        (None, ""),
    ],
)
def test_the_client_is_the_subscriber_behind_an_address(client: object, expected: str) -> None:
    assert client_of({"type": "http", "client": client}) == expected


def test_a_scope_without_a_client_has_none() -> None:
    assert client_of({"type": "http"}) == ""
