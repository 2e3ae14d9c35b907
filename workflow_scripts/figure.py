"""One figure: NAME.png and NAME.pdf."""

from ldcore import plugins
from ldcore.report.drawing import save
from ldcore.report.results import Results
from ldcore.runtime import cli


def main(config, name):
    """Draw one figure from the results of the run."""
    results = Results.opened(config)
    save(plugins.find("figure", name).draw(results), results.store.figure(name).with_suffix(""))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, name=str))
