"""Labels of a config may have any character: tables say them as they are, and figures draw them."""

import re

import pandas as pd

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


def test_a_figure_draws_a_label_with_dollars(tmp_path):
    figure, axes = drawing.plt.subplots()
    axes.set_title(r"$\nosuchcommand$ and $5")
    drawing.save(figure, tmp_path / "figure")
    assert (tmp_path / "figure.png").stat().st_size > 0
