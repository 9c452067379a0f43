"""The command line: `clustergraph build | serve | query | validate | info`.

Machine-readable output goes to stdout, words for people to stderr. Exit status: 0 done, 1 the answer is no
(a build refused, data that do not conform), 2 something could not be used (input, disk, port, release).
"""

from clustergraph.cli.main import main

__all__ = ["main"]
