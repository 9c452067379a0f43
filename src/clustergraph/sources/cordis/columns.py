"""The columns of the CORDIS tables, old and new, by the name this project reads them under.

New tables (since 2021) are `project.csv` and `organization.csv`; old ones are `cordis-h2020projects.csv` and
`cordis-h2020organizations.csv`, and those of the seventh framework programme say `reference` for the number
of a project. Columns that are not listed are not read: among them every contact person, street and telephone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

#: What a project is read from; the first heading that a table has counts.
PROJECT: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "reference"),
    "acronym": ("acronym",),
    "title": ("title",),
    "start": ("startDate",),
    "end": ("endDate",),
    "total_cost": ("totalCost",),
    "eu_contribution": ("ecMaxContribution",),
    "framework": ("frameworkProgramme",),
    "topics": ("topics",),
    "call": ("masterCall", "call"),
}
#: What a participation is read from. The old tables have an `id` where the new ones have `organisationID`.
PARTICIPATION: Final[Mapping[str, tuple[str, ...]]] = {
    "project": ("projectID", "projectReference"),
    "acronym": ("projectAcronym",),
    "organisation": ("organisationID", "id"),
    "name": ("name",),
    "short_name": ("shortName",),
    "role": ("role",),
    "country": ("country",),
    "nuts": ("nutsCode",),
    "eu_contribution": ("ecContribution",),
}
#: Without these a table is none of the two.
NEEDED: Final[Mapping[str, Sequence[str]]] = {
    "project": ("id", "title", "start", "end", "total_cost", "eu_contribution", "topics"),
    "organisation": ("project", "organisation", "name", "role", "country"),
}
#: The columns that hold amounts, as the tables call them.
AMOUNTS: Final = ("total_cost", "eu_contribution")


def places(header: Sequence[str], wanted: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[int, str]]:
    """Where each wanted column stands in a header, and what it is called there."""
    found = {}
    for name, headings in wanted.items():
        for heading in headings:
            if heading in header:
                found[name] = (header.index(heading), heading)
                break
    return found


def kind_of(header: Sequence[str]) -> str | None:
    """`project` or `organisation`, by the columns of a table; None where it is neither."""
    for kind, wanted in (("organisation", PARTICIPATION), ("project", PROJECT)):
        found = places(header, wanted)
        if all(name in found for name in NEEDED[kind]):
            return kind
    return None


def lacking(header: Sequence[str], kind: str) -> list[str]:
    """The headings that a table lacks for being of a kind."""
    wanted = PROJECT if kind == "project" else PARTICIPATION
    found = places(header, wanted)
    return [wanted[name][0] for name in NEEDED[kind] if name not in found]
