"""The ontology reference: complete, linked, safe, the same every time, and true."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser

import pyoxigraph as ox
import pytest
from markdown_it import MarkdownIt

from clustergraph import iris
from clustergraph.publish.reference import STYLESHEET, reference_html, reference_markdown
from clustergraph.publish.reference.patterns import PATTERNS
from clustergraph.publish.reference.reading import read_reference
from clustergraph.publish.vocabularies import VOCABULARIES, Prefixes

from .conftest import HOSTILE, merged


class Page(HTMLParser):
    """What a browser would make of a document: elements, attributes, text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def attribute(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.elements if name in attributes]


def as_html(store: ox.Store) -> str:
    return reference_html(store).decode()


def as_markdown(store: ox.Store) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(reference_markdown(store).decode()))


FORMS = pytest.mark.parametrize("form", [as_html, as_markdown])
Form = Callable[[ox.Store], str]


def declared(store: ox.Store) -> set[str]:
    """The project's terms, by a query of their own."""
    rows = store.query(
        f"""SELECT DISTINCT ?term WHERE {{
          VALUES ?kind {{ <{iris.OWL}Class> <{iris.OWL}ObjectProperty> <{iris.OWL}DatatypeProperty> }}
          ?term a ?kind .
          FILTER(STRSTARTS(STR(?term), "{iris.CG}"))
        }}"""
    )
    assert isinstance(rows, ox.QuerySolutions)
    return {row["term"].value for row in rows}


@FORMS
def test_every_term_has_exactly_one_anchor(form: Form, store: ox.Store) -> None:
    ids = Counter(Page(form(store)).attribute("id"))
    terms = declared(store)
    assert len(terms) > 150
    assert {term: ids[term.removeprefix(iris.CG)] for term in terms} == dict.fromkeys(terms, 1)


@FORMS
def test_every_concept_and_scheme_has_exactly_one_anchor(form: Form, store: ox.Store) -> None:
    ids = Counter(Page(form(store)).attribute("id"))
    schemes = ox.NamedNode(iris.graph("schemes"))
    quads = store.quads_for_pattern(None, ox.NamedNode(f"{iris.SKOS}inScheme"), None, schemes)
    nodes = [node for quad in quads for node in (quad.subject, quad.object)]
    concepts = {node.value for node in nodes if isinstance(node, ox.NamedNode)}
    assert len(concepts) > 150
    assert all(ids[concept.removeprefix(iris.BASE)] == 1 for concept in concepts)


