"""Which tables and figures a config asks for, in the order of the page, and what is refused."""

import sys

import pytest

from configs import checked
from ldcore.plan.config import check_names
from ldcore.plan.reporting import NEEDS, claims, figures, needs, tables, tasks_of
from ldcore.runtime.errors import UserError

FOUND = {"searched": {"kind": "prior", "source": "fixed", "value": 0.05}}  # in place of a search
WITHOUT = {"sweep": None, "prompt_study": None, "editing": None, "drifts": FOUND}


def test_a_config_with_every_part_asks_for_all_in_the_order_of_the_page():
    config = checked()
    assert tables(config) == [
        *("claims", "colours", "table1", "deltas", "table3", "table2", "table4", "objective", "truth")
    ]
    assert figures(config) == [
        *("figure2", "figure3", "figure4", "figure5", "gains", "delta_search", "figure6", "figure7", "figure8"),
        *("figure1", "tradeoff"),
    ]
    assert tasks_of(config, "table", "table4") == [*("disease", "findings", "disease_both", "disease_round_trip")]
    assert tasks_of(config, "figure", "figure6") == ["ageing"]
    assert tasks_of(config, "figure", "figure7") == ["disease"]
    assert tasks_of(config, "figure", "figure1") == [*config["editing"]["tasks"]]


@pytest.mark.parametrize(
    "changes, table_names, figure_names",
    [
        (WITHOUT, ["claims", "table1"], ["figure4", "figure5", "gains"]),
        (
            WITHOUT | {"sweep": checked()["sweep"]},
            ["claims", "colours", "table1"],
            ["figure2", "figure3", "figure4", "figure5", "gains"],
        ),
        (
            WITHOUT | {"prompt_study": checked()["prompt_study"]},
            ["claims", "table1", "table3"],
            ["figure4", "figure5", "gains"],
        ),
        (
            WITHOUT | {"editing": {"tasks": {"ageing": None, "disease": None}}},
            ["claims", "table1", "table4", "objective", "truth"],
            ["figure4", "figure5", "gains", "figure8", "figure1", "tradeoff"],
        ),
        (
            {**WITHOUT, "drifts": {}},
            ["claims", "table1", "deltas"],
            ["figure4", "figure5", "gains", "delta_search"],
        ),
    ],
    ids=["grid", "sweep", "study", "one task", "search"],
)
def test_a_part_that_is_not_there_is_not_shown(changes, table_names, figure_names):
    config = checked(**changes)
    assert (tables(config), figures(config)) == (table_names, figure_names)


def test_claims_stand_where_the_config_has_their_part_those_of_every_run_first():
    everything = claims(checked())
    assert everything[0] == "auc_rises" and everything[-1] == "numerical_ages_best"
    assert [name for name in everything if "latent_mean" in name] == ["latent_mean_runs_away", "latent_mean_stable"]
    few = claims(checked(**WITHOUT))
    assert few == everything[: len(few)] and {"kid_falls", "no_tint"} < set(few) and "prompts_help" not in few


def test_the_table_of_claims_needs_what_its_claims_need():
    assert set(needs(checked(), "table", "claims")) == set(NEEDS) - {"claims", "edit_scores"}
    fixed = checked(drifts={"searched": {"source": "moment_scalar"}})
    assert "drifts" not in needs(fixed, "table", "claims")
    assert set(needs(checked(**WITHOUT), "table", "claims")) == {"scores", "downstream", "samples", "data"}
    assert needs(checked(), "table", "table1") == ["scores", "downstream"]


