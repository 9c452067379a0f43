"""Code lists: a code is compared with its list where that list is known, and never invented."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.sources.table.row import Row


class CodeLists:
    """The known codes of the columns of a row model that hold codes."""

    def __init__(self, model: type[Row], labels: Mapping[str, str]) -> None:
        self._columns: list[tuple[str, str, str, frozenset[str]]] = []
        for field, scheme in model.schemes.items():
            begun = iris.concept(scheme, "")
            codes = frozenset(
                iri.removeprefix(begun)
                for iri in labels
                if iri.startswith(begun) and "/" not in iri.removeprefix(begun)
            )
            if codes:
                column = model.model_fields[field].alias or field
                self._columns.append((field, column, scheme, codes))

    def faults(self, row: Row, number: int, name: str) -> tuple[Fault, ...]:
        """The codes of a row that its lists do not have."""
        found: list[Fault] = []
        for field, column, scheme, codes in self._columns:
            value: Any = getattr(row, field)
            for code in value if isinstance(value, tuple) else (value,):
                if code is None or code in codes:
                    continue
                near = difflib.get_close_matches(str(code), codes, n=1)
                found.append(
                    Fault(
                        rule=f"code list {scheme}",
                        message=f"The list {scheme} has no code {code!r}"
                        + (f"; did you mean {near[0]!r}?" if near else "."),
                        fix=f"Use one of its {len(codes)} codes"
                        + (f": {', '.join(sorted(codes))}." if len(codes) <= 12 else "."),
                        file=name,
                        row=number,
                        column=column,
                        value=str(code),
                    )
                )
        return tuple(found)
