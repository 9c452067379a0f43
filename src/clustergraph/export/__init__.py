"""Tables of a kind out of the graph again: the columns in which they can be imported, described by CSVW."""
