"""Strict readers of the formats of results, none of them the engine's own.

The SPARQL formats are read with the standard library by the letter of their specifications, the RDF
formats by rdflib, which is kept from rewriting lexical forms.
"""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from xml.etree import ElementTree

import rdflib

from w3c.terms import XSD, Result, Row, Table, Term, bnode, iri, literal, of_rdflib

RESULTS: Final = "{http://www.w3.org/2005/sparql-results#}"
LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

_ESCAPES: Final = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([tnrbf\"'\\]))")
_QUOTED: Final = r"\"(?:[^\"\\\n\r]|\\.)*\"|'(?:[^'\\\n\r]|\\.)*'"
_IRIREF: Final = r"<[^\x00-\x20<>\"{}|^`]*>"
_TSV_TERM: Final = re.compile(
    rf"(?P<iri>{_IRIREF})|_:(?P<bnode>\w[\w.-]*)|(?P<boolean>true|false)"
    r"|(?P<integer>[+-]?[0-9]+)|(?P<decimal>[+-]?[0-9]*\.[0-9]+)"
    r"|(?P<double>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+)"
    rf"|(?P<text>{_QUOTED})(?:@(?P<language>[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)|\^\^(?P<datatype>{_IRIREF}))?"
)


class IllFormed(ValueError):
    """A result that breaks the specification of its format."""


def _insist(holds: bool, what: str) -> None:
    if not holds:
        raise IllFormed(what)


def read_json(body: bytes) -> Result:
    """SPARQL 1.1 Query Results JSON Format; the older `typed-literal` is not part of it."""
    document = json.loads(body.decode("utf-8"))
    _insist(set(document) in ({"head", "results"}, {"head", "boolean"}), f"members {sorted(document)}")
    if "boolean" in document:
        _insist(isinstance(document["boolean"], bool), "boolean is no boolean")
        return bool(document["boolean"])
    variables = tuple(document["head"]["vars"])
    rows = []
    for solution in document["results"]["bindings"]:
        _insist(set(solution) <= set(variables), f"{sorted(solution)} are not all in head")
        rows.append(tuple(_json_term(solution[name]) if name in solution else None for name in variables))
    return _table(variables, rows)


def _json_term(term: dict[str, Any]) -> Term:
    _insist(all(isinstance(value, str) for value in term.values()), f"{term} has a member that is no string")
    match term:
        case {"type": "uri", "value": value} if len(term) == 2:
            return iri(value)
        case {"type": "bnode", "value": value} if len(term) == 2:
            return bnode(value)
        case {"type": "literal", "value": value} if len(term) == 2:
            return literal(value)
        case {"type": "literal", "value": value, "datatype": datatype} if len(term) == 3:
            return literal(value, datatype)
        case {"type": "literal", "value": value, "xml:lang": language} if len(term) == 3:
            return literal(value, language=language)
    raise IllFormed(f"{term} is no RDF term")


def read_xml(body: bytes) -> Result:
    """SPARQL Query Results XML Format (Second Edition)."""
    root = ElementTree.fromstring(body)
    _insist(root.tag == f"{RESULTS}sparql", f"the root is {root.tag}")
    _insist([child.tag for child in root][:1] == [f"{RESULTS}head"], "no head comes first")
    head = [child for child in root[0] if child.tag != f"{RESULTS}link"]
    _insist(all(child.tag == f"{RESULTS}variable" for child in head), "head holds more than variables")
    _insist(len(root) == 2, "not one head and one result")
    if root[1].tag == f"{RESULTS}boolean":
        _insist(root[1].text in ("true", "false"), f"boolean {root[1].text!r}")
        return root[1].text == "true"
    _insist(root[1].tag == f"{RESULTS}results", f"{root[1].tag} after head")
    variables = tuple(child.attrib["name"] for child in head)
    rows = []
    for result in root[1]:
        _insist(result.tag == f"{RESULTS}result", f"{result.tag} in results")
        bound = {binding.attrib["name"]: _xml_term(binding) for binding in result}
        _insist(len(bound) == len(result), "a variable is bound twice")
        _insist(set(bound) <= set(variables), f"{sorted(bound)} are not all in head")
        rows.append(tuple(bound.get(name) for name in variables))
    return _table(variables, rows)


def _xml_term(binding: ElementTree.Element) -> Term:
    _insist(binding.tag == f"{RESULTS}binding" and len(binding) == 1, "a binding is not one term")
    term = binding[0]
    text = term.text or ""
    _insist(len(term) == 0, "a term has elements in it")
    match term.tag.removeprefix(RESULTS):
        case "uri":
            return iri(text)
        case "bnode":
            return bnode(text)
        case "literal":
            return literal(text, term.get("datatype"), term.get(LANG))
    raise IllFormed(f"{term.tag} is no RDF term")


def read_tsv(body: bytes) -> Result:
    """SPARQL 1.1 Query Results TSV: one line a solution, terms as in Turtle without prefixes."""
    lines = body.decode("utf-8").split("\n")
    _insist(lines.pop() == "", "the last line has no end")
    header, *solutions = [line.removesuffix("\r").split("\t") for line in lines]
    _insist(all(name.startswith("?") for name in header if name), f"header {header}")
    variables = tuple(name[1:] for name in header if name)
    return _table(variables, [_line(cells, variables, _tsv_term) for cells in solutions])


def _tsv_term(cell: str) -> Term | None:
    if not cell:
        return None
    match = _TSV_TERM.fullmatch(cell)
    if match is None:
        raise IllFormed(f"{cell!r} is no term of Turtle")
    if match["iri"]:
        return iri(_unescaped(match["iri"][1:-1]))
    if match["bnode"]:
        return bnode(match["bnode"])
    for name in ("boolean", "integer", "decimal", "double"):
        if match[name]:
            return literal(match[name], XSD + name)
    datatype = _unescaped(match["datatype"][1:-1]) if match["datatype"] else None
    return literal(_unescaped(match["text"][1:-1]), datatype, match["language"])


def _unescaped(text: str) -> str:
    _insist("\\" not in _ESCAPE.sub("", text), f"an escape that Turtle has not, in {text!r}")
    return _ESCAPE.sub(
        lambda found: _ESCAPES[found[3]] if found[3] else chr(int(found[1] or found[2], 16)), text
    )


def read_csv(body: bytes) -> Result:
    """SPARQL 1.1 Query Results CSV: RFC 4180 with CRLF; cells are text, but `_:…` is a blank node."""
    text = body.decode("utf-8")
    _insist(text.endswith("\r\n"), "the last line does not end in CRLF")
    header, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    variables = tuple(header)
    return _table(variables, [_line(cells or [""], variables, _csv_term) for cells in lines])


def _csv_term(cell: str) -> Term:
    return bnode(cell[2:]) if cell.startswith("_:") else literal(cell)


def _line(cells: list[str], variables: tuple[str, ...], read: Callable[[str], Term | None]) -> Row:
    if not variables and cells == [""]:
        return ()
    _insist(len(cells) == len(variables), f"{len(cells)} cells for {len(variables)} variables")
    return tuple(map(read, cells))


def _table(variables: tuple[str, ...], rows: list[Row]) -> Table:
    _insist(len(set(variables)) == len(variables), f"a variable stands twice in {variables}")
    return Table(variables, tuple(rows))


@contextmanager
def as_written() -> Iterator[None]:
    """rdflib keeps lexical forms as they are instead of rewriting "01"^^xsd:integer as 1.

    A bare 01 of Turtle it still rewrites; neither the suite nor a serialiser here writes one.
    """
    before = rdflib.NORMALIZE_LITERALS
    rdflib.NORMALIZE_LITERALS = False
    try:
        yield
    finally:
        rdflib.NORMALIZE_LITERALS = before


def read_rdf(body: bytes, syntax: str, base: str | None = None) -> rdflib.Graph:
    """A graph in a syntax that rdflib knows, literals as they are written."""
    with as_written(), warnings.catch_warnings():
        # rdflib's JSON-LD reader uses a class that rdflib has deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        return rdflib.Graph().parse(data=body, format=syntax, publicID=base)


def _triples(syntax: str) -> Callable[[bytes], Result]:
    def read(body: bytes) -> Result:
        return frozenset((of_rdflib(s), of_rdflib(p), of_rdflib(o)) for s, p, o in read_rdf(body, syntax))

    return read


#: By the name of the format; a boolean has no representation in CSV and TSV (section 1 of theirs).
_READERS: Final[dict[str, Callable[[bytes], Result]]] = {
    "json": read_json,
    "xml": read_xml,
    "csv": read_csv,
    "tsv": read_tsv,
    "turtle": _triples("turtle"),
    "ntriples": _triples("nt"),
    "rdfxml": _triples("xml"),
    "jsonld": _triples("json-ld"),
}


def read(name: str, body: bytes) -> Result:
    """The result that a body in a format is; raises IllFormed where it is not in that format."""
    try:
        return _READERS[name](body)
    except Exception as error:  # the parsers have no class of errors in common
        raise IllFormed(f"not {name}: {error}") from error


TABLE_FORMATS: Final = ("json", "xml", "csv", "tsv")
BOOLEAN_FORMATS: Final = ("json", "xml")
GRAPH_FORMATS: Final = ("turtle", "ntriples", "rdfxml", "jsonld")
