"""The configuration: what ships is valid, defaults are filled, and each mistake is one sentence naming its key."""

import contextlib
import copy
import importlib.machinery
import subprocess
import sys
import types

import pytest
import yaml
from snakemake.utils import update_config

from configs import CONFIG, ROOT, SCHEMA, checked, merged
from ldcore import grid, plugins
from ldcore.plan import config as module
from ldcore.plan import datasets
from ldcore.plan.resources import grown
from ldcore.runtime.errors import UserError

MEDMNIST = {
    "adapter": "medmnist",
    "anatomy": "chest_xray",
    "classes": ["No Finding", "Pneumonia"],
    "options": {"source": "medmnist"},
}

SEARCHED = {"kind": "prior", "source": "grid_search"}
GUIDED = [
    *({"label": name, "training": "plain", "drift": "none"} for name in ("none", "ld")),
    {"label": "g", "training": "plain", "drift": "none", "guidance_scale": 3},
]
ALIKE = [{"label": name, "training": "ld", "drift": "0.10"} for name in ("none", "ld")]
WITHOUT = [
    *({"label": name, "training": "plain", "drift": "none"} for name in ("none", "again")),
    {"label": "ld", "training": "ld", "drift": "0.10"},
]
MERGED = {**MEDMNIST, "adapter": "merged"}


@pytest.mark.parametrize(
    "path", [p for p in sorted((ROOT / "configs").glob("*.yaml")) if p.stem != "pretrain"], ids=lambda p: p.stem
)
def test_shipped_configs_are_valid(path):
    config = module.check(merged(CONFIG, yaml.safe_load(path.read_text())), SCHEMA)
    assert grid.checkpoints(config) and all(grid.table_cells(config, name) for name in config["grid"]["datasets"])


