"""The check: every gate of the knowledge base in one run, each with a status, its figures and its faults."""
