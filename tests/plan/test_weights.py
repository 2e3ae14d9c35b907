"""Weights by name: resolved to places, named where missing, fetched whole with their sha256 checked or not at all."""

import hashlib
import http.server
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from configs import ROOT, checked
from ldcore.model import check
from ldcore.plan import weights as module
from ldcore.runtime import downloads
from ldcore.runtime.errors import UserError
from ldcore.runtime.files import read_json
from ldcore.store import Store

CONTENT = b"0123456789" * 300_000
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "shelf" / "alexnet-owt-7be5be79.pth"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path.as_uri()


@pytest.fixture
def server():
    """An address whose /whole answers CONTENT, /short ends early, /slow never ends, and all else is not found."""
    going = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path in ("/whole", "/short", "/slow") else 404)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT if self.path == "/whole" else CONTENT[:2_000_000])
            if self.path == "/slow":
                going.wait(60)

        def log_message(self, *_):
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.handle_error = lambda *_: None  # clients that were killed
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    going.set()
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def hub(monkeypatch):
    """A hub of one repository; records what it was asked. `fail`: an error after the first file."""
    import huggingface_hub

    asked = {}

    def snapshot_download(repo_id, revision=None, allow_patterns=None, local_dir=None):
        asked.update(repo=repo_id, revision=revision, files=allow_patterns)
        (Path(local_dir) / ".cache" / "huggingface").mkdir(parents=True, exist_ok=True)
        (Path(local_dir) / ".cache" / "huggingface" / "state").write_text("hub's own")
        for name in ("config.json", "unet/model.safetensors") if asked.get("files") != ["nothing*"] else ():
            (Path(local_dir) / name).parent.mkdir(exist_ok=True)
            (Path(local_dir) / name).write_bytes(CONTENT)
            if asked.get("fail"):
                raise OSError("connection\nreset")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return asked


def test_a_url_is_fetched_with_its_record(source, server, tmp_path, capsys):
    for number, url in enumerate((source, f"{server}/whole")):
        out = tmp_path / str(number) / "alex"
        downloads.fetch("alex", {"url": url, "sha256": SUM.upper(), "licence": "BSD"}, out)
        name = url.rsplit("/", 1)[-1]
        assert (out / name).read_bytes() == CONTENT
        assert read_json(out / module.RECORD) == {
            "source": url,
            "licence": "BSD",
            "files": {name: {"bytes": len(CONTENT), "sha256": SUM}},
        }
        assert {path.name for path in out.iterdir()} == {name, module.RECORD}
        said = capsys.readouterr().out
        assert url in said and SUM in said and str(len(CONTENT)) in said and "licence: BSD" in said
    downloads.fetch("alex", {"url": source, "sha256": SUM[:8]}, out)  # as torchvision's names give it
    assert read_json(out / module.RECORD)["licence"] == "not stated"


@pytest.mark.parametrize(
    "weight, said",
    [
        (
            {"url": "SERVER/whole", "sha256": "0" * 64},
            f"sha256 of whole is {SUM}, not {'0' * 64}, so .* correct weights.alex.sha256",
        ),
        ({"url": "SERVER/short"}, "cannot be fetched .it ended after 2000000 of 3000000 bytes.*weights.alex.path"),
        ({"url": "SERVER/gone"}, "SERVER/gone cannot be fetched .HTTP Error 404"),
        ({"url": "http://127.0.0.1:9/x.pt"}, "x.pt cannot be fetched .*Connection refused"),
        ({"url": "file:///no/such.pt"}, "such.pt cannot be fetched"),
    ],
)
def test_what_goes_wrong_leaves_nothing_behind(weight, said, server, tmp_path):
    weight = {key: value.replace("SERVER", server) for key, value in weight.items()}
    with pytest.raises(UserError, match=said.replace("SERVER", server)) as caught:
        downloads.fetch("alex", weight, tmp_path / "alex")
    assert "\n" not in str(caught.value)
    assert not [path for path in (tmp_path / "alex").rglob("*") if path.is_file()]