def test_defaults_are_filled():
    config = copy.deepcopy(CONFIG)
    for section, key in (("sampling", "steps"), ("sampling", "guidance_scale"), ("grid", "reference")):
        del config[section][key]
    module.check(config, SCHEMA)
    assert config["sampling"]["steps"] == 50 and config["grid"]["reference"] == "none"
    assert config["drifts"]["0.10"]["source"] == "fixed"


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"samplin": {}}, "samplin"),
        ({"sampling": {"stepps": 3}}, "sampling.*stepps"),
        ({"sweep": {"deltas": [0.1, "big"]}}, "sweep.deltas.1.*big"),
        ({"sweep": {"deltas": [0.1, float("nan")]}}, "nan"),
        ({"drifts": {0.1: {"kind": "prior", "value": 0.1}}}, "0.1.*quotes"),
        ({"drifts": {"x": {"kind": "sideways", "value": 1}}}, "drifts.x.kind.*sideways"),
        ({"trainings": {"ld": {"drift": "0.11", "target": "plain_noise"}}}, "trainings.ld.drift.*0.11"),
        ({"trainings": {"ld": {"drift": "0.10", "target": "no"}}}, "trainings.ld.target"),
        ({"grid": {"methods": ["dreambooht"]}}, "dreambooht"),
        ({"grid": {"datasets": ["liver"]}}, "liver"),
        ({"grid": {"headline": "0.12"}}, "headline.*0.12"),
        ({"grid": {"judged": ["0.12"]}}, "judged.*0.12"),
        ({"grid": {"judged": "some"}}, "judged.*some"),
        ({"grid": {"judged": 3}}, "grid.judged: give all, or a list of labels of grid.cells, each once, not 3"),
        ({"grid": {"judged": []}}, "grid.judged: give all, or a list of labels of grid.cells"),
        ({"grid": {"judged": ["ld", "ld"]}}, "grid.judged: give all, or a list of labels of grid.cells"),
        ({"grid": {"judged": ["ld", 0.1]}}, "grid.judged.1: 0.1 is not of type 'string'; .* put it in quotes"),
        (
            {"weights": {"w": {"url": "https://x/y", "sha256": 12345678}}},
            "weights.w.sha256: give 8 to 64 hex digits in quotes, or for a repository a mapping .*, not 12345678",
        ),
        ({"grid": {"headline": "none"}}, "grid.headline: 'none' is the cell that others are compared with"),
        ({"grid": {"reference": "ld"}}, "grid.headline: 'ld' is the cell that others are compared with"),
        ({"grid": {"judged": ["letter", "none"]}}, "grid.judged: 'none' is the cell that others are compared with"),
        ({"grid": {"cells": ALIKE}}, "grid.headline: the cell 'ld' has training, drift and guidance of 'none'"),
        (
            {"grid": {"cells": WITHOUT, "reference": "ld", "headline": "again"}},
            "headline: the cell 'again' has no drift",
        ),
        ({"grid": {"headline": "moment", "judged": ["none"]}}, "grid.judged: 'none' is the cell"),
        (
            {
                "drifts": {"0.10": {"value": [0, 0, 0, 0.0]}},
                "trainings": {"ld": {"noise": "normal", "scale": 0}},
            },
            "grid.headline: the cell 'ld' has no drift",
        ),
        ({"drifts": {"none": {"kind": "prior", "value": 0.3}}}, "drifts.none: it is the plain run's"),
        ({"trainings": {"untrained": {"noise": "offset", "scale": 0.1}}}, "trainings.untrained: the untouched model"),
        ({"trainings": {"untrained": {"drift": "0.10"}}}, "trainings.untrained: the untouched model"),
        ({"methods": {"base": {}}, "grid": {"methods": ["base"]}}, "grid.cells 'none': the method `base`.*'plain'"),
        ({"methods": {"base": {}}, "sweep": {"method": "base"}}, "sweep.trainings: the method `base`"),
        ({"methods": {"base": {}}, "prompt_study": {"method": "base"}}, "prompt_study.cell: the method `base`"),
        ({"grid": {"prompts": ["sonnet"]}}, "sonnet"),
        ({"prompt_study": {"cell": "0.12"}}, "prompt_study.cell.*0.12"),
        ({"sweep": {"datasets": ["liver"]}}, "liver"),
        ({"methods": {1: {}}}, "methods.*quotes"),
        (
            {"editing": {"tasks": {"disease": {"edits": {2024: {"add": {"age": 5}}}}}}},
            "disease.edits: the name 2024.*quotes",
        ),
        (
            {"datasets": {"brain_phantom": {"options": {"fractions": {True: 1}}}}},
            "fractions: the name True is .*quotes",
        ),
        ({"grid": {"cells": [{"label": 0.1, "training": "plain", "drift": "none"}]}}, "cells.0.label: 0.1.*in quotes"),
        ({"datasets": {"brain_phantom": {"classes": ["AD", False]}}}, "classes.1: False.*true or false.*in quotes"),
        (
            {"methods": {"basic_ft": {"learning_rate": float("nan")}}},
            "methods.basic_ft.learning_rate: nan is not a fin",
        ),
        ({"drifts": {"x": {"kind": "prior", "value": [float("inf")] * 4}}}, "drifts.x.value.0: inf is not a finite"),
        ({"sampling": {"guidance_scale": float("inf")}}, "sampling.guidance_scale: inf is not a finite"),
        ({"sampling": {"stepz": 3}}, "sampling: .*'stepz' was unexpected.; use some of seeds, images_per_seed, steps"),
        ({"sampling": {"steps": "1e-1"}}, "sampling.steps: 0.1 is not of type 'integer'"),
        ({"model": {"turn": [-1]}}, "model.turn"),
        ({"grid": {"methods": ["basic_ft", "basic_ft"]}}, "grid.methods.*non-unique"),
        ({"sweep": {"deltas": [0.1, "1e-1"]}}, "sweep.deltas.*non-unique"),
        ({"editing": {"tasks": {"ageing": {"train": [1]}}}}, r"ageing.train: \[1\] is not of type 'object'"),
        ({"editing": {"tasks": {"mine": {"like": ["ageing"]}}}}, "editing.tasks.mine.like"),
        ({"editing": True}, "editing: True is not of type 'object'"),
        ({"editing": {"tasks": {"disease": {"edits": {"x": {}}}}}}, "disease.edits.x: it changes nothing"),
        ({"editing": {"tasks": {"disease": {"edits": {"x": {"from": {"gender": "F"}}}}}}}, "edits.x.from: .*'gender'"),
        ({"editing": {"tasks": {"disease": {"edits": {"x": {"to": {"sex": "female"}}}}}}}, "disease.edits.x.to.sex.*F"),
        (
            {"editing": {"tasks": {"disease": {"edits": {"x": {"add": {"ages": 5}}}}}}},
            "edits.x.add: .*'ages'.*age, years",
        ),
        ({"grid": {"cells": [{"label": "a", "training": "plain", "drift": "none"}] * 2}}, "'a' appears twice"),
        ({"editing": {"cells": ["0.12"]}}, "editing.cells.*0.12"),
        ({"editing": {"tasks": {"ageing": {"cells": ["0.12"]}}}}, "editing.tasks.ageing.cells.*0.12"),
        ({"editing": {"tasks": {"mine": {"like": "desease"}}}}, "editing.tasks.mine.like: 'desease' is no task"),
        (
            {"editing": {"tasks": {"mine": {"like": "disease_both"}}}},
            "editing.tasks.mine.like: 'disease_both' is no task",
        ),
        ({"editing": {"tasks": {"ageing": {"dataset": "liver"}}}}, "editing.tasks.ageing.dataset.*liver"),
        ({"editing": {"tasks": {"ageing": {"bases": ["sdxl"]}}}}, "editing.tasks.ageing.bases.*sdxl"),
        ({"editing": {"tasks": {"ageing": {"styles": ["roman"]}}}}, "roman"),
        ({"datasets": {"brain_phantom": {"anatomy": "brain_mri"}}}, "datasets.brain_phantom.anatomy.*brain_mri"),
        ({"seed": "zero"}, "seed.*zero"),
        ({"name": "../up"}, "name"),
    ],
)
def test_each_mistake_names_its_key(changes, named):
    with pytest.raises(UserError, match=named) as caught:
        checked(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"datasets": {"x": {"adapter": "floder", "anatomy": "brain_mr", "classes": ["CN"]}}}, "floder.*folder"),
        ({"datasets": {"m": {**MEDMNIST, "options": {}}}}, "datasets.m.options: option 'source' is not set"),
        (
            {"datasets": {"brain_phantom": {"options": {"subject": 3}}}},
            "datasets.brain_phantom.options: option 'subject' is unknown; use one of image_size, skull, subjects",
        ),
        (
            {"datasets": {"chest_phantom": {"options": {"subjects": "ten"}}}},
            "chest_phantom.options: .*subjects is 'ten'",
        ),
        (
            {"datasets": {"m": {**MERGED, "options": {"source": "x", "parts": {"adni": {"day": 1}}}}}},
            "datasets.m.options.parts.adni: option 'day' is unknown",
        ),
        (
            {"datasets": {"m": {**MERGED, "options": {"source": "x", "parts": {"adni": {"image_size": 64}}}}}},
            "datasets.m.options.parts.adni.image_size is one for all parts; set image_size beside parts",
        ),
        ({"methods": {"dreambooht": {}}}, "dreambooht.*basic_ft"),
        ({"methods": {"basic_ft": {"warmup": 151}}}, "methods.basic_ft: option warmup is 151, and there are 150 steps"),
        (
            {"editing": {"tasks": {"ageing": {"train": {"steps": 5, "warmup": 6}}}}},
            "ageing.train: option warmup is 6, and there are 5 steps",
        ),
        ({"resources": {"finetune": {"threads": 4}}}, "resources.finetune.threads: rule data alone has threads"),
        ({"rules": ["none.smk"]}, "Config rules: none.smk does not exist"),
        ({"figures": ["os.path"]}, "Config figures: The figure 'os.path' is no Python file of yours"),
        ({"methods": {"json.decoder": {}}}, "Config methods: The method 'json.decoder' is no Python file"),
        (
            {"datasets": {"x": {**MEDMNIST, "adapter": "math.pi"}}},
            "Config datasets.x.adapter: The dataset adapter 'math.pi' is",
        ),
        (
            {"datasets": {"brain_phantom": {"classes": list("abcde"), "test_images": 4}}},
            "datasets.brain_phantom.test_images: 4 is less than one of each of its 5 classes",
        ),
        (
            {"sampling": {"seeds": [0], "images_per_seed": 3}},
            "sampling: 3 images a cell .* one of each of the 4 classes of 'chest_phantom'",
        ),
        ({"extractors": {"resnet": {}}}, "extractors.resnet"),
        (
            {"datasets": {"m": MEDMNIST}, "grid": {"datasets": ["m"]}},
            "grid.prompts: 'simple_info'.*'m'.*medmnist.*use simple or diverse",
        ),
        (
            {"datasets": {"m": MEDMNIST}, "prompt_study": {"dataset": "m", "prompts": ["simple", "diverse_info"]}},
            "prompt_study.prompts: 'diverse_info'.*'m'",
        ),
        ({"datasets": {"m": MEDMNIST}, "sweep": {"datasets": ["m"]}}, "sweep.prompt: 'simple_info'.*'m'"),
        (
            {"datasets": {"m": MEDMNIST}, "editing": {"tasks": {"ageing": {"dataset": "m"}}}},
            "editing.tasks.ageing.styles.*'m'",
        ),
        (
            {
                "datasets": {"m": MEDMNIST},
                "editing": {
                    "tasks": {
                        "disease": {
                            "dataset": "m",
                            "styles": ["simple"],
                            "edits": {"15 years older": None, "female to male": None},
                        }
                    }
                },
            },
            "editing.tasks.disease.base_prompt.*'m'",
        ),
        ({"editing": {"tasks": {"ageing": {"method": "pix2pix"}}}}, "editing.tasks.ageing.method.*pix2pix_zero"),
        ({"drifts": {"x": {"kind": "prior", "source": "guess"}}}, "drifts.x.source: .*'guess'.*moment_scalar"),
        ({"drifts": {"x": {"kind": "prior"}}}, "drifts.x: option 'value' is not set"),
        ({"drifts": {"x": {"kind": "prior", "value": "big"}}}, "drifts.x: option value is 'big'"),
        ({"drifts": {"x": {"kind": "prior", "value": [0.1, 0.1]}}}, "drifts.x: option value .*one for each of the 4"),
        ({"drifts": {"x": {"kind": "prior", "value": ["a"] * 4}}}, "drifts.x: option value .*one for each of the 4"),
        ({"drifts": {"x": {**SEARCHED, "lowest": 0.3}}}, "drifts.x: option highest is 0.2; give more than lowest"),
        ({"methods": {"basic_ft": {"learning_rate": 0}}}, "methods.basic_ft: option learning_rate is 0"),
        ({"drifts": {"x": {"kind": "prior", "value": []}}}, "drifts.x: option value is \\[\\]"),
        ({"drifts": {"x": {"kind": "none", "valu": 0.1}}}, "drifts.x: option 'valu' is unknown"),
        (
            {"drifts": {"x": {"kind": "prior", "source": "moment_map", "value": 0.1}}},
            "drifts.x: option 'value' is unknown",
        ),
        ({"trainings": {"x": {"noise": "offset"}}}, "trainings.x: noise offset with scale 0 says nothing"),
        ({"trainings": {"x": {"scale": 0.3}}}, "trainings.x: noise normal with scale 0.3 says nothing"),
        ({"trainings": {"x": {"scheduler": {"rescale_betas_zero_snr": True}}}}, "trainings.x.scheduler.*v_prediction"),
        (
            {
                "drifts": {"x": {"kind": "prior", "source": "moment_scalar", "by": "label"}},
                "trainings": {"x": {"drift": "x"}},
            },
            "trainings.x.drift: 'x' has a value a label",
        ),
        ({"grid": {"cells": GUIDED}, "editing": {"cells": ["g"]}}, "editing.cells: the cell 'g' has guidance_scale"),
        (
            {"editing": {"tasks": {"ageing": {"train": {"caption_dropout": 0.0}}}}},
            "editing.tasks.ageing.train: of all pairs 0 cannot lose the instruction",
        ),
        ({"drifts": {"x": {**SEARCHED, "target": "test"}}}, "drifts.x: option target is 'test'"),
        ({"drifts": {"x": {**SEARCHED, "training": "plan"}}}, "drifts.x.training: 'plan' is not among trainings"),
        (
            {"drifts": {"x": {"kind": "prior", "source": "moment_map", "training": "plan"}}},
            "drifts.x.training: 'plan' is not among trainings",
        ),
        (
            {
                "drifts": {"x": {**SEARCHED, "training": "other"}, "y": SEARCHED},
                "trainings": {"other": {"drift": "y"}},
            },
            "drifts.x.training: training 'other' itself waits for a drift that is searched, 'y'",
        ),
        (
            {"drifts": {"x": {**SEARCHED, "training": "other"}}, "trainings": {"other": {"drift": "x"}}},
            "drifts.x.training: training 'other' itself waits",
        ),
        (
            {"editing": {"cells": ["moment"]}},
            "editing.tasks.ageing: it edits in 8 steps under the cell 'moment', whose drift 'moment' is that of 12",
        ),
    ],
)
def test_unknown_modules_are_named_before_any_job(changes, named):
    with pytest.raises(UserError, match=named):
        module.check_names(checked(**changes))


