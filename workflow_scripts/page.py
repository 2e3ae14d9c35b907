"""One HTML page with the tables, the figures and the configuration."""

from ldcore.report.page import page
from ldcore.report.results import Results
from ldcore.runtime import cli
from ldcore.runtime.files import atomic


def main(config):
    """Write the page from the tables and figures of the run."""
    results = Results.opened(config)
    with atomic(results.store.page) as temporary:
        temporary.write_text(page(results))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str))
