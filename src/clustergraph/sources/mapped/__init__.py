"""Tables of any columns, brought into the graph by a small mapping file."""
