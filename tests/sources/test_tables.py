"""A table with mistakes is answered with every mistake, each with its row, column and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustergraph.sources.cells import Code, Day, PeriodCell, PlainDecimal, Texts, ThingId, parse_period
from clustergraph.sources.table import Row, TableReading, read_table


class FigureRow(Row):
    id: ThingId
    value: PlainDecimal
    unit: Code
    period: PeriodCell
    tags: Texts
    note: str | None


HEADER = "id,value,unit,period,tags,note\n"


def _read(tmp_path: Path, text: str | bytes) -> TableReading[FigureRow]:
    path = tmp_path / "figures.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, "data/figures.csv", FigureRow)


def test_good_rows_are_read_with_their_row_numbers(tmp_path: Path) -> None:
    reading = _read(tmp_path, HEADER + 'call/a,7.5,eur,2014-2020,x|y,"a, ""b"""\n\ncall/b,2,num,unstated,,\n')
    assert reading.faults == []
    assert [number for number, _ in reading.rows] == [2, 4]
    first = reading.rows[0][1]
    assert first.id == "https://w3id.org/clustergraph/id/call/a"
    assert (first.tags, first.note) == (("x", "y"), 'a, "b"')
    assert reading.rows[1][1].note is None


def test_a_byte_order_mark_does_not_spoil_the_header(tmp_path: Path) -> None:
    reading = _read(tmp_path, b"\xef\xbb\xbf" + (HEADER + "call/a,1,num,2014,,\n").encode())
    assert reading.faults == []


def test_every_bad_cell_is_reported_with_row_and_column(tmp_path: Path) -> None:
    reading = _read(
        tmp_path,
        HEADER + 'Call A,"7,5",EUR,2014-13,,\ncall/b,,num,2020-2014,,\ncall/c,3,num,2017,,\n',
    )
    places = {(fault.row, fault.column) for fault in reading.faults}
    assert places == {(2, "id"), (2, "value"), (2, "unit"), (2, "period"), (3, "value"), (3, "period")}
    assert [row.id.rsplit("/", 1)[-1] for _, row in reading.rows] == ["c"]
    assert all(fault.fix and fault.file == "data/figures.csv" for fault in reading.faults)
    empty = next(fault for fault in reading.faults if (fault.row, fault.column) == (3, "value"))
    assert "empty" in empty.message


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("id,value,unit,period,tags", "note is missing"),
        ("id,value,unit,period,tags,note,note", "stands twice"),
        ("id,value,unit,period,tags,notes", "did you mean 'note'"),
    ],
)
def test_a_wrong_header_is_named_and_nothing_is_guessed(tmp_path: Path, header: str, expected: str) -> None:
    reading = _read(tmp_path, header + "\ncall/a,1,num,2014,,\n")
    assert any(expected in fault.message for fault in reading.faults)
    assert reading.rows == []


def test_a_row_with_too_few_cells_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    reading = _read(tmp_path, HEADER + "call/a,1,num\ncall/b,2,num,2014,,\n")
    assert [fault.row for fault in reading.faults] == [2]
    assert len(reading.rows) == 1


def test_an_unclosed_quote_is_reported_with_the_line_where_it_opens(tmp_path: Path) -> None:
    reading = _read(tmp_path, HEADER + 'call/a,1,num,2014,,\ncall/b,"2,num,2014,,\ncall/c,3,num,2014,,\n')
    assert [(fault.rule, fault.line) for fault in reading.faults] == [("RFC 4180", 3)]
    assert len(reading.rows) == 1


def test_bytes_that_are_not_utf8_are_reported_with_their_line(tmp_path: Path) -> None:
    reading = _read(tmp_path, HEADER.encode() + b"call/a,1,num,2014,,caf\xe9\n")
    assert [(fault.rule, fault.line) for fault in reading.faults] == [("UTF-8", 2)]


def test_a_missing_table_is_a_fault_not_a_crash(tmp_path: Path) -> None:
    reading = read_table(tmp_path / "none.csv", "data/none.csv", FigureRow)
    assert [fault.rule for fault in reading.faults] == ["readable file"]


def test_an_empty_table_says_what_header_it_needs(tmp_path: Path) -> None:
    reading = _read(tmp_path, "")
    assert "id,value,unit,period,tags,note" in reading.faults[0].fix


@pytest.mark.parametrize(
    ("token", "start", "end", "precision"),
    [
        ("2016", "2016-01-01", "2016-12-31", "year"),
        ("2014-2020", "2014-01-01", "2020-12-31", "year"),
        ("2018-02", "2018-02-01", "2018-02-28", "month"),
        ("2020-02", "2020-02-01", "2020-02-29", "month"),
        ("2019-06-05", "2019-06-05", "2019-06-05", "day"),
        ("2020-11-09/2020-11-11", "2020-11-09", "2020-11-11", "day"),
    ],
)
def test_a_period_spans_what_its_source_states(token: str, start: str, end: str, precision: str) -> None:
    period = parse_period(token)
    assert (str(period.start), str(period.end), period.precision) == (start, end, precision)


def test_an_unstated_period_has_no_invented_dates() -> None:
    period = parse_period("unstated")
    assert (period.start, period.end, period.precision) == (None, None, None)


@pytest.mark.parametrize(
    "token", ["", "next year", "2020-2014", "2019-02-30", "2020-11-11/2020-11-09", "14-20"]
)
def test_a_period_that_is_none_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="period"):
        parse_period(token)


class DatedRow(Row):
    day: Day
    period: PeriodCell


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("01.03.2019", "Write 2019-03-01."),
        ("13/03/2019", "Write 2019-03-13."),
        ("01/03/2019", "it must not be guessed"),
        ("2019/03/01", "Write 2019-03-01."),
        ("20190301", "Write 2019-03-01."),
        ("1 March 2019", "Write 2019-03-01."),
        ("Mar 1, 2019", "Write 2019-03-01."),
        ("2019-03-01 00:00:00", "Write 2019-03-01."),
        ("43525", "Format the column as dates"),
        ("2019-02-30", "Look up the day"),
        ("30.02.2019", "Look up the day"),
        ("2019-13-01", "Correct the month"),
        ("31/02/2019", "Look up the day"),
    ],
)
def test_a_day_in_another_style_is_named_with_its_remedy(tmp_path: Path, written: str, fix: str) -> None:
    path = tmp_path / "days.csv"
    path.write_text(f'day,period\n"{written}","{written}"\n', encoding="utf-8")
    faults = read_table(path, "days.csv", DatedRow).faults
    assert [fault.column for fault in faults] == ["day", "period"]
    assert all(fix in fault.fix for fault in faults), [fault.fix for fault in faults]


def test_a_day_that_may_be_two_days_names_both(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text("day,period\n01/03/2019,2019\n", encoding="utf-8")
    (fault,) = read_table(path, "days.csv", DatedRow).faults
    assert "2019-03-01 or 2019-01-03" in fault.message


@pytest.mark.parametrize(
    ("written", "fix"), [("7,5", "Write 7.5."), ("1,500", "Write 1500 if"), ("1 500", "digits")]
)
def test_a_number_in_another_style_is_named_with_its_remedy(tmp_path: Path, written: str, fix: str) -> None:
    reading = _read(tmp_path, HEADER + f'call/a,"{written}",eur,2014,,\n')
    assert fix in reading.faults[0].fix
