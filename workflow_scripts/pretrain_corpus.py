"""Crops of the photographs and cut-outs with captions: WORK/corpus.npz."""

import numpy as np

from ldcore.runtime import cli
from ldcore.runtime.files import atomic
from pretrain import corpus


def main(sources, work, seed, image_size, crops, held_out_crops):
    rows, folder = corpus.read_sources(sources), f"{work}/extracted"
    arrays = {}
    for split, count, stamps in (("train", crops, corpus.load_stamps(folder)), ("held_out", held_out_crops, [])):
        photographs = corpus.load_photographs([row for row in rows if row["split"] == split], folder)
        arrays[split], captions = corpus.build_corpus(photographs, stamps, count, image_size, seed + (split != "train"))
        arrays[f"{split}_captions"] = np.array(captions)
    with atomic(f"{work}/corpus.npz") as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, sources=str, work=str, seed=int, image_size=int, crops=int, held_out_crops=int))
