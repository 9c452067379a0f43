"""The way back from participations in a named graph to the rows of the table `partnership_members`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import CG, DCAT, RDF

_TYPE: Final = f"{RDF}type"


@dataclass(frozen=True, slots=True)
class _Graph:
    store: ox.Store
    graph: ox.NamedNode

    def values(self, subject: str, predicate: str) -> list[str]:
        found = self.store.quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(predicate), None, self.graph)
        return sorted(
            quad.object.value for quad in found if isinstance(quad.object, ox.NamedNode | ox.Literal)
        )

    def subjects(self, predicate: str, value: str | None) -> list[str]:
        node = None if value is None else ox.NamedNode(value)
        found = self.store.quads_for_pattern(None, ox.NamedNode(predicate), node, self.graph)
        return sorted({quad.subject.value for quad in found if isinstance(quad.subject, ox.NamedNode)})


def extract(store: ox.Store, graph: str) -> Iterator[dict[str, str | None]]:
    """The rows of the participations in a named graph, sorted by partnership, organisation and role.

    A participation that several rows state, of other times or under other names, comes back as so many rows
    that every value stands in one; together they state what was there.
    """
    found = _Graph(store, ox.NamedNode(graph))
    subjects = found.subjects(_TYPE, f"{CG}Participation")
    rows = [row for subject in subjects for row in _rows(found, subject)]
    yield from sorted(rows, key=lambda row: [value or "" for value in row.values()])


def _rows(found: _Graph, subject: str) -> Iterator[dict[str, str | None]]:
    (partnership,) = found.subjects(f"{CG}hasParticipation", subject)
    (agent,) = found.values(subject, f"{CG}participant")
    (role,) = found.values(subject, f"{CG}participantRole")
    own = bool(found.values(agent, _TYPE))
    states = _states(found, subject)
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
        "certainty": [value.rpartition("/")[2] for value in found.values(subject, f"{CG}certainty")],
        "note": found.values(subject, f"{CG}extractionNote"),
    }
    readings = [value.rpartition("/")[2] for value in found.values(subject, f"{CG}foundInReading")]
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
            "readings": "|".join(readings) or None,
            "note": cells["note"],
        }


def _turn(values: list[str], position: int) -> str | None:
    return values[position % len(values)] if values else None


def _states(found: _Graph, subject: str) -> list[tuple[str | None, str | None]]:
    """The pages of each time, as cells; a table that somebody supplied is a time without a page."""
    by_time: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for state in found.values(subject, f"{CG}statedIn"):
        (source,) = found.values(state, f"{CG}stateOf")
        key = state.removeprefix(f"{iris.CGI}state/")
        when = key.removeprefix(source.removeprefix(f"{iris.CGI}source/")).removeprefix("-")
        pages = found.values(source, f"{CG}webAddress")
        by_time[when.replace("_", "/"), bool(pages)] += pages
    return [("|".join(sorted(pages)) or None, when or None) for (when, _), pages in sorted(by_time.items())]
