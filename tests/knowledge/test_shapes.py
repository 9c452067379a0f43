"""The shapes: good data passes them, and each fault is found by the shape that is there for it.

The fixtures are synthetic. Those in `valid/` together are one good graph. Each in `invalid/` adds to it one
fault; its comments `# expect: <focus> shape component severity` name every result the fault may have.
All faults are validated in one run, and each result belongs to the fixture that introduces its nodes.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pyshacl
import pytest
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Identifier, Node

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "shapes"
VALID = sorted((FIXTURES / "valid").glob("*.ttl"))
INVALID = sorted((FIXTURES / "invalid").glob("*.ttl"))
CG = Namespace("https://w3id.org/clustergraph/ontology#")
CGI = "https://w3id.org/clustergraph/id/"
#: A rule names this document by its IRI, so it cannot be copied.
EXPERT_DECK = f"{CGI}source/deck-004"
CGSH = Namespace("https://w3id.org/clustergraph/shapes#")
ONTOLOGY = URIRef("https://w3id.org/clustergraph/ontology")
TARGETS = (SH.targetClass, SH.targetNode, SH.targetObjectsOf, SH.targetSubjectsOf)
CONSTRAINTS = (
    *(SH["in"], SH["or"], SH.xone, SH["not"], SH["class"], SH.node, SH.sparql, SH.pattern, SH.datatype),
    *(SH.minCount, SH.maxCount, SH.hasValue, SH.languageIn, SH.uniqueLang, SH.nodeKind, SH.minLength),
    *(SH.minInclusive, SH.maxInclusive, SH.lessThanOrEquals, SH.qualifiedMinCount),
)
_EXPECTATION = re.compile(r"# expect: <([^>]+)> (\S+) (\S+) (Violation|Warning|Info)")


class Found(NamedTuple):
    """What a validation result says; `component` without its namespace and suffix."""

    focus: str
    shape: str
    component: str
    severity: str


def shapes_graph() -> Graph:
    return _read(*(ROOT / "shapes").glob("*.ttl"))


def _read(*paths: Path) -> Graph:
    graph = Graph()
    for path in paths:
        graph.parse(path)
    return graph


@cache
def _shapes() -> Graph:
    return shapes_graph()


@cache
def _background() -> Graph:
    """The ontology and the schemes, which the gate merges with the data."""
    return _read(ROOT / "ontology" / "clustergraph.ttl", *(ROOT / "ontology" / "schemes").glob("*.ttl"))


@cache
def _good() -> Graph:
    return _read(*VALID)


def _validate(data: Graph) -> list[tuple[Found, Identifier | None]]:
    """The results with the value each is about."""
    _, report, _ = pyshacl.validate(
        data, shacl_graph=_shapes(), advanced=True, inference="none", allow_warnings=True, inplace=True
    )
    assert isinstance(report, Graph)
    results = []
    for result in report.objects(None, SH.result):
        shape = _local(report.value(result, SH.sourceShape))
        component = _local(report.value(result, SH.sourceConstraintComponent))
        results.append(
            (
                Found(
                    focus=str(report.value(result, SH.focusNode)),
                    shape=shape,
                    component=component.removesuffix("ConstraintComponent"),
                    severity=_local(report.value(result, SH.resultSeverity)),
                ),
                report.value(result, SH.value),
            )
        )
    return results


def _local(term: Node | None) -> str:
    return str(term).rpartition("#")[2]


def _expected(path: Path) -> Counter[Found]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# expect")]
    matches = [_EXPECTATION.fullmatch(line) for line in lines]
    assert matches
    assert all(matches), f"an expectation of {path.name} has not the form focus, shape, component, severity"
    return Counter(Found(*match.groups()) for match in matches if match)


def _iris(graph: Graph) -> set[str]:
    return {str(term) for triple in graph for term in triple if isinstance(term, URIRef)}


@cache
def _findings() -> dict[str, Counter[Found]]:
    """Each invalid fixture with the results about the IRIs that only it mentions, from one validation."""
    known = _iris(_background()) | _iris(_good())
    owners: dict[str, str] = {}
    data = _background() + _good()
    for path in INVALID:
        fixture = _read(path)
        for iri in _iris(fixture) - known:
            assert owners.setdefault(iri, path.name) == path.name, f"{iri} is in two fixtures"
        data += fixture
    findings: dict[str, Counter[Found]] = defaultdict(Counter)
    for found, value in _validate(data):
        owner = owners.get(found.focus) or owners.get(str(value))
        findings[owner or _by_expectation(found)][found] += 1
    return findings


def _by_expectation(found: Found) -> str:
    """The one fixture that expects a result about nodes it does not own, such as a count of a scheme."""
    claimants = [path.name for path in INVALID if found in _expected(path)]
    assert len(claimants) == 1, f"no single fixture expects {found}"
    return claimants[0]


def _constraining() -> Iterator[URIRef]:
    """Every named shape that carries a constraint of its own."""
    for kind in (SH.NodeShape, SH.PropertyShape):
        for shape in _shapes().subjects(RDF.type, kind):
            if isinstance(shape, URIRef) and any((shape, part, None) in _shapes() for part in CONSTRAINTS):
                yield shape


def _carriers() -> set[URIRef]:
    """Shapes that are reached through others: their faults are reported by the shape that names them."""
    return {
        shape
        for shape in _constraining()
        if not any((shape, target, None) in _shapes() for target in TARGETS)
        and (None, SH.property, shape) not in _targeted()
    }


@cache
def _targeted() -> Graph:
    """The `sh:property` links of shapes that have a target."""
    graph = Graph()
    for shape, member in _shapes().subject_objects(SH.property):
        if any((shape, target, None) in _shapes() for target in TARGETS):
            graph.add((shape, SH.property, member))
    return graph


def _family(shape: str) -> bool:
    """Families of like shapes, whose faults `_generated` writes from the shapes' own declarations."""
    return shape.startswith(("range-", "codelist-", "Text-")) or shape.endswith("-iri")