def test_a_download_that_is_stopped_leaves_nothing_half_written(server, tmp_path):
    """SIGTERM cleans up; after SIGKILL, which cannot be answered, the next call does."""
    script = Path(__file__).parents[2] / "workflow_scripts" / "fetch.py"
    out, config = tmp_path / "alex", tmp_path / "config.yaml"
    config.write_text(json.dumps({"weights": {"alex": {"url": f"{server}/slow"}}, "weights_cache": str(tmp_path)}))
    command = [sys.executable, str(script), "--config", str(config), "--name", "alex"]
    for sent in (signal.SIGTERM, signal.SIGKILL):
        running = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(script.parents[1])},
        )
        while running.poll() is None and not any(path.stat().st_size >= 1_000_000 for path in out.glob(".*.part.*")):
            pass
        assert running.poll() is None
        running.send_signal(sent)
        assert running.wait() != 0
        assert not (out / "slow").exists() and not (out / module.RECORD).exists()
        assert bool(list(out.glob(".*"))) == (sent == signal.SIGKILL)
    downloads.fetch("alex", {"url": f"{server}/whole"}, out)
    assert not list(out.glob(".*.part.whole"))
    with pytest.raises(UserError):
        downloads.fetch("alex", {"url": f"{server}/gone/slow"}, out)  # the name whose fetch was killed
    assert {path.name for path in out.iterdir()} == {"whole", module.RECORD}


def test_a_repository_is_fetched_with_its_record(hub, tmp_path):
    weight = {
        "repo": "CompVis/stable-diffusion-v1-4",
        "revision": "abc",
        "files": ["config.json", "unet/*"],
        "licence": "OpenRAIL",
        "sha256": {"unet/model.safetensors": SUM},
    }
    downloads.fetch("sd", weight, tmp_path / "sd")
    assert hub == {"repo": weight["repo"], "revision": "abc", "files": weight["files"]}
    facts = {"bytes": len(CONTENT), "sha256": SUM}
    assert read_json(tmp_path / "sd" / module.RECORD) == {
        "source": "CompVis/stable-diffusion-v1-4@abc",
        "licence": "OpenRAIL",
        "files": {"config.json": facts, "unet/model.safetensors": facts},
    }


def test_a_repository_that_fails(hub, tmp_path):
    weight = {"repo": "CompVis/stable-diffusion-v1-4"}
    for wrong in ({"unet/model.safetensors": "1" * 8}, {"vae/absent.safetensors": SUM}):
        with pytest.raises(UserError, match="sha256 of (unet/model|vae/absent).safetensors is"):
            downloads.fetch("sd", {**weight, "sha256": wrong}, tmp_path / "sd")
        assert not (tmp_path / "sd").exists()
    with pytest.raises(UserError, match="has no file like nothing"):
        downloads.fetch("sd", {**weight, "files": ["nothing*"]}, tmp_path / "sd")
    hub["fail"] = True
    with pytest.raises(UserError, match="CompVis/stable-diffusion-v1-4 cannot be fetched .connection reset.*by hand"):
        downloads.fetch("sd", weight, tmp_path / "sd")
    assert not (tmp_path / "sd" / module.RECORD).exists()


