"""Releases are immutable, switch atomically and notice when they were tampered with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clustergraph import snapshot
from clustergraph.errors import ReleaseUnavailable, StorageUnavailable
from clustergraph.snapshot import Manifest, PendingRelease, Release, Validation


def manifest_for(pending: PendingRelease, content_hash: str = "0" * 64) -> Manifest:
    return Manifest(
        release=pending.number,
        content_hash=content_hash,
        built_at=datetime(2026, 1, 1, tzinfo=UTC),
        version="0.0.0",
        tools={},
        inputs={},
        files=dict(pending.files),
        triples=1,
        quads=1,
        inferred=0,
        kinds=(),
        sources=(),
        licence="https://creativecommons.org/licenses/by/4.0/",
        validation=Validation(violations=0, warnings=0, infos=0),
        seconds={},
    )


def publish(home: Path, body: bytes = b"<urn:a> <urn:b> <urn:c> .\n") -> Release:
    with snapshot.publishing(home) as pending:
        pending.write(snapshot.DATASET, body)
        return pending.publish(manifest_for(pending))


def test_without_a_release_there_is_none(tmp_path: Path) -> None:
    assert snapshot.current_release(tmp_path) is None
    assert snapshot.releases(tmp_path) == ()


def test_a_published_release_is_current_and_the_old_one_stays(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path, b"<urn:a> <urn:b> <urn:d> .\n")
    current = snapshot.current_release(tmp_path)
    assert current is not None
    assert current.manifest.release == 2
    assert snapshot.releases(tmp_path) == (1, 2)
    assert snapshot.open_release(tmp_path / "releases" / "1").dataset.read_bytes().endswith(b"<urn:c> .\n")


def test_a_release_that_was_begun_and_not_published_leaves_no_trace(tmp_path: Path) -> None:
    publish(tmp_path)
    with pytest.raises(RuntimeError, match="midway"), snapshot.publishing(tmp_path) as pending:
        pending.write(snapshot.DATASET, b"half")
        raise RuntimeError("midway")
    assert snapshot.releases(tmp_path) == (1,)
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == ["1"]


@pytest.mark.parametrize("stage", ["write", "rename", "switch"])
def test_a_build_killed_at_any_stage_leaves_the_old_release_or_the_new_one(
    tmp_path: Path, stage: str
) -> None:
    publish(tmp_path)
    script = textwrap.dedent(
        """
        import os, pathlib, signal, sys
        sys.path.insert(0, sys.argv[3])
        from clustergraph import snapshot
        from test_snapshot import manifest_for

        def die(*_):
            os.kill(os.getpid(), signal.SIGKILL)

        home, stage = pathlib.Path(sys.argv[1]), sys.argv[2]
        with snapshot.publishing(home) as pending:
            pending.write(snapshot.DATASET, b"<urn:a> <urn:b> <urn:new> .\\n")
            if stage == "write":
                die()
            if stage == "rename":
                pathlib.Path.rename = die
            if stage == "switch":
                pathlib.Path.replace = die
            pending.publish(manifest_for(pending))
        """
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), stage, str(Path(__file__).parent)],
        check=False,
        capture_output=True,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    current = snapshot.current_release(tmp_path)
    assert current is not None
    assert current.manifest.release == 1
    assert publish(tmp_path, b"<urn:a> <urn:b> <urn:later> .\n").manifest.release > 1
    healed = snapshot.current_release(tmp_path)
    assert healed is not None
    assert healed.dataset.read_bytes() == b"<urn:a> <urn:b> <urn:later> .\n"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda home: (home / "releases/1/dataset.nq").write_bytes(b"short"), "5 bytes, the manifest says"),
        (lambda home: (home / "releases/1/dataset.nq").unlink(), "cannot be read: No such file"),
        (lambda home: (home / "releases/1/manifest.json").write_text("{"), "is not a manifest"),
        (lambda home: (home / "releases/1/manifest.json").unlink(), "cannot be read"),
        (lambda home: (home / "current").write_text("seven"), "should hold the number of a release"),
        (lambda home: (home / "current").write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda home: (home / "current").write_text("9"), "cannot be read"),
    ],
)
def test_a_damaged_release_is_named_with_what_to_do(tmp_path: Path, spoil: object, sentence: str) -> None:
    publish(tmp_path)
    spoil(tmp_path)  # type: ignore[operator]
    with pytest.raises(ReleaseUnavailable, match=sentence) as caught:
        snapshot.current_release(tmp_path)
    assert "clustergraph build" in str(caught.value)


def test_a_changed_byte_of_the_same_length_is_noticed(tmp_path: Path) -> None:
    release = publish(tmp_path)
    release.dataset.write_bytes(release.dataset.read_bytes().replace(b"urn:c", b"urn:x"))
    with pytest.raises(ReleaseUnavailable, match="SHA-256"):
        snapshot.current_release(tmp_path)


def test_only_one_build_writes_at_a_time(tmp_path: Path) -> None:
    with (
        snapshot.publishing(tmp_path),
        pytest.raises(StorageUnavailable, match="Another build"),
        snapshot.publishing(tmp_path),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_home_is_a_sentence(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    with pytest.raises(StorageUnavailable, match="denied"):
        publish(home)


def test_a_home_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("")
    with pytest.raises(StorageUnavailable, match="CLUSTERGRAPH_HOME"):
        publish(home)
    with pytest.raises(StorageUnavailable, match="not a directory"):
        snapshot.current_release(home)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_leaves_the_old_release_current(tmp_path: Path) -> None:
    publish(tmp_path)
    with (
        pytest.raises(StorageUnavailable, match="no space left"),
        snapshot.publishing(tmp_path) as pending,
    ):
        (tmp_path / "releases" / f".building-{pending.number}" / snapshot.DATASET).symlink_to("/dev/full")
        pending.write(snapshot.DATASET, b"x" * 100_000)
    current = snapshot.current_release(tmp_path)
    assert current is not None
    assert current.manifest.release == 1
