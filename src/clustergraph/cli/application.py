"""The command line as a whole, and the settings that every command begins with."""

from __future__ import annotations

import typer
from pydantic import ValidationError

from clustergraph.errors import UnusableInput
from clustergraph.settings import Settings

app = typer.Typer(
    name="clustergraph",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="European cluster policy as a knowledge graph in which every statement says who made it, and where.",
    epilog="Results go to stdout, words for people to stderr. Exit status: 0 done, 1 the answer is no, "
    "2 something could not be used.",
)


def current_settings() -> Settings:
    """The settings of the environment; raises UnusableInput with every one that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"CLUSTERGRAPH_{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors()
        )
        raise UnusableInput(
            f"A setting cannot be used: {wrong}.", fix="Correct it in the environment, or unset it."
        ) from error
