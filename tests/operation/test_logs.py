"""The log: one form for all, fingerprints for queries, networks for clients."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustergraph.service import logs
from clustergraph.service.logs import RequestLog, configure_logging, fingerprint, shortened_address
from clustergraph.settings import Settings

QUERY = 'SELECT ?s WHERE { ?s <http://e/p> "a secret word" . FILTER(?s > 42) }'


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    """Loggers as they were before; handlers that pytest holds must not be closed by a test."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    levels = {
        name: logging.getLogger(name).level for name in (None, "clustergraph", "uvicorn", "uvicorn.error")
    }
    yield
    root.handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(False)


def log_of(**settings: Any) -> tuple[io.StringIO, RequestLog]:
    stream = io.StringIO()
    chosen = Settings(**{"log_format": "json", "log_level": "debug", **settings})
    configure_logging(chosen, stream)
    return stream, RequestLog(chosen)


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_of_json_without_its_query_and_without_its_client() -> None:
    stream, log = log_of()
    log.log_request(
        "answered",
        0.0123456789,
        321,
        status=200,
        query=QUERY,
        form="SELECT",
        format_name="json",
        client="192.0.2.77",
    )
    (event,) = events(stream)
    at = datetime.fromisoformat(event.pop("timestamp"))
    assert at.tzinfo == UTC
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    assert event == {
        "event": "request",
        "level": "debug",
        "logger": "clustergraph.requests",
        "outcome": "answered",
        "status": 200,
        "seconds": 0.012346,
        "bytes": 321,
        "fingerprint": fingerprint(QUERY),
        "form": "SELECT",
        "format": "json",
        "client": "192.0.2.0/24",
    }
    assert "secret" not in stream.getvalue()
    assert "192.0.2.77" not in stream.getvalue()


def test_the_level_is_that_of_the_end_and_slow_requests_are_told() -> None:
    stream, log = log_of(slow_query_seconds=0.5)
    for outcome, seconds in (
        ("answered", 0.4),
        ("answered", 0.6),
        ("malformed", 0.1),
        ("timeout", 0.1),
        ("over-budget", 0.1),
        ("crashed", 0.1),
        ("cut", 9.0),
        ("failed", 9.0),
    ):
        log.log_request(outcome, seconds, 0)
    assert [(each["outcome"], each["level"]) for each in events(stream)] == [
        ("answered", "debug"),
        ("answered", "info"),
        ("malformed", "debug"),
        ("timeout", "warning"),
        ("over-budget", "warning"),
        ("crashed", "warning"),
        ("cut", "warning"),
        ("failed", "error"),
    ]


@pytest.mark.parametrize(
    ("level", "told"),
    [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)],
)
def test_the_setting_says_what_is_told(level: str, told: int) -> None:
    stream, log = log_of(log_level=level)
    for outcome, seconds in (("answered", 0.1), ("answered", 9.0), ("timeout", 30.0), ("failed", 0.1)):
        log.log_request(outcome, seconds, 0)
    assert len(events(stream)) == told


def test_no_fingerprint_is_taken_where_nothing_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, log = log_of(log_level="info")
    taken: list[str] = []

    def noted(query: str) -> str:
        taken.append(query)
        return "0" * 16

    monkeypatch.setattr(logs, "fingerprint", noted)
    log.log_request("answered", 0.001, 10, query=QUERY)
    assert taken == []
    log.log_request("answered", 5.0, 10, query=QUERY)
    assert taken == [QUERY]
    assert len(events(stream)) == 1


def test_other_libraries_speak_in_the_same_form_and_only_when_it_matters() -> None:
    stream, _ = log_of()
    logging.getLogger("uvicorn.error").info(
        "Started server process [%d]", 1, extra={"color_message": "\x1b[1m"}
    )
    logging.getLogger("uvicorn.error").warning(
        "Invalid HTTP %s", "request", extra={"color_message": "\x1b[1m"}
    )
    logging.getLogger("asyncio").error("Task exception was never retrieved")
    logging.getLogger("clustergraph.service").debug("told: %s", "itself")
    assert [(each["logger"], each["level"], each["event"]) for each in events(stream)] == [
        ("uvicorn.error", "warning", "Invalid HTTP request"),
        ("asyncio", "error", "Task exception was never retrieved"),
        ("clustergraph.service", "debug", "told: itself"),
    ]
    assert "\\u001b" not in stream.getvalue()


def failure(stream: io.StringIO) -> None:
    query = "SELECT a secret that stands in a local variable"
    try:
        raise RuntimeError(f"query of {len(query)} characters\r\x1b[2Jcleared")
    except RuntimeError as error:
        logging.getLogger("clustergraph.service").error(
            "GET %s failed", "/x\x1b[31m\nforged: line", exc_info=error
        )


def test_a_failure_comes_with_its_traceback_and_without_the_values_of_variables() -> None:
    stream, _ = log_of()
    failure(stream)
    (event,) = events(stream)
    assert event["exception"].startswith("Traceback (most recent call last)")
    assert "RuntimeError: query of 47 characters" in event["exception"]
    assert "local variable" not in stream.getvalue()


