"""Small download folders as the chest data sets lay them out: real names, columns and quirks, invented images."""

import csv
import gzip

import numpy as np
from PIL import Image

from ldcore.datasets.scans.chest_labels import CHEXPERT

FOUR = ("No Finding", "Cardiomegaly", "Pleural Effusion", "Pneumonia")
CHEXPERT_HEADER = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *CHEXPERT]
NIH_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
NIH_NAMES = {"Pleural Effusion": "Effusion"}
MIMIC_LABELS = sorted(CHEXPERT)
MIMIC_HEADER = [
    "dicom_id",
    "subject_id",
    "study_id",
    "PerformedProcedureStepDescription",
    "ViewPosition",
    "Rows",
    "Columns",
    "StudyDate",
    "StudyTime",
    "ProcedureCodeSequence_CodeMeaning",
    "ViewCodeSequence_CodeMeaning",
    "PatientOrientationCodeSequence_CodeMeaning",
]


def picture(path, number: int, shape=(40, 32)):
    """A gray image that depends on the number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[: shape[0], : shape[1]]
    values = 120 + 80 * np.sin(y / (3 + number % 7)) * np.cos(x / (4 + number % 5)) + number % 11
    Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).save(path)


def write(path, header, rows):
    """A CSV, zipped where its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (gzip.open if path.suffix == ".gz" else open)(path, "wt", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def chexpert_row(path, sex="Female", age="68", view="Frontal", position="AP", **labels):
    """Labels by name with _ for a space."""
    given = {name.replace("_", " "): value for name, value in labels.items()}
    return [path, sex, age, view, position, *(given.get(name, "") for name in CHEXPERT)]


def chexpert(folder, patients=24):
    """train.csv of `patients`, two studies each, one finding a patient; a lateral view in every first study."""
    rows = []
    for number in range(1, patients + 1):
        labels = {FOUR[number % 4].replace(" ", "_"): "1.0"}
        for study in (1, 2):
            place = f"train/patient{number:05d}/study{study}"
            rows.append(
                chexpert_row(
                    f"CheXpert-v1.0-small/{place}/view1_frontal.jpg",
                    ["Female", "Male"][number // 4 % 2],
                    str(50 + number + study),
                    **labels,
                )
            )
            picture(folder / place / "view1_frontal.jpg", number * 2 + study, (39, 32))
        rows.append(
            chexpert_row(
                f"CheXpert-v1.0-small/train/patient{number:05d}/study1/view2_lateral.jpg",
                view="Lateral",
                position="",
                **labels,
            )
        )
    write(folder / "train.csv", CHEXPERT_HEADER, rows)
    return {"source": str(folder), "image_size": 16}


def nih_row(patient, follow_up, labels="No Finding", age="58", sex="M", view="PA"):
    """A row of eleven cells."""
    name = f"{patient:08d}_{follow_up:03d}.png"
    return f"{name},{labels},{follow_up},{patient},{age},{sex},{view},2682,2749,0.143,0.143"


def nih(folder, patients=24, table="Data_Entry_2017_v2020.csv"):
    """Two follow-ups of every patient, over two of the archives."""
    rows = []
    for number in range(1, patients + 1):
        finding = FOUR[number % 4]
        for follow_up in (0, 1):
            rows.append(
                nih_row(
                    number,
                    follow_up,
                    NIH_NAMES.get(finding, finding),
                    str(50 + number + follow_up),
                    "MF"[number // 4 % 2],
                )
            )
            picture(
                folder / f"images_00{1 + number % 2}" / "images" / f"{number:08d}_{follow_up:03d}.png",
                number * 2 + follow_up,
                (32, 32),
            )
    (folder / table).write_text("\n".join([NIH_HEADER, *rows]) + "\n")
    return {"source": str(folder), "image_size": 16}


def mimic_image(subject, study, number):
    """A dicom_id in the data set's form."""
    return "-".join(f"{subject * 7919 + study * 31 + number + block:08x}" for block in range(5))


def mimic_row(dicom_id, subject, study, view="PA", date="21800506", time="213014.531"):
    """A row of the metadata table."""
    return [
        dicom_id,
        subject,
        study,
        "CHEST (PA AND LAT)",
        view,
        "3056",
        "2544",
        date,
        time,
        "CHEST (PA AND LAT)",
        "postero-anterior",
        "Erect",
    ]


def mimic(folder, patients=24, zipped=".gz"):
    """Two studies a patient, the second seven years on; a lateral view in every study; all three tables."""
    metadata, labels, splits = [], [], []
    for number in range(patients):
        subject, finding = 10000032 + number, FOUR[number % 4]
        for visit in (0, 1):
            study = 50000000 + number * 10 + visit
            date = f"{2180 + 7 * visit}0506"
            for image, view in enumerate(("PA", "LATERAL")):
                dicom_id = mimic_image(subject, study, image)
                metadata.append(mimic_row(dicom_id, subject, study, view, date))
                splits.append([dicom_id, study, subject, ("train", "validate", "test")[number % 3]])
                picture(
                    folder / "files" / f"p{str(subject)[:2]}" / f"p{subject}" / f"s{study}" / f"{dicom_id}.jpg",
                    study % 97,
                    (40, 33),
                )
            labels.append([subject, study, *("1.0" if name == finding else "" for name in MIMIC_LABELS)])
    write(folder / f"mimic-cxr-2.0.0-metadata.csv{zipped}", MIMIC_HEADER, metadata)
    write(folder / f"mimic-cxr-2.0.0-chexpert.csv{zipped}", ["subject_id", "study_id", *MIMIC_LABELS], labels)
    write(folder / f"mimic-cxr-2.0.0-split.csv{zipped}", ["dicom_id", "study_id", "subject_id", "split"], splits)
    write(
        folder / "patients.csv.gz",
        ["subject_id", "gender", "anchor_age", "anchor_year", "anchor_year_group", "dod"],
        [
            [10000032 + number, "MF"[number // 4 % 2], 52 + number, 2180, "2014 - 2016", ""]
            for number in range(patients)
        ],
    )
    return {"source": str(folder), "image_size": 16, "patients": "patients.csv.gz"}


def medmnist(folder, counts=(24, 12, 12), name="pneumoniamnist", side=28, colour=False, save=np.savez_compressed):
    """An archive with the splits' usual arrays; half of each split has label 1."""
    folder.mkdir(parents=True, exist_ok=True)
    draw, arrays = np.random.default_rng(0), {}
    for split, count in zip(("train", "val", "test"), counts):
        arrays[f"{split}_images"] = draw.integers(
            0, 256, (count, side, side) + ((3,) if colour else ()), dtype=np.uint8
        )
        arrays[f"{split}_labels"] = (np.arange(count) % 2).astype(np.uint8)[:, None]
    save(folder / f"{name}.npz", **arrays)
    return {"source": str(folder), "image_size": 16}
