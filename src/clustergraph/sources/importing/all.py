"""Every importer there is: one for each kind of table, and those of other inputs."""

from __future__ import annotations

from clustergraph.sources.importing.protocol import Importer
from clustergraph.sources.importing.tables import TableImporter
from clustergraph.sources.kinds.all import KINDS

#: Importers of inputs that are no tables of a kind.
OTHERS: tuple[Importer, ...] = ()


def importers() -> dict[str, Importer]:
    """Every importer by its name, tables first."""
    found: dict[str, Importer] = {kind.name: TableImporter(kind) for kind in KINDS}
    return found | {importer.name: importer for importer in OTHERS}