def test_the_good_graph_passes_every_shape() -> None:
    assert [found for found, _ in _validate(_background() + _good())] == []


def test_every_shape_finds_a_focus_node_in_the_good_graph() -> None:
    data = _background() + _good()
    owners = {member: shape for shape, member in _targeted().subject_objects(SH.property)}
    idle = [
        _local(shape)
        for shape in set(_constraining()) - _carriers()
        if not _focus_nodes(owners.get(shape, shape), data) and not _has_no_good_example(_local(shape))
    ]
    assert idle == []


def _has_no_good_example(shape: str) -> bool:
    """Properties that nothing in the good graph needs; `_generated` shows that their shapes find faults."""
    return shape.startswith("range-") or shape in {"Text-altLabel"}


def _focus_nodes(shape: Node, data: Graph) -> set[Node]:
    shapes = _shapes()
    nodes: set[Node] = set(shapes.objects(shape, SH.targetNode))
    for wanted in shapes.objects(shape, SH.targetClass):
        for subclass in data.transitive_subjects(RDFS.subClassOf, wanted):
            nodes |= set(data.subjects(RDF.type, subclass))
    for predicate in shapes.objects(shape, SH.targetSubjectsOf):
        nodes |= set(data.subjects(predicate, None))
    for predicate in shapes.objects(shape, SH.targetObjectsOf):
        nodes |= set(data.objects(None, predicate))
    return nodes


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_fault_is_found_by_its_shape_and_by_no_other(path: Path) -> None:
    assert _findings()[path.name] == _expected(path)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_fixture_is_named_after_the_shape_it_breaks(path: Path) -> None:
    shape = path.name.partition("__")[0]
    assert (CGSH[shape], None, None) in _shapes()
    assert shape == "Text-english" or any(found.shape == shape for found in _expected(path))


def test_every_shape_has_an_invalid_fixture() -> None:
    broken = {path.name.partition("__")[0] for path in INVALID}
    named = {_local(shape) for shape in set(_constraining()) - _carriers()}
    assert {shape for shape in named - broken if not _family(shape)} == set()


def test_fixtures_say_that_they_are_synthetic() -> None:
    assert all(path.read_text(encoding="utf-8").startswith("# Synthetic:") for path in (*VALID, *INVALID))