def test_people_get_lines_in_which_a_stranger_moves_no_cursor_and_forges_no_line() -> None:
    stream, log = log_of(log_format="console")
    failure(stream)
    log.log_request("timeout", 30.2, 0, status=504, query=QUERY, client="2001:db8:1:2:3::4")
    text = stream.getvalue()
    assert "\x1b" not in text
    assert "\r" not in text
    assert not re.search(r"^forged", text, re.M)
    assert "RuntimeError: query of 47 characters" in text
    last = text.splitlines()[-1]
    assert re.match(r"\d{4}-\d\d-\d\dT\S+Z \[warning", last)
    assert "outcome=timeout status=504 seconds=30.2" in last
    assert "client=2001:db8:1::/48" in last
    assert "secret" not in last


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::1", "::/48"),
        ("somebody\n", "other"),
        ("192.0.2.77:80", "other"),
        ("192.0.2.77/99", "other"),
        ("", "other"),
    ],
)
def test_a_client_is_told_by_its_network_alone(address: str, network: str) -> None:
    assert shortened_address(address) == network


_GAP = st.lists(
    st.one_of(st.sampled_from([" ", "\t", "\n", "\r\n"]), st.from_regex(r"#[^\r\n]{0,8}\n", fullmatch=True)),
    min_size=1,
    max_size=3,
).map("".join)
_STRINGS = st.text(st.characters(exclude_characters="'\"\\\r\n", exclude_categories=["Cs"]), max_size=8)
_QUOTED = st.builds(
    lambda text, quote: f"{quote}{text}{quote}", _STRINGS, st.sampled_from(["'", '"', "'''", '"""'])
)
_NUMBERS = st.one_of(
    st.integers(min_value=0).map(str),
    st.decimals(min_value=0, max_value=10**6, places=3).map(str),
    st.floats(min_value=0.001, max_value=1e6).map(lambda it: f"{it:e}"),
)
#: A query by its parts: words may change their case, gaps and values may be any others.
_PARTS = (
    ("word", "prefix"), ("as it is", "e:"), ("as it is", "<http://e/>"), ("word", "select"),
    ("as it is", "?s"), ("word", "where"), ("as it is", "{"), ("as it is", "?s"), ("as it is", "e:p"),
    ("string", ""),
    ("as it is", "."), ("as it is", "?s"), ("as it is", "<http://e/#q>"), ("string", ""), ("tag", "@en"),
    ("as it is", "."), ("word", "filter"), ("as it is", "("), ("as it is", "?s"), ("as it is", ">"),
    ("number", ""), ("as it is", "&&"), ("boolean", ""), ("as it is", ")"), ("as it is", "}"),
    ("word", "limit"), ("number", ""),
)  # fmt: skip


@st.composite
def _spelt(draw: st.DrawFn) -> str:
    """One spelling of the query of `_PARTS`."""
    written = [draw(_GAP)]
    for kind, text in _PARTS:
        match kind:
            case "string":
                part = draw(_QUOTED)
            case "number":
                part = draw(_NUMBERS)
            case "boolean":
                part = draw(st.sampled_from(["true", "false", "TRUE", "False"]))
            case "word" | "tag":
                part = "".join(draw(st.sampled_from([each.lower(), each.upper()])) for each in text)
            case _:
                part = text
        # A tag stands with its string.
        written += [part] if kind == "tag" else [draw(_GAP), part]
    return "".join(written)


@given(_spelt(), _spelt())
def test_spellings_and_values_do_not_change_a_fingerprint(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)
    assert re.fullmatch(r"[0-9a-f]{16}", fingerprint(one))


@given(st.text(st.characters(), max_size=200))
def test_any_text_has_a_fingerprint(text: str) -> None:
    assert re.fullmatch(r"\??[0-9a-f]{16}", fingerprint(text))
    assert fingerprint(text) == fingerprint(text)


@pytest.mark.parametrize(
    "other",
    [
        "SELECT ?s { ?s <http://e/q> 'v' }",
        "SELECT ?t { ?t <http://e/p> 'v' }",
        "SELECT ?s { ?s <http://e/p> 'v'@en }",
        "SELECT ?s { ?s <http://e/p> 1 }",
        "SELECT ?s { ?s <http://e/p> true }",
        "SELECT ?s { ?s <http://e/p> e:v }",
        "SELECT ?s { ?s ^<http://e/p> 'v' }",
        "SELECT ?s { ?s <http://e/p> 'v' } LIMIT 1",
        "ASK { ?s <http://e/p> 'v' }",
    ],
)
def test_another_shape_has_another_fingerprint(other: str) -> None:
    assert fingerprint("SELECT ?s { ?s <http://e/p> 'v' }") != fingerprint(other)


@pytest.mark.parametrize("text", ["SELECT * { 'open", "}{", "(" * 5000, "\ud800", "", "\\u0000 \\UFFFFFFFF"])
def test_a_text_that_is_no_query_has_one_all_the_same(text: str) -> None:
    marked = bool(text)
    assert fingerprint(text).startswith("?") is marked


def test_escapes_of_codepoints_are_read_as_what_they_stand_for() -> None:
    assert fingerprint(r"SEL\u0045CT ?s { ?s ?p 'v' }") == fingerprint("SELECT ?s { ?s ?p 'w' }")
