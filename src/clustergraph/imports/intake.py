"""Taking a file in: read once, its statements written beside the imports, every fault counted."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from clustergraph import __version__, iris
from clustergraph.errors import Fault, Severity, UnusableInput
from clustergraph.imports.candidates import Candidate, KnownOrganisations, find_candidates, proposals
from clustergraph.imports.statements import quads
from clustergraph.imports.store import ImportManifest, StoredImport
from clustergraph.imports.workspace import Workspace
from clustergraph.snapshot import storage
from clustergraph.sources.importing import ImportContext, Importer, ImportInput, unpacked
from clustergraph.sources.mentions import unknown_mentions

#: So many faults are kept and reported; the others are counted.
MOST_FAULTS: Final = 10_000
#: So many mentions of what is not there are compared with everything that is.
_MOST_COMPARED: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user asked to import, and what is known of the file.

    `address` is where it was downloaded from; `known` are organisations that may be the same as its own.
    """

    importer: Importer
    source: ImportInput
    context: ImportContext
    address: str | None = None
    known: KnownOrganisations = ()
    keep_good: bool = False


@dataclass(slots=True)
class Intake:
    """What came of reading a file.

    `faults` are the first that were told; `fault_count` counts those that must be mended, which warnings
    need not be. `staged` is what can be put in place, None where nothing may be: there are faults and the
    good rows were not asked for, or there are no good rows.
    """

    rows: int = 0
    rejected: int = 0
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    candidates: Sequence[Candidate] = ()
    staged: StoredImport | None = None
    input_sha256: str = ""

    def note(self, faults: Sequence[Fault]) -> None:
        """Count faults, and keep the first."""
        self.fault_count += sum(fault.severity is Severity.VIOLATION for fault in faults)
        self.faults.extend(faults[: max(0, MOST_FAULTS - len(self.faults))])


def take_in(
    request: Request, directory: Path, workspace: Workspace, told: Callable[[Intake], None] = lambda _: None
) -> Intake:
    """Read a file into a directory; `told` is called after each batch with what has been found so far.

    Raises StorageUnavailable when the disk refuses, UnusableInput where the file changed while it was read.
    """
    digest, size = _checksum(request.source.path)
    data = directory / "data.nq.zst"
    intake = _read(request, data, workspace, told)
    left_out = _whole_faults(request, data, workspace, intake)
    intake.rows, intake.rejected = intake.rows - len(left_out), intake.rejected + len(left_out)
    if left_out and request.keep_good:
        workspace.clear()
        again = _read(
            replace(request, context=replace(request.context, skip=left_out)), data, workspace, told
        )
        intake.rows = again.rows
    if _checksum(request.source.path)[0] != digest:
        raise UnusableInput(
            "The file changed while it was read.", where=request.source.name, fix="Import it again."
        )
    intake.input_sha256 = digest
    if intake.rows and (request.keep_good or not intake.fault_count):
        intake.candidates = find_candidates(workspace, request.known)
        with storage(directory), data.open("ab") as file:
            file.write(proposals(request.context, intake.candidates))
            file.flush()
            os.fsync(file.fileno())
        intake.staged = _staged(request, directory, data, intake, size)
    return intake


def _read(request: Request, data: Path, workspace: Workspace, told: Callable[[Intake], None]) -> Intake:
    intake = Intake()
    with storage(data.parent), data.open("wb") as file:
        for batch in request.importer.read(request.source, request.context):
            intake.rows += batch.rows
            intake.rejected += batch.rejected
            intake.note(batch.faults)
            file.write(batch.statements)
            workspace.organisations(batch.organisations)
            workspace.introduce(batch.subjects)
            workspace.mention(batch.mentions)
            told(intake)
    return intake


