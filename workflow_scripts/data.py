"""Write one dataset: records.csv, images.npy, and what was left out (ldcore/prepare.py)."""

from ldcore.prepare import prepare
from ldcore.runtime import cli, code
from ldcore.store import opened


def main(config, dataset, workers):
    config, store = opened(config, dataset=dataset)
    entry = config["datasets"][dataset]
    prepare(entry["adapter"], entry["options"], config["seed"], store.data(dataset), workers, entry["classes"])
    code.record(store.made("data", dataset))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, dataset=str, workers=int))
