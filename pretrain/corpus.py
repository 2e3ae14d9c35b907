"""Step 2: captioned square crops of packaged photographs, and cut-out pictures on plain backgrounds: WORK/corpus.npz.

Sources are listed by name in resources/pretrain/photographs.csv (columns package, file, kind, split, scene);
whole files marked `held_out` are never trained on. Every crop is a function of (seed, index) alone.
"""

import csv
import importlib.util
import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ldcore.runtime import cli
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import atomic
from ldcore.runtime.seeds import numpy_rng
from pretrain import read_config

SHORT_SIDE = 448  # pixels to which a photograph is scaled down
STAMP_SHARE = 0.3  # of the pictures that are cut-outs, where there are any
STAMP_PACKAGE = "tuxpaint-stamps-default"
TEXTURE_SHARE = 0.25  # of the autoencoder's pictures that are walls, floors, soils, fabrics and signs
TEXTURES = "usr/share/games/ufoai/base/0textures.pk3"  # of package ufoai-textures
NO_PICTURES = ("_nm", "_sm", "_gm", "_rm")  # how the names of its maps of normals, shine, glow and roughness end
STAMP_FOLDERS = (
    "animals",
    "clothes",
    "food",
    "hobbies",
    "household",
    "naturalforces",
    "people",
    "plants",
    "seasonal",
    "space",
    "sports",
    "town",
    "vehicles",
)
BACKGROUNDS = {
    "white": (245, 245, 245),
    "grey": (128, 128, 128),
    "black": (8, 8, 8),
    "red": (190, 40, 40),
    "orange": (235, 140, 40),
    "yellow": (240, 215, 70),
    "green": (60, 150, 70),
    "blue": (60, 100, 200),
    "purple": (120, 60, 160),
    "pink": (240, 160, 190),
    "brown": (120, 80, 50),
    "turquoise": (70, 190, 190),
}


def read_sources(path) -> list[dict]:
    """Rows of photographs.csv; UserError if a column is missing."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    for column in ("package", "file", "kind", "split", "scene"):
        if not rows or column not in rows[0]:
            raise UserError(f"{path} lacks the column {column!r}.")
    return rows


def source_path(row: dict, folder) -> Path:
    """Where a source's file lies: in an installed Python package, or in an extracted Debian package under `folder`."""
    module = {"scikit-image": "skimage", "scikit-learn": "sklearn"}.get(row["package"])
    if module:
        return Path(importlib.util.find_spec(module).origin).parent.parent / row["file"]
    return Path(folder) / row["file"]


def load_photographs(rows: list[dict], folder, short_side: int = SHORT_SIDE) -> list[tuple[np.ndarray, dict]]:
    """Decode each source to uint8 [H, W, 3], short side at most `short_side` px; UserError names a missing file."""
    Image.MAX_IMAGE_PIXELS = None
    loaded = []
    for row in tqdm(rows, desc="photographs"):
        path = source_path(row, folder)
        if not path.exists():
            raise UserError(
                f"Photograph {path} is missing; run `make pretrain`, which fetches package {row['package']}."
            )
        image = Image.open(path)
        image.draft("RGB", (2 * short_side, 2 * short_side))
        image = image.convert("RGB")
        factor = min(1.0, short_side / min(image.size))
        size = (round(image.width * factor), round(image.height * factor))
        loaded.append((np.asarray(image.resize(size, Image.Resampling.LANCZOS)), row))
    return loaded


def load_stamps(folder) -> list[tuple[np.ndarray, str]]:
    """Cut-out pictures as uint8 [H, W, 4] with the English first line of their caption file, in path order."""
    root = Path(folder) / "usr/share/tuxpaint/stamps"
    stamps = []
    for path in tqdm(sorted(p for name in STAMP_FOLDERS for p in (root / name).rglob("*.png")), desc="cut-outs"):
        text = path.with_suffix(".txt")
        if not text.exists():
            continue
        name = text.read_text(encoding="utf-8", errors="replace").splitlines()[0].strip().rstrip(".!").lower()
        image = Image.open(path).convert("RGBA")
        image.thumbnail((160, 160), Image.Resampling.LANCZOS)
        if name and image.getextrema()[3][0] < 128 and min(image.size) >= 24:
            stamps.append((np.asarray(image), name))
    if not stamps:
        raise UserError(f"No cut-out pictures under {root}; run `make pretrain`, which fetches {STAMP_PACKAGE}.")
    return stamps


