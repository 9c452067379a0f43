"""Promises of the closure."""
