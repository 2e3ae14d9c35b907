"""Files of weights that are cut short, or no weights at all, are told from their first bytes and their size."""

import json
import re

import pytest
import torch
from safetensors.torch import save_file

from ldcore.runtime.errors import UserError
from ldcore.runtime.weight_files import check_weights, check_whole, shapes, state_dict


def test_whole_files_pass_and_show_their_shapes(tmp_path):
    save_file({"a": torch.zeros(2, 3), "b": torch.zeros(())}, tmp_path / "some.safetensors", metadata={"format": "pt"})
    assert shapes(tmp_path / "some.safetensors") == {"a": (2, 3), "b": ()}
    torch.save({"a": torch.zeros(2, 3)}, tmp_path / "new.pth")
    torch.save({"a": torch.zeros(2, 3)}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    for name in ("new.pth", "old.pth"):
        check_weights(tmp_path / name)


def cut(content):
    return content[: len(content) * 2 // 3]


def longer(content):
    return content + b"\0"


@pytest.mark.parametrize(
    "name, change, said",
    [
        ("x.safetensors", cut, r"x.safetensors has \d+ of its \d+ bytes; copy or fetch it again"),
        ("x.safetensors", longer, "x.safetensors has 1 bytes behind its last tensor"),
        ("x.safetensors", lambda content: content[:20], "is no whole .safetensors file"),
        ("x.safetensors", lambda content: b"\xff" * 100, "is no whole .safetensors file"),
        ("x.safetensors", lambda content: content[:8] + b"[]" + content[10:], "is no whole .safetensors file"),
        ("x.safetensors", lambda content: b"", "is empty"),
        ("x.safetensors", lambda content: b"<!DOCTYPE html><html>sign in</html>", "is a page of the web"),
        ("x.pth", lambda content: b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
        ("x.pth", cut, "x.pth is cut short"),
        ("x.pth", lambda content: content.replace(bytes(64), bytes(63) + b"\1", 1), "x.pth is damaged .*/data/0 in it"),
        ("x.pth", lambda content: content[:4] + b"\xff" * 30 + content[34:], "x.pth is damaged"),
        ("x.pth", lambda content: b"state_dict = {}", "x.pth is no file of weights; give a .safetensors file, or one"),
        ("x.pth", lambda content: b"\x89PNG\r\n\x1a\n" + content, "x.pth is no file of weights"),
        ("README.md", lambda content: "# Gewichte für LPIPS\n".encode(), "README.md is no file of weights"),
        ("x.pth", lambda content: b"", "is empty"),
    ],
)
def test_what_is_no_weights_is_one_sentence(tmp_path, name, change, said):
    path, tensors = tmp_path / name, {"a": torch.zeros(20, 30)}
    save_file(tensors, path) if name.endswith("safetensors") else torch.save(tensors, path)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(UserError, match=said) as caught:
        check_weights(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_a_head_without_places_is_no_head(tmp_path):
    text = json.dumps({"a": {"shape": [1]}}).encode()
    (tmp_path / "x.safetensors").write_bytes(len(text).to_bytes(8, "little") + text)
    with pytest.raises(UserError, match=re.escape("no whole .safetensors file")):
        shapes(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 20]},
        {"dtype": "F32", "shape": [2, "3"], "data_offsets": [0, 24]},
        {"dtype": "F32", "shape": [-2, -3], "data_offsets": [0, 24]},
        {"dtype": 32, "shape": [2, 3], "data_offsets": [0, 24]},
        {"dtype": "F32", "shape": [2, 3], "data_offsets": [24]},
        {"dtype": "F32", "shape": [2, 3], "data_offsets": [8, 32]},
    ],
)
def test_a_head_that_contradicts_itself_is_no_head(tmp_path, entry):
    text = json.dumps({"a": entry}).encode()
    (tmp_path / "x.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(32))
    with pytest.raises(UserError, match=re.escape("no whole .safetensors file")):
        check_whole(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    "tensors, said",
    [
        ({"a": torch.ones(2), "b": torch.tensor([1, float("nan")])}, "NaN or infinity in its tensor b; copy"),
        ({"a": torch.tensor(float("inf"))}, "NaN or infinity in its tensor a; copy"),
        ({"a": torch.ones(2, dtype=torch.int8)}, "its tensor a in the type int8; give weights of floating-point"),
        ({"a": torch.ones(2, dtype=torch.bool)}, "its tensor a in the type bool"),
    ],
)
@pytest.mark.parametrize("name", ["x.safetensors", "x.pth"])
def test_tensors_that_no_network_can_count_with_are_named(tmp_path, tensors, said, name):
    save = save_file if name.endswith("safetensors") else torch.save
    save({"a": torch.ones(2, dtype=torch.bfloat16), "batches": torch.tensor(7)}, tmp_path / name)
    assert set(state_dict(tmp_path / name)) == {"a", "batches"}
    save(tensors, tmp_path / name)
    with pytest.raises(UserError, match=f"{name} has .*{said}"):
        state_dict(tmp_path / name)