def test_names_become_places():
    config = checked(
        weights_cache="cache",
        model={"path": "sd"},
        extractors={"dinov2": {"weights": "dino"}, "inception": {"weights": "mine/inception.pt"}},
        editing={"perceptual": {"lpips_alex": {"weights": "alex"}}},
        datasets={"brain_phantom": {"classifier": {"name": "resnet18", "options": {"weights": "resnet"}}}},
        weights={
            "sd": {"repo": "CompVis/stable-diffusion-v1-4", "files": ["unet/*", "vae/*"]},
            "resnet": {"repo": "a/b", "files": ["model.safetensors"]},
            "alex": {"url": "https://somewhere/models/alexnet.pth"},
            "dino": {"path": "/data/dino", "repo": "facebook/dinov2-base"},
        },
    )
    fetched = module.resolve(config)
    assert config["model"] == {"path": "cache/sd"} and config["extractors"]["dinov2"]["weights"] == "/data/dino"
    assert (
        config["extractors"]["inception"]["weights"] == "mine/inception.pt"
        and config["extractors"]["pooled_pixels"] == {}
    )
    assert config["editing"]["perceptual"]["lpips_alex"]["weights"] == "cache/alex/alexnet.pth"
    assert config["datasets"]["brain_phantom"]["classifier"]["options"]["weights"] == "cache/resnet/model.safetensors"
    assert fetched == {
        "cache/sd": "cache/sd/source.json",
        "cache/alex/alexnet.pth": "cache/alex/source.json",
        "cache/resnet/model.safetensors": "cache/resnet/source.json",
    }
    said = module.lacking(config, fetched)
    assert [one.split(": ")[0] for one in said] == [
        "Config extractors.dinov2.weights",
        "Config extractors.inception.weights",
    ]


def write_hollow(path, shapes):
    """A .safetensors file of zeros, which take no room on the disk."""
    head, end = {}, 0
    for name, shape in shapes.items():
        head[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + 2 * math.prod(shape)]}
        end = head[name]["data_offsets"][1]
    text = json.dumps(head).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)


def test_a_model_in_one_file_is_converted_and_a_pickle_refused(tmp_path):
    config = checked(model={"path": "sd"}, weights={"sd": {"url": "https://somewhere/sd-v1-4.safetensors"}})
    assert module.resolve(config) == {"weights/sd/sd-v1-4.safetensors": "weights/sd/source.json"}
    assert config["model"] == {"path": "weights/sd-v1-4.diffusers", "single_file": "weights/sd/sd-v1-4.safetensors"}
    assert (
        not module.lacking(config, {config["model"]["single_file"]: "no/record"})
        and "sd-v1-4.safetensors" in module.lacking(config)[0]
    )
    file = tmp_path / "mine.safetensors"
    config = checked(model={"path": str(file)})
    assert not module.resolve(config)
    write_hollow(file, check.SINGLE)
    assert not module.lacking(config)
    wide = check.SINGLE | {"model.diffusion_model.input_blocks.0.0.weight": (320, 9, 3, 3)}
    xl = {
        "conditioner.embedders.0.transformer.weight": (768, 768),
        "first_stage_model.decoder.conv_in.weight": (512, 4),
    }
    for shapes, said in ((wide, r"\[320, 9, 3, 3\], not \[320, 4, 3, 3\]"), (xl, "it has no model.diffusion_model")):
        write_hollow(file, shapes)
        (sentence,) = module.lacking(config)
        assert re.search(f"model.path: .*mine.safetensors is no Stable Diffusion 1.x .*{said}", sentence)
    file.write_bytes(file.read_bytes()[:-1])
    assert re.search("mine.safetensors has .* of its .* bytes", module.lacking(config)[0])
    for path in ("sd-v1-4.ckpt", "model.bin"):
        with pytest.raises(UserError, match=f"model.path: {path} is a pickle.*safetensors"):
            module.resolve(checked(model={"path": path}))


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"model": {"path": "no/such/model"}}, "model.path: no/such/model does not exist.*model_index.json"),
        (
            {"model": {"path": "sd_v14"}, "weights": {"sd_v1_4": {"path": "x"}}},
            "model.path: sd_v14 .*in `weights` .sd_v1_4",
        ),
        ({"extractors": {"inception": {"weights": "no/such.pt"}}}, "extractors.inception.weights: no/such.pt"),
        (
            {"editing": {"perceptual": {"lpips_alex": {"weights": "no/alex.pth"}}}},
            "editing.perceptual.lpips_alex.weights: no/alex.pth",
        ),
        ({"editing": {"perceptual": {"lpips_alex": {}}}}, "editing.perceptual.lpips_alex.weights: not given"),
        ({"extractors": {"dinov2": {}}}, "extractors.dinov2.weights: not given"),
        ({"extractors": {"xrv_densenet": {"weights": None}}}, "extractors.xrv_densenet.weights: not given"),
        ({"editing": {"perceptual": {"lpips_vgg": {"weights": None}}}}, "lpips_vgg.weights: not given"),
        (
            {"editing": {"perceptual": {"lpips_vgg": {"weights": str(ROOT / "README.md")}}}},
            "editing.perceptual.lpips_vgg.weights: .*README.md is no file of weights",
        ),
        (
            {"extractors": {"dinov2": {"weights": str(ROOT / "docs")}}},
            "extractors.dinov2.weights: .*docs is a folder without a file of weights",
        ),
        (
            {"datasets": {"brain_phantom": {"classifier": {"name": "resnet18", "options": {"weights": "r.pth"}}}}},
            "datasets.brain_phantom.classifier.options.weights: r.pth",
        ),
    ],
)
def test_missing_weights_are_named_before_any_job(changes, named):
    config = checked(**changes)
    fetched = module.resolve(config)
    (said,) = module.lacking(config, fetched)
    assert re.search(named, said) and "\n" not in said


