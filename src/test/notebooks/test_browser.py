"""JupyterLab as a reader uses it: a real Chromium opens notebooks, runs all cells, stops training, restarts, asks for help."""
import re
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest

import course
from conftest import ROOT, java_notebook

SCREENSHOTS = ROOT / "target" / "screenshots"
OUTPUT = ".jp-OutputArea-output"
STDERR = f'{OUTPUT}[data-mime-type="application/vnd.jupyter.stderr"]'
ERROR = f'{OUTPUT}[data-mime-type="application/vnd.jupyter.error"]'
CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
DARK = ["05_evaluation", "06_seeing_embeddings"]

# For each tag that shows text in outputs and in the notebook's text: the contrast of its letters with what is behind them, as
# WCAG 2 defines it, where that is lowest, and the text there.
CONTRASTS = """() => {
  const numbers = colour => { const n = colour.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n.slice(0, 3), 1]; };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                       return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05; };
  const lowest = {};
  for (const e of document.querySelectorAll('.jp-OutputArea-output *, .jp-MarkdownOutput *')) {
    const text = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join('').trim();
    if (!text || e.closest('mjx-container, script, style, .jp-InternalAnchorLink') || !e.checkVisibility()) continue;
    const layers = [];
    for (let p = e; p; p = p.parentElement) layers.push(numbers(getComputedStyle(p).backgroundColor));
    const behind = layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
    const [a, b] = [light(over(numbers(getComputedStyle(e).color), behind)), light(behind)];
    const contrast = Math.max(a, b) / Math.min(a, b), tag = e.tagName.toLowerCase();
    if (!(tag in lowest) || contrast < lowest[tag][0]) lowest[tag] = [contrast, text.slice(0, 60)];
  }
  return lowest;
}"""

# How many different colours a picture has, as the browser decoded it, and whether it is opaque: letters on nothing vanish in the dark.
PIXELS = """image => {
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
  const pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0);
  const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  return {colours: new Set(new Uint32Array(data.buffer)).size, opaque: data.every((value, i) => i % 4 !== 3 || value === 255)};
}"""

ALL_RAN = """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')]
  .every(prompt => /\\[\\d+\\]/.test(prompt.textContent))"""


@pytest.fixture
def window(browser, lab, request):
    """A function that opens a notebook of the folder in a new window; its kernel is ended afterwards."""
    address, _ = lab
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    context = browser.new_context(viewport={"width": 1300, "height": 1400})
    page = context.new_page()
    page.set_default_timeout(300_000)

    def opened(stem):
        # A workspace of its own, or JupyterLab restores the tabs of the test before.
        page.goto(address.replace("/lab/tree/", f"/lab/workspaces/{name}/tree/").replace(f"{course.OVERVIEW}.ipynb", f"{stem}.ipynb"))
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        # Not the notebook's own indicator: it says idle before there is a kernel, and Run All would then ask for one.
        page.locator("#jp-main-statusbar", has_text="Java |").wait_for(state="attached")
        return page

    yield opened
    screenshot(page, f"{name}-end")
    context.close()
    parts = urlsplit(address)
    api, headers = f"http://{parts.netloc}/api/sessions", {"Authorization": f"token {parse_qs(parts.query)['token'][0]}"}
    server = browser.new_context()
    for session in server.request.get(api, headers=headers).json():
        server.request.delete(f"{api}/{session['id']}", headers=headers)
    server.close()


