"""What a request becomes for the worker that evaluates it."""

from __future__ import annotations

import math

from clustergraph.engine import wire
from clustergraph.engine.base import QueryRequest
from clustergraph.engine.guard import QueryShape
from clustergraph.errors import QueryRefused
from clustergraph.negotiation import FORMATS, ResultKind


def check_format(request: QueryRequest, shape: QueryShape) -> None:
    """Raise QueryRefused where the format that is asked for cannot carry the kind of result."""
    chosen = request.result_format
    if shape.kind not in chosen.kinds:
        fitting = ", ".join(each.name for each in FORMATS if shape.kind in each.kinds)
        raise QueryRefused(
            f"The result of {shape.form} cannot be written as {chosen.name}.", fix=f"Use one of: {fitting}."
        )


def task_of(request: QueryRequest, shape: QueryShape, seconds: float) -> wire.Task:
    """The task of a request with a deadline in seconds."""
    of_request = bool(request.default_graphs or request.named_graphs)
    # Oxigraph reads FROM itself; only a default graph merged of several needs more than it does.
    of_query = not of_request and len(shape.default_graphs) > 1
    return wire.Task(
        query=shape.text,
        format_name=request.result_format.name,
        cpu_seconds=math.ceil(seconds) + 1,
        base_iri=request.base_iri,
        default_graphs=request.default_graphs,
        named_graphs=request.named_graphs,
        prologue=shape.prologue if of_query else "",
        from_graphs=shape.default_graphs if of_query else (),
        from_named=shape.named_graphs if of_query else (),
        prefixes=dict(shape.prefixes) if shape.kind is ResultKind.GRAPH else None,
        coding=request.coding or "",
        checked_only=request.checked_only,
    )