@pytest.mark.parametrize(
    "content, said",
    [(b"", "is empty"), (b"version https://git-lfs.github.com/spec/v1\n", "is a git-lfs pointer")],
)
def test_weights_that_are_none_are_named_before_any_job(content, said, tmp_path):
    files = [tmp_path / "alex.pth", tmp_path / "resnet.safetensors", tmp_path / "dino" / "model.safetensors"]
    files[-1].parent.mkdir()
    for file in files:
        file.write_bytes(content)
    config = checked(
        extractors={"dinov2": {"weights": str(files[2].parent)}},
        editing={"perceptual": {"lpips_alex": {"weights": str(files[0])}}},
        datasets={"brain_phantom": {"classifier": {"name": "resnet18", "options": {"weights": str(files[1])}}}},
    )
    places = "datasets.brain_phantom.classifier.options", "editing.perceptual.lpips_alex", "extractors.dinov2"
    sentences = sorted(module.lacking(config))
    for place, file, sentence in zip(places, (files[1], files[0], files[2]), sentences, strict=True):
        assert sentence.startswith(f"Config {place}.weights: {file} {said}") and "\n" not in sentence


@pytest.mark.parametrize(
    "weights, named",
    [
        ({"a": {"repo": "flat"}}, "weights.a.repo.*flat"),
        ({"a": {"url": "ftp://x/y"}}, "weights.a.url"),
        ({"a": {"url": "ftp://x/y"}}, "'ftp://x/y' is not the address of a file that begins with https://"),
        ({"a": {"path": ""}}, "weights.a.path"),
        ({"a b": {"path": "x"}}, "weights: 'a b' is not a name of letters, digits"),
        *(
            ({"a": {"url": "https://x/y", "sha256": digits}}, "weights.a.sha256: give 8 to 64 hex digits in quotes")
            for digits in ("abc", "g" * 64, "0" * 65, 12345678, ["0" * 64])
        ),
        ({"a": {"repo": "x/y", "sha256": {"f": "abc"}}}, "weights.a.sha256: give 8|sha256.f: 'abc' is not 8 to 64 hex"),
        ({"a": {"adress": "x"}}, "adress"),
    ],
)
def test_each_mistake_in_an_entry_names_its_key(weights, named):
    with pytest.raises(UserError, match=named):
        checked(weights=weights)


@pytest.mark.parametrize("weight", [{}, {"repo": "a/b", "url": "https://x/y"}])
def test_an_entry_has_one_source(weight):
    with pytest.raises(UserError, match="weights.a: give path, or one of repo and url"):
        module.resolve(checked(extractors={"inception": {"weights": "a"}}, weights={"a": weight}))


def test_entries_that_nothing_uses_have_one_source_too():
    for weight in ({}, {"licence": "MIT"}, {"repo": "a/b", "url": "https://x/y"}):
        with pytest.raises(UserError, match="weights.unused: give path, or one of repo and url"):
            module.resolve(checked(weights={"unused": weight}))