@pytest.mark.parametrize(
    "options, named",
    [
        ({"steps": 0}, "steps is 0"),
        ({"steps": -5}, "steps is -5"),
        ({"steps": 2.5}, "steps is 2.5"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": True}, "batch_size is True"),
        ({"checkpoint_every": 0}, "checkpoint_every is 0"),
        ({"caption_dropout": 2}, "caption_dropout is 2"),
        ({"ema_decay": 2.0}, "ema_decay is 2.0"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'"),
        ({"lr_schedule": "cosin"}, "lr_schedule is 'cosin'.*cosine_with_restarts"),
        ({"mixed_precision": "fp16"}, "mixed_precision is 'fp16'.*bf16"),
        ({"optimizer": "lion"}, "optimizer is 'lion'.*adamw_8bit"),
        ({"compile": "false"}, "compile is 'false'"),
        ({"learning_rat": 1.0}, "'learning_rat' is unknown.*learning_rate"),
        ({"class_images": 3}, "'class_images' is unknown"),
    ],
)
def test_training_options_are_checked_before_any_job(options, named):
    editing = {"tasks": {"ageing": {"train": options}}}
    for place, changes in (
        ("methods.basic_ft", {"methods": {"basic_ft": options}}),
        ("ageing.train", {"editing": editing}),
    ):
        with pytest.raises(UserError, match=f"Config .*{place}: option {named}") as caught:
            module.check_names(checked(**changes))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "task, options, named",
    [
        ("ageing", {"steps": 0}, "steps is 0"),
        (
            "ageing",
            {"negative": "source"},
            "'negative' is unknown; use one of drift_in, guidance_scale, image_guidance_scale",
        ),
        ("ageing", {"precision": "fp16"}, "precision is 'fp16'"),
        ("disease", {"negative": "prompt"}, "negative is 'prompt'"),
        ("disease", {"precision": "bf16"}, "'precision' is unknown"),
        ("disease", {"regularisation": {"reg_steps": -1}}, "regularisation.reg_steps is -1"),
        ("disease", {"regularisation": {"regsteps": 1}}, "regularisation is .*'regsteps' was unexpected"),
    ],
)
def test_options_of_an_edit_are_checked_before_any_job(task, options, named):
    with pytest.raises(UserError, match=f"editing.tasks.{task}.options: option {named}"):
        module.check_names(checked(editing={"tasks": {task: {"options": options}}}))


def test_an_untrained_edit_method_has_no_training_options():
    with pytest.raises(UserError, match="editing.tasks.disease.train: option 'steps' is unknown; it has none"):
        module.check_names(checked(editing={"tasks": {"disease": {"train": {"steps": 3}}}}))


@pytest.mark.parametrize(
    "options, named",
    [
        ({"window": 5}, "window is 5"),
        ({"window": [99, 1]}, r"window is \[99, 1\].*does not rise"),
        ({"fractions": None}, "fractions is None"),
        ({"fractions": {"train": 0.9, "test": 0.9}}, "fractions is .*adds up to 1.8, not to 1"),
        ({"fractions": {"trian": 1}}, "fractions is .*'trian' is not one of .'train', 'val', 'test'"),
        ({"image_size": "2e-1"}, "image_size is 0.2"),
    ],
)
def test_options_of_a_data_set_are_checked_before_any_job(options, named):
    own = {"adapter": "folder", "anatomy": "satellite image", "classes": ["a", "b"]}
    config = checked(datasets={"own": own | {"options": {"root": "x", "csv": "y", **options}}})
    with pytest.raises(UserError, match=f"Config datasets.own.options: option {named}"):
        module.check_names(config)


def test_numbers_may_be_written_as_yaml_reads_them_as_text():
    config = checked(methods={"basic_ft": {"learning_rate": "1e-3", "steps": "2e2", "batch_size": 8.0}})
    module.check_names(config)
    options = plugins.options("method", "basic_ft", config["methods"]["basic_ft"])
    assert (options["learning_rate"], options["steps"], options["batch_size"]) == (1e-3, 200, 8)
    assert isinstance(options["steps"], int) and isinstance(options["batch_size"], int)


def test_numbers_are_numbers_wherever_they_stand():
    config = checked(
        drifts={
            "0.10": {"kind": "prior", "value": "1e-1"},
            "four": {"kind": "prior", "value": ["1e-1", 0, "-2.5E-1", ".5"]},
        },
        sweep={"deltas": ["1e-1"]},
        trainings={"x": {"noise": "offset", "scale": "3e-1"}},
        sampling={"steps": "1e1", "guidance_scale": "1.5e0"},
        editing={
            "amounts": ["5e-1"],
            "tasks": {
                "disease": {
                    "edits": {"x": {"add": {"age": "1e1"}, "amount": "5e-1"}},
                    "options": {"regularisation": {"kl": "2e1", "reg_steps": "1e0"}},
                }
            },
        },
    )
    module.check_names(config)
    assert config["drifts"]["0.10"]["value"] == 0.1 and config["drifts"]["four"]["value"] == [0.1, 0, -0.25, 0.5]
    assert config["sweep"]["deltas"] == [0.1] and config["trainings"]["x"]["scale"] == 0.3
    assert config["sampling"]["steps"] == 10 and config["sampling"]["guidance_scale"] == 1.5
    disease = config["editing"]["tasks"]["disease"]
    assert disease["edits"]["x"]["add"] == {"age": 10} and disease["edits"]["x"]["amount"] == 0.5
    options = plugins.options("edit method", "pix2pix_zero", disease["options"], literal="SAMPLING")
    assert options["regularisation"] == {"kl": 20, "reg_steps": 1}
    assert checked(name="1e3")["name"] == "1e3"  # a text stays one


def test_of_several_faults_the_first_is_named():
    """Also where tasks are like the one that has it."""
    for _ in range(5):
        with pytest.raises(UserError, match="editing.tasks.disease.edits.x.from"):
            checked(editing={"tasks": {"disease": {"edits": {"x": {"from": {"height": 3}, "to": {"sex": "M"}}}}}})


def test_a_named_entry_that_is_null_is_taken_out():
    config = checked(
        datasets={"chest_phantom": None},
        extractors={"pooled_pixels": None},
        grid={"datasets": ["brain_phantom"]},
        sweep=None,
        editing={"tasks": {"findings": None, "disease": {"edits": {"CN to AD": None}}}},
    )
    assert list(config["datasets"]) == ["brain_phantom"] and list(config["extractors"]) == ["efficientnet_lite0"]
    assert (
        list(config["editing"]["tasks"])
        == [*("ageing", "disease", "disease_both", "disease_round_trip", "ageing_dropped_source")]
        and "CN to AD" not in config["editing"]["tasks"]["disease"]["edits"]
    )
    assert config["sweep"] is None and config["editing"]["tasks"]["disease"]["train"] is None
    with pytest.raises(UserError, match="sampling.*None"):
        checked(sampling={"seeds": None})


@pytest.mark.parametrize(
    "arguments, flag",
    [
        (["-n", "--configfile", "a.yaml", "--cores", "2", "--configfile", "b.yaml"], "--configfile is given 2 times"),
        (["--configfiles=a.yaml", "--configf", "b.yaml"], "--configfile is given 2 times"),
        (["--config", "seed=1", "-n", "-C", "name=x"], "--config is given 2 times"),
        (["--configfile", "a.yaml", "b.yaml", "--config", "seed=1", "--", "--config", "--configfile"], None),
    ],
)
def test_a_flag_that_snakemake_would_forget_is_refused(arguments, flag):
    with pytest.raises(UserError, match=flag) if flag else contextlib.nullcontext():
        module.check_flags(arguments)


@pytest.mark.parametrize(
    "files, wanted",
    [
        ([{"x": {"a": 1}}, {"x": None}, {"x": {}}], {"x": {"a": 1}}),
        (
            [{"x": {"a": {"b": 1}}, "y": 2}, {"x": {"a": None}}, {"y": 3}, {"x": {"a": {}}}],
            {"x": {"a": {"b": 1}}, "y": 3},
        ),
        ([{}, {"x": None}, {"x": {}}], {"x": {}}),
        ([{"x": {"a": 1}}, {"x": {}}, {"x": None}], "as it is"),  # the last word is null
        ([{"x": 1}, {"x": None}, {"x": 2}], "as it is"),  # Snakemake's own way is right
    ],
)
def test_what_a_later_file_puts_back_is_there_again(files, wanted):
    before, config = copy.deepcopy(files), {}
    layers = module.without_undone_nulls(files)
    for layer in layers or ():
        update_config(config, layer)
    assert (layers is None if wanted == "as it is" else config == wanted) and files == before


def test_a_task_like_another_has_what_it_does_not_say_itself():
    edits = {"CN to AD": {"amount": 1.5}}
    config = checked(
        editing={"tasks": {"disease": {"edits": edits}, "mine": {"like": "disease", "options": {"steps": 3}}}}
    )
    tasks = config["editing"]["tasks"]
    whole, mine = tasks["disease"], tasks["mine"]
    assert mine == {**whole, "like": "disease", "options": {**whole["options"], "steps": 3}}
    assert mine["edits"]["CN to AD"]["amount"] == 1.5 and mine["edits"] is not whole["edits"]
    assert module.check(copy.deepcopy(config), SCHEMA) == config  # as a run's own config.yaml is read again
    assert grid.edit_cells(config, "disease_both") == [grid.cell_of(config, "ld")]
    assert [cell["label"] for cell in grid.edit_cells(config, "mine")] == config["editing"]["cells"]


def test_cells_that_may_be_the_headline():
    page = {"cells": [{"label": "none", "training": "untrained", "drift": "none"}], "headline": "none"}
    changes = {"trainings": {"untrained": {}}, "methods": {"base": {}}, "prompt_study": None, "editing": None}
    assert checked(grid={**page, "methods": ["base"]}, **changes, sweep=None)  # one cell: it compares nothing
    noise_alone = {"label": "ld", "training": "ld", "drift": "none"}
    assert checked(grid={"cells": [*GUIDED[:1], noise_alone, *CONFIG["grid"]["cells"][2:]]})
    guided = [*GUIDED[:1], {**GUIDED[2], "label": "ld", "training": "ld"}]
    assert checked(grid={"cells": guided}, editing=None)


def test_a_task_like_one_that_is_taken_out_goes_with_it():
    tasks = checked(editing={"tasks": {"disease": None}})["editing"]["tasks"]
    assert list(tasks) == ["ageing", "findings", "ageing_dropped_source"]


def test_a_dataset_without_patients_may_have_prompts_without_them():
    config = checked(
        datasets={"m": MEDMNIST, "own": {**MEDMNIST, "anatomy": "X-ray film"}},
        grid={"datasets": ["m", "own"], "prompts": ["simple", "diverse"]},
        prompt_study={"dataset": "m", "prompts": ["diverse"]},
    )
    module.check_names(config)
    assert config["grid"]["datasets"] == ["m", "own"]  # nothing refused, nothing dropped


def test_a_drift_is_written_once():
    assert [grid.identifier(d) for d in (0.1, -0.2, 0.0, 0.05, 0.005, 1)] == [
        "0.10",
        "-0.20",
        "none",
        "0.05",
        "0.005",
        "1.00",
    ]


def test_checkpoints_drifts_and_rows_of_a_grid():
    name = "brain_phantom"
    config = checked(
        sweep={"datasets": [name], "deltas": [0.0, 0.1], "images_per_seed": 2},
        prompt_study={"prompts": ["simple", "simple_info"]},
        grid={
            "datasets": [name],
            "methods": ["basic_ft"],
            "training_seeds": [3, 4],
            "cells": [
                {"label": "none", "training": "plain", "drift": "none"},
                {"label": "ld", "training": "ld", "drift": "0.10"},
            ],
        },
    )
    ours = [(name, "basic_ft", training, "simple_info", run) for training in ("plain", "ld") for run in "34"]
    assert grid.checkpoints(config) == [
        (name, "base", "untrained", "simple_info", "3"),
        *ours,
        (name, "basic_ft", "ld", "simple", "3"),
        (name, "basic_ft", "ld", "simple", "4"),
    ]
    table = config["sampling"]["images_per_seed"]
    wanted = {found: grid.sampled_drifts(config, found) for found in grid.checkpoints(config)}
    assert list(wanted.values()) == [
        {"none": table},
        *[{"none": table, "0.10": 2}] * 2,
        *[{"0.10": table, "none": 2}] * 2,
        {"0.10": table},
        {"0.10": table},
    ]
    rows = [(cell["method"], cell["prompt"], cell["label"]) for cell in grid.table_cells(config, name)]
    assert rows == [
        ("base", "simple_info", "none"),
        ("basic_ft", "simple_info", "none"),
        ("basic_ft", "simple_info", "ld"),
        ("basic_ft", "simple", "ld"),
    ]
    drifts = grid.all_drifts(config)
    assert {"none", "0.10", "moment"} <= drifts.keys() and drifts["0.10"]["value"] == 0.1


def test_every_table_row_is_sampled_in_the_shipped_grid():
    config = checked()
    sampled = {found[:4]: grid.sampled_drifts(config, found) for found in grid.checkpoints(config)}
    for dataset in config["grid"]["datasets"]:
        for cell in grid.table_cells(config, dataset):
            found = sampled[dataset, cell["method"], cell["training"], cell["prompt"]]
            assert found[cell["part"]] == config["sampling"]["images_per_seed"], cell


def test_parse_time_imports_stay_light():
    code = "import ldcore, ldcore.plan.config, sys; sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    "attempt, most, wanted", [(1, None, 100), (3, None, 400), (3, 250, 250), (2, 250, 200), (3, 50, 100)]
)
def test_a_retry_asks_for_twice_as_much_up_to_what_a_partition_grants(attempt, most, wanted):
    assert grown(100, attempt, most) == wanted


