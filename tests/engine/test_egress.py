"""Requests to other machines go where the policy says, and nowhere else, whatever names and replies say."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import shutil
import ssl
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustergraph.egress import (
    Egress,
    EgressFailed,
    EgressOverBudget,
    EgressPolicy,
    EgressRefused,
    EgressTimeout,
    Resolver,
    is_public,
)

from .remote_services import Remote, breaking_off, pouring, saying, served, silent_for, trickling

V4 = ipaddress.IPv4Address
V6 = ipaddress.IPv6Address
FINE = saying(b"fine")

NOT_PUBLIC = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:c0a8:101::1",
    "4000::1",
]
PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "2606:4700::1111",
    "2a00:1450:4001:800::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]


def ask(
    url: str,
    policy: EgressPolicy | None = None,
    *,
    resolver: Resolver | None = None,
    tls: ssl.SSLContext | None = None,
    times: int = 1,
    **options: object,
) -> bytes:
    """The body of the last of some replies."""

    async def scene() -> bytes:
        body = b""
        async with Egress(policy or near(), resolver=resolver, tls=tls) as egress:
            for _ in range(times):
                async with egress.stream("GET", url, **options) as answer:  # type: ignore[arg-type]
                    body = await answer.body()
        return body

    return asyncio.run(scene())


def near(**limits: object) -> EgressPolicy:
    """A policy for services on this machine."""
    return EgressPolicy(**{"origins": None, "private_addresses": True, **limits})  # type: ignore[arg-type]


def saying_addresses(*answers: Sequence[str]) -> tuple[Resolver, list[str]]:
    """A name service that gives one answer after the other, and the names it was asked for."""
    asked: list[str] = []

    async def resolver(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return resolver, asked


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_of_machines_networks_and_groups_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses())
def test_no_address_is_public_that_the_registries_call_special(address: V4 | V6) -> None:
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (isinstance(address, V6) and (address.is_site_local or address.teredo is not None))
    )
    carries = isinstance(address, V6) and (address.ipv4_mapped or address.sixtofour)
    assert carries or not (special and is_public(address))


@given(st.ip_addresses(v=4))
def test_an_address_within_an_address_is_judged_as_itself(address: V4) -> None:
    carriers = ("::ffff:0:0", "64:ff9b::")
    judged = {is_public(V6(int(V6(carrier)) | int(address))) for carrier in carriers}
    judged.add(is_public(V6(int(V6("2002::")) | int(address) << 80 | 1)))
    assert judged == {is_public(address)}
    assert is_public(address) == (address.is_global and not address.is_multicast)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f.0.0.1", "2130706433", "localhost", "[::ffff:127.0.0.1]", "127.0.0.1."],
)
def test_no_spelling_of_this_machine_is_reached_by_default(host: str) -> None:
    with served(FINE) as remote:
        url = f"http://{host}:{remote.port}/"
        with pytest.raises((EgressRefused, EgressFailed)) as caught:
            ask(url, EgressPolicy(origins=None))
        assert "public address" in str(caught.value) or "has no address" in str(caught.value)
        assert remote.calls == []


def test_a_private_address_among_public_ones_spoils_all_of_them() -> None:
    resolver, asked = saying_addresses(["8.8.8.8", "127.0.0.1"])
    with served(FINE) as remote:
        with pytest.raises(EgressRefused, match="not at a public address"):
            ask(f"http://example.org:{remote.port}/", EgressPolicy(origins=None), resolver=resolver)
        assert remote.calls == []
    assert asked == ["example.org"]


def test_a_name_that_changes_its_address_between_check_and_use_changes_nothing() -> None:
    resolver, asked = saying_addresses(["127.0.0.1"], ["127.0.0.2"])
    with served(FINE) as remote:
        assert ask(f"http://example.org:{remote.port}/x?y=1", resolver=resolver) == b"fine"
        (call,) = remote.calls
    assert asked == ["example.org"]
    assert call.headers["host"] == f"example.org:{remote.port}"
    assert call.path == "/x?y=1"


def test_where_one_address_of_a_name_is_dead_the_next_is_asked() -> None:
    resolver, _ = saying_addresses(["127.0.0.3", "127.0.0.1"])
    with served(FINE) as remote:
        assert ask(f"http://example.org:{remote.port}/", resolver=resolver) == b"fine"


@pytest.mark.parametrize("answer", [[], ["no address"]])
def test_a_name_without_an_address_fails(answer: list[str]) -> None:
    resolver, _ = saying_addresses(answer)
    with pytest.raises(EgressFailed, match=r"http://example\.org has no address"):
        ask("http://example.org/", resolver=resolver)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://allowed.example/",
        "//allowed.example/",
        "allowed.example",
        "http:///path",
        "http://user@allowed.example/",
        "http://user:secret@allowed.example/",
        "http://allowed.example\\@elsewhere.example/",
        "http://allowed.example:0/",
        "http://allowed.example:99999/",
        "http://allowed.example\n.elsewhere.example/",
        "http://allowed.example.elsewhere.example/",
        "http://sub.allowed.example/",
        "https://allowed.example/",
        "http://allowed.example:8080/",
        "http://elsewhere.example/http://allowed.example/",
        "",
    ],
)
def test_only_an_allowed_origin_is_asked_for_its_address(url: str) -> None:
    resolver, asked = saying_addresses(["127.0.0.1"])
    with pytest.raises(EgressRefused):
        ask(url, near(origins=frozenset({"http://allowed.example"})), resolver=resolver)
    assert asked == []


@pytest.mark.parametrize(
    "spelling", ["http://ALLOWED.example:{}", "http://allowed.example:{}/", "HTTP://allowed.example:{}"]
)
def test_an_origin_is_the_same_however_it_is_spelt(spelling: str) -> None:
    resolver, _ = saying_addresses(["127.0.0.1"])
    with served(FINE) as remote:
        policy = near(origins=frozenset({spelling.format(remote.port)}))
        assert ask(f"http://allowed.example:{remote.port}/a#b", policy, resolver=resolver) == b"fine"
        assert remote.calls[0].path == "/a"


def test_the_default_port_is_no_part_of_an_origin() -> None:
    resolver, asked = saying_addresses([])
    policy = near(origins=frozenset({"https://allowed.example:443", "http://[2001:DB8::1]:80"}))
    for url in ("https://allowed.example/", "http://[2001:db8::1]/"):
        with pytest.raises(EgressFailed, match="has no address"):
            ask(url, policy, resolver=resolver)
    assert asked == ["allowed.example", "2001:db8::1"]


def test_a_redirect_is_told_and_not_followed() -> None:
    with served(FINE) as target:
        location = f"{target.origin}/secret?token=1"
        with (
            served(saying(b"", status=307, Location=location)) as remote,
            pytest.raises(EgressFailed, match=f"redirects to {target.origin}, and") as caught,
        ):
            ask(remote.url)
        assert "secret" not in str(caught.value)
        assert target.calls == []


@pytest.mark.parametrize("location", ["", "javascript:alert(1)", "http://", "http://[", "//user:x@h/"])
def test_a_redirect_to_nonsense_fails_like_any_other(location: str) -> None:
    with served(saying(b"", status=302, Location=location)) as remote, pytest.raises(EgressFailed):
        ask(remote.url)


def test_nothing_of_the_environment_or_of_earlier_requests_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(FINE) as proxy, served(saying(b"fine", Set_Cookie="session=1; Path=/")) as remote:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        assert ask(remote.url, times=2) == b"fine"
        assert proxy.calls == []
        first, second = remote.calls
    assert set(second.headers) == {"host", "user-agent", "accept-encoding", "connection"}
    assert first.connection != second.connection


def test_what_is_compressed_unasked_is_not_unpacked() -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    with (
        served(saying(bomb, Content_Encoding="gzip")) as remote,
        pytest.raises(EgressFailed, match="compressed its answer unasked"),
    ):
        ask(remote.url)
    assert remote.calls[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("respond", [pouring, saying(b"x" * 1001)], ids=["endless", "announced"])
def test_a_reply_ends_where_it_is_longer_than_allowed(respond: Callable[..., None]) -> None:
    with served(respond) as remote, pytest.raises(EgressOverBudget, match="more than 1,000 bytes"):
        ask(remote.url, near(max_bytes=1000))


def test_a_reply_may_be_as_long_as_allowed() -> None:
    with served(saying(b"x" * 1000)) as remote:
        assert len(ask(remote.url, near(max_bytes=1000))) == 1000


@pytest.mark.parametrize("respond", [trickling(30), silent_for(30)], ids=["trickling", "silent"])
def test_a_reply_ends_at_its_time(respond: Callable[..., None]) -> None:
    with served(respond) as remote, pytest.raises(EgressTimeout) as caught:
        ask(remote.url, near(seconds=0.4))
    assert caught.value.seconds == 0.4


def test_a_request_may_lower_its_limits_and_never_raise_them() -> None:
    with served(trickling(30)) as remote:
        with pytest.raises(EgressTimeout) as caught:
            ask(remote.url, near(), seconds=0.3)
        assert caught.value.seconds == 0.3
        with pytest.raises(EgressTimeout) as caught:
            ask(remote.url, near(seconds=0.3), seconds=60)
        assert caught.value.seconds == 0.3
    with served(saying(b"x" * 100)) as remote:
        with pytest.raises(EgressOverBudget):
            ask(remote.url, near(), max_bytes=99)
        with pytest.raises(EgressOverBudget):
            ask(remote.url, near(max_bytes=99), max_bytes=1000)


def test_a_reply_that_breaks_off_is_none() -> None:
    with served(breaking_off) as remote, pytest.raises(EgressFailed, match="RemoteProtocolError"):
        ask(remote.url)


def test_a_machine_that_does_not_listen_fails() -> None:
    with served(FINE) as remote:
        pass
    with pytest.raises(EgressFailed, match="ConnectError"):
        ask(remote.url)


def test_a_name_service_that_does_not_answer_is_not_waited_for() -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(EgressTimeout):
        ask("http://example.org/", near(seconds=0.2), resolver=resolver)


def test_a_status_that_is_no_redirect_is_the_callers_to_judge() -> None:
    async def scene(remote: Remote) -> tuple[int, str]:
        async with Egress(near()) as egress, egress.stream("GET", remote.url) as answer:
            return answer.status, answer.media_type

    with served(saying(b"", status=404, media_type="Text/HTML; charset=utf-8")) as remote:
        assert asyncio.run(scene(remote)) == (404, "text/html")


def test_a_timeout_of_the_caller_stays_one() -> None:
    async def scene(remote: Remote) -> None:
        async with Egress(near()) as egress, egress.stream("GET", remote.url):
            raise TimeoutError("of the caller")

    with served(FINE) as remote, pytest.raises(TimeoutError, match="of the caller"):
        asyncio.run(scene(remote))


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl, which makes the certificate, is not here"
)
def test_a_server_must_prove_the_name_that_was_asked_for(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=right.example"
    names = ["-addext", "subjectAltName=DNS:right.example"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    resolver, _ = saying_addresses(["127.0.0.1"])
    with served(FINE, tls=server) as remote:
        assert ask(f"https://right.example:{remote.port}/", resolver=resolver, tls=trusting) == b"fine"
        for url, tls in (
            (f"https://wrong.example:{remote.port}/", trusting),
            (f"https://right.example:{remote.port}/", None),
        ):
            with pytest.raises(EgressFailed, match="ConnectError"):
                ask(url, resolver=resolver, tls=tls)
        assert len(remote.calls) == 1
