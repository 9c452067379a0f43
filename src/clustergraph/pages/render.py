"""Turns view models into HTML with Jinja2; every value is escaped, an undefined one is an error."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import jinja2

ASSETS: Final = Path(__file__).parent / "assets"
_TEMPLATES: Final = Path(__file__).parent / "templates"


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset_version() -> str:
    """Changes whenever an asset does, so that browsers may keep assets for long."""
    digest = hashlib.sha256()
    for path in sorted(ASSETS.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def render(template: str, *, root: str, **values: object) -> str:
    """The HTML document of a template; `root` is the path under which the service is published."""
    page = _environment().get_template(template)
    return page.render(root=root, asset_version=_asset_version(), **values)