@cache
def _generated() -> dict[str, tuple[Found, Graph]]:
    """One fault for each shape of a family: what it must find, and the triples that are wrong."""
    shapes = _shapes()
    faults: dict[str, tuple[Found, Graph]] = {}
    for shape in sorted(set(_constraining()) - _carriers()):
        name = _local(shape)
        slug = name.lower().replace(".", "-")
        focus = URIRef(f"{CGI}claim/generated-{slug}")
        graph = Graph()
        path = shapes.value(shape, SH.path)
        if name.startswith(("range-", "codelist-")) and name != "codelist-unit":
            assert isinstance(path, URIRef)
            graph.add((focus, path, URIRef(f"{CGI}undeclared/{slug}")))
            kind = _value_component(shape)
            if shapes.value(shape, SH.targetClass) is not None:
                graph.add((focus, RDF.type, shapes.value(shape, SH.targetClass) or RDFS.Resource))
        elif name.startswith("Text-") and name != "Text-english":
            assert isinstance(path, URIRef)
            graph.add((focus, path, Literal("zonder betekenis", lang="xx")))
            kind = "LanguageIn"
        elif name.endswith("-iri"):
            focus = URIRef(f"{CGI}Nonsense/{name}")
            target = shapes.value(shape, SH.targetClass)
            assert target is not None
            graph.add((focus, RDF.type, target))
            kind = "Pattern"
        else:
            continue
        faults[name] = (Found(str(focus), name, kind, "Violation"), graph)
    return faults


def _value_component(shape: URIRef) -> str:
    if (shape, SH["class"], None) in _shapes():
        return "Class"
    return "Or" if (shape, SH["or"], None) in _shapes() else "Node"


@cache
def _generated_findings() -> frozenset[Found]:
    data = _background() + _good()
    for _, graph in _generated().values():
        data += graph
    return frozenset(found for found, _ in _validate(data))


def _families() -> list[str]:
    return sorted(_generated())


@pytest.mark.parametrize("name", _families())
def test_a_wrong_link_code_language_or_iri_is_found(name: str) -> None:
    expected, _ = _generated()[name]
    assert expected in _generated_findings()


class Mutation(NamedTuple):
    """A required property of one node of the good graph that is taken away."""

    shape: str
    focus: URIRef
    removed: tuple[tuple[Node, Node, Node], ...]


#: What else a missing property makes wrong, because another rule counts or compares it.
CONSEQUENCES = {
    "Call-milestone": {"Milestone-milestoneOf"},
    "Event-milestone": {"Milestone-milestoneOf"},
    "LevelSupport-addressesRole": {"SourceDocument-matrixComplete"},
    "LevelSupport-atLevel": {"SourceDocument-matrixComplete"},
    "LevelSupport-coverage": {"LevelSupport-coverageAgrees"},
    "PartnershipGeneration-underInstrument": {"ProjectCohort-belongsTo"},
    "Phase-phaseOf": {"Phase-orderWithoutGap"},
    "Phase-stepOrder": {"Phase-orderWithoutGap"},
    "SourceDocument-asOfBasis": {"SourceDocument-asOfBasisAgrees"},
}


def _mutations() -> Iterator[Mutation]:
    """For each shape that requires a property, a node that has it once."""
    owners = {member: shape for shape, member in _targeted().subject_objects(SH.property)}
    data = _background() + _good()
    for shape in sorted(set(_constraining()) - _carriers()):
        if not any((shape, kind, None) in _shapes() for kind in (SH.minCount, SH.qualifiedMinCount)):
            continue
        path = _shapes().value(shape, SH.path)
        foci = [node for node in _focus_nodes(owners.get(shape, shape), data) if _is_own(node)]
        found = [(focus, [list(step) for step in _triples_on(path, focus)]) for focus in sorted(foci)]
        having = [(focus, steps) for focus, steps in found if any(steps)]
        usual = [(focus, steps) for focus, steps in having if steps[0]]
        for focus, steps in (usual or having)[:1]:
            yield Mutation(_local(shape), URIRef(focus), tuple(triple for step in steps for triple in step))


def _is_own(node: Node) -> bool:
    return str(node) != EXPERT_DECK and (node, None, None) in _good()


def _triples_on(path: Node | None, focus: Node) -> Iterator[Iterable[tuple[Node, Node, Node]]]:
    """The triples along each step of a path of one property, or of each of its alternatives."""
    shapes = _shapes()
    alternatives = shapes.value(path, SH.alternativePath) if path is not None else None
    steps: Iterable[Node | None] = [path] if alternatives is None else Collection(shapes, alternatives)
    for step in steps:
        inverse = shapes.value(step, SH.inversePath) if step is not None else None
        if inverse is not None:
            yield _good().triples((None, inverse, focus))
        elif isinstance(step, URIRef):
            yield _good().triples((focus, step, None))


