"""Write docs/datasheets.md: data sheets of the phantoms, from their adapters' declarations and the config's subjects.

python -m tools.datasheets --config config.yaml --into docs/datasheets.md

The questions are those of "Datasheets for Datasets" (Gebru et al., arXiv 1803.09010), in short words of our own. Counts
are of the subjects that the config makes: who they are follows from the causal models without drawing an image.
"""

from textwrap import indent

import pandas as pd

from ldcore import plugins
from ldcore.report import markup
from ldcore.runtime import cli
from ldcore.runtime.files import atomic
from tools.claim_checklist import read

HEAD = """# Data sheets of the phantoms

Written by `make cards` after "Datasheets for Datasets" (arXiv 1803.09010), from the adapters' own declarations; counts
are of the data sets that `config.yaml` makes. Data sets that are downloaded have data sheets of their own, by whoever
publishes them: [data.md](data.md).

## Common to both

- **Motivation**: to run, test and teach the benchmark without patients' data, and to know each counterfactual exactly:
  the same subject with another age, sex, diagnosis or finding can be drawn anew.
- **By whom**: the Latent Drifting benchmark contributors.
- **Collection**: none. Every image is a function of options, seed and subject id: the same on one kind of machine with
  the same package versions. Nobody was examined, asked or paid for it.
- **Labels**: they are causes, not readings of an image. So they hold without error, as labels of real images never do.
- **Splits**: by subject, by a sequence that gives every group its share of each split.
- **Preprocessing**: none after drawing; there is no raw form beside the images.
- **Missing and sensitive data**: nothing is missing; no name, date or id of a person is in it.
- **Uses so far**: this benchmark's tests and its embedded run ([results.md](results.md)).
- **Not to be used** for diagnosis or treatment; to train or judge what is meant for patients; for statements about
  disease, ageing, the sexes or any population: the effects below were chosen, not measured. A model that does well on
  them has shown that it can learn these formulas.
- **Distribution**: the code that makes them, under Apache-2.0 ([licences.md](licences.md)); no image is shipped but
  those in the documentation's figures.
- **Maintenance**: with the repository. A change of the code makes another data set, which the change log names.
"""
SHEET = """## {title} (`{name}`)

{first}

**Composition**: {images} gray images of {size} x {size} pixels, 8 bits, of {subjects} subjects with
{sessions} sessions each.

{counts}

**Made from** {source}

**How an image comes about** (the adapter's own words):

{equations}

**Options**:

{options}
"""
SOURCES = {
    "brain_phantom": """shapes and gray levels of one average brain, the ICBM 152 template of young adults' scans, as
nilearn packages it (BSD-3-Clause; the template with a notice of its own). No fold, vessel or lesion of a single person
is in it, and what age and disease do to it is the formulas' alone.""",
    "chest_phantom": """lung outlines from masks of real radiographs, and (age, sex, finding) from rows of CheXpert's
label table, both as torchxrayvision packages them (Apache-2.0, as the package states; [where they come
from](licences.md)). No image, path or patient's id is read. So ages, sexes and findings are distributed as in one
hospital's data, and each triple is that of a real row; heart, ribs, vessels, fluid and opacities are drawn.""",
}


def rows(dataset: dict, seed: int) -> pd.DataFrame:
    """Records of all sessions of a phantom, without images; dataset: its entry in a config."""
    options = plugins.options("dataset adapter", dataset["adapter"], dataset["options"])
    sessions = plugins.find("dataset adapter", dataset["adapter"]).sessions
    return pd.DataFrame([row for index in range(options["subjects"]) for row in sessions(index, options, seed)])


def counts(records: pd.DataFrame) -> pd.DataFrame:
    """A line a split: subjects, images, ages, share of women, images of each label."""
    labels = records["diagnosis"].where(records["diagnosis"] != "", records["findings"])
    lines = []
    for split in ("train", "val", "test"):
        chosen = records["split"] == split
        part, ages = records[chosen], records["age"][chosen]
        subjects = part.drop_duplicates("subject_id")
        lines.append(
            {
                "Split": split,
                "Subjects": len(subjects),
                "Images": len(part),
                "Age: lowest, median, highest": f"{ages.min():.0f}, {ages.median():.0f}, {ages.max():.0f}",
                "Women": f"{(subjects['sex'] == 'F').mean():.0%}",
                **{label: int((labels[chosen] == label).sum()) for label in dict.fromkeys(sorted(labels))},
            }
        )
    return pd.DataFrame(lines).astype(str)


def options_table(adapter: str, given: dict) -> str:
    """The adapter's options: what each is, its default, and what the config says."""
    lines = [
        {
            "Option": name,
            "What": schema["description"],
            "Default": str(schema["default"]),
            "Here": str(given.get(name, "")),
        }
        for name, schema in plugins.declared("dataset adapter", adapter)["OPTIONS"].items()
    ]
    return markup.markdown(pd.DataFrame(lines), ()).rstrip()


def sheet(name: str, dataset: dict, seed: int) -> str:
    """One data set's part of the page."""
    adapter = dataset["adapter"]
    module, records = plugins.find("dataset adapter", adapter), rows(dataset, seed)
    first, equations = module.__doc__.strip().split("\n\n", 1)
    sessions = records.groupby("subject_id").size()
    return SHEET.format(
        title=plugins.title("dataset adapter", adapter).capitalize(),
        name=name,
        first=first,
        images=len(records),
        size=plugins.options("dataset adapter", adapter, dataset["options"])["image_size"],
        subjects=len(sessions),
        sessions=f"{sessions.min()} to {sessions.max()}",
        counts=markup.markdown(counts(records), ()).rstrip(),
        source=SOURCES[adapter],
        equations=indent(equations, "    "),
        options=options_table(adapter, dataset["options"]),
    )


def page(config) -> str:
    """All of it, of the config's phantoms."""
    config = read(config)
    phantoms = {name: dataset for name, dataset in config["datasets"].items() if dataset["adapter"] in SOURCES}
    return "\n".join([HEAD, *(sheet(name, dataset, config["seed"]) for name, dataset in phantoms.items())])


def main(config, into):
    """Write the page of CONFIG's phantoms into INTO."""
    with atomic(into) as temporary:
        temporary.write_text(page(config))


if __name__ == "__main__":
    cli.run(main, cli.parser(__doc__, config=str, into=str))
