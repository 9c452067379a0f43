"""Readers: each reads one kind of input, row by row, and yields the triples of that source's named graph."""