MUTATIONS = {mutation.shape: mutation for mutation in _mutations()}


@cache
def _copies() -> dict[str, int]:
    """The copy of the good graph that each mutation is made in: no node loses two properties in one copy."""
    made: Counter[Node] = Counter()
    copies = {}
    for shape, mutation in MUTATIONS.items():
        touched = {mutation.focus, *(subject for subject, _, _ in mutation.removed)}
        copies[shape] = max(made[node] for node in touched)
        made.update({node: copies[shape] + 1 - made[node] for node in touched})
    return copies


@cache
def _mutants() -> dict[int, Counter[Found]]:
    """The results for each copy, whose IRIs and texts are its own; one run validates all copies."""
    own = {term for term in _iris(_good()) if term.startswith(CGI) and term != EXPERT_DECK}
    own |= {term for term in _iris(_good()) if "/def/synthetic" in term}
    data = _background() + Graph()
    for number in sorted(set(_copies().values())):
        removed = {
            triple
            for shape, copy in _copies().items()
            if copy == number
            for triple in MUTATIONS[shape].removed
        }
        for triple in set(_good()) - removed - set(_good().triples((URIRef(EXPERT_DECK), None, None))):
            data.add(tuple(_renamed(term, number, own) for term in triple))  # type: ignore[arg-type]
    findings: dict[int, Counter[Found]] = defaultdict(Counter)
    for found, value in _validate(data):
        number = _copy_of(found.focus) if _copy_of(found.focus) is not None else _copy_of(str(value))
        assert number is not None, f"{found} belongs to no copy"
        findings[number][found] += 1
    return findings


def _renamed(term: Node, number: int, own: set[str]) -> Node:
    if isinstance(term, URIRef) and str(term) in own:
        head, slash, tail = str(term).rpartition("/")
        if "/def/" in term:
            return URIRef(str(term).replace("/def/synthetic", f"/def/synthetic-m{number}", 1))
        return URIRef(f"{head}{slash}{tail}-m{number}")
    if isinstance(term, Literal) and (term.language == "en" or str(term).startswith(("CALL-", "UNIT"))):
        return Literal(f"{term} m{number}", lang=term.language)
    if isinstance(term, Literal) and term == Literal("XX01"):
        return Literal(f"XX{number:03d}")
    return term


def _copy_of(iri: str) -> int | None:
    match = re.search(r"-m(\d+)(?:/|$)", iri)
    return int(match[1]) if match else None


@pytest.mark.parametrize("shape", sorted(MUTATIONS))
def test_a_missing_required_property_gives_one_violation(shape: str) -> None:
    number = _copies()[shape]
    focus = str(MUTATIONS[shape].focus) + f"-m{number}"
    if "/def/synthetic" in focus:
        focus = str(_renamed(MUTATIONS[shape].focus, number, {str(MUTATIONS[shape].focus)}))
    found = [result.shape for result in _mutants()[number].elements() if result.focus == focus]
    assert found.count(shape) == 1
    assert set(found) - {shape} <= CONSEQUENCES.get(shape, set())


def test_every_required_property_is_taken_away_once() -> None:
    required = {
        _local(shape)
        for shape in set(_constraining()) - _carriers()
        if any((shape, kind, None) in _shapes() for kind in (SH.minCount, SH.qualifiedMinCount))
    }
    assert set(MUTATIONS) == required


def test_a_missing_required_property_gives_no_other_result() -> None:
    for number, found in _mutants().items():
        made = {shape for shape, copy in _copies().items() if copy == number}
        consequences = set().union(*(CONSEQUENCES.get(shape, set()) for shape in made))
        assert {result.shape for result in found} - made - consequences == set(), f"copy {number}"


def test_the_severity_stands_on_the_shape_and_every_shape_says_what_is_wrong_and_how_to_mend_it() -> None:
    shapes = _shapes()
    for shape in _constraining():
        for wanted in (SH.name, SH.message, CGSH.remedy):
            texts = [text for text in shapes.objects(shape, wanted) if isinstance(text, Literal)]
            assert [text.language for text in texts] == ["en"], f"{shape} has not one {wanted}"
        assert len(set(shapes.objects(shape, SH.severity))) == 1
    for constraint in shapes.objects(None, SH.sparql):
        assert (constraint, SH.severity, None) not in shapes
        assert (constraint, SH.prefixes, None) in shapes


