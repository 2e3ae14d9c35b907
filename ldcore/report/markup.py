"""Tables as text: numbers, Markdown, LaTeX, and what methods are called."""

import pandas as pd

from ldcore import plugins
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic
from ldcore.statistics.holm import holm

SURE, ALPHA = "*", 0.05  # the mark of a comparison whose p_holm is below
MARKED = (
    "A gain with * is told from 0 at the 5 % level after Holm's correction over all comparisons of the table (p and "
    "p_holm in the csv; Student's t over what the interval is over). The interval itself is of one comparison alone: "
    "without any effect 1 in 20 excludes 0. No interval: one unit, or none that differs from another."
)
# Characters that mean something in a cell of Markdown or LaTeX -> what stands for them. SURE stays as it is.
MARKDOWN = {character: "\\" + character for character in "\\|$~`<"}
LATEX = {character: "\\" + character for character in "#$%&_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
LATEX_PACKAGES = ("array", "booktabs", "longtable", "pdflscape")
PORTRAIT, LANDSCAPE = 480.0, 620.0  # points of CVPR's page, upright and turned, with some to spare
WIDEST = 85.0  # points of a column; longer text is broken
NARROW = " .,:;|!()[]'-ijlft"
INTERVAL = r"\d \[-?\d"
# Rows that no method makes.
FLOORS = {"real": "Real training images", "reconstruction": "Real training images, reconstructed"}


def method_title(name: str, kind: str = "method") -> str:
    """What tables and figures call a method, a floor, or the method of an edit; its name where it is not at hand."""
    if name in FLOORS:
        return FLOORS[name]
    try:
        return plugins.title(kind, name)
    except UserError:
        return name


def number(value: float) -> str:
    """Four significant digits without an exponent; '' where there is none."""
    if value is None or value != value:
        return ""
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 10 else f"{value:.4f}"


def with_interval(row) -> str:
    """'0.1234 [0.1200, 0.1268]', of a row with value, low and high; the value alone where there is no interval.

    With SURE behind it where the row's `p_holm` says that the comparison is told from 0 among all of its table.
    """
    text = f"{number(row.value)} [{number(row.low)}, {number(row.high)}]" if row.low == row.low else number(row.value)
    return f"{text} {SURE}" if getattr(row, "p_holm", 1.0) < ALPHA else text


def with_holm(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with `p_holm` beside `p`: Holm's correction over all comparisons of a table, rows that have a `p`."""
    p = rows["p"].astype(float) if "p" in rows else pd.Series(float("nan"), index=rows.index)
    return rows.assign(p=p, p_holm=holm(p))


def without_empty_columns(lines: list[dict]) -> pd.DataFrame:
    """Lines of text as a table, without the columns that are empty in every line."""
    table = pd.DataFrame(lines).fillna("")
    return table.loc[:, (table.astype(str) != "").any()]


def escaped(lines: pd.DataFrame, special: dict[str, str]) -> list[list[str]]:
    """The names and the rows of a table as text in which some characters stand for themselves; a cell is one line."""
    table = str.maketrans(special)
    return [
        [" ".join(str(cell).split()).translate(table) for cell in row] for row in [lines.columns, *lines.to_numpy()]
    ]


def markdown(lines: pd.DataFrame, footnotes) -> str:
    """A pipe table and its footnotes."""
    names, *rows = escaped(lines, MARKDOWN)
    text = "\n".join("| " + " | ".join(row) + " |" for row in [names, ["---"] * len(names), *rows])
    return text + "\n\n" + "\n".join(f"- {note}" for note in footnotes) + "\n"


def latex(lines: pd.DataFrame, footnotes) -> str:
    """Booktabs tables that break over pages, each as wide as a page; footnotes as comments. Needs LATEX_PACKAGES.

    What names a row (leading columns without an interval) and is the same in all rows stands above, once. Of a table
    wider than a page, columns stand in parts on landscape pages, one after another, each with what names its rows:
    shrinking or turning the widest to a page would leave letters of 2 to 3 points.
    """
    cells = lines.astype(str)
    with_interval = [cells[name].str.contains(INTERVAL).any() for name in cells.columns]
    keys = list(cells.columns[: with_interval.index(True)]) if any(with_interval) else list(cells.columns)
    same = [name for name in keys[:-1] if len(cells) > 1 and cells[name].nunique() == 1]
    keys = [name for name in keys if name not in same]
    parts = column_parts(cells.drop(columns=same), keys)
    above = "; ".join(f"{name}: {cells[name].iloc[0]}" for name in same if cells[name].iloc[0])
    text = [f"% {note}" for note in footnotes]
    text += [rf"% \usepackage{{{','.join(LATEX_PACKAGES)}}}, in one column", r"{\scriptsize\setlength{\tabcolsep}{3pt}"]
    wide = len(parts) > 1 or sum(width(cells[name], name) for name in parts[0]) > PORTRAIT
    text += [r"\begin{landscape}"] * wide
    for columns in parts:
        names, *rows = [" & ".join(map(emphasised, row)) + r" \\" for row in escaped(cells[columns], LATEX)]
        if above:
            text.append(rf"\noindent {above.translate(str.maketrans(LATEX))}\par")
        text += [rf"\begin{{longtable}}{{{''.join(column_type(cells[name]) for name in columns)}}}", r"\toprule"]
        # After the end of a row a * or [ would be taken for an option of it.
        rows = ["{}" + row if row[0] in "*[" else row for row in rows]
        text += [names, r"\midrule", r"\endhead", r"\bottomrule", r"\endfoot", *rows, r"\end{longtable}"]
    text += [r"\end{landscape}"] * wide
    return "\n".join([*text, "}"]) + "\n"


def emphasised(cell: str) -> str:
    """A cell of LaTeX; what Markdown has between two * is emphasised here too."""
    return rf"\emph{{{cell[1:-1]}}}" if len(cell) > 2 and cell[0] == cell[-1] == "*" else cell


def width(cells, name: str) -> float:
    """Points of a column in LaTeX's scriptsize, about: letters are taken for wide, narrow or neither."""

    def of(text):
        return sum(
            2.3 if letter in NARROW else 5.6 if letter.isupper() or letter in "mw_<>" else 3.7 for letter in text
        )

    return min(WIDEST, max(map(of, [name, *map(str, cells)]))) + 6


def column_type(cells: pd.Series) -> str:
    """A column of LaTeX: as wide as its text, or one that breaks it."""
    return "l" if width(cells, cells.name) < WIDEST + 6 else rf">{{\raggedright\arraybackslash}}p{{{WIDEST:g}pt}}"


def column_parts(cells: pd.DataFrame, keys: list[str]) -> list[list[str]]:
    """The columns, in parts no wider than a landscape page, each with the keys in front; one part if all fit."""
    widths = {name: width(cells[name], name) for name in cells.columns}
    while sum(widths[name] for name in keys) > LANDSCAPE - WIDEST - 6:  # room for one more
        keys = keys[:-1]
    parts = [list(keys)]
    for name in cells.columns[len(keys) :]:
        if len(parts[-1]) > len(keys) and sum(widths[column] for column in [*parts[-1], name]) > LANDSCAPE:
            parts.append(list(keys))
        parts[-1].append(name)
    return parts


def read(csv) -> pd.DataFrame:
    """The rows of a csv file that `write` wrote: labels such as 0.10 stay text, and so does the data set NA."""
    numbers = ("n", "seeds", "value", "low", "high", "paper_value", "p", "p_holm")
    columns = pd.read_csv(csv, nrows=0).columns
    text = {name: str for name in columns if name not in numbers}
    return pd.read_csv(csv, dtype=text, keep_default_na=False, na_values=[""])


def write(stem, rows: pd.DataFrame, lines: pd.DataFrame, footnotes) -> None:
    """Write stem.csv, the rows in the long form, and stem.md and stem.tex, the lines of the layout."""
    texts = {"csv": rows.to_csv(index=False), "md": markdown(lines, footnotes), "tex": latex(lines, footnotes)}
    for suffix, text in texts.items():
        with atomic(f"{stem}.{suffix}") as temporary:
            temporary.write_text(text)
