"""The page in a real browser: no error, what moves moves, tables sort, nothing that axe calls serious.

Needs Chromium, which `make test-page` installs on Debian.
"""

import shutil

import pandas as pd
import pytest

from ldcore.report.page import page

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Chromium is missing; make test-page installs it (root on Debian)")


@pytest.fixture
def opened(reported, tmp_path):
    """The page of a made-up run in a browser, and what its console said."""
    from playwright.sync_api import sync_playwright

    file, said = tmp_path / "index.html", []
    table = reported.store.table("table1")
    rows = pd.read_csv(table)
    rows.assign(value=[(37 * place) % 101 + 0.5 for place in range(len(rows))]).to_csv(table, index=False)
    file.write_text(page(reported))
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        tab = browser.new_page(viewport={"width": 1300, "height": 900})
        tab.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: said.append(request.url) if request.url.startswith("http") else None)
        tab.goto(file.as_uri())
        yield tab, said
        browser.close()


def seen(tab, name: str, waits_for: str) -> None:
    """Scroll to a part of the page, and wait until it is there."""
    tab.locator(f"#{name}").scroll_into_view_if_needed()
    tab.wait_for_selector(waits_for)


def test_nothing_fails_and_axe_finds_nothing_serious(opened):
    from axe_playwright_python.sync_playwright import Axe

    tab, said = opened
    for name, waits_for in {
        "table-table1": "#table-table1 .dt-container",
        "explorer": "#explorer-means .main-svg",
        "samples": "#samples-left-picture[src]",
        "edits": "#edits-pictures canvas",
        "training": "#training-plot .main-svg",
    }.items():
        seen(tab, name, waits_for)
    for dark in (False, True):
        found = Axe().run(tab).response["violations"]
        assert not [(one["id"], one["impact"]) for one in found if one["impact"] in ("serious", "critical")], dark
        tab.locator("#theme").click()
    assert said == []
    axes = (
        "Object.entries(document.getElementById('explorer-distances').layout).filter(([key]) => key.includes('axis'))"
    )
    titles = tab.evaluate(f"{axes}.map(([, axis]) => axis.title.text)")
    assert len(titles) == 4 and all(titles)
    tab.set_viewport_size({"width": 375, "height": 800})
    tab.wait_for_function("document.documentElement.scrollWidth <= 375")


def test_the_slider_changes_the_pictures(opened):
    tab, _ = opened
    seen(tab, "explorer", "#explorer-blocks canvas")
    first = tab.locator("#explorer-blocks canvas").first
    shown = []
    for place in (0, 2):
        tab.locator("#explorer-delta").fill(str(place))
        tab.wait_for_function(
            f"document.querySelector('#explorer-blocks canvas').dataset.delta === '{(-0.1, 0, 0.1)[place]}'"
        )
        shown.append((first.evaluate("canvas => canvas.toDataURL()"), tab.locator("#explorer-value").text_content()))
    assert shown[0][0] != shown[1][0] and [value for _, value in shown] == ["-0.10", "+0.10"]
    before = tab.locator("#explorer-blocks canvas").count()
    tab.locator("#explorer-choice input:not(:checked)").first.check()
    tab.wait_for_function(f"document.querySelectorAll('#explorer-blocks canvas').length === {before + 1}")


def test_tables_sort_by_number_filter_and_lead_to_pictures(opened):
    tab, _ = opened
    seen(tab, "table-table1", "#table-table1 .dt-container")
    column = tab.locator("#table-table1 thead th").all_text_contents().index("FID")
    orders = []
    for order in ("ascending", "descending"):
        tab.locator("#table-table1 thead th").nth(column).click()
        tab.wait_for_selector(f"#table-table1 th[aria-sort={order}]")
        cells = tab.locator(f"#table-table1 tbody tr td:nth-child({column + 1})")
        numbers = [float(text.split()[0]) for text in cells.all_text_contents() if text]
        orders.append(numbers)
    assert orders == [sorted(orders[0]), sorted(orders[0], reverse=True)]
    assert len(set(orders[0])) > 3
    count = tab.locator("#table-table1 tbody tr").count()
    tab.locator("#table-table1 input[type=search]").fill("pooled_pixels")
    assert 0 < tab.locator("#table-table1 tbody tr").count() < count
    tab.locator("#table-table1 button[data-samples]").first.click()
    tab.wait_for_selector("#samples-right-picture[src]")
    assert "16 pictures of" in tab.locator("#samples-right-picture").get_attribute("alt")
    assert tab.locator("#samples-right-caption").text_content() == "All 16 pictures"
    tab.locator("#table-table1 summary").click()
    tab.wait_for_selector("#table-table1 details tbody tr")


def test_edits_change_with_lambda_wipe_and_keys(opened):
    tab, _ = opened
    seen(tab, "edits", "#edits-pictures canvas")
    tab.locator("#edits-request").select_option("1")
    tab.wait_for_function("!document.getElementById('edits-amount').disabled")
    result = "document.querySelectorAll('#edits-pictures canvas')[1].toDataURL()"
    before = tab.evaluate(result)
    tab.locator("#edits-amount").focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function(f"({result}) !== '{before}'")
    assert tab.locator("#edits-amount-value").text_content() == "2 x its own"
    assert tab.locator("#edits-output").input_value() == "changed"
    wiped = "document.querySelector('#edits-pictures figure:last-child canvas').toDataURL()"
    before = tab.evaluate(wiped)
    tab.locator("#edits-wipe").fill("0")
    assert tab.evaluate(wiped) != before