LONG = "a scene of very many words " * 14


@pytest.mark.parametrize(
    "classes, said",
    [
        (
            ["Flood", "flood"],
            "Config datasets.own.classes: The labels 'Flood' and 'flood' are one prompt.*the same words",
        ),
        (["flood  plain", "flood plain"], "datasets.own.classes: .*the same words"),
        ([f"{LONG}north", f"{LONG}south"], "datasets.own.classes: .* are cut to 77 tokens before they differ"),
    ],
)
def test_classes_that_are_one_prompt_to_the_model_are_refused_before_any_job(classes, said):
    own = {"adapter": "folder", "anatomy": "satellite image", "classes": classes, "options": {"root": "x", "csv": "y"}}
    config = checked(datasets={"own": own}, grid={"datasets": ["own"], "prompts": ["simple_info"]})
    with pytest.raises(UserError, match=said):
        datasets.cut_prompts(config)
    config["grid"]["prompts"] = ["simple"]  # which names no label
    assert datasets.cut_prompts(config) == []


def test_a_prompt_that_is_cut_is_said_before_any_job(tmp_path):
    own = {"adapter": "folder", "anatomy": "satellite image", "classes": [f"north {LONG}", "south"]}
    config = checked(datasets={"own": own | {"options": {"root": "x", "csv": "y"}}}, grid={"datasets": ["own"]})
    (said,) = datasets.cut_prompts(config)
    assert said.startswith("warning: the prompt 'a satellite image of a 50 year old female with north a scene of") and (
        "tokens and is cut to 77, so its end is not seen" in said
    )
    config["model"]["path"] = str(tmp_path)  # still to be fetched
    assert datasets.cut_prompts(config) == []


