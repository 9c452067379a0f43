"""The engine room: answers SPARQL over one immutable dataset, bounded, killable and read-only."""
