"""Files below a download folder: links followed, dot files passed over, and what may not be read is said."""

import os

import pytest

from ldcore.datasets.scans import listing
from ldcore.runtime.errors import UserError


@pytest.fixture
def source(tmp_path):
    for name in ("in/b/2.nii", "in/b/._2.nii", "in/a/1.nii", "in/.Trashes/0.nii", "in/3.nii", "far/c/4.nii"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path / "in"


def names(source):
    return [path.relative_to(source).as_posix() for path in listing.files(source)]


def test_every_file_in_order_but_those_that_begin_with_a_dot(source):
    assert names(source) == ["3.nii", "a/1.nii", "b/2.nii"]


def test_linked_folders_and_files_are_followed(source):
    (source / "b" / "disc").symlink_to(source.parent / "far", target_is_directory=True)
    (source / "again").symlink_to(source.parent / "far", target_is_directory=True)
    (source / "5.nii").symlink_to(source.parent / "far" / "c" / "4.nii")
    assert names(source) == ["3.nii", "5.nii", "a/1.nii", "again/c/4.nii", "b/2.nii", "b/disc/c/4.nii"]


def test_a_link_that_leads_back_ends(source):
    (source / "a" / "up").symlink_to(source, target_is_directory=True)
    (source / "a" / "nowhere").symlink_to(source / "gone", target_is_directory=True)
    assert names(source) == ["3.nii", "a/1.nii", "a/nowhere", "b/2.nii"]


def test_a_folder_that_may_not_be_read(source, monkeypatch):
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.raises(UserError, match=f"{source}/b may not be read by you .permission denied"):
        names(source)


def test_a_file_that_may_not_be_looked_for(source, monkeypatch):
    assert listing.is_file(source / "3.nii") and not listing.is_file(source / "9.nii")

    def refuse(path, **options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.stat", refuse)
    with pytest.raises(UserError, match=f"{source}/b may not be read by you"):
        listing.is_file(source / "b" / "2.nii")