@pytest.mark.parametrize(
    ("file", "severities"),
    [
        ("codelists", {"Violation"}),
        ("consistency", {"Violation", "Warning", "Info"}),
        ("core", {"Violation"}),
        ("deprecated", {"Warning"}),
        ("eccp", {"Warning"}),
        ("provenance", {"Violation"}),
        ("recommended", {"Warning", "Info"}),
    ],
)
def test_a_file_of_shapes_keeps_to_its_severities(file: str, severities: set[str]) -> None:
    graph = _read(ROOT / "shapes" / f"{file}.ttl")
    assert {_local(severity) for severity in graph.objects(None, SH.severity)} == severities


def test_the_shapes_are_valid_shacl() -> None:
    conforms, _, text = pyshacl.validate(
        Graph(), shacl_graph=shapes_graph(), advanced=True, inference="none", meta_shacl=True
    )
    assert conforms, text


@pytest.mark.parametrize("shapes_class", [SH.NodeShape, SH.PropertyShape])
def test_shapes_are_in_their_own_namespace(shapes_class: URIRef) -> None:
    named = {shape for shape in _shapes().subjects(RDF.type, shapes_class) if isinstance(shape, URIRef)}
    assert all(str(shape).startswith(str(CGSH)) for shape in named)


def test_every_term_of_ours_that_the_shapes_use_is_declared() -> None:
    used = {str(term) for triple in _shapes() for term in triple if isinstance(term, URIRef)}
    used |= {
        str(CG[name])
        for query in _shapes().objects(None, SH.select)
        for name in re.findall(r"\bcg:(\w+)", str(query))
    }
    declared = {str(term) for term in _background().subjects(RDF.type, None)}
    assert {term for term in used if term.startswith(str(CG))} - declared == set()


def test_every_concept_that_the_shapes_use_is_declared() -> None:
    used = {str(term) for triple in _shapes() for term in triple if isinstance(term, URIRef)}
    for query in _shapes().objects(None, SH.select):
        used |= set(re.findall(r"<([^>]+)>", str(query)))
    declared = {str(term) for term in _background().subjects(RDF.type, SKOS.Concept)}
    declared |= {str(term) for term in _background().subjects(RDF.type, SKOS.ConceptScheme)}
    wanted = {term for term in used if term.startswith("https://w3id.org/clustergraph/def/")}
    assert wanted - declared == set()


def test_every_class_has_a_shape() -> None:
    classes = {
        term
        for term in _background().subjects(RDF.type, OWL.Class)
        if isinstance(term, URIRef) and str(term).startswith(str(CG))
    }
    targeted = set(_shapes().objects(None, SH.targetClass))
    inferred_only = {CG.CosmeInstrument, CG.Horizon2020Instrument}
    checked_as_concept = {CG.Indicator}
    assert classes - targeted == inferred_only | checked_as_concept


def test_every_object_property_has_a_check_of_what_it_leads_to() -> None:
    properties = {
        term
        for term in _background().subjects(RDF.type, OWL.ObjectProperty)
        if isinstance(term, URIRef) and str(term).startswith(str(CG))
    }
    checked = set(_shapes().objects(None, SH.path))
    assert properties - checked == set()


def test_ranges_in_the_shapes_are_those_of_the_ontology() -> None:
    include = URIRef("https://schema.org/rangeIncludes")
    for shape in _constraining():
        name = _local(shape)
        path = _shapes().value(shape, SH.path)
        if not name.startswith("range-") or not str(path).startswith(str(CG)):
            continue
        documented = {*_background().objects(path, include), *_background().objects(path, RDFS.range)}
        allowed = set(_shapes().objects(shape, SH["class"]))
        for members in _shapes().objects(shape, SH["or"]):
            for member in Collection(_shapes(), members):
                allowed |= set(_shapes().objects(member, SH["class"]))
        # owl:Thing documents that anything may stand there, which no class constraint can check.
        assert allowed == documented - {RDF.Property, OWL.Thing}, f"{path} in shapes and ontology"
