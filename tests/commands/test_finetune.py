"""python -m ldcore finetune: the workflow's weights by hand, which go on after a stop, or one clear sentence."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from ldcore import Drift, plugins
from ldcore.__main__ import main
from ldcore.datasets.records import load
from ldcore.model.backbone import load_backbone
from ldcore.runtime.files import read_json
from ldcore.training import posteriors
from ldcore.training.batches import training_data
from ldcore.training.loop import train, training_run

SHORT = ["--option=batch_size=2", "--option=warmup=1", "--option=learning_rate=1e-3", "--anatomy=satellite image"]
TRAINING = {"target": "plain_noise", "noise": "offset", "scale": 0.3, "each": "channel", "budget": 1.0, "scheduler": {}}


@pytest.fixture
def folder(tmp_path):
    """Six pictures of a person's own with their table."""
    (tmp_path / "own").mkdir()
    lines = ["path,subject,diagnosis,split"]
    for number in range(6):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 40), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "own" / f"{number}.png")
        lines.append(f"{number}.png,s{number},{['flood', 'dry'][number % 2]},{['train', 'test'][number == 5]}")
    (tmp_path / "own" / "own.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "own"


def finetune(folder, model, out, *more):
    return main(["finetune", "--data", str(folder), "--model", str(model), "--out", str(out), *SHORT, *more])


def test_the_weights_are_the_workflows(folder, tiny_model, tmp_path):
    more = ["--method=basic_ft", "--option=steps=2", "--training=noise=offset,scale=0.3", "--delta=0.1", "--seed=4"]
    finetune(folder, tiny_model, tmp_path / "out", *more)
    backbone, (records, images) = load_backbone(tiny_model), load(tmp_path / "out" / "data")
    posteriors.write(backbone, records, images, tmp_path / "latents.npz")
    data = training_data(backbone, tmp_path / "latents.npz", records, "satellite image", "simple_info")
    assert data["texts"] == ["a satellite image with dry", "a satellite image with flood"] and len(data["mean"]) == 5
    options = {"batch_size": 2, "warmup": 1, "learning_rate": 1e-3, "steps": 2}
    run = training_run(plugins.find("method", "basic_ft"), options, TRAINING, Drift(0.1, "prior"), "4/0")
    train(backbone, run, data, tmp_path / "expected")
    made, expected = (load_file(tmp_path / name / "weights.safetensors") for name in ("out", "expected"))
    assert made.keys() == expected.keys() and all(torch.equal(made[name], expected[name]) for name in made)
    facts = read_json(tmp_path / "out" / "finetune.json")
    assert facts["method"] == "basic_ft" and facts["training"] == TRAINING and facts["drift"]["value"] == 0.1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("data", "finetune.json", "log.json", "weights.safetensors")
    ]


def test_it_goes_on_after_a_stop_and_is_finished_once(folder, tiny_model, tmp_path, monkeypatch, capsys):
    from ldcore.training import loop

    more = ["--method=custom_diffusion", "--option=steps=4", "--option=checkpoint_every=2"]
    finetune(folder, tiny_model, tmp_path / "straight", *more)
    steps, one_step = [], loop.one_step

    def stopped(backbone, run, state, data, step, share):
        steps.append(step)
        if len(steps) == 4:
            raise KeyboardInterrupt
        return one_step(backbone, run, state, data, step, share)

    monkeypatch.setattr(loop, "one_step", stopped)
    with pytest.raises(SystemExit, match="130"):
        finetune(folder, tiny_model, tmp_path / "stopped", *more)
    finetune(folder, tiny_model, tmp_path / "stopped", *more)
    assert steps == [0, 1, 2, 3, 2, 3]
    files = [tmp_path / name / "weights.safetensors" for name in ("straight", "stopped")]
    assert files[0].read_bytes() == files[1].read_bytes()
    capsys.readouterr()
    finetune(folder, tiny_model, tmp_path / "stopped", *more)
    assert "is finished already" in capsys.readouterr().out and len(steps) == 6
    with pytest.raises(SystemExit, match="holds another fine-tuning, as its finetune.json says"):
        finetune(folder, tiny_model, tmp_path / "stopped", *more, "--seed=1")


def test_samples_know_the_method_and_the_schedule(folder, tiny_model, tmp_path):
    schedule = "scheduler.prediction_type=v_prediction,scheduler.rescale_betas_zero_snr=true"
    finetune(folder, tiny_model, tmp_path / "out", "--method=basic_ft", "--option=steps=1", f"--training={schedule}")
    weights = str(tmp_path / "out" / "weights.safetensors")
    command = ["sample", "--model", str(tiny_model), "--weights", weights, "--prompt", "a satellite image with dry"]
    main([*command, "--steps", "2", "--count", "1", "--out", str(tmp_path / "drawn")])
    facts = read_json(tmp_path / "drawn" / "sample.json")
    assert facts["method"] == "basic_ft" and facts["scheduler"]["prediction_type"] == "v_prediction"


@pytest.mark.parametrize(
    "more, said",
    [
        (["--method=basic_fft"], "'basic_fft' is unknown; use one of"),
        (["--method=base"], "--method base trains nothing"),
        (["--method=pix2pix_zero"], "'pix2pix_zero' is unknown"),
        (["--option=step=3"], "--method basic_ft: option 'step' is unknown; use one of"),
        (["--option=steps=many"], "--method basic_ft: option steps is 'many', which does not fit"),
        (["--training=noise=offset"], "--training: noise offset with scale 0 says nothing"),
        (["--training=noise=pink,scale=1"], "--training: option noise is 'pink'"),
        (["--training=drift=ld"], "--training: option 'drift' is unknown"),
        (["--anatomy=brain_ct"], "--anatomy 'brain_ct' is none; give brain_mr"),
        (["--anatomy="], "--anatomy '' is none"),
        (["--data=gone"], "--data gone is no folder"),
        (["--csv=gone.csv"], "The table gone.csv was not found"),
        (["--model=gone"], "Model .*gone"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(folder, tiny_model, tmp_path, more, said):
    with pytest.raises(SystemExit, match=said) as ended:
        finetune(folder, tiny_model, tmp_path / "out", "--method=basic_ft", *more)
    assert str(ended.value.code).startswith("error: ") and "\n" not in ended.value.code
    assert not (tmp_path / "out").exists()


def test_ones_own_table_may_be_called_records(folder, tiny_model, tmp_path):
    (folder / "own.csv").rename(folder / "records.csv")
    finetune(folder, tiny_model, tmp_path / "out", "--method=basic_ft", "--option=steps=1")
    assert (tmp_path / "out" / "weights.safetensors").is_file()


def test_a_folder_without_one_table_and_images_of_another_size_are_told(folder, tiny_model, tmp_path):
    (folder / "other.csv").write_text("path,subject\n")
    with pytest.raises(SystemExit, match=r"not one CSV \(other.csv, own.csv\); name its table by --csv"):
        finetune(folder, tiny_model, tmp_path / "out", "--method=basic_ft")
    main(
        ["prepare", "--adapter=folder", f"--source={folder}", f"--out={tmp_path / 'p'}", '--options={"csv": "own.csv"}']
    )
    with pytest.raises(SystemExit, match="64 x 64 px and the model works at 32 x 32"):
        finetune(tmp_path / "p", tiny_model, tmp_path / "out", "--method=basic_ft")
    assert not (tmp_path / "out").exists()
