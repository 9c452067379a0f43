"""Promises of validation."""
