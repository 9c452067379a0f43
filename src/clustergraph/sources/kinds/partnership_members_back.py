"""The way back from participations in a named graph to the rows of the table `partnership_members`."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import CG, DCAT, RDF
from clustergraph.sources.kinds.read_back import NamedGraph, several


def extract(store: ox.Store, graph: str) -> Iterator[dict[str, str | None]]:
    """The rows of the participations in a named graph, sorted by partnership, organisation and role.

    A participation that several rows state, of other times or under other names, comes back as so many rows
    that every value stands in one; together they state what was there.
    """
    found = NamedGraph(store, graph)
    subjects = found.instances(f"{CG}Participation")
    rows = [row for subject in subjects for row in _rows(found, subject)]
    yield from sorted(rows, key=lambda row: [value or "" for value in row.values()])


def _rows(found: NamedGraph, subject: str) -> Iterator[dict[str, str | None]]:
    (partnership,) = found.subjects(f"{CG}hasParticipation", subject)
    (agent,) = found.values(subject, f"{CG}participant")
    (role,) = found.values(subject, f"{CG}participantRole")
    own = bool(found.values(agent, f"{RDF}type"))
    states = found.pages(subject)
    places = found.values(subject, f"{CG}codeAsStated")
    columns: dict[str, list[str]] = {
        "organisation_name": found.values(subject, f"{CG}nameAsStated"),
        "organisation_type": found.values(subject, f"{CG}typeAsStated"),
        "place": places,
        "is_cluster_organisation": [
            "yes" if value == "true" else "no" for value in found.values(subject, f"{CG}countedAsCluster")
        ],
        "start": found.values(subject, f"{DCAT}startDate"),
        "end": found.values(subject, f"{DCAT}endDate"),
        "certainty": found.codes(subject, f"{CG}certainty"),
        "note": found.values(subject, f"{CG}extractionNote"),
    }
    readings = several(found.codes(subject, f"{CG}foundInReading"))
    for position in range(max(len(states), *map(len, columns.values()))):
        cells = {name: _turn(values, position) for name, values in columns.items()}
        place = cells.pop("place") or ""
        source_url, as_of = states[position % len(states)]
        yield {
            "partnership_id": partnership.removeprefix(iris.CGI),
            "organisation_id": None if own else agent.removeprefix(iris.CGI),
            "organisation_name": cells["organisation_name"],
            "organisation_type": cells["organisation_type"],
            "role": role.rpartition("/")[2],
            "nuts_code": place if len(place) > 2 else None,
            "country_code": place if len(place) == 2 else None,
            "is_cluster_organisation": cells["is_cluster_organisation"],
            "start": cells["start"],
            "end": cells["end"],
            "source_url": source_url,
            "as_of": as_of,
            "certainty": cells["certainty"],
            "readings": readings,
            "note": cells["note"],
        }


def _turn(values: list[str], position: int) -> str | None:
    return values[position % len(values)] if values else None
