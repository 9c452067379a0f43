"""The operating guide says what the code does: metrics, outcomes, causes, fields, settings, options."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from clustergraph.engine.base import EngineState
from clustergraph.service.logs import REQUESTS, RequestLog
from clustergraph.service.telemetry import OUTCOMES, Telemetry
from clustergraph.settings import Settings

from .test_telemetry import Kept

GUIDE = (Path(__file__).resolve().parents[2] / "docs/guides/operating.md").read_text(encoding="utf-8")


class Still:
    def state(self) -> EngineState:
        return EngineState(workers=1, idle=1, waiting=0, deaths={}, reloads=0, quads=0, dataset="")


def exposition() -> str:
    return Telemetry(Still(), Kept()).text()


def table(header: str) -> dict[str, list[str]]:
    """The rows of the one table with this first heading, by the code in their first cell."""
    rows = re.search(rf"^\| {header} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", GUIDE, re.M)
    assert rows, header
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[1].splitlines()]
    return {name: rest for first, *rest in cells for name in re.findall(r"`([^`]+)`", first)}


def block(language: str) -> str:
    found = re.search(rf"```{language}[^\n]*\n(.*?)```", GUIDE, re.S)
    assert found, language
    return found[1]


def test_every_family_is_documented_with_its_type_and_nothing_else_is() -> None:
    text = exposition()
    told = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.M))
    assert {name: rest[0] for name, rest in table("family").items()} == told
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name


def test_every_outcome_is_documented_with_its_meaning() -> None:
    assert {name: rest[0] for name, rest in table("outcome").items()} == dict(OUTCOMES)


def test_every_cause_that_is_told_from_the_start_is_documented() -> None:
    causes = set(re.findall(r'clustergraph_worker_deaths_total\{cause="([^"]+)"\}', exposition()))
    assert set(table("cause")) == causes


def test_every_field_of_the_log_is_documented(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, REQUESTS.name):
        RequestLog(Settings()).log_request(
            "answered", 1.0, 1, status=200, query="ASK {}", form="ASK", format_name="json", client="::1"
        )
    (record,) = caplog.records
    usual = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
    assert set(record.__dict__) - usual | {"timestamp", "level", "logger", "event", "exception"} == set(
        table("field")
    )


def test_every_setting_that_is_named_exists() -> None:
    named = set(re.findall(r"CLUSTERGRAPH_([A-Z_]+[A-Z])", GUIDE))
    assert named
    assert named <= {name.upper() for name in Settings.model_fields}


def test_the_alerts_are_rules_over_metrics_that_exist() -> None:
    (group,) = yaml.safe_load(block("yaml"))["groups"]
    samples = {
        sample.name for family in text_string_to_metric_families(exposition()) for sample in family.samples
    }
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for"}
        used = set(re.findall(r"\b(?:clustergraph|process)_\w+", rule["expr"]))
        assert used <= samples, rule["alert"]
        for label, values in re.findall(r'(outcome|cause)=~?"([^"]+)"', rule["expr"]):
            assert set(values.split("|")) <= set(OUTCOMES if label == "outcome" else table("cause"))


def test_the_limits_that_proxies_are_told_fit_the_defaults() -> None:
    chosen: Any = Settings()
    nginx = block("nginx")
    waits = re.search(r"proxy_read_timeout (\d+)s;", nginx)
    assert waits
    assert int(waits[1]) > chosen.query_deadline_seconds + chosen.queue_seconds
    # A form carries up to three bytes for one of the query, and nginx reads 1 MiB.
    assert 3 * chosen.query_length_kib < 1024
    assert f"queries of {chosen.query_length_kib} KiB" in GUIDE
