"""JupyterLab as a reader uses it: a real Chromium opens the overview, runs all cells, and stops training."""
import re
import time

import nbformat
import pytest

import course
from conftest import ROOT

SCREENSHOTS = ROOT / "target" / "screenshots"
STDERR = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'

# The number of distinct colours of a picture, as the browser shows it.
COLOURS = """image => {
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
  const pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0);
  return new Set(new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
}"""


@pytest.fixture
def page(browser, lab, request):
    """The overview, without outputs and under a name of its own, in a new window."""
    address, folder = lab
    notebook = nbformat.read(folder / f"{course.OVERVIEW}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, folder / f"{request.node.name}.ipynb")
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(60_000)
    # A workspace of its own, or JupyterLab restores the tabs of the test before.
    page.goto(address.replace("/lab/tree/", f"/lab/workspaces/{request.node.name}/tree/")
              .replace(f"{course.OVERVIEW}.ipynb", f"{request.node.name}.ipynb"))
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    # Not the notebook's own indicator: it says idle before there is a kernel, and Run All would then ask for one.
    page.locator("#jp-main-statusbar", has_text="Java |").wait_for(state="attached")
    yield page
    screenshot(page, f"{request.node.name}-end")
    context.close()


def menu(page, name, item):
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{name}$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}$")).click()


def run_all(page):
    menu(page, "Run", "Run All Cells")
    page.locator(".jp-InputPrompt", has_text="[*]").first.wait_for(state="attached")


def prompts(page):
    return [prompt for prompt in page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()]


def wait_until_all_ran(page, seconds):
    until = time.monotonic() + seconds
    while not all(re.search(r"\[\d+\]", prompt) for prompt in prompts(page)):
        assert time.monotonic() < until, f"not all cells ran within {seconds} s: {prompts(page)}"
        page.wait_for_timeout(500)


def screenshot(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def training_cell(page):
    return page.locator(".jp-CodeCell", has_text=re.compile(r"\.fit\(")).first


def test_run_all(page):
    run_all(page)
    wait_until_all_ran(page, 600)
    training_cell(page).evaluate("cell => cell.scrollIntoView()")
    screenshot(page, "run-all-training")
    pictures = page.locator(".jp-OutputArea-output img")
    for number in range(min(pictures.count(), 8)):
        pictures.nth(number).evaluate("image => image.scrollIntoView()")  # JupyterLab hides cells that are out of view
        screenshot(page, f"run-all-picture-{number + 1}")
    colours = [picture.evaluate(COLOURS) for picture in pictures.all()]
    assert len(colours) >= 4 and min(colours) >= 8, colours
    assert page.locator(".jp-OutputArea-output table tr").count() > 5
    assert page.locator(STDERR).all_inner_texts() == []


def test_stop_ends_training_and_the_network_is_usable(page):
    run_all(page)
    cell = training_cell(page)
    cell.locator(".jp-InputPrompt", has_text="[*]").wait_for(state="attached", timeout=120_000)
    cell.locator(".jp-OutputArea-output", has_text="pairs/s").first.wait_for(
        state="attached", timeout=120_000)
    began = time.monotonic()
    page.locator('[data-command="notebook:interrupt-kernel"], [title*="Interrupt the kernel"]').first.click()
    while "[*]" in cell.locator(".jp-InputPrompt").inner_text():
        assert time.monotonic() - began < 20, "training goes on 20 s after Stop"
        page.wait_for_timeout(100)
    cell.evaluate("cell => cell.scrollIntoView()")
    screenshot(page, "stopped")
    wait_until_all_ran(page, 300)
    # The cells below use the network as it was when it was stopped.
    # Two say why not: the cell that was stopped, and the loss curve, if there is no finished epoch to draw.
    errors = page.locator(STDERR).all_inner_texts()
    assert [e for e in errors if "Evaluation interrupted" not in e and "epoch" not in e] == [], errors
    assert "Stopped" in cell.inner_text()
    assert page.locator(".jp-OutputArea-output img").count() >= 4