@pytest.fixture
def overview(window, lab, request):
    """The overview without outputs."""
    _, folder = lab
    notebook = nbformat.read(folder / f"{course.OVERVIEW}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, folder / f"{request.node.name}.ipynb")
    return window(request.node.name)


def menu(page, *items):
    """Chooses from JupyterLab's menus: the first name is the menu bar's, names in between open a submenu."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{items[0]}$")).click()
    for item in items[1:-1]:
        page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}$")).hover()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{items[-1]}$")).click()


def theme(page, name):
    menu(page, "Settings", "Theme", f"JupyterLab {name}")
    page.locator(f'body[data-jp-theme-light="{"true" if name == "Light" else "false"}"]').wait_for(state="attached")
    # The theme's style sheet has come when the page has its colour.
    page.wait_for_function("""light => getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor.match(/\\d+/)[0] > 127 === light""",
                           arg=name == "Light")


def running(page):
    page.locator(".jp-InputPrompt", has_text="[*]").first.wait_for(state="attached")


def run_all(page):
    menu(page, "Run", "Run All Cells")
    running(page)


def restart_and_run_all(page):
    menu(page, "Kernel", "Restart Kernel and Run All Cells…")
    page.locator(".jp-Dialog .jp-mod-accept").click()


def wait_until_all_ran(page, minutes=15):
    page.wait_for_function(ALL_RAN, timeout=minutes * 60_000)


def screenshot(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def training_cell(page):
    return page.locator(".jp-CodeCell", has_text="new TrainingProgress()").first


def assert_pictures_and_tables_show(page, pictures, rows):
    found = page.locator(f"{OUTPUT} img")
    pixels = [image.evaluate(PIXELS) for image in found.all()]
    assert len(pixels) >= pictures, pixels
    assert [p for p in pixels if p["colours"] < 8 or not p["opaque"]] == [], pixels
    visible = [row for row in page.locator(f"{OUTPUT} table tr").all() if row.is_visible()]
    assert len(visible) >= rows


def assert_readable(page):
    lowest = page.evaluate(CONTRASTS)
    assert {"td", "th", "caption", "pre", "p"} <= set(lowest), lowest
    assert {tag: found for tag, found in lowest.items() if found[0] < 4.5} == {}


def test_run_all_then_in_the_dark(overview):
    page = overview
    run_all(page)
    wait_until_all_ran(page)
    assert page.locator(STDERR).all_inner_texts() == []
    assert page.locator(ERROR).count() == 0
    training_cell(page).evaluate("cell => cell.scrollIntoView()")
    screenshot(page, "run-all-training")
    assert_pictures_and_tables_show(page, 4, 6)
    assert_readable(page)
    theme(page, "Dark")
    assert_readable(page)
    page.locator(f"{OUTPUT} table").first.evaluate("table => table.scrollIntoView()")
    screenshot(page, "run-all-dark")
    theme(page, "Light")  # JupyterLab keeps the choice for the tests below


def test_stop_ends_training_then_restart_runs_all_again(overview):
    page = overview
    run_all(page)
    cell = training_cell(page)
    cell.locator(".jp-InputPrompt", has_text="[*]").wait_for(state="attached")
    cell.locator(OUTPUT, has_text="pairs/s").first.wait_for(state="attached")
    page.locator('[data-command="notebook:interrupt-kernel"], [title*="Interrupt the kernel"]').first.click()
    cell.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for(state="attached", timeout=30_000)
    cell.evaluate("cell => cell.scrollIntoView()")
    screenshot(page, "stopped")
    wait_until_all_ran(page)
    # The cells below use the network as it was when it was stopped.
    # Two say why not: the cell that was stopped, and the loss curve, if there is no finished epoch to draw.
    errors = page.locator(STDERR).all_inner_texts()
    assert [e for e in errors if "Evaluation interrupted" not in e and "epoch" not in e] == [], errors
    assert "Stopped" in cell.inner_text()
    assert page.locator(f"{OUTPUT} img").count() >= 4

    restart_and_run_all(page)
    running(page)
    wait_until_all_ran(page)
    assert "Stopped" not in cell.inner_text() and "Trained on" in cell.inner_text()
    assert page.locator(STDERR).all_inner_texts() == []
    assert page.locator(ERROR).count() == 0
    assert_pictures_and_tables_show(page, 4, 6)


def test_tab_and_shift_tab_and_restart(window, lab):
    _, folder = lab
    nbformat.write(java_notebook("import siamese.data.*;\nimport siamese.model.*;\nProcessHandle.current().pid()", "//", "Pairs.class.getSimpleName()"),
                   folder / "help.ipynb")
    page = window("help")
    imports, asking, using = (page.locator(".jp-Notebook .jp-CodeCell").nth(number) for number in range(3))
    run_all(page)
    wait_until_all_ran(page)
    process = imports.locator(OUTPUT).inner_text()
    assert re.search(r"\d+", process) and "Pairs" in using.locator(OUTPUT).inner_text()

    def typed(code):
        asking.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.type(code)

    typed("SiameseNetwork.")
    page.keyboard.press("Tab")
    page.locator(".jp-Completer-item", has_text="overview(").wait_for()
    screenshot(page, "tab")
    page.keyboard.type("over")
    page.locator(".jp-Completer-item", has_text="load(").wait_for(state="hidden")
    page.keyboard.press("Enter")
    asking.locator(".cm-content", has_text="SiameseNetwork.overview(").wait_for()

    typed("Pairs.create(")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+Tab")
    page.locator(".jp-Tooltip", has_text="every class needs at least two").wait_for()
    screenshot(page, "shift-tab")
    page.keyboard.press("Escape")
    page.locator(".jp-Tooltip").wait_for(state="hidden")

    # After a restart the imports are gone, which a cell says in one line; a run from the top succeeds, in another process.
    typed("//")
    menu(page, "Kernel", "Restart Kernel…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(".jp-Dialog").wait_for(state="hidden")
    using.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    using.locator(STDERR + ", " + ERROR).filter(has_text="Pairs").first.wait_for()
    restart_and_run_all(page)
    imports.locator(OUTPUT).filter(has_text=re.compile(r"\d")).filter(has_not_text=process).wait_for()
    wait_until_all_ran(page)
    assert "Pairs" in using.locator(OUTPUT).inner_text() and page.locator(f"{STDERR}, {ERROR}").count() == 0


@pytest.mark.parametrize("chapter, colours", [(c, "Light") for c in CHAPTERS] + [(c, "Dark") for c in DARK])
def test_chapter_as_committed(window, chapter, colours):
    """Each chapter as it opens, with screenshots to be looked at: NAME-1.png and so on, from top to bottom."""
    page = window(chapter)
    page.locator("#jp-main-statusbar", has_text="Java | Idle").wait_for(state="attached")
    if colours == "Dark":
        theme(page, "Dark")
    try:
        page.wait_for_function("() => [...document.querySelectorAll('.jp-Notebook img')].every(i => i.complete && i.naturalWidth > 0)")
        page.wait_for_function("""() => ![...document.querySelectorAll('.jp-MarkdownOutput')].some(
            cell => /\\$[^$]*\\\\[a-z]+/.test([...cell.querySelectorAll('p, li')].map(e => e.innerText).join(' ')))""")  # formulas are set
        assert page.locator("mjx-merror").count() == 0
        assert_pictures_and_tables_show(page, 1, 2)
        assert_readable(page)
        cut = page.evaluate("""() => { const right = document.querySelector('.jp-Notebook').getBoundingClientRect().right;
            return [...document.querySelectorAll('.jp-OutputArea-output *, .jp-MarkdownOutput *')].filter(
                e => e.checkVisibility() && e.getBoundingClientRect().right > right + 1).map(e => e.outerHTML.slice(0, 100)); }""")
        assert cut == []
        pane = page.locator(".jp-WindowedPanel-outer").first
        height, whole = pane.evaluate("e => [e.clientHeight, e.scrollHeight]")
        for number in range(-(-whole // height)):
            pane.evaluate("(e, top) => e.scrollTo({top, behavior: 'instant'})", number * height)
            screenshot(page, f"{chapter}{'-dark' * (colours == 'Dark')}-{number + 1}")
    finally:
        if colours == "Dark":
            theme(page, "Light")
