"""From a list of scans to a data set, on a toy adapter: order, sites, drawing, faults, going on after a kill."""

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ldcore import plugins
from ldcore.datasets.scans import build as module
from ldcore.datasets.scans.listing import LEFT_OUT, reasons
from ldcore.datasets.splits import hashed
from ldcore.runtime.errors import UserError


def read(scan, options):
    """The toy's read_scan: a file of one number becomes a flat image, "deadly" kills the process; reads are counted."""
    with open(os.environ["TOY_READS"], "a") as file:
        file.write(scan["path"] + "\n")
    text = Path(scan["path"]).read_text()
    if text == "deadly":
        os._exit(9)
    if text == "refused":
        raise UserError("is refused")
    return np.full((options["image_size"],) * 2, int(text), np.uint8)


def toy(rows, excluded=()):
    """An adapter that lists these rows."""

    def list_scans(options):
        return pd.DataFrame(rows), pd.DataFrame(excluded, columns=LEFT_OUT)

    return SimpleNamespace(list_scans=list_scans, read_scan=read)


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A folder with files 0 ... 29, each its own number."""
    monkeypatch.setenv("TOY_READS", str(tmp_path / "reads"))
    folder = tmp_path / "source"
    folder.mkdir()
    for number in range(30):
        (folder / str(number)).write_text(str(number))
    return folder


def rows_of(source, count=30, **columns):
    """`count` scans of half as many subjects."""
    return [
        {
            "subject_id": f"s{number // 2:02d}",
            "path": str(source / str(number)),
            **{name: value(number) for name, value in columns.items()},
        }
        for number in range(count)
    ]


def build(adapter, source, seed=0, cache=None, workers=1, **options):
    given = {"image_size": 8, "source": str(source), **options}
    declared = plugins.literals(Path(module.__file__))["OPTIONS"]
    return module.build(
        adapter, plugins.filled(declared, given, "toy"), seed, cache or source.parent / "cache", workers
    )


def reads(source):
    path = source.parent / "reads"
    return path.read_text().split() if path.exists() else []


def test_rows_are_in_order_of_subject_and_time(source):
    rows = rows_of(source, 6, when=lambda number: 5 - number)[::-1]
    records, images, excluded = build(toy(rows), source)
    assert list(records["subject_id"]) == ["s00", "s00", "s01", "s01", "s02", "s02"]
    assert list(records["session"]) == [0, 1] * 3
    assert list(images[records["image_index"], 0, 0]) == [1, 0, 3, 2, 5, 4] and excluded.empty
    assert "path" not in records
    assert "when" not in records
    assert (records["sex"] == "").all()
    assert records["age"].isna().all()


def test_dates_and_numbers_order_sessions(source):
    for moments in (["2180-05-06", "2179-12-31"], [10, 9]):
        records, images, _ = build(toy(rows_of(source, 2, when=moments.__getitem__)), source)
        assert list(images[records["image_index"], 0, 0]) == [1, 0]


def test_order_of_the_listing_does_not_matter(source):
    rows = rows_of(source, 30, when=lambda number: number % 2, diagnosis=lambda number: ["CN", "AD"][number % 2])
    first = build(toy(rows), source, per_class=4)
    second = build(toy(rows[::-1]), source, per_class=4)
    assert first[0].equals(second[0]) and np.array_equal(first[1], second[1])


def test_sites(source):
    rows = rows_of(source, 8, site=lambda number: ["002", "010"][number // 4])
    records, _, excluded = build(toy(rows), source, sites=["010"])
    assert list(records["site"]) == ["010"] * 4 and list(excluded["reason"]) == ["another site"] * 4
    with pytest.raises(UserError, match=r"sites \['003'\] is not among the sites found .002, 010"):
        build(toy(rows), source, sites=["003"])
    with pytest.raises(UserError, match="none in this data set"):
        build(toy(rows_of(source, 8)), source, sites=["003"])


def test_drawing_by_label(source):
    rows = rows_of(
        source,
        30,
        diagnosis=lambda number: ["CN", "AD", ""][number % 3],
        findings=lambda number: ["", "", "Edema"][number % 3],
    )
    records, _, excluded = build(toy(rows), source, per_class=3)
    assert records["diagnosis"].value_counts().to_dict() == {"CN": 3, "AD": 3, "": 3} and len(excluded) == 21
    drawn = list(records["subject_id"])
    assert drawn == list(build(toy(rows), source, per_class=3)[0]["subject_id"])
    assert drawn != list(build(toy(rows), source, 1, per_class=3)[0]["subject_id"])
    few, _, _ = build(toy(rows), source, per_class=100)
    assert len(few) == 30
    with pytest.raises(UserError, match="per_class is 0"):
        build(toy(rows), source, per_class=0)


def test_only_what_is_drawn_is_read(source):
    build(toy(rows_of(source, 30, diagnosis=lambda number: "CN")), source, per_class=5)
    assert len(reads(source)) == 5


def test_faults_are_named_and_do_not_stop_the_rest(source):
    (source / "3").write_text("refused")
    (source / "4").write_text("not a\nnumber")
    (source / "5").unlink()
    listed = [("elsewhere", "s99", "without a diagnosis")]
    records, images, excluded = build(toy(rows_of(source, 8), listed), source)
    assert len(records) == 5
    assert list(images[records["image_index"], 0, 0]) == [0, 1, 2, 6, 7]
    assert list(records["image_index"]) == list(range(5))
    reason_of = {path.split("/")[-1]: reason for path, reason in zip(excluded["path"], excluded["reason"])}
    assert reason_of["3"] == "is refused" and reason_of["elsewhere"] == "without a diagnosis"
    assert reason_of["4"].startswith("cannot be read (invalid literal") and "\n" not in reason_of["4"]
    assert "No such file" in reason_of["5"]
    assert reasons(excluded).count("1 ") == 4


def test_nothing_to_use_says_why(source):
    with pytest.raises(UserError, match="No scan in .* can be used: 2 not axial."):
        build(
            toy(
                rows_of(source, 1)[:0] or {"subject_id": [], "path": []},
                [("a", "s", "not axial"), ("b", "s", "not axial")],
            ),
            source,
        )
    with pytest.raises(UserError, match="the folder lists none"):
        build(toy({"subject_id": [], "path": []}), source)
    for number in (0, 1):
        (source / str(number)).write_text("refused")
    with pytest.raises(UserError, match="can be used: 2 is refused"):
        build(toy(rows_of(source, 2)), source)
    with pytest.raises(UserError, match="gone is not a folder; give the folder of the download"):
        build(toy([]), source / "gone")


def test_a_killed_run_goes_on_and_a_changed_file_is_read_again(source):
    cache, rows = source.parent / "cache", rows_of(source, 6)
    build(toy(rows[:4]), source, cache=cache)  # as far as a killed run came
    records, images, _ = build(toy(rows), source, cache=cache)
    assert [path[-1] for path in reads(source)] == list("012345")
    (source / "2").write_text("77")
    os.utime(source / "2", ns=(1, 1))
    _, again, _ = build(toy(rows), source, cache=cache)
    assert [path[-1] for path in reads(source)][6:] == ["2"] and again[2, 0, 0] == 77
    assert np.array_equal(np.delete(again, 2, 0), np.delete(images, 2, 0))
    build(toy(rows), source, cache=cache, image_size=16)
    assert len(reads(source)) == 13


def test_a_worker_that_dies_is_named_and_the_next_run_goes_on(source):
    (source / "20").write_text("deadly")
    with pytest.raises(
        UserError, match="One of the 2 processes .* died.*resources.data.mem_mb.*fewer workers.*goes on where it was"
    ) as fault:
        build(toy(rows_of(source)), source, workers=2)
    assert "\n" not in str(fault.value)
    before = [path for path in reads(source) if not path.endswith("/20")]
    (source / "20").write_text("20")
    records, images, _ = build(toy(rows_of(source)), source, workers=2)
    assert len(before) > 9 and len(records) == 30 and list(images[:, 0, 0]) == list(range(30))
    assert (
        sum(path in before[:10] for path in reads(source)) <= 11
    )  # read once, but for the one that the other process had in hand


def test_workers_do_not_matter(source):
    (source / "7").write_text("refused")
    records, images, excluded = build(toy(rows_of(source)), source, cache=source.parent / "a")
    by_two = build(toy(rows_of(source)), source, cache=source.parent / "b", workers=2)
    assert records.equals(by_two[0]) and np.array_equal(images, by_two[1]) and excluded.equals(by_two[2])


def test_wrong_fractions_are_named_before_anything_is_read(source):
    with pytest.raises(UserError, match="fractions is .* adds up to 0.5, not to 1"):
        build(toy(rows_of(source)), source, fractions={"train": 0.5})
    assert not reads(source)


def test_splits_by_hash_of_the_subject(source):
    records, _, _ = build(toy(rows_of(source)), source)
    assert (records.groupby("subject_id")["split"].nunique() == 1).all() and records["split"].nunique() > 1
    fewer, _, _ = build(toy(rows_of(source, 10)), source)
    assert list(fewer["split"]) == list(records["split"][:10])  # further subjects move nobody
    assert list(build(toy(rows_of(source)), source, 1)[0]["split"]) != list(records["split"])


def test_a_data_sets_own_split(source):
    def own(number):
        return ("test", "train", "val")[number // 2 % 3]

    records, _, _ = build(toy(rows_of(source, 12, split=own)), source, fractions={"train": 1.0})
    assert list(records["split"]) == [own(number) for number in range(12)]
    with pytest.raises(UserError, match="Subject 's00' is in splits test and train"):
        build(toy(rows_of(source, 12, split=lambda number: ("test", "train")[number % 2])), source)


def test_a_list_of_splits_comes_first_and_must_know_every_subject(source, tmp_path):
    rows = rows_of(source, 6, split=lambda number: "train")
    hashes = [hashed(f"s0{number}", "pepper") for number in range(3)]
    listed = tmp_path / "splits.csv"
    lines = [f"{pseudonym},{split}" for pseudonym, split in zip(hashes, ("val", "test", "train"))]
    listed.write_text("\n".join(["hashed_id,split", *lines]) + "\n")
    records, _, _ = build(toy(rows), source, splits=str(listed), salt="pepper")
    assert list(records["split"]) == ["val"] * 2 + ["test"] * 2 + ["train"] * 2
    with pytest.raises(UserError, match=f"Subject {hashed('s03', 'pepper')} .hashed. has no split") as fault:
        build(toy(rows_of(source, 8)), source, splits=str(listed), salt="pepper")
    assert "s03" not in str(fault.value)


def test_a_list_that_gives_a_subject_two_splits_is_refused(source, tmp_path):
    first, second = hashed("s00", "latent-drifting"), hashed("s01", "latent-drifting")
    rows, listed = rows_of(source, 4), tmp_path / "splits.csv"
    listed.write_text(f"hashed_id,split\n{first},train\n{second},val\n{first},train\n")  # said twice is still one split
    assert list(build(toy(rows), source, splits=str(listed))[0]["split"]) == ["train"] * 2 + ["val"] * 2
    listed.write_text(f"hashed_id,split\n{first},train\n{second},val\n{first},test\n")
    with pytest.raises(
        UserError, match=f"Subject {first} .hashed. has more than one split in {listed}; delete the wrong rows"
    ):
        build(toy(rows), source, splits=str(listed))


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "splits.csv has no column 'hashed_id'"),
        ("subject,split\na,train\n", "no column 'hashed_id' .found: subject, split.*of a prepared data set"),
        ("hashed_id,group\na,train\n", "splits.csv has no column 'split'"),
        ("hashed_id,split\n", "splits.csv has a header but no rows"),
    ],
)
def test_what_is_no_list_of_splits(source, tmp_path, text, words):
    (tmp_path / "splits.csv").write_text(text)
    with pytest.raises(UserError, match=words) as fault:
        build(toy(rows_of(source, 2)), source, splits=str(tmp_path / "splits.csv"))
    assert "\n" not in str(fault.value)


def test_a_full_disk_is_no_fault_of_a_scan(source, monkeypatch):
    save = np.save

    def full(file, image):
        if image[0, 0] == 3:
            raise OSError(28, "No space left on device")
        save(file, image)

    monkeypatch.setattr(module.np, "save", full)
    with pytest.raises(UserError, match="No space left on the disk"):
        build(toy(rows_of(source, 6)), source)


def test_what_other_code_left_is_not_used(source, monkeypatch):
    build(toy(rows_of(source, 3)), source)
    build(toy(rows_of(source, 3)), source)
    assert len(reads(source)) == 3
    monkeypatch.setattr(module, "reader", lambda: "another digest")
    build(toy(rows_of(source, 3)), source)
    assert len(reads(source)) == 6


def test_a_slice_replaced_in_a_folder_is_read_again(source):
    before = module.state_of(source)
    (source / "3").write_text("33")
    assert module.state_of(source) != before


def test_a_scan_without_permission_says_so(source, monkeypatch):
    def refuse(scan, options):
        raise PermissionError(13, "Permission denied", scan["path"])

    adapter = toy(rows_of(source, 1))
    adapter.read_scan = refuse
    with pytest.raises(module.NoScan, match="1 may not be read by you: permission denied .for example .*/0.") as fault:
        build(adapter, source)
    assert list(fault.value.excluded["path"]) == [str(source / "0")]


def test_the_same_image_of_two_subjects_is_said(source, capsys):
    (source / "2").write_text("0")
    build(toy(rows_of(source, 4)), source)
    said = capsys.readouterr().out
    assert (
        "pixel by pixel: 1," in said and "row 2 of records.csv and row 4 of records.csv" in said and "s00" not in said
    )
    (source / "2").write_text("2")
    (source / "1").write_text("0")  # the same subject's
    build(toy(rows_of(source, 4)), source)
    assert "warning" not in capsys.readouterr().out


def test_subjects_that_contradict_themselves_are_left_out(source):
    rows = rows_of(source, 10, when=lambda number: 3 - number % 2, age=lambda number: 60.0 - number % 2)
    assert len(build(toy(rows), source)[0]) == 10  # sessions are in order of `when`
    rows[2]["age"], rows[5]["sex"], rows[4]["sex"] = 40.0, "F", "M"
    records, _, excluded = build(toy(rows), source)
    assert list(records["subject_id"].unique()) == ["s00", "s03", "s04"]
    assert dict(zip(excluded["subject_id"], excluded["reason"])) == {
        "s01": "the subject is younger at a later session",
        "s02": "the subject's scans have two sexes",
    }
    assert len(excluded) == 4


def interrupted(scan, options):
    """The toy's read_scan, on which Ctrl-C falls."""
    os.kill(os.getpid(), signal.SIGINT)
    return read(scan, options)


def test_workers_leave_ctrl_c_to_the_command(source):
    adapter = SimpleNamespace(list_scans=toy(rows_of(source, 6)).list_scans, read_scan=interrupted)
    assert len(build(adapter, source, workers=2)[0]) == 6
