"""Labels of a config may have any character: tables say them as they are, and figures draw them."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from ldcore import plugins
from ldcore.plan import reporting
from ldcore.report import drawing, markup

LABEL = r"a#b $c$ 10% d&e_f {g} ~h ^i \j k|l <m> `n`"


def test_a_cell_of_markdown_reads_as_it_was_written():
    text = markup.markdown(pd.DataFrame({"cell | a": [LABEL, "two\nlines"], "value": ["0.1 [0.0, 0.2] *", ""]}), [])
    rows = text.strip().split("\n")
    assert len(rows) == 4 and all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows)
    cell = re.split(r"(?<!\\)\|", rows[2])[1].strip()
    assert re.sub(r"\\(.)", r"\1", cell) == LABEL and not re.search(r"(?<!\\)[$`<~]", cell)
    assert rows[3].startswith("| two lines |") and rows[2].endswith("| 0.1 [0.0, 0.2] * |")


def test_a_cell_of_latex_reads_as_it_was_written():
    text = markup.latex(pd.DataFrame({"cell & a": [LABEL]}), [])
    row = next(line for line in text.split("\n") if line.startswith("a"))
    body = row.removesuffix(r" \\")
    words = {"textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textbar": "|"}
    words |= {"textless": "<", "textgreater": ">"}
    named = re.sub(r"\\(text\w+)\{\}", lambda found: chr(0xE000 + list(words).index(found[1])), body)
    assert not re.search(r"(?<!\\)[#$%&_{}~^<>|]", named)
    plain = re.sub(r"\\(.)", r"\1", named)
    assert "".join(words[list(words)[ord(c) - 0xE000]] if ord(c) >= 0xE000 else c for c in plain) == LABEL
    assert r"cell \& a \\" in text


def parts(text: str) -> list[list[list[str]]]:
    """The rows of each longtable, names first, as cells."""
    found = re.findall(r"begin\{longtable\}\{(l+)\}\n(.*?)\\end\{longtable\}", text, re.DOTALL)
    rows = [[line.removesuffix(r" \\").split(" & ") for line in body.split("\n") if " & " in line] for _, body in found]
    assert all(len(row) == len(columns) for (columns, _), of_part in zip(found, rows) for row in of_part)
    return rows


def test_a_wide_table_of_latex_is_in_parts_that_name_their_rows():
    wide = pd.DataFrame(
        [
            {"Dataset": "brain", "Method": "*none*", "Cell": "0.1"}
            | {f"Score {number}": f"{row}.1234 [0.1000, 0.2000]" for number in range(20)}
            for row in range(3)
        ]
    )
    wide.loc[1, "Method"] = "[other]"
    text = markup.latex(wide, ["A note."])
    assert text.startswith("% A note.\n")
    found = parts(text)
    assert len(found) > 1 and [row for of_part in found for row in of_part[0][2:]] == list(wide.columns[3:])
    for names, *rows in found:
        assert names[:2] == ["Method", "Cell"]
        assert [row[0] for row in rows] == [r"\emph{none}", "{}[other]", r"\emph{none}"]
    assert text.count("Dataset: brain") == len(found) and r"\begin{landscape}" in text
    narrow = markup.latex(wide.iloc[:, :4], [])
    assert len(parts(narrow)) == 1 and "landscape}" not in narrow.split("\n", 1)[1]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs pdflatex")
def test_every_table_compiles_and_fits_its_page(drawn, tmp_path):
    for name in reporting.tables(drawn.config):
        table = plugins.find("table", name)
        rows = table.rows(drawn)
        markup.write(tmp_path / name, rows, table.layout(rows), table.FOOTNOTES)
    labels = pd.DataFrame({"cell": [LABEL, "[x]", "*"], "other": [LABEL, "", "*both*"]})
    markup.write(tmp_path / "labels", labels, labels, [LABEL])
    said = compiled(tmp_path, [*reporting.tables(drawn.config), "labels"])
    assert not re.findall(r"^! .*|.*Overfull .hbox.*", said, re.MULTILINE)


def compiled(folder, names) -> str:
    """What pdflatex says of a document of these tables, on a page of CVPR's size."""
    page = r"\usepackage[letterpaper,textwidth=6.875in,textheight=9in]{geometry}"
    packages = rf"\usepackage{{{','.join(markup.LATEX_PACKAGES)}}}"
    inputs = "\n".join(rf"\input{{{name}.tex}}" for name in names)
    (folder / "all.tex").write_text(
        "\n".join([r"\documentclass{article}", page, packages, r"\begin{document}", inputs, r"\end{document}"])
    )
    for _ in range(3):  # longtable learns its widths
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "all.tex"], cwd=folder, capture_output=True, text=True
        )
    return done.stdout


def test_a_figure_draws_a_label_with_dollars(tmp_path):
    figure, axes = drawing.plt.subplots()
    axes.set_title(r"$\nosuchcommand$ and $5")
    drawing.save(figure, tmp_path / "figure")
    assert (tmp_path / "figure.png").stat().st_size > 0
