"""Synthetic dumps in the forms that CORDIS has published; no project or organisation in them is real."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path


def _names(words: str) -> list[str]:
    return words.split()


NEW_PROJECT = _names(
    "id acronym status title startDate endDate totalCost ecMaxContribution legalBasis topics "
    "ecSignatureDate frameworkProgramme masterCall subCall fundingScheme nature objective "
    "contentUpdateDate rcn grantDoi"
)
NEW_ORGANISATION = _names(
    "projectID projectAcronym organisationID vatNumber name shortName SME activityType street postCode "
    "city country nutsCode geolocation organizationURL contactForm contentUpdateDate rcn order role "
    "ecContribution netEcContribution totalCost endOfParticipation active"
)
OLD_PROJECT = _names(
    "rcn id acronym status programme topics frameworkProgramme title startDate endDate projectUrl "
    "objective totalCost ecMaxContribution call fundingScheme coordinator coordinatorCountry participants "
    "participantCountries subjects"
)
OLD_ORGANISATION = _names(
    "projectRcn projectID projectAcronym role id name shortName activityType endOfParticipation "
    "ecContribution country street city postCode organizationUrl vatNumber contactForm contactType "
    "contactTitle contactFirstNames contactLastNames contactFunction contactTelephoneNumber "
    "contactFaxNumber"
)

PROJECTS = (
    {
        "id": "900000001",
        "acronym": "SYNTHETICA",
        "title": 'Synthetic clusters; a "made-up" project',
        "startDate": "2016-09-01",
        "endDate": "2019-02-28",
        "totalCost": "2500000",
        "ecMaxContribution": "2000000.5",
        "topics": "SYN-01-2016-2017",
        "frameworkProgramme": "H2020",
        "masterCall": "SYN-CALL-2016",
    },
    {
        "id": "900000002",
        "acronym": "SYNTHETICB",
        "title": "Another synthetic project",
        "startDate": "2018-01-01",
        "endDate": "2019-12-31",
        "totalCost": "0",
        "ecMaxContribution": "181153",
        "topics": "SYN-02-2018",
        "frameworkProgramme": "H2020",
        "masterCall": "SYN-CALL-2018",
    },
)
PARTICIPATIONS = (
    {
        "projectID": "900000001",
        "projectAcronym": "SYNTHETICA",
        "organisationID": "999000001",
        "name": "Synthetic Cluster e.V.",
        "shortName": "SC",
        "country": "DE",
        "nutsCode": "DE111",
        "street": "Secret Street 1",
        "contactForm": "https://synthetic.example/contact",
        "role": "coordinator",
        "ecContribution": "1500000.25",
    },
    {
        "projectID": "900000001",
        "projectAcronym": "SYNTHETICA",
        "organisationID": "999000002",
        "name": "Synthetic Kft",
        "country": "EL",
        "nutsCode": "EL30",
        "role": "participant",
        "ecContribution": "500000.25",
    },
    {
        "projectID": "900000002",
        "projectAcronym": "SYNTHETICB",
        "organisationID": "999000001",
        "name": "Synthetic Cluster e.V.",
        "country": "DE",
        "nutsCode": "DE111",
        "role": "partner",
    },
)
_OLD_NAMES = {"organisationID": "id", "masterCall": "call"}


def csv_text(header: Iterable[str], rows: Iterable[Mapping[str, str]], *, delimiter: str = ";") -> str:
    """A table with every cell in quotes, as CORDIS writes it."""
    columns = list(header)
    lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    quoted = (delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    return "\n".join(quoted) + "\n"


def old_row(row: Mapping[str, str]) -> dict[str, str]:
    """A row with the old headings and the decimal comma, and a contact person as old tables have."""
    renamed = {_OLD_NAMES.get(name, name): value for name, value in row.items()}
    for name in ("totalCost", "ecMaxContribution", "ecContribution"):
        if name in renamed:
            renamed[name] = renamed[name].replace(".", ",")
    return renamed | {"contactLastNames": "Nobody", "contactTelephoneNumber": "+0"}


def write_new(
    directory: Path,
    projects: Iterable[Mapping[str, str]] = PROJECTS,
    participations: Iterable[Mapping[str, str]] = PARTICIPATIONS,
) -> Path:
    """A zip with the tables as published since 2021, among others that are not read."""
    path = directory / "cordis-syntheticprojects-csv.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.csv", csv_text(NEW_PROJECT, projects))
        archive.writestr("organization.csv", csv_text(NEW_ORGANISATION, participations))
        archive.writestr("topics.csv", csv_text(["projectID", "topic", "title"], []))
        archive.writestr("information.pdf", b"%PDF-1.4 synthetic")
    return path


def write_old(directory: Path) -> Path:
    """A folder with the two tables as published before 2021."""
    projects = csv_text(OLD_PROJECT, map(old_row, PROJECTS))
    organisations = csv_text(OLD_ORGANISATION, map(old_row, PARTICIPATIONS))
    (directory / "cordis-syntheticprojects.csv").write_text(projects, encoding="utf-8-sig")
    (directory / "cordis-syntheticorganizations.csv").write_text(organisations, encoding="utf-8-sig")
    return directory
