"""Documentation that can drift is held against the code: settings, commands, dependencies, examples."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pyoxigraph as ox
import typer.main
from pydantic_core import PydanticUndefined

from clustergraph import snapshot
from clustergraph.cli.main import app
from clustergraph.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_is_documented_with_its_default_and_meaning() -> None:
    documented = {
        match[1]: (match[2].strip(), match[3].strip())
        for match in re.finditer(
            r"^\| `CLUSTERGRAPH_(\w+)` \| ([^|]*) \| ([^|]*) \|$", read("docs/settings.md"), re.M
        )
    }
    assert {name.upper() for name in Settings.model_fields} == documented.keys()
    for name, info in Settings.model_fields.items():
        default, meaning = documented[name.upper()]
        assert meaning == info.description
        if info.default not in (None, PydanticUndefined):
            assert default == f"`{info.default}`", name


def test_every_command_stands_in_the_readme() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    documented = set(re.findall(r"^\| `clustergraph (\w+)", read("README.md"), re.M))
    assert set(commands) == documented


def test_every_dependency_is_justified() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    required = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=]", requirement)[0] for requirement in required}
    documented = set(
        re.findall(r"[\w-]+", " ".join(re.findall(r"^\| ([^|]+) \|", read("docs/dependencies.md"), re.M)))
    )
    assert names <= documented


def test_every_decision_record_is_listed_and_begins_with_its_number() -> None:
    records = sorted((ROOT / "docs/decisions").glob("0*.md"))
    index = read("docs/decisions/README.md")
    for record in records:
        assert f"({record.name})" in index
        assert record.read_text(encoding="utf-8").startswith(f"# {record.name[:4]} ")


def test_relative_links_of_the_documentation_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_first_query_of_the_readme_has_the_answer_shown(built_home: Path) -> None:
    readme = read("README.md")
    query = re.search(r"```sparql\n(.*?)```", readme, re.S)
    answer = re.search(r"```csv\n(.*?)```", readme, re.S)
    assert query
    assert answer
    release = snapshot.current_release(built_home)
    assert release is not None
    store = ox.Store()
    store.bulk_load(path=str(release.dataset), format=ox.RdfFormat.N_QUADS)
    result = store.query(query[1])
    assert isinstance(result, ox.QuerySolutions)
    found = (result.serialize(format=ox.QueryResultsFormat.CSV) or b"").decode().replace("\r\n", "\n")
    assert found == answer[1]


def test_the_makefile_has_the_commands_that_the_readme_names() -> None:
    targets = set(re.findall(r"^(\w+):", read("Makefile"), re.M))
    assert set(re.findall(r"^make (\w+)", read("README.md"), re.M)) <= targets
