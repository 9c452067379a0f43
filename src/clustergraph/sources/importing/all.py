"""Every importer there is: one for each kind of table, and those of other inputs."""

from __future__ import annotations

from clustergraph.sources.cordis.importer import CordisImporter
from clustergraph.sources.importing.protocol import Importer
from clustergraph.sources.importing.tables import TableImporter
from clustergraph.sources.kinds.all import KINDS
from clustergraph.sources.mapped.importer import MappedImporter
from clustergraph.sources.mapped.vocabulary import known_vocabulary
from clustergraph.sources.nuts.importer import BoundariesImporter
from clustergraph.sources.places import known_index, known_territories

#: Importers of inputs that are no tables of a kind.
OTHERS: tuple[Importer, ...] = (
    CordisImporter(known_territories),
    BoundariesImporter(known_index),
    MappedImporter(known_vocabulary, known_territories),
)


def importers() -> dict[str, Importer]:
    """Every importer by its name, tables first."""
    found: dict[str, Importer] = {kind.name: TableImporter(kind) for kind in KINDS}
    return found | {importer.name: importer for importer in OTHERS}
