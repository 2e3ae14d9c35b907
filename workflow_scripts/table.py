"""One table: NAME.csv (long form), NAME.md and NAME.tex (as people read it)."""

from ldcore import plugins
from ldcore.report import markup, older
from ldcore.report.results import Results
from ldcore.runtime import cli


def main(config, name):
    """Make one table from the results of the run."""
    results, table = Results.opened(config), plugins.find("table", name)
    found = older.older(results)
    rows = older.marked(table.rows(results), results, found)
    footnotes = [*older.notes(results, found), *table.FOOTNOTES]
    markup.write(results.store.table(name).with_suffix(""), rows, table.layout(rows), footnotes)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, name=str))
