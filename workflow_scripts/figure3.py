"""Figure 3: images, latent bands and KID over the swept deltas, one dataset; STEM.png and STEM.pdf."""

from pathlib import Path

from ldcore import cli
from ldcore.config import identifier
from ldcore.files import read_json
from ldcore.generate import load_part
from ldcore.report.figures import figure3, save


def main(samples, scores, sweep, stem):
    parts = {(training, delta): load_part(Path(samples, sweep["method"], training, sweep["prompt"]), identifier(delta))
             for training in sweep["trainings"] for delta in sweep["deltas"]}
    save(figure3(parts, read_json(scores)["sweep"], sweep["deltas"], sweep["trainings"]), stem)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, samples=str, scores=str, sweep=cli.structure, stem=str))
