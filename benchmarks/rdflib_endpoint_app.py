"""rdflib-endpoint over a graph in memory: run with the Python it is installed for, FILE PORT."""

from __future__ import annotations

import sys

import uvicorn
from rdflib import Graph
from rdflib_endpoint import SparqlEndpoint  # type: ignore[import-not-found]


def main() -> None:
    """Load the file, then serve it at the root."""
    graph = Graph()
    graph.parse(sys.argv[1], format="nt")
    app = SparqlEndpoint(graph=graph, path="/")
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
