"""What the ontology reference says, before it is written as HTML or Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from clustergraph import iris
from clustergraph.publish.vocabularies import Vocabulary


@dataclass(frozen=True, slots=True)
class Ref:
    """A mention of a term, concept or thing.

    `name` is its prefixed name; `anchor` its place in the reference, None where it has none; `iri` is empty
    for a blank node.
    """

    iri: str
    name: str
    label: str
    anchor: str | None = None

    @property
    def words(self) -> str:
        """The label; a term of another vocabulary goes by its prefixed name, as labels there coincide."""
        return self.label if self.iri.startswith(iris.BASE) or not self.iri else self.name


#: A formula, such as a property chain: terms and the signs between them.
Formula: TypeAlias = tuple[Ref | str, ...]


@dataclass(frozen=True, slots=True)
class Triple:
    """One statement of the graph; `value` is the text of a literal, `inferred` says that no source has it."""

    subject: Ref
    predicate: Ref
    value: Ref | str
    inferred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What classes and properties have in common; `mappings` are (relation, foreign or other term)."""

    ref: Ref
    definition: str
    notes: tuple[str, ...]
    examples_in_words: tuple[str, ...]
    deprecated: bool
    replaced_by: tuple[Ref, ...]
    mappings: tuple[tuple[Ref, Ref], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassEntry(Term):
    """A class; `inherited` holds, for each ancestor with properties, those properties.

    `instances` counts its members in the graph; `examples` are up to three of them.
    """

    superclasses: tuple[Ref, ...]
    subclasses: tuple[Ref, ...]
    equivalents: tuple[Formula, ...]
    disjoint: tuple[Ref, ...]
    in_disjoint_group: bool
    keys: tuple[tuple[Ref, ...], ...]
    properties_from: tuple[Ref, ...]
    properties_to: tuple[Ref, ...]
    inherited: tuple[tuple[Ref, tuple[Ref, ...]], ...]
    instances: int
    examples: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyEntry(Term):
    """A property; `domain` and `range` are inferred from its use (RDFS), the others document it."""

    domain: tuple[Ref, ...]
    range: tuple[Ref, ...]
    domain_includes: tuple[Ref, ...]
    range_includes: tuple[Ref, ...]
    inverse: tuple[Ref, ...]
    superproperties: tuple[Ref, ...]
    subproperties: tuple[Ref, ...]
    characteristics: tuple[str, ...]
    chains: tuple[Formula, ...]
    uses: int
    example: Triple | None


@dataclass(frozen=True, slots=True)
class ConceptEntry:
    """A concept of a scheme; `matches` are (relation, concept)."""

    ref: Ref
    notation: str
    definition: str
    notes: tuple[str, ...]
    alternatives: tuple[str, ...]
    matches: tuple[tuple[Ref, Ref], ...]


@dataclass(frozen=True, slots=True)
class SchemeEntry:
    """A SKOS concept scheme."""

    ref: Ref
    description: str
    concepts: tuple[ConceptEntry, ...]


@dataclass(frozen=True, slots=True)
class ReusedTerm:
    """A term of another vocabulary; `uses` counts members of a class or statements with a property."""

    ref: Ref
    kind: str
    uses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The whole reference; texts are English, dates ISO 8601."""

    iri: str
    namespace: str
    title: str
    description: str
    comment: str
    version: str
    version_iri: str
    licence: str
    created: str
    modified: str
    classes: tuple[ClassEntry, ...]
    object_properties: tuple[PropertyEntry, ...]
    datatype_properties: tuple[PropertyEntry, ...]
    schemes: tuple[SchemeEntry, ...]
    disjoint_groups: tuple[tuple[Ref, ...], ...]
    reused: tuple[ReusedTerm, ...]
    namespaces: tuple[Vocabulary, ...]