@FORMS
def test_no_anchor_stands_twice_and_every_internal_link_resolves(form: Form, store: ox.Store) -> None:
    page = Page(form(store))
    ids = Counter(page.attribute("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    links = {href.removeprefix("#") for href in page.attribute("href") if href.startswith("#")}
    assert links - ids.keys() == set()
    described = " ".join(page.attribute("aria-labelledby")).split()
    assert set(described) <= ids.keys()


@FORMS
def test_hostile_labels_stay_text(form: Form, hostile: ox.Store) -> None:
    page = Page(form(hostile))
    assert not {tag for tag, _ in page.elements} & {"script", "img", "iframe", "object", "style"}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert not [href for href in page.attribute("href") if href.lower().startswith(("javascript:", "data:"))]
    said = " ".join(page.text.split())
    assert said.count(HOSTILE) >= 10


def test_hostile_text_breaks_no_table_and_no_diagram_of_the_markdown(hostile: ox.Store) -> None:
    text = reference_markdown(hostile).decode()
    page = Page(MarkdownIt("commonmark").enable("table").render(text))
    cells = [tag for tag, _ in page.elements if tag in {"td", "th"}]
    rows = [tag for tag, _ in page.elements if tag == "tr"]
    assert cells
    assert rows
    for diagram in re.findall(r"```mermaid\n(.*?)```", text, re.S):
        assert "<" not in diagram
        assert diagram.count('"') % 2 == 0


@FORMS
def test_the_same_dataset_gives_the_same_bytes(form: Form, store: ox.Store) -> None:
    quads = list(store)
    random.Random(7).shuffle(quads)
    shuffled = ox.Store()
    shuffled.extend(quads)
    assert form(shuffled) == form(store)


def test_the_page_runs_no_script_and_asks_no_other_host(store: ox.Store) -> None:
    page = Page(reference_html(store, stylesheet="/assets/reference.css", home="/", things="/id/").decode())
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "style", "iframe", "object", "embed", "img"}
    assert not page.attribute("style")
    assert not page.attribute("src")
    sheets = [attributes["href"] for tag, attributes in page.elements if tag == "link"]
    assert sheets == ["/assets/reference.css"]
    style = STYLESHEET.read_text(encoding="utf-8")
    assert "@import" not in style
    assert "url(" not in style


def test_things_are_linked_where_they_are_served(store: ox.Store) -> None:
    linked = Page(reference_html(store, things="/id/").decode()).attribute("href")
    assert "/id/programme/cosme" in linked
    assert not [href for href in Page(as_html(store)).attribute("href") if "programme/cosme" in href]


def test_headings_step_down_one_level_at_a_time(store: ox.Store) -> None:
    levels = [int(tag[1]) for tag, _ in Page(as_html(store)).elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@FORMS
def test_chains_are_written_as_formulas(form: Form, store: ox.Store) -> None:
    said = " ".join(Page(form(store)).text.split())
    assert "under instrument ∘ funded under ⊑ funded under" in said
    assert "stated in ∘ locator in ⊑ sourced from" in said
    assert "policy instrument and (funded under value COSME)" in said


def test_every_example_is_in_the_graph(store: ox.Store) -> None:
    reference = read_reference(store)
    default = ox.DefaultGraph()
    for entry in reference.classes:
        assert len(entry.examples) == min(3, entry.instances)
        for example in entry.examples:
            quad = (ox.NamedNode(example.iri), ox.NamedNode(f"{iris.RDF}type"), ox.NamedNode(entry.ref.iri))
            assert ox.Quad(*quad, default) in store
    shown = 0
    for found in (*reference.object_properties, *reference.datatype_properties):
        assert (found.example is None) == (found.uses == 0)
        if found.example is None or isinstance(found.example.value, str) or not found.example.value.iri:
            continue
        subject, value = ox.NamedNode(found.example.subject.iri), ox.NamedNode(found.example.value.iri)
        assert ox.Quad(subject, ox.NamedNode(found.ref.iri), value, default) in store
        inferred = ox.Quad(subject, ox.NamedNode(found.ref.iri), value, ox.NamedNode(iris.INFERRED_GRAPH))
        assert found.example.inferred == (inferred in store)
        shown += 1
    assert shown > 40


def test_counts_are_those_of_the_graph(store: ox.Store) -> None:
    entries = {entry.ref.name: entry for entry in read_reference(store).classes}
    kind = ox.NamedNode(f"{iris.CG}Discrepancy")
    discrepancies = len(
        list(store.quads_for_pattern(None, ox.NamedNode(f"{iris.RDF}type"), kind, ox.DefaultGraph()))
    )
    assert entries["cg:SourceDocument"].instances == 9
    assert entries["cg:Discrepancy"].instances == discrepancies > 32


def test_the_diagrams_show_what_the_ontology_declares(store: ox.Store) -> None:
    reference = read_reference(store)
    classes = {entry.ref.name for entry in reference.classes} | {term.ref.name for term in reference.reused}
    properties = {entry.ref.name: entry for entry in reference.object_properties}

    def family(name: str) -> set[str]:
        """A class and all above it, by a query of its own."""
        prefixes = {each.prefix: each.namespace for each in VOCABULARIES}
        prefix, _, local = name.partition(":")
        rows = store.query(
            f"PREFIX rdfs: <{iris.RDFS}> "
            f"SELECT ?above {{ <{prefixes[prefix]}{local}> rdfs:subClassOf* ?above FILTER(ISIRI(?above)) }}"
        )
        assert isinstance(rows, ox.QuerySolutions)
        return {Prefixes().compact(row["above"].value) for row in rows}

    def fits(name: str, meant: set[str]) -> bool:
        return (
            not meant
            or "owl:Thing" in meant
            or bool(family(name) & meant)
            or any(name in family(each) for each in meant)
        )

    for pattern in PATTERNS:
        assert {box.term for box in pattern.boxes} <= classes, pattern.title
        places = [(box.column, box.row) for box in pattern.boxes]
        assert len(places) == len(set(places))
        for arrow in pattern.arrows:
            entry = properties[arrow.term]
            domain = {ref.name for ref in (*entry.domain, *entry.domain_includes)}
            target = {ref.name for ref in (*entry.range, *entry.range_includes)}
            assert fits(arrow.source, domain), arrow
            assert fits(arrow.target, target), arrow


def test_a_deprecated_term_says_what_replaces_it() -> None:
    graph = f"<{iris.graph('ontology')}>"
    text = f"""
      PREFIX cg: <{iris.CG}> PREFIX owl: <{iris.OWL}> PREFIX dct: <{iris.DCT}> PREFIX rdfs: <{iris.RDFS}>
      GRAPH {graph} {{
        cg:Old a owl:Class ; rdfs:label "old"@en ; owl:deprecated true ; dct:isReplacedBy cg:New .
        cg:New a owl:Class ; rdfs:label "new"@en .
      }}"""
    small = merged(list(ox.parse(text, format=ox.RdfFormat.TRIG)))
    assert "Deprecated. Use new." in " ".join(Page(as_html(small)).text.split())
    assert "**Deprecated.** Use [new](#New)." in reference_markdown(small).decode()
