"""Print what a run says of the paper's claims, and write it between the marks of a text: the README's block.

python tools/claims.py --csv results/embedded/tables/claims.csv [--into README.md]

The marks are two comments, `<!-- claims -->` and `<!-- /claims -->`; what stands between them is replaced.
"""

from pathlib import Path

from ldcore.report import markup, verdicts
from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic

START, END = "<!-- claims -->", "<!-- /claims -->"


def block(csv) -> str:
    """Verdicts counted by claim and data set, as Markdown. UserError: no such table."""
    if not Path(csv).is_file():
        raise UserError(f"{csv} is missing; run the benchmark first (make demo), or name another run's table.")
    rows = markup.read(csv)
    return f"Of {len(rows)} rows {verdicts.total(rows)}:\n\n{markup.markdown(verdicts.overview(rows), ()).rstrip()}\n"


def replaced(text: str, new: str, name: str, mark: str = "claims") -> str:
    """The text with `new` between its marks. UserError unless both stand in it once, in order; name: the text's."""
    start, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    if (text.count(start), text.count(end)) != (1, 1) or text.index(end) < text.index(start):
        raise UserError(f"{name} has not one {start} and, behind it, one {end}; put them where the {mark} shall stand.")
    before, after = text.split(start)[0], text.split(end)[1]
    return f"{before}{start}\n{new}{end}{after}"


def write_into(into, new: str, mark: str = "claims") -> None:
    """Put `new` between the marks of the file `into`. UserError: as `replaced`."""
    text = replaced(Path(into).read_text(), new, into, mark)
    with atomic(into) as temporary:
        temporary.write_text(text)


def main(csv, into):
    """Print the block; write it into the file, if one is given."""
    text = block(csv)
    print(text)
    if into:
        write_into(into, text)


if __name__ == "__main__":
    parser = cli.parser(__doc__, csv=str)
    parser.add_argument("--into", help="a text with the marks")
    cli.run(main, parser)