@pytest.mark.parametrize(
    "weight, said",
    [
        ({"url": "https://x/y", "files": ["a"]}, "weights.a.files: only a repository has files"),
        ({"url": "https://x/y", "revision": "abc"}, "weights.a.revision: only a repository has revision"),
        ({"path": "x", "revision": "abc"}, "weights.a.revision: only a repository has revision"),
        ({"url": "https://x/y", "sha256": {"y": "0" * 8}}, "weights.a.sha256: a url brings one file"),
        ({"repo": "x/y", "sha256": "0" * 8}, "weights.a.sha256: a repository has many files; give {FILE: digits}"),
    ],
)
def test_keys_that_an_entrys_source_does_not_have_are_named(weight, said):
    with pytest.raises(UserError, match=said):
        module.resolve(checked(weights={"a": weight}))


def test_a_file_that_lies_somewhere_has_the_sha256_that_its_entry_says(tmp_path):
    (tmp_path / "alex.pth").write_bytes(CONTENT)

    def sentences(**weight):
        return module.other_sums(checked(weights={"alex": weight}), {})

    file = str(tmp_path / "alex.pth")
    assert sentences(path=file, sha256=SUM[:8].upper(), url="https://x/y") == []
    assert sentences(path=file) == sentences(path=str(tmp_path), sha256={"alex.pth": SUM, "gone.pth": SUM}) == []
    for weight in (
        {"path": file, "sha256": "0" * 64, "url": "https://x/y"},
        {"path": file, "sha256": "0" * 64},
        {"path": file, "sha256": {"alex.pth": "0" * 64}},
        {"path": str(tmp_path), "sha256": {"alex.pth": "0" * 64}, "repo": "x/y"},
    ):
        (said,) = sentences(**weight)
        assert re.search(f"weights.alex.sha256: that of {file} is {SUM}, not 0+; correct it", said)


def test_missing_data_of_the_datasets_in_use(tmp_path):
    changes = {
        "datasets": {
            "brain": {"adapter": "adni", "anatomy": "brain_mr", "classes": ["CN"], "options": {"source": "no/adni"}},
            "both": {
                "adapter": "merged",
                "anatomy": "brain_mr",
                "classes": ["CN"],
                "options": {
                    "source": str(tmp_path),
                    "parts": {"adni": {"source": "ADNI"}, "oasis3": {"source": "OASIS3"}},
                },
            },
            "unused": {
                "adapter": "folder",
                "anatomy": "brain_mr",
                "classes": ["CN"],
                "options": {"root": "no/root", "csv": "no.csv"},
            },
        }
    }
    (tmp_path / "ADNI").mkdir()
    config = checked(**changes, grid={"datasets": ["brain", "both", "brain_phantom"]})
    assert module.lacking_data(config) == [
        "Config datasets.brain.options.source: no/adni does not exist; give the place of the download.",
        f"Config datasets.both.options.parts.oasis3.source: {tmp_path}/OASIS3 does not exist; "
        "give the place of the download.",
    ]
    (tmp_path / "data" / "brain").mkdir(parents=True)
    (tmp_path / "data" / "brain" / "records.csv").write_text("")
    assert len(module.lacking_data(config, Store(tmp_path))) == 1
    config = checked(**changes, sweep={"datasets": ["unused"]})
    assert [one.split(": ")[0] for one in module.lacking_data(config)] == [
        f"Config datasets.unused.options.{key}" for key in ("root", "csv")
    ]
    own = changes["datasets"]["unused"]["options"] | {"root": str(tmp_path)}
    (tmp_path / "no.csv").write_text("")
    config = checked(
        **{**changes, "datasets": {"unused": {**changes["datasets"]["unused"], "options": own}}},
        sweep={"datasets": ["unused"]},
    )
    assert module.lacking_data(config) == []  # beside the images: the table may count from root
