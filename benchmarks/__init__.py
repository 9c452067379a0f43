"""Benchmarks: our service beside `oxigraph serve`, rdflib-endpoint and the raw engine, in one run."""
