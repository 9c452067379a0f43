"""Things by their identifiers: the class a kind of identifier stands for, and cells that name things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BeforeValidator

from clustergraph import iris
from clustergraph.iris import CG, ORG

#: The class of a thing where nothing more is said of it, by the first part of its identifier.
CLASSES: Final[Mapping[str, str]] = {
    "body": f"{CG}GovernanceBody",
    "cohort": f"{CG}ProjectCohort",
    "event": f"{CG}Event",
    "instrument": f"{CG}PolicyInstrument",
    "network": f"{CG}SupportNetwork",
    "organisation": f"{ORG}Organization",
    "platform": f"{CG}Platform",
    "population": f"{CG}StatisticalPopulation",
    "programme": f"{CG}Programme",
    "tool": f"{CG}Tool",
}
_NO_SLUG: Final = re.compile(r"[^a-z0-9]+")


def class_of(thing: str) -> str:
    """The class that the identifier of a thing stands for."""
    return CLASSES[kind_of(thing)]


def kind_of(thing: str) -> str:
    """The first part of the identifier of a thing, such as `instrument`."""
    return thing.removeprefix(iris.CGI).partition("/")[0]


def identifier_of(thing: str) -> str:
    """The identifier of a thing as tables write it, or the IRI itself in angle brackets."""
    return thing.removeprefix(iris.CGI) if thing.startswith(iris.CGI) else f"<{thing}>"


def slug(text: str) -> str:
    """A text as a slug of an identifier; raises ValueError where it holds no letter or digit."""
    made = _NO_SLUG.sub("-", text.lower()).strip("-")
    if not made:
        raise ValueError(f"{text!r} holds no letter or digit that an identifier could be made of")
    return made


def named(value: str, kind: str) -> str:
    """The IRI of a thing that a cell names: `kind/slug`, a bare slug of that kind, or an address."""
    if re.match(r"https?://", value):
        return value
    return iris.expand(value if "/" in value or ":" in value else f"{kind}/{value}")


def words(cell: str) -> tuple[str, ...]:
    """The texts of a cell, separated by `|`, each once; what stands empty between two bars is nothing."""
    return tuple(dict.fromkeys(part.strip() for part in cell.split("|") if part.strip()))


def _words(value: object) -> object:
    return words(value) if isinstance(value, str) else value or ()


def _of(kind: str) -> BeforeValidator:
    def read(value: object) -> object:
        return named(value, kind) if isinstance(value, str) else value

    return BeforeValidator(read)


def _several(kind: str) -> BeforeValidator:
    def read(value: object) -> object:
        return tuple(named(word, kind) for word in words(value)) if isinstance(value, str) else value or ()

    return BeforeValidator(read)


#: Several texts, as `words` reads them.
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
#: A thing of any kind; a bare name is that of an instrument.
Instrument = Annotated[str, _of("instrument")]
Instruments = Annotated[tuple[str, ...], _several("instrument")]
Programmes = Annotated[tuple[str, ...], _several("programme")]