def test_only_what_is_named_is_made_and_asked_for():
    config = checked(only=["claims", "no_tint", "figure2"])
    check_names(config)
    assert (tables(config), figures(config), claims(config)) == (["claims"], ["figure2"], ["no_tint"])
    assert needs(config, "table", "claims") == ["samples"]
    with pytest.raises(UserError, match="Config only: 'figure2' is nothing that this run would make"):
        check_names(checked(only=["figure2"], sweep=None))


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Write a module of the package `lab`, which lies outside."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, text):
        (tmp_path / "lab").mkdir(exist_ok=True)
        (tmp_path / "lab" / f"{name}.py").write_text(
            text + "def draw(results): ...\ndef rows(results): ...\ndef layout(rows): ...\n"
        )

    yield write
    for name in [name for name in sys.modules if name.split(".")[0] == "lab"]:
        del sys.modules[name]


def test_those_from_outside_are_added_by_their_dotted_names(lab):
    lab("strip", "CAPTION = 'A strip.'\nNEEDS = ('samples',)\n")
    lab("late", "CAPTION = 'Edits.'\nNEEDS = ('edits',)\nASKED_BY = 'editing'\n")
    config = checked(figures=["lab.strip", "lab.late"], tables=["lab.strip"])
    check_names(config)
    assert figures(config)[5] == "lab.strip" and figures(config)[-1] == "lab.late" and len(figures(config)) == 13
    assert tables(config)[:4] == ["claims", "colours", "table1", "lab.strip"]


def test_a_task_may_name_a_figure_from_outside(lab):
    lab("sheet", "CAPTION = 'A sheet.'\nNEEDS = ('edits', 'data')\nASKED_BY = 'tasks'\n")
    config = checked(editing={"tasks": {"findings": {"figure": "lab.sheet"}}})
    check_names(config)
    assert "lab.sheet" in figures(config) and "figure8" not in figures(config)


@pytest.mark.parametrize(
    "text, changes, sentence",
    [
        ("", {"figures": ["nosuch"]}, "Config figures: The figure 'nosuch' is unknown"),
        ("", {"tables": ["lab.nosuch"]}, "Config tables: The table 'lab.nosuch' is unknown"),
        ("", {"figures": ["figure2"], "sweep": None}, "'figure2' shows `sweep`, which the config does not have"),
        ("NEEDS = ()\n", {"figures": ["lab.bad"]}, "lab.bad declares no CAPTION"),
        ("CAPTION = 'x'\n", {"figures": ["lab.bad"]}, "lab.bad declares NEEDS = None"),
        ("CAPTION = 'x'\nNEEDS = ('score',)\n", {"figures": ["lab.bad"]}, "use a tuple of some of scores, downstream"),
        ("CAPTION = 'x'\nNEEDS = ()\nASKED_BY = 'me'\n", {"figures": ["lab.bad"]}, "declares ASKED_BY = 'me'"),
        ("NEEDS = ()\n", {"claims": ["lab.bad"]}, "Config claims: lab.bad declares no PAPER"),
        ("PAPER = 'x'\nNEEDS = ('claims',)\n", {"claims": ["lab.bad"]}, "lab.bad declares NEEDS = ('claims',)"),
        ("PAPER = 'x'\nNEEDS = ()\nASKED_BY = 'tasks'\n", {"claims": ["lab.bad"]}, "declares ASKED_BY = 'tasks'"),
        (
            "CAPTION = 'x'\nNEEDS = ()\nASKED_BY = 'tasks'\n",
            {"figures": ["lab.bad"]},
            "'lab.bad' shows editing tasks, but none has it as its `figure`",
        ),
        (
            "",
            {"editing": {"tasks": {"ageing": {"figure": "gains"}}}},
            "Config editing.tasks.ageing.figure: 'gains' is not made for tasks; use one of figure6, figure7, figure8",
        ),
        (
            "",
            {"editing": {"tasks": {"ageing": {"table": "table9"}}}},
            "Config editing.tasks.ageing.table: The table 'table9'",
        ),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_sentence(lab, text, changes, sentence):
    lab("bad", text)
    with pytest.raises(UserError) as error:
        check_names(checked(**changes))
    assert sentence in str(error.value) and "\n" not in str(error.value)
