"""Kinds of tables: each a row model and a mapping to triples, for the curated tables and for users' own."""