def test_prompts_of_the_shipped_config_are_whole():
    assert datasets.cut_prompts(checked()) == []


def test_images_of_another_size_than_the_models_are_refused():
    config = checked(datasets={"brain_phantom": {"options": {"image_size": 32}}})
    with pytest.raises(UserError, match="datasets.brain_phantom.options: image_size is 32, and .* draws 64 pixels"):
        datasets.check_sizes(config)
    datasets.check_sizes(checked())
    datasets.check_sizes(config | {"model": {"path": "to/be/fetched"}})
    unused = checked(datasets={"more": {**config["datasets"]["brain_phantom"]}})
    datasets.check_sizes(unused)


def schemas_in(value):
    """Every mapping in a nested value."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from schemas_in(item)


def test_what_a_pattern_or_alternatives_want_stands_there_in_words():
    """Else a person would read a regular expression, or that nothing fits."""
    declared = [plugins.declared(kind, name) for kind in plugins.FOLDERS for name in plugins.names(kind)]
    found = [one for one in schemas_in([SCHEMA, declared]) if {"pattern", "anyOf", "oneOf"} & one.keys()]
    assert len(found) > 5 and [one for one in found if "description" not in one] == []


@pytest.mark.parametrize(
    "changes, place",
    [
        ({"methods": {"dreambooth": {"optimizer": "adamw_8bit"}}}, "methods.dreambooth"),
        ({"editing": {"tasks": {"ageing": {"train": {"optimizer": "adamw_8bit"}}}}}, "editing.tasks.ageing.train"),
    ],
)
def test_a_package_that_an_option_needs_is_asked_for_before_any_job(changes, place, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(UserError, match=f"Config {place}: optimizer adamw_8bit needs the package bitsandbytes"):
        module.check_names(checked(**changes))
    there = importlib.machinery.ModuleSpec("bitsandbytes", None)
    monkeypatch.setitem(sys.modules, "bitsandbytes", types.SimpleNamespace(__spec__=there))
    module.check_names(checked(**changes))
