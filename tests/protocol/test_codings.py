"""Content codings (RFC 9110 section 12.5.3): which one is chosen, and that every body comes back whole."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from clustergraph.codings import (
    CODINGS,
    CodingNotAcceptable,
    choose_coding,
    compressed,
    compressor,
    requires_coding,
)

DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        # The five examples of RFC 9110 section 12.5.3.
        ("compress, gzip", "gzip"),
        ("", None),
        ("*", "zstd"),
        ("compress;q=0.5, gzip;q=1.0", "gzip"),
        ("gzip;q=1.0, identity; q=0.5, *;q=0", "gzip"),
        # What clients send.
        (None, None),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("deflate", None),
        ("identity", None),
        # Quality before our own order, our own order among equals.
        ("gzip;q=1.0, br;q=0.9, zstd;q=0.8", "gzip"),
        ("gzip;q=0.5, br;q=0.5", "br"),
        ("gzip;q=0.001", "gzip"),
        ("*;q=0.5, gzip", "gzip"),
        ("*;q=0.5, zstd;q=0.1", "br"),
        ("zstd;q=0, br;q=0, *", "gzip"),
        ("identity, gzip", "gzip"),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0.5, *;q=0.5", "zstd"),
        # Exclusion.
        ("gzip;q=0", None),
        ("gzip;q=0.000", None),
        ("gzip;q=0, *;q=0, identity", None),
        ("*;q=0, br", "br"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("gzip, gzip;q=0", None),
        # Names are case-insensitive and x-gzip is gzip (section 8.4.1.3).
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("X-GZip;Q=0.3", "gzip"),
        ("x-gzip;q=0, *;q=0.1", "zstd"),
        # Members that break the grammar are ignored.
        ("gzip;q=2", None),
        ("gzip;q=0.1234, br", "br"),
        ("gzip;level=9, br", "br"),
        ("gz ip, br", "br"),
        (",, gzip ,", "gzip"),
        ("gzip;q=", None),
        ("\tgzip\t;\tq=0.5\t", "gzip"),
        ("x" * 200 + ", gzip", "gzip"),
    ],
)
def test_the_header_chooses_the_coding(accept_encoding: str | None, expected: str | None) -> None:
    assert choose_coding(accept_encoding) == expected


@pytest.mark.parametrize(
    "accept_encoding",
    [
        "identity;q=0",
        "*;q=0",
        "compress, *;q=0",
        "identity;q=0, deflate",
        "zstd;q=0,br;q=0,gzip;q=0,identity;q=0",
    ],
)
def test_identity_excluded_and_nothing_else_accepted_is_refused_with_what_there_is(
    accept_encoding: str,
) -> None:
    with pytest.raises(CodingNotAcceptable, match="zstd, br, gzip") as caught:
        choose_coding(accept_encoding)
    assert caught.value.available == CODINGS


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        (None, False),
        ("", False),
        ("gzip", False),
        ("identity;q=0, gzip", True),
        ("*;q=0, gzip", True),
        ("*;q=0, gzip, identity;q=0.1", False),
    ],
)
def test_a_client_that_excludes_identity_is_known(accept_encoding: str | None, expected: bool) -> None:
    assert requires_coding(accept_encoding) is expected


_NAMES = st.sampled_from([*CODINGS, "x-gzip", "identity", "*", "deflate", "GZIP", "Br"])
_WEIGHTS = st.sampled_from(["", ";q=0", "; q=0.0", ";Q=0.000", ";q=0.001", ";q=0.5", " ; q=1", ";q=1.000"])
_MEMBERS = st.builds("{}{}".format, _NAMES, _WEIGHTS)


@given(st.lists(_MEMBERS, max_size=8))
def test_a_coding_with_quality_zero_is_never_chosen_and_identity_only_when_not_excluded(
    members: list[str],
) -> None:
    header = ", ".join(members)
    zero = {"".join(each.split()).lower().split(";")[0] for each in members if _is_zero(each)}
    listed = {"".join(each.split()).lower().split(";")[0] for each in members}
    try:
        chosen = choose_coding(header)
    except CodingNotAcceptable:
        assert "identity" in zero or ("*" in zero and "identity" not in listed)
        return
    if chosen is None:
        assert "identity" not in zero
        assert "*" not in zero or "identity" in listed
        assert not requires_coding(header)
    else:
        assert chosen in CODINGS
        assert chosen not in zero
        assert not (chosen == "gzip" and "x-gzip" in zero)
        assert chosen in listed or "*" in listed - zero or (chosen == "gzip" and "x-gzip" in listed)


def _is_zero(member: str) -> bool:
    _, _, weight = "".join(member.split()).lower().partition(";q=")
    return bool(weight) and float(weight) == 0


@given(st.text(max_size=300))
def test_any_text_is_read(header: str) -> None:
    try:
        assert choose_coding(header) in (None, *CODINGS)
    except CodingNotAcceptable:
        assert "q=0" in header.lower()


@given(
    coding=st.sampled_from(CODINGS),
    blocks=st.lists(st.binary(max_size=2000), max_size=6),
    times=st.sampled_from([1, 50]),
)
def test_a_body_written_in_blocks_comes_back_whole(coding: str, blocks: list[bytes], times: int) -> None:
    writer = compressor(coding)
    written = b"".join([*(writer.compress(block * times) for block in blocks), writer.finish()])
    body = b"".join(block * times for block in blocks)
    assert DECODERS[coding](written) == body
    assert DECODERS[coding](compressed(coding, body)) == body


@pytest.mark.parametrize("coding", CODINGS)
def test_an_answer_becomes_much_shorter(coding: str) -> None:
    rows = [f'{{"region":{{"type":"uri","value":"http://example.org/region/{n}"}}}}' for n in range(5000)]
    body = ",".join(rows).encode()
    assert len(compressed(coding, body)) * 5 < len(body)


def test_a_zstd_body_needs_no_larger_window_than_every_client_has() -> None:
    """RFC 9659 section 3 limits the window of this coding to 8 MB."""
    writer = compressor("zstd")
    frame = b"".join([*(writer.compress(bytes([n]) * 1_000_000) for n in range(20)), writer.finish()])
    assert zstandard.get_frame_parameters(frame).window_size <= 8 * 1024 * 1024


def test_an_unknown_coding_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="deflate"):
        compressor("deflate")


def test_a_process_that_can_open_no_file_compresses() -> None:
    script = (
        "import resource\n"
        "from clustergraph.codings import CODINGS, compressed\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))\n"
        "print([len(compressed(each, bytes(5000))) < 100 for each in CODINGS])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[True, True, True]", "")
