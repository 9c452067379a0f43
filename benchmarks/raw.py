"""The raw engine in a bare process: pyoxigraph and nothing else.

Run as a script: `python benchmarks/raw.py FILE [STORE_DIRECTORY]`. It loads the file, or opens the store on
disk read-only, says so in one line of JSON, and then answers each line of JSON on stdin,
`{"query", "media_type", "times"}`, with one: how long query and serialisation took each time, in
milliseconds, and how long the result was.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pyoxigraph as ox

FORMATS: dict[str, Any] = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "text/csv": ox.QueryResultsFormat.CSV,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
}


def main() -> None:
    """Load, then answer until stdin ends."""
    begun = time.perf_counter()
    if len(sys.argv) > 2:
        store = ox.Store.read_only(sys.argv[2])
    else:
        store = ox.Store()
        store.bulk_load(path=sys.argv[1], base_iri="file:///")
    say({"quads": len(store), "seconds": time.perf_counter() - begun})
    for line in sys.stdin:
        task = json.loads(line)
        result_format = FORMATS[task["media_type"]]
        spent = []
        length = 0
        for _ in range(task["times"]):
            start = time.perf_counter()
            body = store.query(task["query"]).serialize(format=result_format)
            spent.append((time.perf_counter() - start) * 1000)
            length = len(body or b"")
        say({"milliseconds": spent, "bytes": length})


def say(message: dict[str, object]) -> None:
    """One line of JSON to stdout."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