def load_textures(folder, short_side: int = 256) -> list[np.ndarray]:
    """Photographic textures as uint8 [H, W, 3], short side 64 to `short_side` px, in name order."""
    path = Path(folder) / TEXTURES
    if not path.exists():
        raise UserError(f"Textures {path} are missing; run `make pretrain`, which fetches package ufoai-textures.")
    textures = []
    with zipfile.ZipFile(path) as archive:
        for name in tqdm(sorted(archive.namelist()), desc="textures"):
            if not name.endswith((".jpg", ".png")) or Path(name).stem.endswith(NO_PICTURES):
                continue
            image = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
            factor = min(1.0, short_side / min(image.size))
            if min(image.size) >= 64 and max(image.size) <= 4 * min(image.size):
                size = (round(image.width * factor), round(image.height * factor))
                textures.append(np.asarray(image.resize(size, Image.Resampling.LANCZOS)))
    return textures


def crop(photograph: np.ndarray, size: int, rng) -> np.ndarray:
    """A random square of 15 to 100 % of the short side, flipped half the time, as uint8 [size, size, 3]."""
    height, width = photograph.shape[:2]
    side = int(round(min(height, width) * np.exp(rng.uniform(np.log(0.15), 0.0))))
    top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    picture = Image.fromarray(photograph).resize(
        (size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side)
    )
    picture = np.asarray(picture)
    return picture[:, ::-1] if rng.random() < 0.5 else picture


def tone(picture: np.ndarray) -> str:
    """A word for how light a picture is and one for its dominant colour, e.g. 'dark, mostly blue'."""
    mean = picture.reshape(-1, 3).astype(float).mean(0)
    light = mean.mean()
    brightness = "dark" if light < 70 else "bright" if light > 175 else "evenly lit"
    if mean.max() - mean.min() < 14:
        return f"{brightness}, mostly grey"
    palette = {k: np.array(v, float) for k, v in BACKGROUNDS.items() if k not in ("white", "grey", "black")}
    centred = (mean - light) / np.linalg.norm(mean - light)
    angle = {k: centred @ ((v - v.mean()) / np.linalg.norm(v - v.mean())) for k, v in palette.items()}
    return f"{brightness}, mostly {max(angle, key=angle.get)}"


def pick(photographs, rng) -> tuple[np.ndarray, dict]:
    """One of the sources; a photograph is twice as likely as an illustration."""
    weights = np.array([2.0 if row["kind"] == "photograph" else 1.0 for _, row in photographs])
    return photographs[rng.choice(len(photographs), p=weights / weights.sum())]


def captioned_crop(photographs, size: int, rng) -> tuple[np.ndarray, str]:
    """One crop of one source, uint8 [size, size, 3], and its caption: kind, scene and, two times in three, the tone."""
    photograph, row = pick(photographs, rng)
    picture = crop(photograph, size, rng)
    article = "a photograph of" if row["kind"] == "photograph" else "an illustration of"
    caption = f"{article} {row['scene']}"
    return picture, f"{caption}, {tone(picture)}" if rng.random() < 0.67 else caption


def captioned_stamp(stamps, size: int, rng) -> tuple[np.ndarray, str]:
    """One cut-out, 55 to 95 % of the frame, on a plain named background, uint8 [size, size, 3], and its caption."""
    stamp, name = stamps[rng.integers(len(stamps))]
    colour = list(BACKGROUNDS)[rng.integers(len(BACKGROUNDS))]
    shade = np.clip(np.array(BACKGROUNDS[colour]) + rng.normal(0, 10), 0, 255).astype(np.uint8)
    canvas = Image.new("RGB", (size, size), tuple(int(v) for v in shade))
    cutout = Image.fromarray(stamp)
    factor = size * rng.uniform(0.55, 0.95) / max(cutout.size)
    cutout = cutout.resize([max(1, round(side * factor)) for side in cutout.size], Image.Resampling.LANCZOS)
    if rng.random() < 0.5:
        cutout = cutout.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    corner = [int(rng.integers(0, size - side + 1)) for side in cutout.size]
    canvas.paste(cutout, corner, cutout)
    return np.asarray(canvas), f"a picture of {name} on a {colour} background"