def _whole_faults(request: Request, data: Path, workspace: Workspace, intake: Intake) -> frozenset[int]:
    """Note the faults that only all rows together show, and return the rows that have them."""
    rows: set[int] = set()
    if request.importer.mints:
        for row, first in workspace.repeated(MOST_FAULTS):
            intake.note([_repeated(request.source.name, row, first)])
            rows.add(row)
    if not request.context.labels:
        return frozenset(rows)
    dangling = list(itertools.islice(workspace.dangling(), MOST_FAULTS))
    wanted = {mention.iri for mention in dangling}
    # What rows describe beside their subject, such as a strategy, shows in the statements only.
    described = {iri for iri in _described(data) if iri in wanted} if wanted else set()
    unknown = [mention for mention in dangling if mention.iri not in described]
    rows.update(mention.row for mention in unknown)
    intake.note(list(unknown_mentions(unknown[:_MOST_COMPARED], request.context.labels.keys())))
    return frozenset(rows)


def _described(data: Path) -> Iterator[str]:
    with data.open("rb") as stream:
        for quad in ox.parse(unpacked(stream), format=ox.RdfFormat.N_QUADS):
            if quad.predicate.value == f"{iris.RDF}type" and isinstance(quad.subject, ox.NamedNode):
                yield quad.subject.value


def _repeated(file: str, row: int, first: int) -> Fault:
    return Fault(
        rule="unique identifier",
        message=f"What the row describes is already described in row {first}.",
        fix="Give the second one an identifier of its own, or merge the two rows.",
        file=file,
        row=row,
    )


def _staged(request: Request, directory: Path, data: Path, intake: Intake, size: int) -> StoredImport:
    digest, _ = _checksum(data)
    named = directory / f"data-{digest[:16]}.nq.zst"
    with storage(directory):
        data.replace(named)
    options: Mapping[str, Sequence[str]] = request.context.options
    manifest = ImportManifest(
        name=request.context.graph,
        kind=request.importer.name,
        file=request.source.path.name,
        address=request.address,
        input_sha256=intake.input_sha256,
        input_bytes=size,
        imported_at=datetime.now(UTC).replace(microsecond=0),
        version=__version__,
        rows=intake.rows,
        rejected=intake.rejected,
        candidates=len(intake.candidates),
        options={name: tuple(values) for name, values in options.items()},
        data=named.name,
        data_sha256=digest,
    )
    return StoredImport(directory, manifest)


def _checksum(path: Path) -> tuple[str, int]:
    """The SHA-256 and the size of a file; those of a folder are made of the names and sums of its files."""
    if path.is_dir():
        each = [(file.name, *_checksum(file)) for file in sorted(path.iterdir()) if file.is_file()]
        told = "".join(f"{digest}  {name}\n" for name, digest, _ in each)
        return hashlib.sha256(told.encode()).hexdigest(), sum(size for *_, size in each)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return digest, file.tell()
    except OSError as error:
        raise UnusableInput(
            f"The file cannot be read: {(error.strerror or str(error)).lower()}.",
            where=str(path),
            fix="Name a file that is there and that this user may read.",
        ) from error


def with_rows(faults: Sequence[Fault], staged: StoredImport, file: str, workspace: Workspace) -> list[Fault]:
    """Faults of a build; those of what an import states get its file and, where it can be told, their row.

    What a row introduces has its row; a claim or a node beside it has that of what it is linked with.
    """
    own = [fault for fault in faults if fault.file == staged.input_name and fault.focus is not None]
    rows = {fault.focus: workspace.row_of(fault.focus) for fault in own if fault.focus is not None}
    lost = {focus for focus, row in rows.items() if row is None}
    for quad in quads(staged) if lost else ():
        ends = [node.value for node in (quad.subject, quad.object) if isinstance(node, ox.NamedNode)]
        for focus, other in (ends, ends[::-1]) if len(ends) == 2 else ():
            if focus in lost and (row := workspace.row_of(other)) is not None:
                rows[focus] = row
                lost.discard(focus)
    return [
        replace(fault, file=file, row=rows[fault.focus or ""]) if fault in own else fault for fault in faults
    ]
