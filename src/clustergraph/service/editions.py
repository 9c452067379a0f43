"""What the service shows of the release it serves, replaced as one when a new release takes over.

An edition holds everything that follows from a release and its named queries alone: pages, documents,
questions. Nothing in it changes, so each document has its entity tag from the start.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph import snapshot
from clustergraph.library.query import NamedQuery
from clustergraph.negotiation import TURTLE
from clustergraph.pages import links
from clustergraph.pages.render import render
from clustergraph.pages.view import Link, QuestionView, TableView, release_view
from clustergraph.publish.reference import STYLESHEET
from clustergraph.service.addresses import SPARQL_PATH, root_path
from clustergraph.service.documents import Document
from clustergraph.service.plan import content_type
from clustergraph.service.problems import KINDS
from clustergraph.settings import Settings
from clustergraph.snapshot import Release

#: The ending of the address at which a named query's SPARQL stands.
QUERY_TEXT: Final = ".rq"

_HTML: Final = "text/html; charset=utf-8"
_VOID: Final = "/.well-known/void"

#: Documents that a release carries: the path, the file, its media type.
_DOCUMENTS: Final = (
    ("/ontology", snapshot.REFERENCE_HTML, _HTML),
    ("/ontology.md", snapshot.REFERENCE_MARKDOWN, "text/markdown; charset=utf-8"),
    ("/mappings.sssom.tsv", snapshot.MAPPINGS, "text/tab-separated-values; charset=utf-8"),
    ("/quality.json", snapshot.QUALITY, "application/json"),
    ("/void.ttl", snapshot.DESCRIPTION, content_type(TURTLE)),
    (_VOID, snapshot.DESCRIPTION, content_type(TURTLE)),
    ("/validation.ttl", snapshot.VALIDATION_REPORT, content_type(TURTLE)),
)

#: Tables that a release carries, and what describes each (CSVW section 5.2.1), by the ending of their names.
_METADATA: Final = "-metadata.json"
_EXPORTS: Final = {
    ".csv": "text/csv; charset=utf-8; header=present",
    f".csv{_METADATA}": "application/csvm+json",
}

#: Examples below the form that fit any dataset.
_GENERAL_EXAMPLES: Final = (
    (
        "How many things of each class?",
        "SELECT ?class (COUNT(?thing) AS ?things) WHERE {\n  ?thing a ?class .\n}\n"
        "GROUP BY ?class\nORDER BY DESC(?things) ?class",
    ),
    (
        "Which named graphs are there?",
        "SELECT ?graph (COUNT(*) AS ?triples) WHERE {\n  GRAPH ?graph { ?subject ?predicate ?object }\n}\n"
        "GROUP BY ?graph\nORDER BY ?graph",
    ),
)


def question_views(queries: Iterable[NamedQuery], root: str) -> tuple[QuestionView, ...]:
    """Named queries as plain questions, each with its addresses."""
    return tuple(
        QuestionView(
            query.question,
            query.description,
            links.named_query(root, query.name),
            links.named_query(root, query.name, QUERY_TEXT),
        )
        for query in queries
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One release as it is shown: `documents` by path, `queries` by name, links to examples for the form.

    `release` is None where plain files are served. `described_by` is the path of what describes the dataset.
    """

    release: Release | None
    queries: Mapping[str, NamedQuery]
    documents: Mapping[str, Document]
    examples: Sequence[Link]
    described_by: str


class Editions:
    """The edition that is shown now."""

    def __init__(self, current: Edition) -> None:
        self.current = current


def make_edition(release: Release | None, queries: Mapping[str, NamedQuery], settings: Settings) -> Edition:
    """The edition of a release, or of plain files where it is None; `queries` are those that fit it."""
    root = root_path(settings)
    files = release.manifest.files if release else {}
    first_page_queries = [query for query in queries.values() if query.first_page]
    documents = {path: Document(page, _HTML, max_age=None) for path, page in _pages(release, queries, root)}
    if release is not None:
        style = STYLESHEET.read_text(encoding="utf-8")
        documents["/assets/reference.css"] = Document(style, "text/css; charset=utf-8", max_age=None)
        documents |= {
            path: Document(release.read_text(name), media_type, max_age=None)
            for path, name, media_type in _DOCUMENTS
            if name in files
        }
        documents |= {
            f"/{name}": Document(release.read_text(name), _EXPORTS[ending], max_age=None)
            for name in files
            for ending in _EXPORTS
            if name.startswith("exports/") and name.endswith(ending)
        }
    return Edition(
        release=release,
        queries=queries,
        documents=documents,
        examples=[
            *(Link(text, links.sparql(root, query)) for text, query in _GENERAL_EXAMPLES),
            *(Link(query.question, links.sparql(root, query.sparql)) for query in first_page_queries),
        ],
        described_by=root + (_VOID if snapshot.DESCRIPTION in files else SPARQL_PATH),
    )


def _pages(
    release: Release | None, queries: Mapping[str, NamedQuery], root: str
) -> tuple[tuple[str, str], ...]:
    manifest = release.manifest if release else None
    view = manifest and release_view(
        manifest,
        [Link(kind.label, links.instances(root, kind.iri)) for kind in manifest.kinds],
        [Link(source.title, links.describe(root, source.iri)) for source in manifest.sources],
    )
    files = manifest.files if manifest else {}
    noted = ((name, release.read_text(name)) for name in files if name.endswith(_METADATA)) if release else ()
    first = render(
        "first.html",
        root=root,
        release=view,
        tables=[_table_view(root, name, json.loads(text)) for name, text in noted],
        questions=question_views((each for each in queries.values() if each.first_page), root),
        has_report=snapshot.VALIDATION_REPORT in files,
        has_description=snapshot.DESCRIPTION in files,
        has_reference=snapshot.REFERENCE_HTML in files,
    )
    listed = render("queries.html", root=root, questions=question_views(queries.values(), root))
    problems = render("problems.html", root=root, kinds=tuple(KINDS.values()))
    return (("/", first), ("/queries", listed), ("/problems", problems))


def _table_view(root: str, notes: str, told: Mapping[str, str]) -> TableView:
    """A table of the release as its metadata (CSVW) tell of it; `notes` is the name of their file."""
    address = f"{root}/{notes.removesuffix(_METADATA)}"
    return TableView(Link(told.get("dc:title", notes), address), told.get("dc:description", ""))
