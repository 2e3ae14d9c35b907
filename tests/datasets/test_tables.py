"""People's tables: CSV as spreadsheets and hands write it, rows by their numbers, every fault in one sentence."""

import gzip

import pytest
from heads import save_xlsx

from ldcore.datasets import tables
from ldcore.runtime.errors import UserError


def written(folder, text, name="table.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_cells_are_stripped_text_and_rows_have_the_numbers_of_a_spreadsheet(tmp_path):
    path = written(tmp_path, '\ufeffID, Age ,Note\n007, 61.5 ,"a, b"\n\n,,\n"NA",,"two\nlines"\n')
    table = tables.read(path)
    assert list(table) == ["ID", "Age", "Note"] and list(table.index) == [2, 5]
    assert table.to_numpy().tolist() == [["007", "61.5", "a, b"], ["NA", "", "two\nlines"]]
    assert table.attrs["file"] == str(path)


def test_a_zipped_table_and_a_sheet_of_excel_say_the_same(tmp_path):
    rows = [["ID", "Age", "CDR"], ["OAS1_0001", "74", "0.5"], ["OAS1_0002", "55", "0"]]
    text = "\n".join(",".join(row) for row in rows) + "\n"
    with gzip.open(tmp_path / "table.csv.gz", "wt") as file:
        file.write(text)
    save_xlsx(tmp_path / "table.xlsx", rows)
    plain = tables.read(written(tmp_path, text))
    for name in ("table.csv.gz", "table.xlsx"):
        table = tables.read(tmp_path / name)
        assert table.to_numpy().tolist() == plain.to_numpy().tolist() and list(table.index) == [2, 3], name


def test_only_the_columns_asked_for(tmp_path):
    path = written(tmp_path, "a,b,,a,c\n1,2,3,4,5\n")
    table = tables.read(path, ("c", "a"), optional=("b", "d"))
    assert table.to_numpy().tolist() == [["5", "1", "2"]] and list(table) == ["c", "a", "b"]  # of two a, the first


def test_rows_that_are_longer_than_the_header(tmp_path):
    path = written(tmp_path, "a,b\n1,2,\n3,4,,\n")
    assert tables.read(path).to_numpy().tolist() == [["1", "2"], ["3", "4"]]
    path = written(tmp_path, "a,b,c[x,y]\n1,2,3\n4,5,6,7,8\n")
    assert tables.read(path, first=2).to_numpy().tolist() == [["1", "2"], ["4", "5"]]


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "table.csv has no column 'a' .found: .; add it"),
        ("b,c\n1,2\n", "table.csv has no column 'a' .found: b, c.; add it"),
        ("a,b\n", "table.csv has a header but no rows"),
        ("a,b\n1,2\n\n3\n", "Row 4 of .*table.csv has 1 cells instead of 2"),
        ("a,b\n1,2,3\n", "Row 2 of .*table.csv has 3 cells instead of 2; put a cell that holds a comma in quotes"),
        ('a,b\n1,2\n3,"4\n5,6\n', "table.csv cannot be read .after row 2: unexpected end of data"),
        ('a,b\n1,"2"3\n', "table.csv cannot be read .after row 1: ',' expected"),
    ],
)
def test_what_is_no_such_table_is_named(tmp_path, text, words):
    with pytest.raises(UserError, match=words) as fault:
        tables.read(written(tmp_path, text), ("a",))
    assert "\n" not in str(fault.value)


def test_another_encoding_and_a_damaged_archive_are_named(tmp_path):
    (tmp_path / "latin.csv").write_bytes("a,Größe\n1,2\n".encode("latin-1"))
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n" * 99)[:20])
    for name in ("latin.csv", "cut.csv.gz", "absent.csv"):
        with pytest.raises(UserError, match=f"The table .*{name} cannot be read .*save it as UTF-8 CSV, or download"):
            tables.read(tmp_path / name)


def test_cells_become_values_or_are_named(tmp_path):
    table = tables.read(written(tmp_path, "age,sex,day,code\n61.5,f,2005-09-01,1\n,,,1\n0,Male,2005-9-30,2\n"))
    assert tables.age(table).tolist()[0] == 61.5 and tables.age(table).isna().tolist() == [False, True, True]
    assert tables.coded(table, "sex", tables.SEXES).tolist() == ["F", "", "M"]
    assert tables.date(table, "day").dt.month.tolist()[::2] == [9, 9]
    assert tables.converted(table, "code", int, "give a whole number") == [1, 1, 2]
    for text, check, words in [
        ("age\n1\nx\n", tables.age, "Row 3 of .* has age 'x'; give a number from 0 to 120, or leave it empty"),
        ("age\n-1\n", lambda rows: tables.number(rows, "age"), "age '-1'; give a number of at least 0, or"),
        ("sex\nF\nq\n", lambda rows: tables.coded(rows, "sex", {"f": "F"}), "Row 3 of .* has sex 'q'; use one of f"),
        ("day\nsoon\n", lambda rows: tables.date(rows, "day"), "has day 'soon'; write dates as 2005-09-01"),
        ("code\n1\n1\nx\nx\n", lambda rows: tables.converted(rows, "code", int, "count"), "Row 4 .* code 'x'; count"),
    ]:
        with pytest.raises(UserError, match=words):
            check(tables.read(written(tmp_path, text)))


def days(folder, *cells):
    """What tables.date makes of a column of cells, as ISO text."""
    table = tables.read(written(folder, "\n".join(["day;n", *(f'"{cell}";1' for cell in cells)]) + "\n"))
    return tables.date(table, "day").dt.strftime("%Y-%m-%d").fillna("").tolist()


