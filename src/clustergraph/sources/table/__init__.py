"""Tables: a file and a row model become rows with their numbers, and every fault with its place.

`stream_rows` reads any table that a user brings, in memory that does not grow with it; `read_table` reads a
curated one as a whole.
"""

from clustergraph.sources.table.curated import TableReading, read_table
from clustergraph.sources.table.limits import TableLimits
from clustergraph.sources.table.records import Record, TableFile, UnreadableTable, open_records
from clustergraph.sources.table.row import Row, RowT
from clustergraph.sources.table.rows import RowReader, stream_rows

__all__ = [
    "Record",
    "Row",
    "RowReader",
    "RowT",
    "TableFile",
    "TableLimits",
    "TableReading",
    "UnreadableTable",
    "open_records",
    "read_table",
    "stream_rows",
]
