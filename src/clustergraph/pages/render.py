"""Turns view models into HTML with Jinja2; every value is escaped, an undefined one is an error."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

import jinja2

from clustergraph.pages.results import grouped_digits

ASSETS: Final = Path(__file__).parent / "assets"
_WORD_BOUNDARY: Final = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])")
_TEMPLATES: Final = Path(__file__).parent / "templates"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["digits"] = lambda number: grouped_digits(str(number))
    environment.filters["heading"] = heading
    return environment


def heading(variable: str) -> str:
    """A variable's name as words: `smesReached` and `smes_reached` are `smes reached`."""
    return _WORD_BOUNDARY.sub(" ", variable).lower()


@cache
def _asset_version() -> str:
    """Changes whenever an asset does, so that no page is shown with an older style."""
    digest = hashlib.sha256()
    for path in sorted(ASSETS.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def render(template: str, *, root: str, **values: object) -> str:
    """The HTML document of a template; `root` is the path under which the service is published."""
    page = _environment().get_template(template)
    return page.render(root=root, asset_version=_asset_version(), **values)
