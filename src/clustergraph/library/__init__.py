"""Named queries: one file each, read with their plain question, and bound with terms rather than text."""
