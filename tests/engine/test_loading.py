"""Files of RDF are served exactly as they are, and what cannot be read is reported whole."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph.engine.dataset import DataFile, DatasetSpec, dataset_of_files, load
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.errors import EngineUnavailable, Fault, ReleaseUnavailable, UnusableInput
from clustergraph.settings import Settings

from .asking import children, engine_over, kill, number, rows, until

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def written(directory: Path, name: str, text: str) -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def quads(store: ox.Store) -> set[tuple[str, str, str, str]]:
    return {(str(q.subject), str(q.predicate), str(q.object), str(q.graph_name)) for q in store}


def faults(*paths: Path) -> list[Fault]:
    with pytest.raises(UnusableInput) as failure:
        load(dataset_of_files(paths))
    return list(failure.value.faults)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("d.ttl", '<a> <#b> "c"@en .'),
        ("d.trig", '{ <a> <#b> "c"@en . }'),
        ("d.nt", '<file://{}/a> <file://{}/d.nt#b> "c"@en .'),
        ("d.nq", '<file://{}/a> <file://{}/d.nq#b> "c"@en .'),
        (
            "d.rdf",
            f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:d="file://{{}}/d.rdf#">'
            '<rdf:Description rdf:about="a"><d:b xml:lang="en">c</d:b></rdf:Description></rdf:RDF>',
        ),
        ("d.jsonld", '{{"@id": "a", "file://{}/d.jsonld#b": {{"@value": "c", "@language": "en"}}}}'),
    ],
)
def test_each_syntax_is_loaded_with_relative_iris_resolved_against_the_file(
    tmp_path: Path, name: str, text: str
) -> None:
    where = tmp_path.as_uri().removeprefix("file://")
    text = text.replace("{}", where).replace("{{", "{").replace("}}", "}")
    store = load(dataset_of_files([written(tmp_path, name, text)]))
    base = tmp_path.as_uri()
    assert quads(store) == {(f"<{base}/a>", f"<{base}/{name}#b>", '"c"@en', "DEFAULT")}


def test_default_and_named_graphs_are_kept_apart_and_nothing_is_added(tmp_path: Path) -> None:
    trig = "@prefix : <http://e/> . :s :p :default . :g { :s :p :g } GRAPH <rel> { :s :p :rel }"
    first = written(tmp_path, "d.trig", trig)
    second = written(tmp_path, "d.nq", "<http://e/s> <http://e/p> <http://e/g> <http://e/h> .\n")
    assert quads(load(dataset_of_files([first, second]))) == {
        ("<http://e/s>", "<http://e/p>", "<http://e/default>", "DEFAULT"),
        ("<http://e/s>", "<http://e/p>", "<http://e/g>", "<http://e/g>"),
        ("<http://e/s>", "<http://e/p>", "<http://e/rel>", f"<{tmp_path.as_uri()}/rel>"),
        ("<http://e/s>", "<http://e/p>", "<http://e/g>", "<http://e/h>"),
    }


def test_a_base_iri_replaces_that_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "data", "<a> <b> <c> .")
    store = load(DatasetSpec((DataFile(path, "turtle", "https://example.org/d/"),)))
    assert next(iter(store)).subject == ox.NamedNode("https://example.org/d/a")


def test_blank_nodes_of_different_files_stay_apart(tmp_path: Path) -> None:
    paths = [written(tmp_path, name, f'_:x <http://e/p> "{name}" .') for name in ("a.ttl", "b.nt", "c.nq")]
    assert len({quad.subject for quad in load(dataset_of_files(paths))}) == 3


def test_spaces_and_letters_beyond_ascii_in_a_path_are_escaped_in_its_iri(tmp_path: Path) -> None:
    path = written(tmp_path, "größe 1.ttl", "<#a> <#b> <#c> .")
    (quad,) = load(dataset_of_files([path]))
    assert str(quad.subject) == f"<{tmp_path.as_uri()}/gr%C3%B6%C3%9Fe%201.ttl#a>"


def test_every_file_that_cannot_be_read_is_named_with_line_and_column(tmp_path: Path) -> None:
    found = faults(
        written(tmp_path, "good.ttl", "<a> <b> <c> ."),
        written(tmp_path, "prefix.ttl", "<a> <b> <c> .\n foo:x <b> <c> ."),
        written(tmp_path, "end.nt", "<http://e/a> <http://e/b> <http://e/c>"),
        written(tmp_path, "open.jsonld", '{\n"@id": "x"'),
        written(
            tmp_path,
            "unbound.rdf",
            f'<rdf:RDF xmlns:rdf="{RDF}">\n<rdf:Description>\n<a:b/>\n</rdf:Description></rdf:RDF>',
        ),
        written(tmp_path, "notes.txt", "no RDF"),
        tmp_path / "missing.ttl",
    )
    assert [(Path(fault.file or "").name, fault.rule, fault.line) for fault in found] == [
        ("prefix.ttl", "turtle-syntax", 2),
        ("end.nt", "ntriples-syntax", 1),
        ("open.jsonld", "jsonld-syntax", 2),
        ("unbound.rdf", "rdfxml-syntax", 3),
        ("notes.txt", "file-format", None),
        ("missing.ttl", "file-unreadable", None),
    ]
    assert found[0].column == "2"
    assert "foo:" in found[0].message
    assert all(fault.fix for fault in found)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE rdf:RDF [<!ENTITY a "b">]>',
        '<!DOCTYPE rdf:RDF\n SYSTEM "x" [\n<!ENTITY a "b"><!ENTITY c "&a;&a;">]>',
        "<!doctype rdf:RDF []>",
        '<!-- harmless --><!ENTITY a "b">',
    ],
)
def test_xml_that_declares_entities_is_refused(tmp_path: Path, declaration: str) -> None:
    (fault,) = faults(written(tmp_path, "d.rdf", f'{declaration}<rdf:RDF xmlns:rdf="{RDF}"/>'))
    assert fault.rule == "rdfxml-entities"
    assert fault.line == 1


def test_a_comment_may_speak_of_entities(tmp_path: Path) -> None:
    text = (
        f'<!-- <!ENTITY a "b"> --><rdf:RDF xmlns:rdf="{RDF}" xmlns:e="http://e/"><rdf:Description>'
        "<e:p><![CDATA[<!ENTITY x]]></e:p></rdf:Description></rdf:RDF>"
    )
    assert len(load(dataset_of_files([written(tmp_path, "d.rdf", text)]))) == 1


@pytest.mark.parametrize(
    ("context", "named"),
    [
        ('"https://example.org/context.jsonld"', "https://example.org/context.jsonld"),
        ('[{"a": "http://e/a"},\n "beside.jsonld"]', "beside.jsonld"),
        ('{"@import": "https://example.org/imported"}', "https://example.org/imported"),
    ],
)
def test_a_context_elsewhere_is_named_and_not_fetched(tmp_path: Path, context: str, named: str) -> None:
    written(tmp_path, "beside.jsonld", '{"@context": {}}')
    (fault,) = faults(written(tmp_path, "d.jsonld", f'{{\n"@context": {context}, "@id": "x"}}'))
    assert fault.rule == "jsonld-remote-context"
    assert named in fault.message
    assert fault.line == (3 if "beside" in named else 2)


def test_a_start_that_fails_says_what_the_loader_found(tmp_path: Path) -> None:
    bad = [written(tmp_path, "a.ttl", "<a> <b>"), written(tmp_path, "b.nt", "x")]

    async def start() -> None:
        async with engine_over(dataset_of_files(bad)):
            pass

    with pytest.raises(UnusableInput) as failure:
        asyncio.run(start())
    assert [Path(fault.file or "").name for fault in failure.value.faults] == ["a.ttl", "b.nt"]


def test_a_release_that_cannot_be_loaded_is_damaged(tmp_path: Path) -> None:
    spec = DatasetSpec((DataFile(tmp_path / "gone.nq"),), release="7")

    async def start() -> None:
        async with engine_over(spec):
            pass

    with pytest.raises(ReleaseUnavailable, match="release 7 is damaged"):
        asyncio.run(start())


def opened_by_a_reader(pipe: Path) -> list[int]:
    """The end of a pipe to write to, once somebody reads the other; before that it cannot be opened."""
    try:
        return [os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)]
    except OSError:
        return []


def test_a_loader_that_dies_is_reported_with_the_file_it_was_reading(tmp_path: Path) -> None:
    pipe = tmp_path / "endless.nt"
    os.mkfifo(pipe)

    async def start() -> None:
        engine = EmbeddedEngine(dataset_of_files([pipe]), Settings(workers=2))
        before = set(children(os.getpid()))
        starting = asyncio.create_task(engine.start())
        await until(lambda: bool(set(children(os.getpid())) - before))
        (loader,) = set(children(os.getpid())) - before
        writer: list[int] = []
        await until(lambda: bool(writer.extend(opened_by_a_reader(pipe)) or writer))
        kill(loader)
        try:
            await starting
        finally:
            os.close(writer[0])

    with pytest.raises(EngineUnavailable, match="SIGKILL") as failure:
        asyncio.run(start())
    assert failure.value.where == str(pipe)


def test_a_nesting_deeper_than_the_parser_reads_is_a_fault_like_any_other(tmp_path: Path) -> None:
    deep = written(tmp_path, "deep.jsonld", '{"http://e/p":' * 200_000 + "1" + "}" * 200_000)
    (fault,) = faults(deep)
    assert (fault.rule, fault.line) == ("jsonld-syntax", 1)


def test_an_engine_counts_what_it_loaded_and_answers_over_it(tmp_path: Path) -> None:
    path = written(tmp_path, "d.trig", "<a> <b> <c> . <g> { <a> <b> <d> , <e> }")

    async def ask() -> tuple[int, int, list[dict[str, str]]]:
        async with engine_over(path) as engine:
            graphs = await rows(engine, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
            return engine.quads, await number(engine), graphs

    assert asyncio.run(ask()) == (3, 1, [{"g": f"{tmp_path.as_uri()}/g", "n": "2"}])