@pytest.mark.parametrize(
    "cells, expected",
    [
        (["2004-03-02", "", "2004-11-30 08:15:00"], ["2004-03-02", "", "2004-11-30"]),
        (["20040302", "20041130"], ["2004-03-02", "2004-11-30"]),
        (["3/2/2004", "11/30/2004"], ["2004-03-02", "2004-11-30"]),
        (["3/2/2004", "12/11/2004"], ["2004-03-02", "2004-12-11"]),  # both ways: the month comes first
        (["2/3/2004", "30/11/2004"], ["2004-03-02", "2004-11-30"]),  # the second tells of the first
        (["2.3.2004", "11.12.2004"], ["2004-03-02", "2004-12-11"]),
        (["2-Mar-2004", "30-NOV-2004"], ["2004-03-02", "2004-11-30"]),
        (["02-Mar-04", "30-Nov-04"], ["2004-03-02", "2004-11-30"]),
        (["02MAR2004"], ["2004-03-02"]),
        (["March 2, 2004", "November 30, 2004"], ["2004-03-02", "2004-11-30"]),
        (["3/2/2004 12:00:00 AM", "11/30/2004 3:15 PM"], ["2004-03-02", "2004-11-30"]),
        (["2004-03-02T08:15:00Z"], ["2004-03-02"]),
    ],
)
def test_a_column_of_dates_is_written_one_way(tmp_path, cells, expected):
    assert days(tmp_path, *cells) == expected


@pytest.mark.parametrize(
    "cells, words",
    [
        (["13/02/2004", "02/13/2004", "02/14/2004"], "Row 2 .*day '13/02/2004'; it is not written as the column's oth"),
        (["2004-03-02", "2004-03-03", "3-Mar-2004"], "Row 4 .*day '3-Mar-2004'.* others, year-month-day"),
        (["2004-03-02", "8:15"], "Row 3 .*day '8:15'"),
        (["38048"], "Row 2 .*day '38048'; write dates as 2005-09-01"),
        (["0204-03-02"], "Row 2 .*day '0204-03-02'; give a year from 1900 to 20"),
        (["2004-03-02", "2204-03-02"], "Row 3 .*day '2204-03-02'; give a year from 1900"),
        (["2004-02-30"], "Row 2 .*day '2004-02-30'"),
        (["2/3/04", "2/4/04", "2/3/2004"], "Row 4 .*day '2/3/2004'.*others, month/day/yy"),
    ],
)
def test_dates_that_cannot_be_told_are_named(tmp_path, cells, words):
    with pytest.raises(UserError, match=words) as fault:
        days(tmp_path, *cells)
    assert "\n" not in str(fault.value)


def test_ids_as_their_data_set_writes_them(tmp_path):
    table = tables.read(written(tmp_path, "a\nX_7_v2\nx_07_V2.0\nX_0012_v1\nother\n\n"))
    assert tables.ids(table, "a", r"X_(\d+)_V(\d+)", "X_{:03d}_V{:d}").tolist() == [
        "X_007_V2",
        "X_007_V2",
        "X_012_V1",
        "other",
    ]
    table = tables.read(written(tmp_path, "n\n7\n7.0\n7.5\n"))
    with pytest.raises(UserError, match="Row 4 .*n '7.5'; give a whole number"):
        tables.whole(table, "n")


def test_semicolons_and_tabs_between_cells(tmp_path):
    table = tables.read(written(tmp_path, '\n"SEX (1=m, 2=f)";age;note\n1;61,5;"a; b"\n2;7;c, d\n'))
    assert table.to_numpy().tolist() == [["1", "61,5", "a; b"], ["2", "7", "c, d"]] and list(table.index) == [3, 4]
    assert tables.number(table, "age").tolist() == [61.5, 7.0]  # and no id or finding such as 12,3 is changed
    quoted = tables.read(written(tmp_path, 'a,age\n1,"61,5"\n'))
    with pytest.raises(UserError, match="give a number"):
        tables.number(quoted, "age")
    table = tables.read(written(tmp_path, "a\tb\n1,5\tx\n"))
    assert table.to_numpy().tolist() == [["1,5", "x"]]
    assert tables.read(written(tmp_path, "a,b\n1;5,x\n")).to_numpy().tolist() == [["1;5", "x"]]


def test_a_header_that_ends_in_commas(tmp_path):
    table = tables.read(written(tmp_path, "a,b,,\n1,2\n3,4,\n5,6,,remark\n"))
    assert table.to_numpy().tolist() == [["1", "2"], ["3", "4"], ["5", "6"]]
    with pytest.raises(UserError, match="Row 2 of .* has 1 cells instead of 4"):
        tables.read(written(tmp_path, "a,b,,\n1\n"))


def test_a_table_that_may_not_be_read(tmp_path, monkeypatch):
    path = written(tmp_path, "a\n1\n")

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(
        UserError, match="table.csv may not be read by you .permission denied.; have its owner"
    ) as fault:
        tables.read(path)
    assert "UTF-8" not in str(fault.value)
    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    with pytest.raises(UserError, match="may not be read by you"):
        tables.all_with_columns(tmp_path, {"a": ("a",)})


def test_what_nobody_sees_is_taken_from_every_cell(tmp_path):
    text = "\u200bID,Gr\u00f6\u00dfe\u00a0x\nP\u200b1\u00ad,\u00a0 a\u2009b \nP1,Gro\u0308\u00dfe\u2060\n"
    table = tables.read(written(tmp_path, text))
    assert list(table) == ["ID", "Gr\u00f6\u00dfe x"]
    assert table.to_numpy().tolist() == [["P1", "a b"], ["P1", "Gr\u00f6\u00dfe"]]
    save_xlsx(tmp_path / "table.xlsx", [["ID"], ["\ufeffP1\u00a0"]])
    assert tables.read(tmp_path / "table.xlsx")["ID"].tolist() == ["P1"]