def build_corpus(photographs, stamps, count: int, size: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Pictures, uint8 [count, size, size, 3], and their captions; picture i depends on (seed, i) alone."""
    pictures = np.empty((count, size, size, 3), np.uint8)
    captions = []
    for index in tqdm(range(count), desc="crops", mininterval=2):
        rng = numpy_rng(seed, "corpus", index)
        if stamps and rng.random() < STAMP_SHARE:
            pictures[index], caption = captioned_stamp(stamps, size, rng)
        else:
            pictures[index], caption = captioned_crop(photographs, size, rng)
        captions.append(caption)
    return pictures, captions


def varied_crop(photographs, textures, stamps, size: int, rng) -> np.ndarray:
    """One picture for the autoencoder alone, uint8 [size, size, 3]: a crop of any scale, or a cut-out, made different.

    Crops have an eighth to the whole of the short side (`size` px at least), at an aspect of 3:4 to 4:3 before they are
    made square. A quarter of all are turned, all have their tones shifted, one in eight is a negative, three in ten are
    grey, and one in seven is cut to a random ellipse on black: flat areas and sharp edges occur. photographs,
    textures, stamps: as load_photographs, load_textures and load_stamps return them.
    """
    # 1. A crop or a cut-out
    kind = rng.random()
    if kind < STAMP_SHARE:
        picture = captioned_stamp(stamps, size, rng)[0]
    else:
        if kind < STAMP_SHARE + TEXTURE_SHARE:
            photograph = textures[rng.integers(len(textures))]
        else:
            photograph = pick(photographs, rng)[0]
        height, width = photograph.shape[:2]
        smallest = max(size, min(height, width) / 8)
        side = smallest * np.exp(rng.uniform(0.0, np.log(min(height, width) / smallest)))
        stretch = np.exp(rng.uniform(*np.log([0.75, 4 / 3])) / 2)
        across, down = min(width, side * stretch), min(height, side / stretch)
        left, top = rng.uniform(0, width - across), rng.uniform(0, height - down)
        picture = np.asarray(
            Image.fromarray(photograph).resize(
                (size, size), Image.Resampling.LANCZOS, box=(left, top, left + across, top + down), reducing_gap=3.0
            )
        )
    # 2. Flipped and turned
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    if rng.random() < 0.25:
        picture = np.rot90(picture, rng.integers(1, 4))
    # 3. Tones: grey, negative, then gamma, contrast and a gain for each colour
    values = picture.astype(np.float32) / 255
    if rng.random() < 0.3:
        values = np.repeat(values.mean(-1, keepdims=True), 3, -1)
        gains = 1.0
    else:
        gains = np.exp(rng.normal(0, 0.1, 3)).astype(np.float32)
    if rng.random() < 0.125:
        values = 1 - values
    values = values ** np.exp(rng.uniform(-0.4, 0.4))
    values = (values - 0.5) * np.exp(rng.uniform(-0.4, 0.3)) + 0.5 + rng.normal(0, 0.05)
    values = np.clip(values * gains, 0, 1)
    # 4. An ellipse of it on black
    if rng.random() < 0.15:
        rows, columns = np.mgrid[:size, :size] + 0.5
        centre, radius = rng.uniform(0.4, 0.6, 2) * size, rng.uniform(0.25, 0.45, 2) * size
        values[((rows - centre[0]) / radius[0]) ** 2 + ((columns - centre[1]) / radius[1]) ** 2 > 1] = 0
    return np.round(values * 255).astype(np.uint8)


def main(config, sources, work):
    """Write training and held-out pictures with their captions; held-out ones have no cut-outs."""
    options, rows, folder = read_config(config), read_sources(sources), Path(work, "extracted")
    seed, arrays = options["seed"], {}
    for split, count, stamps, split_seed in (
        ("train", options["crops"], load_stamps(folder), seed),
        ("held_out", options["held_out_crops"], [], seed + 1),
    ):
        photographs = load_photographs([row for row in rows if row["split"] == split], folder)
        arrays[split], captions = build_corpus(photographs, stamps, count, options["image_size"], split_seed)
        arrays[f"{split}_captions"] = np.array(captions)
    with atomic(Path(work, "corpus.npz")) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, sources=str, work=str))
