"""The ontology and its schemes: every term explained, the core in OWL 2 RL, and no contradiction in it."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import owlready2
import pyoxigraph as ox
import pytest
from rdflib import OWL, RDF, RDFS, SKOS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "ontology" / "clustergraph.ttl"
DL = ROOT / "ontology" / "clustergraph-dl.ttl"
SCHEMES = sorted((ROOT / "ontology" / "schemes").glob("*.ttl"))
ALIGNMENTS = sorted((ROOT / "ontology" / "alignments").glob("*.ttl"))
ONTOLOGY = URIRef("https://w3id.org/clustergraph/ontology")
CG = Namespace(f"{ONTOLOGY}#")
CGI = Namespace("https://w3id.org/clustergraph/id/")
CGS = "https://w3id.org/clustergraph/def/"
DCT = Namespace("http://purl.org/dc/terms/")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
M8G = Namespace("http://data.europa.eu/m8g/")
ORG = Namespace("http://www.w3.org/ns/org#")
PROV = Namespace("http://www.w3.org/ns/prov#")
QB = Namespace("http://purl.org/linked-data/cube#")
VANN = Namespace("http://purl.org/vocab/vann/")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")
LICENCE = URIRef("https://creativecommons.org/licenses/by/4.0/")
PROPERTIES = (OWL.ObjectProperty, OWL.DatatypeProperty)
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="HermiT runs on Java, which is not here")


def _read(*paths: Path) -> Graph:
    graph = Graph()
    for path in paths:
        graph.parse(path)
    return graph


@cache
def _core() -> Graph:
    return _read(CORE)


@cache
def _schemes() -> Graph:
    return _read(*SCHEMES)


def _terms(*kinds: Node) -> list[URIRef]:
    found = {term for kind in kinds for term in _core().subjects(RDF.type, kind)}
    return sorted(term for term in found if isinstance(term, URIRef) and term.startswith(CG))


def _text(graph: Graph, subject: Node, predicate: URIRef) -> str:
    texts = [value for value in graph.objects(subject, predicate) if isinstance(value, Literal)]
    assert [text.language for text in texts] == ["en"], f"{subject} has not one English {predicate}"
    return str(texts[0])


# Header and terms


def test_the_header_says_what_the_ontology_is_and_under_which_terms() -> None:
    core = _core()
    assert set(core.subjects(RDF.type, OWL.Ontology)) == {ONTOLOGY}
    assert core.value(ONTOLOGY, OWL.versionIRI) == URIRef(
        f"{ONTOLOGY}/{core.value(ONTOLOGY, OWL.versionInfo)}"
    )
    assert core.value(ONTOLOGY, DCT.license) == LICENCE
    assert str(core.value(ONTOLOGY, VANN.preferredNamespacePrefix)) == "cg"
    assert str(core.value(ONTOLOGY, VANN.preferredNamespaceUri)) == str(CG)
    for predicate in (DCT.title, DCT.description, RDFS.label, RDFS.comment):
        assert _text(core, ONTOLOGY, predicate)
    for predicate in (DCT.created, DCT.modified):
        date = core.value(ONTOLOGY, predicate)
        assert isinstance(date, Literal)
        assert date.datatype == XSD.date
    for predicate in (DCT.creator, DCT.publisher):
        assert core.value(ONTOLOGY, predicate) == Literal("clustergraph")


def test_nothing_is_imported() -> None:
    for path in (CORE, DL, *SCHEMES, *ALIGNMENTS):
        assert (None, OWL.imports, None) not in _read(path)


@pytest.mark.parametrize("term", _terms(OWL.Class, *PROPERTIES), ids=lambda term: str(term.removeprefix(CG)))
def test_a_term_has_one_label_one_definition_and_a_home(term: URIRef) -> None:
    label, definition = _text(_core(), term, RDFS.label), _text(_core(), term, SKOS.definition)
    assert list(_core().objects(term, RDFS.isDefinedBy)) == [ONTOLOGY]
    assert definition.endswith(".")
    assert not definition.lower().startswith((f"a {label} ", f"an {label} ")), "the definition is circular"
    if (term, RDF.type, OWL.ObjectProperty) in _core():
        assert definition.startswith("Relates ")


def test_labels_and_definitions_tell_terms_apart() -> None:
    for kinds in ((OWL.Class,), PROPERTIES):
        labels = Counter(_text(_core(), term, RDFS.label) for term in _terms(*kinds))
        definitions = Counter(_text(_core(), term, SKOS.definition) for term in _terms(*kinds))
        assert [text for text, times in (labels + definitions).items() if times > 1] == []


def test_classes_begin_with_a_capital_and_properties_do_not() -> None:
    assert all(re.fullmatch(r"[A-Z][A-Za-z0-9]+", term.removeprefix(CG)) for term in _terms(OWL.Class))
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]+", term.removeprefix(CG)) for term in _terms(*PROPERTIES))


def test_a_term_is_of_one_kind() -> None:
    kinds = Counter(term for kind in (OWL.Class, *PROPERTIES) for term in _terms(kind))
    assert [term for term, times in kinds.items() if times > 1] == []


def test_every_term_that_the_core_mentions_is_declared() -> None:
    built_in = (str(OWL), str(RDF), str(RDFS), str(XSD))
    used = {
        term
        for subject, predicate, value in _core()
        for term in (subject, predicate, value if predicate != DCT.license else predicate)
        if isinstance(term, URIRef) and not str(term).startswith((*built_in, CGI, f"{ONTOLOGY}/"))
    }
    used -= {ONTOLOGY, LICENCE, URIRef("http://purl.org/ontology/bibo/status/published")}
    assert {term for term in used if (term, RDF.type, None) not in _core()} == set()


def test_both_senses_of_cluster_are_kept_apart() -> None:
    assert (CG.ClusterOrganisation, OWL.disjointWith, CG.StatisticalCluster) in _core()
    for term in (CG.ClusterOrganisation, CG.StatisticalCluster):
        assert _core().value(term, SKOS.scopeNote)


@pytest.mark.parametrize(
    ("term", "superclass"),
    [
        (CG.ClusterOrganisation, ORG.FormalOrganization),
        (CG.Claim, PROV.Entity),
        (CG.GovernanceBody, ORG.Organization),
        (CG.Indicator, SKOS.Concept),
        (CG.Observation, PROV.Entity),
        (CG.Observation, QB.Observation),
        (CG.PartnershipGeneration, CG.ProjectCohort),
        (CG.Participation, M8G.Participation),
        (CG.Period, DCT.PeriodOfTime),
        (CG.Phase, URIRef("http://purl.org/net/p-plan#Step")),
        (CG.PolicyForum, FOAF.Agent),
        (CG.PolicyFramework, M8G.ReferenceFramework),
        (CG.ProjectCohort, PROV.Collection),
        (CG.PublicAuthority, FOAF.Agent),
        (CG.Slide, CG.SourceFragment),
        (CG.SupportNetwork, FOAF.Agent),
    ],
)
def test_a_class_stands_where_reuse_puts_it(term: URIRef, superclass: URIRef) -> None:
    assert superclass in set(_core().transitive_objects(term, RDFS.subClassOf))


@pytest.mark.parametrize(
    "term", [CG.StatisticalCluster, CG.StatisticalPopulation, CG.Territory, CG.Programme]
)
def test_what_cannot_act_is_not_an_agent(term: URIRef) -> None:
    assert FOAF.Agent not in set(_core().transitive_objects(term, RDFS.subClassOf))


@pytest.mark.parametrize(
    ("chain", "implied"),
    [
        ("underInstrument fundedUnder", "fundedUnder"),
        ("underCall fundedUnder", "fundedUnder"),
        ("fundedThrough fundedUnder", "fundedUnder"),
        ("fundedUnder partOfProgramme", "fundedUnder"),
        ("hasParticipation participant", "hasParticipant"),
        ("hasParticipant basedIn", "involvesTerritory"),
        ("hasParticipation participatingTerritory", "involvesTerritory"),
        ("involvesTerritory within", "involvesTerritory"),
        ("addressedIn viaInstrument", "supportedThrough"),
        ("hasStrategy hasPriority", "prioritises"),
        ("statedIn locatorIn", "sourcedFrom"),
    ],
)
def test_a_chain_leads_where_it_should(chain: str, implied: str) -> None:
    assert ([CG[step] for step in chain.split()], CG[implied]) in list(_chains(_core()))


def test_no_other_chain_is_declared() -> None:
    assert len(list(_chains(_core()))) == 11


def test_links_of_a_chain_have_names() -> None:
    assert all(isinstance(step, URIRef) for steps, _ in _chains(_core()) for step in steps)


def test_an_inverse_is_declared_once_and_between_two_named_properties() -> None:
    partners = Counter(term for pair in _core().subject_objects(OWL.inverseOf) for term in pair)
    assert all(isinstance(term, URIRef) for term in partners)
    assert [term for term, times in partners.items() if times > 1] == []


def _chains(graph: Graph) -> Iterator[tuple[list[Node], Node]]:
    for implied, members in graph.subject_objects(OWL.propertyChainAxiom):
        yield list(Collection(graph, members)), implied


# OWL 2 RL (OWL 2 Web Ontology Language Profiles, section 4.2)

_NEVER = {
    *(OWL.disjointUnionOf, OWL.minCardinality, OWL.minQualifiedCardinality, OWL.cardinality),
    *(OWL.qualifiedCardinality, OWL.hasSelf, OWL.datatypeComplementOf, OWL.onDatatype),
}
_NOT_ABOVE = {OWL.someValuesFrom, OWL.unionOf, OWL.oneOf}
_NOT_BELOW = {OWL.allValuesFrom, OWL.complementOf, OWL.maxCardinality, OWL.maxQualifiedCardinality}


def rl_faults(graph: Graph) -> list[str]:
    """What takes an ontology out of OWL 2 RL: constructors, and constructors where they may not stand."""
    faults = [f"{predicate} is not in OWL 2 RL" for predicate in _NEVER if (None, predicate, None) in graph]
    faults += [
        f"{term} is reflexive: not in OWL 2 RL" for term in graph.subjects(RDF.type, OWL.ReflexiveProperty)
    ]
    for lower, upper in graph.subject_objects(RDFS.subClassOf):
        faults += _misplaced(graph, lower, _NOT_BELOW, "below") + _misplaced(
            graph, upper, _NOT_ABOVE, "above"
        )
        if upper == OWL.Thing:
            faults.append(f"owl:Thing stands above {lower}")
    for pair in graph.subject_objects(OWL.equivalentClass):
        for expression in pair:
            faults += _misplaced(graph, expression, _NOT_BELOW | _NOT_ABOVE, "in an equivalence")
    for predicate in (RDFS.domain, RDFS.range):
        for expression in graph.objects(None, predicate):
            faults += _misplaced(graph, expression, _NOT_ABOVE, "as a domain or range")
    return faults


def _misplaced(graph: Graph, expression: Node, forbidden: set[URIRef], place: str) -> list[str]:
    faults = []
    for part in _expressions(graph, expression):
        faults += [f"{found} {place}" for found in forbidden if (part, found, None) in graph]
    return faults


def _expressions(graph: Graph, expression: Node) -> Iterator[Node]:
    if not isinstance(expression, BNode):
        return
    yield expression
    for constructor in (OWL.intersectionOf, OWL.unionOf):
        for members in graph.objects(expression, constructor):
            for member in Collection(graph, members):
                yield from _expressions(graph, member)
    for filler in (OWL.someValuesFrom, OWL.allValuesFrom, OWL.complementOf):
        for member in graph.objects(expression, filler):
            yield from _expressions(graph, member)


def test_the_core_is_in_owl_2_rl() -> None:
    assert rl_faults(_core()) == []


@pytest.mark.parametrize(
    "axiom",
    [
        "cg:Call rdfs:subClassOf [ owl:onProperty cg:underCall ; owl:someValuesFrom cg:Call ]",
        "cg:Call rdfs:subClassOf [ a owl:Class ; owl:unionOf ( cg:Event cg:Tool ) ]",
        "cg:Territory owl:disjointUnionOf ( cg:City cg:Country )",
        "cg:Call rdfs:subClassOf [ owl:onProperty cg:underCall ; owl:minCardinality 1 ]",
        "cg:Call owl:equivalentClass [ owl:onProperty cg:underCall ; owl:allValuesFrom cg:Tool ]",
        "cg:within rdfs:range [ a owl:Class ; owl:unionOf ( cg:City cg:Country ) ]",
        "cg:within a owl:ReflexiveProperty",
        "cg:Call rdfs:subClassOf owl:Thing",
    ],
)
def test_an_axiom_outside_owl_2_rl_is_noticed(axiom: str) -> None:
    assert rl_faults(_core() + _turtle(axiom)) != []


# Global restrictions (OWL 2 Structural Specification, section 11)

_SIMPLE_ONLY = (
    *(OWL.FunctionalProperty, OWL.InverseFunctionalProperty, OWL.IrreflexiveProperty),
    OWL.AsymmetricProperty,
)
_COUNTS = (OWL.minCardinality, OWL.maxCardinality, OWL.cardinality, OWL.qualifiedCardinality)


def restriction_faults(graph: Graph) -> list[str]:
    """Properties that must be simple and are not, and chains without a regular order."""
    composite = {term for _, term in _chains(graph)} | set(graph.subjects(RDF.type, OWL.TransitiveProperty))
    composite |= {inverse for term in composite for inverse in _inverses(graph, term)}
    composite |= {
        broader for term in set(composite) for broader in graph.transitive_objects(term, RDFS.subPropertyOf)
    }
    faults = [
        f"{term} is not simple but {kind}"
        for kind in _SIMPLE_ONLY
        for term in graph.subjects(RDF.type, kind)
        if term in composite
    ]
    counted = (*_COUNTS, OWL.minQualifiedCardinality, OWL.maxQualifiedCardinality)
    for restriction, term in graph.subject_objects(OWL.onProperty):
        if term in composite and any((restriction, count, None) in graph for count in counted):
            faults.append(f"{term} is not simple but counted")
    return faults + _irregular(graph)


def _inverses(graph: Graph, term: Node) -> set[Node]:
    return {*graph.objects(term, OWL.inverseOf), *graph.subjects(OWL.inverseOf, term)}


def _irregular(graph: Graph) -> list[str]:
    before: dict[Node, set[Node]] = {}
    faults = []
    for steps, implied in _chains(graph):
        inner = list(steps)
        if inner[0] == implied:
            inner = inner[1:]
        elif inner[-1] == implied:
            inner = inner[:-1]
        if implied in inner:
            faults.append(f"{implied} stands inside its own chain")
        before.setdefault(implied, set()).update(inner)
    for narrower, broader in graph.subject_objects(RDFS.subPropertyOf):
        before.setdefault(broader, set()).add(narrower)
    for term in list(before):
        reached: set[Node] = set()
        waiting = set(before[term])
        while waiting:
            step = waiting.pop()
            if step not in reached:
                reached.add(step)
                waiting |= before.get(step, set())
                for inverse in _inverses(graph, step):
                    waiting |= before.get(inverse, set())
        if reached & {term, *_inverses(graph, term)}:
            faults.append(f"{term} depends on itself through chains")
    return faults


@pytest.mark.parametrize("paths", [(CORE,), (CORE, DL)], ids=["core", "core with DL axioms"])
def test_properties_are_simple_where_they_must_be_and_chains_regular(paths: tuple[Path, ...]) -> None:
    assert restriction_faults(_read(*paths)) == []


@pytest.mark.parametrize(
    "axiom",
    [
        "cg:within a owl:AsymmetricProperty",
        "cg:follows a owl:IrreflexiveProperty",
        "cg:fundedUnder a owl:FunctionalProperty",
        "cg:Call rdfs:subClassOf [ owl:onProperty cg:involvesTerritory ; owl:minCardinality 2 ]",
        "cg:basedIn owl:propertyChainAxiom ( cg:participatesIn cg:involvesTerritory )",
        "cg:partOfProgramme owl:propertyChainAxiom ( cg:fundedUnder cg:statedIn )",
    ],
)
def test_a_breach_of_the_global_restrictions_is_noticed(axiom: str) -> None:
    assert restriction_faults(_core() + _turtle(axiom)) != []


def _turtle(statements: str) -> Graph:
    prefixes = "".join(
        f"@prefix {prefix}: <{namespace}> .\n"
        for prefix, namespace in {
            **{"cg": CG, "cgi": CGI, "cgs": CGS, "foaf": FOAF, "owl": OWL, "rdfs": RDFS, "skos": SKOS},
        }.items()
    )
    return Graph().parse(data=f"{prefixes}{statements} .", format="turtle")


# Consistency, with HermiT


def _reason(graph: Graph, directory: Path) -> tuple[owlready2.World, owlready2.Ontology]:
    """Classify with HermiT; it does not know xsd:date, which no axiom mentions, so dates are left out."""
    bare = Graph()
    for triple in graph:
        if not (isinstance(triple[2], Literal) and triple[2].datatype in {XSD.date, XSD.anyURI}):
            bare.add(triple)
    file = directory / "ontology.rdf"
    bare.serialize(file, format="xml", encoding="utf-8")
    world = owlready2.World()
    ontology = world.get_ontology(file.as_uri()).load()
    with ontology:
        owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    return world, ontology


@needs_java
@pytest.mark.parametrize(
    "paths",
    [(CORE,), (CORE, DL), (CORE, DL, *SCHEMES, *ALIGNMENTS)],
    ids=["core", "core with DL axioms", "everything"],
)
def test_the_ontology_is_consistent_and_every_class_can_have_members(
    paths: tuple[Path, ...], tmp_path: Path
) -> None:
    world, _ = _reason(_read(*paths), tmp_path)
    assert list(world.inconsistent_classes()) == []


@needs_java
def test_the_released_data_are_consistent_with_all_axioms(released_store: ox.Store, tmp_path: Path) -> None:
    graph = _read(DL)
    # HermiT takes minutes for all of them; `clustergraph check` has it judge the rest.
    triples = [
        quad.triple
        for name in released_store.named_graphs()
        if re.search(
            r"/graph/(deck-\d+|curation|ontology|schemes|alignments|partnership\w*)$", str(name.value)
        )
        for quad in released_store.quads_for_pattern(None, None, None, name)
    ]
    graph.parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
    world, _ = _reason(graph, tmp_path)
    assert list(world.inconsistent_classes()) == []


@needs_java
def test_the_money_of_a_cosme_instrument_makes_another_one_and_a_mere_part_none(tmp_path: Path) -> None:
    data = """
        <https://w3id.org/clustergraph/id/programme/cosme> a cg:Programme .
        cgi:whole a cg:PolicyInstrument ; cg:fundedUnder <https://w3id.org/clustergraph/id/programme/cosme> .
        cgi:paid a cg:FundingInstrument ; cg:fundedThrough cgi:whole .
        cgi:part a cg:FundingInstrument ; cg:partOfInstrument cgi:whole ;
            skos:prefLabel "synthetic" """
    world, ontology = _reason(_core() + _turtle(data), tmp_path)
    paid, part = world[str(CGI.paid)], world[str(CGI.part)]
    assert world[str(CG.CosmeInstrument)] in paid.INDIRECT_is_a
    assert world[str(CG.Horizon2020Instrument)] not in paid.INDIRECT_is_a
    assert world[str(CG.CosmeInstrument)] not in part.INDIRECT_is_a
    assert ontology is not None


CONTRADICTIONS = {
    "a programme that is an instrument": "cgi:x a cg:Programme , cg:PolicyInstrument",
    "a statistical cluster that is an organisation": "cgi:x a cg:StatisticalCluster , cg:ClusterOrganisation",
    "a population of clusters that acts": "cgi:x a cg:StatisticalPopulation , foaf:Agent",
    "a territory that is an agent": "cgi:x a cg:Region , cg:PublicAuthority",
    "a figure that is a claim": "cgi:x a cg:Observation , cg:Claim",
    "a document that is its own fragment": "cgi:x cg:fragmentOf cgi:x",
    "a theme that is a partnership": "cgi:x a skos:Concept , cg:ThematicPartnership",
    "a cohort that is one project": "cgi:x a cg:PartnershipGeneration , cg:Project",
    "a conflict of a figure with itself": "cgi:x cg:conflictsWith cgi:x",
    "two generations that succeed each other": "cgi:x cg:succeeds cgi:y . cgi:y cg:succeeds cgi:x",
    "a region that is a country": "cgi:x a cg:Region , cg:Country",
    "a participant that cannot act": "cgi:p cg:participant cgi:x . cgi:x a cg:StatisticalCluster",
}


@needs_java
@pytest.mark.parametrize("data", CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_contradiction_is_noticed(data: str, tmp_path: Path) -> None:
    with pytest.raises(owlready2.OwlReadyInconsistentOntologyError):
        _reason(_read(CORE, DL) + _turtle(data), tmp_path)


# Schemes and alignments

CODES = {
    "actor-type": "cluster-organisation specialised-technology-centre specialised-incubator-accelerator "
    "vocational-institution sme scaling-up-support-organisation regional-authority city "
    "worker cluster-manager",
    "as-of-basis": "stated inferred unknown",
    "certainty": "stated secondary inferred derived uncertain",
    "reading": "first second wide",
    "claim-type": "strength weakness opportunity threat lesson objective outlook forum-topic statement "
    "principle platform-function linkage value-chain-element strand-component theme "
    "relation naming",
    "cluster-role": "business-driven-innovation sme-internationalisation new-industrial-value-chains "
    "industry-4-0 circular-economy social-economy",
    "cluster-sector": "aerospace-vehicles-and-defense agricultural-inputs-and-services apparel automotive "
    "biopharmaceuticals business-services coal-mining communications-equipment-and-services "
    "construction-products-and-services distribution-and-electronic-commerce "
    "downstream-chemical-products downstream-metal-products education-and-knowledge-creation "
    "electric-power-generation-and-transmission environmental-services financial-services "
    "fishing-and-fishing-products food-processing-and-manufacturing footwear forestry "
    "furniture hospitality-and-tourism information-technology-and-analytical-instruments "
    "insurance-services jewelry-and-precious-metals leather-and-related-products "
    "lighting-and-electrical-equipment livestock-processing marketing-design-and-publishing "
    "medical-devices metal-mining metalworking-technology music-and-sound-recording "
    "nonmetal-mining oil-and-gas-production-and-transportation paper-and-packaging "
    "performing-arts plastics printing-services production-technology-and-heavy-machinery "
    "recreational-and-small-electric-goods textile-manufacturing tobacco "
    "trailers-motor-homes-and-appliances transportation-and-logistics "
    "upstream-chemical-products upstream-metal-manufacturing "
    "video-production-and-distribution vulcanized-and-fired-materials water-transportation "
    "wood-products",
    "emerging-industry": "advanced-packaging biopharmaceuticals blue-growth-industries creative-industries "
    "digital-industries environmental-industries experience-industries logistical-services "
    "medical-devices mobility-technologies",
    "industrial-ecosystem": "tourism mobility-transport-automotive aerospace-and-defence construction "
    "agri-food energy-intensive-industries textile creative-and-cultural-industries digital "
    "renewable-energy electronics retail proximity-and-social-economy health",
    "country-group": "candidate efta eu-13 eu-14 former-member potential-candidate",
    "coverage": "available not-everywhere not-stated",
    "discrepancy-type": "value-conflict qualifier-change rounding scope-difference status-change time-axis "
    "tense naming-drift list-drift notation-ambiguity underspecified reading-rule date-conflict "
    "statement-conflict",
    "future-topic": "twinning training talent-attraction cluster-entrepreneurship-gazelles "
    "mapping-value-chains mobility-scheme",
    "impact-dimension": "industrial-transformation interregional-collaboration sme-growth-acceleration",
    "instrument-type": "funding platform tool mobility initiative labelling voucher matchmaking partnership "
    "skills-alliance network",
    "milestone-type": "publication opening deadline start held founded ended designated",
    "nature": "achieved planned target cap share stock",
    "participant-role": "coordinator lead co-lead initiator partner associated-partner member third-party",
    "policy-level": "eu country region city",
    "qualifier": "exact approximately more-than at-least at-most nearly",
    "recognition-level": "bronze silver gold arena nce gce",
    "rule-type": "applicant-type cities cluster-membership clusters-assessed company-share "
    "consortium-composition coordinator-type countries country-group cross-border designation "
    "duration ecosystems exchanges funding-rate funding-rate-norway funding-rate-private "
    "funding-rate-public funding-rate-third-parties geographic-areas grant improved-areas "
    "independence interval-after-bronze legal-form less-developed-regions-share lump-sum "
    "management-indicators maritime-distance member-type members more-developed-regions "
    "objectives participations-per-applicant partners "
    "partners-less-developed-or-transition-regions partners-less-developed-regions "
    "platform-registration projects proposals-per-consortium region-condition regions "
    "regions-covered research-organisations sme-share stay-in-country stay-in-days stay-in-months "
    "strand-transfer strands target-third-countries target-third-countries-recommended "
    "technology-readiness thematic-link third-party-share visitor-type",
    "skills-sector": "automotive maritime-technology space-geo-information "
    "textile-clothing-leather-footwear tourism additive-manufacturing construction "
    "maritime-shipping steel",
    "strategy-pillar": "clusters-as-accelerators cluster-excellence interregional-international-cooperation "
    "capacity-building invest-in-cluster-excellence promote-cluster-collaboration "
    "cross-sectoral-value-chains",
    "support-field": "business-development-skills advanced-manufacturing-technologies digital "
    "resource-efficiency internationalisation",
    "support-type": "benchmarking training-of-cluster-managers mentoring strategy-development "
    "cross-cluster-learning innovation-voucher lump-sum matchmaking",
    "territorial-change": "boundary-shift code-change merger new-region split",
    "territorial-typology": "capital capital-metropolitan coastal external-border extra-regio intermediate "
    "internal-border island metropolitan mountain mountain-population mountain-surface "
    "near-border rural urban",
    "thematic-area": "advanced-manufacturing-energy 3d-printing non-food-biomass "
    "efficient-sustainable-manufacturing nano-enabled-products industry-4-0 "
    "textile-innovation medical-technology sports-innovation photonics "
    "digitalisation-safety-tourism cyber-security",
    "topic": "climate-change industry-4-0 social-economy",
    # Skeletons: the codes come from an export of Eye@RIS3 and are never invented.
    "eye-ris3-economic-domain": "",
    "eye-ris3-policy-objective": "",
    "eye-ris3-scientific-domain": "",
}


@pytest.mark.parametrize("path", SCHEMES, ids=lambda path: path.stem)
def test_a_scheme_says_what_it_lists(path: Path) -> None:
    graph = _read(path)
    scheme = URIRef(CGS + path.stem)
    assert list(graph.subjects(RDF.type, SKOS.ConceptScheme)) == [scheme]
    for predicate in (DCT.title, DCT.description, SKOS.prefLabel):
        assert _text(graph, scheme, predicate)
    assert graph.value(scheme, DCT.license) == LICENCE
    assert graph.value(scheme, RDFS.isDefinedBy) == ONTOLOGY


@pytest.mark.parametrize("path", SCHEMES, ids=lambda path: path.stem)
def test_a_concept_is_named_defined_and_placed(path: Path) -> None:
    graph = _read(path)
    scheme = URIRef(CGS + path.stem)
    concepts = set(graph.subjects(RDF.type, SKOS.Concept))
    assert bool(concepts) is not path.stem.startswith("eye-ris3-")
    labels = Counter(_text(graph, concept, SKOS.prefLabel) for concept in concepts)
    definitions = Counter(_text(graph, concept, SKOS.definition) for concept in concepts)
    assert set((labels + definitions).values()) <= {1}
    for concept in concepts:
        assert str(concept) == f"{scheme}/{graph.value(concept, SKOS.notation)}"
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(concept).removeprefix(f"{scheme}/"))
        assert list(graph.objects(concept, SKOS.inScheme)) == [scheme]
        assert list(graph.objects(concept, SKOS.topConceptOf)) == [scheme]
        assert graph.value(concept, RDFS.isDefinedBy) == ONTOLOGY
        assert _text(graph, concept, SKOS.definition).endswith(".")
        assert graph.value(concept, SKOS.prefLabel) not in set(graph.objects(concept, SKOS.altLabel))


def test_the_schemes_are_those_of_the_model() -> None:
    assert {path.stem for path in SCHEMES} == {*CODES, "indicator"}


@pytest.mark.parametrize("scheme", CODES)
def test_a_scheme_has_the_codes_of_the_model(scheme: str) -> None:
    concepts = _schemes().subjects(SKOS.inScheme, URIRef(CGS + scheme))
    assert {str(concept).removeprefix(f"{CGS}{scheme}/") for concept in concepts} == set(
        CODES[scheme].split()
    )


def test_indicators_are_of_their_class() -> None:
    indicators = set(_schemes().subjects(SKOS.inScheme, URIRef(f"{CGS}indicator")))
    assert indicators
    assert indicators == set(_schemes().subjects(RDF.type, CG.Indicator))


def test_the_three_industry_4_0_are_three_related_concepts() -> None:
    three = {URIRef(f"{CGS}{scheme}/industry-4-0") for scheme in ("cluster-role", "thematic-area", "topic")}
    assert set(_schemes().subjects(SKOS.prefLabel, Literal("Industry 4.0", lang="en"))) == three
    for concept in three:
        assert set(_schemes().objects(concept, SKOS.relatedMatch)) == three - {concept}
        assert (concept, SKOS.exactMatch, None) not in _schemes()


def test_relations_between_concepts_are_stated_from_both_sides_or_reach_a_declared_concept() -> None:
    for predicate in (SKOS.related, SKOS.relatedMatch, SKOS.closeMatch):
        for concept, other in _schemes().subject_objects(predicate):
            assert (other, predicate, concept) in _schemes()
            assert (other, RDF.type, SKOS.Concept) in _schemes()


def test_words_of_the_decks_for_more_than_are_labels_of_one_qualifier() -> None:
    words = {str(word) for word in _schemes().objects(URIRef(f"{CGS}qualifier/more-than"), SKOS.altLabel)}
    assert {"over", ">"} <= words
    everywhere = Counter(
        str(label)
        for concept in _schemes().subjects(SKOS.inScheme, URIRef(f"{CGS}qualifier"))
        for label in _schemes().objects(concept, SKOS.altLabel)
    )
    assert max(everywhere.values()) == 1


@pytest.mark.parametrize("path", ALIGNMENTS, ids=lambda path: path.stem)
def test_an_alignment_says_no_more_than_subclass_or_close(path: Path) -> None:
    graph = _read(path)
    allowed = {RDFS.subClassOf, SKOS.closeMatch}
    ours = {term for term in graph.subjects() if str(term).startswith(str(CG))}
    things = {term for term in graph.subjects() if str(term).startswith(CGI)}
    assert ours | things
    assert {predicate for thing in things for predicate in graph.predicates(thing)} <= {SKOS.exactMatch}
    for term in ours:
        assert (term, RDF.type, None) in _core()
        assert set(graph.predicates(term)) <= allowed
        for target in graph.objects(term):
            assert not str(target).startswith("https://w3id.org/clustergraph/")
            kind = OWL.ObjectProperty if (term, RDF.type, OWL.ObjectProperty) in _core() else OWL.Class
            assert (target, RDF.type, kind) in graph
    assert (None, OWL.equivalentClass, None) not in graph
    assert (None, OWL.sameAs, None) not in graph


@pytest.mark.parametrize(
    "path",
    [CORE, DL, *SCHEMES, *ALIGNMENTS, *sorted((ROOT / "shapes").glob("*.ttl"))],
    ids=lambda path: path.stem,
)
def test_a_turtle_file_declares_each_prefix_once_and_only_what_it_uses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    declared = re.findall(r"^@prefix ([\w-]*): <[^>]+> \.$", text, re.MULTILINE)
    assert declared == sorted(set(declared))
    body = re.sub(r'^@prefix.*$|"""[\s\S]*?"""|"(?:[^"\\]|\\.)*"|<[^>]*>', "", text, flags=re.MULTILINE)
    assert [prefix for prefix in declared if not re.search(rf"(?<![\w-]){prefix}:\S", body)] == []
