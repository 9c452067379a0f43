"""What the checks look at: the sources as read, the asserted triples, and the closed dataset."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.closure import ClosureReport, close, compile_rules
from clustergraph.build.collect import Collection, collect
from clustergraph.errors import UnusableInput
from clustergraph.settings import Settings
from clustergraph.sources.content import Content

_DEFAULT = ox.DefaultGraph()


@dataclass(frozen=True, slots=True)
class Closed:
    """A store with every conclusion drawn, and which they are."""

    store: ox.Store
    report: ClosureReport


class CheckedDataset:
    """One reading of the content; `asserted` is what sources state, `closed` also what follows.

    Closing raises BuildRefused when the budget or the deadline of the settings is passed, and when an axiom
    is of a kind that no rule knows.
    """

    def __init__(self, content: Content, settings: Settings) -> None:
        self.content = content
        self.settings = settings
        self.collection: Collection = collect(content)
        self._closing: Closed | UnusableInput | None = None

    @property
    def asserted(self) -> ox.Store:
        """Default graph: every asserted triple once; named graphs: the sources."""
        return self.collection.store

    @cached_property
    def asserted_quads(self) -> tuple[ox.Quad, ...]:
        """The asserted triples of the default graph."""
        return tuple(self.asserted.quads_for_pattern(None, None, None, _DEFAULT))

    @cached_property
    def axiom_quads(self) -> tuple[ox.Quad, ...]:
        """The core ontology and the alignments: what is published of axioms and their annotations."""
        return tuple(
            quad
            for source in ("ontology", "alignments")
            for quad in self.asserted.quads_for_pattern(None, None, None, ox.NamedNode(iris.graph(source)))
        )

    @property
    def closed(self) -> Closed:
        """The dataset with its conclusions, drawn on first use in a copy; a refusal is not tried twice."""
        if self._closing is None:
            try:
                self._closing = self._close()
            except UnusableInput as refusal:
                self._closing = refusal
        if isinstance(self._closing, UnusableInput):
            raise self._closing
        return self._closing

    def _close(self) -> Closed:
        store = ox.Store()
        store.extend(self.asserted)
        report = close(
            store,
            compile_rules(self.collection.ontology),
            triple_budget=self.settings.closure_triples,
            deadline_seconds=self.settings.closure_seconds,
        )
        return Closed(store, report)

    @cached_property
    def closed_quads(self) -> tuple[ox.Quad, ...]:
        """The triples of the default graph after closing."""
        return tuple(self.closed.store.quads_for_pattern(None, None, None, _DEFAULT))
