"""Figure 5: the same noise and prompts in every cell, with and without Latent Drifting; STEM.png and STEM.pdf."""

from ldcore import cli
from ldcore.datasets.records import load
from ldcore.report.figures import figure5, figure5_lines, save


def main(samples, data, grid, stem):
    records, images = load(data, mmap=True)
    save(figure5(figure5_lines(samples, records, images, grid)), stem)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, samples=str, data=str, grid=cli.structure, stem=str))
