"""Requests as bytes, and answers as bytes: what no well-behaved client would send or notice."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import quote

from hostile.dataset import EX, PREFIX

SMALL: Final = f"SELECT ?l {{ <{EX}n7> <{EX}label> ?l }}"
SMALL_PATH: Final = f"/sparql?query={quote(SMALL)}&format=json"
#: Some 300 MB of JSON, at once and without end.
HUGE_PATH: Final = "/sparql?format=json&query=" + quote(
    f"{PREFIX}SELECT * {{ ?a ex:label ?x . ?b ex:label ?y }}"
)
#: Nothing for the whole deadline.
ENDLESS_PATH: Final = "/sparql?query=" + quote(
    "ASK { FILTER EXISTS { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a = 1) } }"
)
FORM: Final = "Content-Type: application/x-www-form-urlencoded\r\n"


def get(path: str, *headers: str, version: str = "1.1", method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: x", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def post(body: bytes, *headers: str) -> bytes:
    lines = ["POST /sparql HTTP/1.1", "Host: x", FORM.strip(), "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def status(answer: bytes) -> int:
    """The status of a raw answer; 0 where there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def body_of(answer: bytes) -> bytes:
    """The body of a raw answer that has a Content-Length, complete."""
    head, _, body = answer.partition(b"\r\n\r\n")
    (length,) = [
        int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    ]
    assert len(body) == length, (length, len(body))
    return body


def assert_proper(answer: bytes, *statuses: int) -> None:
    """A raw answer is a complete problem document with one of the statuses, or there is none (0)."""
    found = status(answer)
    assert found in statuses, answer[:500]
    if found >= 400:
        assert b"content-type: application/problem+json" in answer.lower(), answer[:500]
        assert json.loads(body_of(answer))["status"] == found


def assert_small(answer: bytes) -> None:
    """A raw answer to the small query is complete and right."""
    assert status(answer) == 200, answer[:500]
    assert json.loads(body_of(answer))["results"]["bindings"][0]["l"]["value"] == "thing 7"
