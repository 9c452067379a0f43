"""What must be remembered of every row of an import, on disk, so that memory does not grow with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clustergraph.errors import StorageUnavailable
from clustergraph.sources.importing import subject_key
from clustergraph.sources.kinds.kind import Organisation
from clustergraph.sources.mentions import Mention

_SCHEMA = """
CREATE TABLE introduced (key INTEGER, row INTEGER);
CREATE TABLE mentioned (key INTEGER, iri TEXT, file TEXT, row INTEGER, place TEXT, focus TEXT);
CREATE TABLE organisation (iri TEXT PRIMARY KEY, name TEXT, country TEXT) WITHOUT ROWID;
"""


class Workspace:
    """A database beside an import that is being read: which row introduces what, and the organisations."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._words():
            self.database = sqlite3.connect(path)
            self.database.execute("PRAGMA journal_mode = OFF")
            self.database.execute("PRAGMA synchronous = OFF")
            self.database.executescript(_SCHEMA)

    def introduce(self, subjects: Iterable[tuple[int, int]]) -> None:
        """Note rows with the keys of what they introduce."""
        with self._words():
            self.database.executemany("INSERT INTO introduced (row, key) VALUES (?, ?)", subjects)

    def mention(self, mentions: Iterable[Mention]) -> None:
        """Note mentions of what is not known from elsewhere."""
        with self._words():
            self.database.executemany(
                "INSERT INTO mentioned VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (subject_key(one.iri), one.iri, one.file, one.row, one.column, one.focus)
                    for one in mentions
                ),
            )

    def dangling(self) -> Iterator[Mention]:
        """The mentions of what no row describes, in order of rows."""
        with self._words():
            for row in self.database.execute(
                "SELECT iri, file, row, place, focus FROM mentioned "
                "WHERE key NOT IN (SELECT key FROM introduced) ORDER BY row"
            ):
                yield Mention(*row)

    def organisations(self, organisations: Iterable[Organisation]) -> None:
        """Note organisations; the first name of each counts."""
        with self._words():
            self.database.executemany("INSERT OR IGNORE INTO organisation VALUES (?, ?, ?)", organisations)

    def repeated(self, most: int) -> Iterator[tuple[int, int]]:
        """Each row that introduces what an earlier one has, with that row, in order; at most so many."""
        with self._words():
            yield from self.database.execute(
                "SELECT later.row, earlier.first FROM introduced AS later JOIN "
                "(SELECT key, MIN(row) AS first FROM introduced GROUP BY key HAVING COUNT(*) > 1) AS earlier "
                "ON later.key = earlier.key WHERE later.row > earlier.first ORDER BY later.row LIMIT ?",
                (most,),
            )

    def row_of(self, subject: str) -> int | None:
        """The first row that introduces a subject."""
        with self._words():
            found = self.database.execute(
                "SELECT MIN(row) FROM introduced WHERE key = ?", (subject_key(subject),)
            ).fetchone()
        return None if found is None else found[0]

    def clear(self) -> None:
        """Forget everything."""
        with self._words():
            self.database.executescript(
                "DELETE FROM introduced; DELETE FROM mentioned; DELETE FROM organisation;"
            )

    def close(self) -> None:
        """Close the database; its file is for the caller to remove."""
        self.database.close()

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageUnavailable(
                f"The disk refused: {error}.",
                where=str(self._path),
                fix="Free some space, or set CLUSTERGRAPH_HOME to a directory on another disk. "
                "What was imported before is untouched.",
            ) from error
