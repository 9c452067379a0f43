"""What an input as a whole rests on, where its rows name no page of their own."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from clustergraph.errors import Fault, UnusableInput
from clustergraph.sources.importing.protocol import ImportContext, ImportInput
from clustergraph.sources.statements import SourcedRow

#: The options by which a user states where an input is from, and of which day it is.
OPTIONS = ("source_url", "as_of")


def stated_evidence(context: ImportContext, source: ImportInput) -> SourcedRow:
    """Where an input is from: the address and the day that the user states, else the file as supplied.

    A file that was fetched from an address is from there. Raises UnusableInput where the options cannot be
    used.
    """
    stated = {name: only_value(context, name) for name in OPTIONS}
    if stated["source_url"] is None and source.name.startswith(("https://", "http://")):
        stated["source_url"] = source.name
    try:
        return SourcedRow.model_validate(stated)
    except ValidationError as error:
        problem = error.errors()[0]
        reason = str(problem["msg"]).removeprefix("Value error, ")
        raise UnusableInput(
            f"The option {problem['loc'][0]} cannot be used: {reason}.",
            fix="Give an address such as https://host/path, and a day such as 2024-05-31.",
        ) from error


def only_value(context: ImportContext, name: str) -> str | None:
    """The value of an option that may be given once; raises UnusableInput where it is given more often."""
    values: Sequence[str] = context.options.get(name, ())
    if len(values) > 1:
        raise UnusableInput(f"The option {name} is given {len(values)} times.", fix="Give it once.")
    return values[0] if values else None


def as_faults(refusal: UnusableInput, name: str, rule: str) -> tuple[Fault, ...]:
    """A refusal of a whole input as the faults of a batch."""
    return tuple(refusal.faults) or (
        Fault(rule=rule, message=refusal.what, fix=refusal.fix or "Name another file.", file=name),
    )
