"""`course.py site`: the course as web pages, complete, readable without network and without pictures."""
import re
import subprocess
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from conftest import ROOT
from test_try import SEVEN, TWO, draw, opened

SITE = ROOT / "target" / "site"
NOTEBOOKS = ROOT / "notebooks"


@pytest.fixture(scope="module")
def built():
    """The site, which takes a minute; the first test that asks for it seems to."""
    done = subprocess.run([sys.executable, ROOT / "course.py", "site"], capture_output=True, text=True, encoding="utf-8", timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def pages(built):
    """The pages that Sphinx made, parsed, by path."""
    return {path.relative_to(SITE).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
            for path in sorted(SITE.rglob("*.html")) if path.relative_to(SITE).parts[0] not in ("api", "_static")}


def content(pages):
    return {name: soup for name, soup in pages.items() if name not in ("genindex.html", "search.html")}


def test_has_no_warning(built):
    assert not re.search("WARNING|ERROR", built.stdout + built.stderr), built.stdout


def test_has_a_page_for_each_chapter_and_its_exercises(pages):
    wanted = {f"{p.stem}.html" for p in NOTEBOOKS.glob("*.ipynb")} | {f"exercises/{p.stem}.html" for p in (NOTEBOOKS / "solutions").glob("*.ipynb")}
    assert wanted | {"index.html", "library.html", "python_overview.html", "search.html", "try_it.html", "use_the_library.html"} <= set(pages)
    for name, soup in content(pages).items():
        shown = {a.get("href", "").rpartition("/")[2] for a in soup.select("nav a, .bd-sidebar-primary a")}
        assert {p.rpartition("/")[2] for p in wanted} <= shown | {name.rpartition("/")[2], "#", ""}, f"{name}: navigation"
    assert (SITE / "searchindex.js").stat().st_size > 10_000


def test_loads_nothing_from_elsewhere(pages):
    found = []
    for name, soup in pages.items():
        for tag in soup.select("script[src], img[src], iframe[src], link[href], source[src], embed[src], object[data]"):
            address = tag.get("src") or tag.get("href") or tag.get("data")
            kind = set(tag.get("rel", ["stylesheet"]))
            if re.match(r"(https?:)?//", address) and kind & {"stylesheet", "preload", "icon", "preconnect", "dns-prefetch"}:
                found.append(f"{name}: {address[:100]}")
        styles = " ".join(tag.get_text() for tag in soup.select("style"))
        found += [f"{name}: {url}" for url in re.findall(r"url\(\s*[\"']?((?:https?:)?//[^\"')]+)|@import\s+[\"'](http[^\"']+)", styles)]
    assert found == []
    for sheet in SITE.rglob("*.css"):
        assert not re.search(r"url\(\s*[\"']?(?:https?:)?//|@import[^;]*//", sheet.read_text(encoding="utf-8", errors="replace")), sheet


def test_links_within_the_site_lead_somewhere(pages):
    broken = []
    for name, soup in pages.items():
        for tag in soup.select("a[href], link[href], script[src], img[src]"):
            parts = urlsplit(tag.get("href") or tag.get("src"))
            if parts.scheme or parts.netloc or not parts.path:
                continue
            target = (SITE / name).parent / unquote(parts.path)
            if not target.exists():
                broken.append(f"{name}: {parts.path}")
    assert broken == []


def test_formulas_are_mathml(pages):
    page = pages["02_mathematics.html"]
    assert len(page.select("math")) > 10
    for name, soup in content(pages).items():
        for code in soup.select("script, style, code, pre, annotation"):
            code.extract()
        assert not re.search(r"\\(frac|mathbf|lVert|tfrac|max)\b", soup.get_text()), name


def test_every_picture_has_a_description(pages):
    for name, soup in pages.items():
        for image in soup.select("img"):
            alt = image.get("alt", "")
            decoration = "logo" in " ".join(image.get("class", []))
            assert decoration or (len(alt) > 10 and not re.search(r"\.(png|svg)$|^_images", alt)), f"{name}: {str(image)[:150]}"


def test_solutions_are_folded(pages):
    for solution in (NOTEBOOKS / "solutions").glob("*.ipynb"):
        soup = pages[f"exercises/{solution.stem}.html"]
        assert soup.select("details"), solution.stem
        for code in soup.find_all("pre"):
            if "BEGIN SOLUTION" in code.get_text():
                folded = code.find_parent("details")
                assert folded and not folded.has_attr("open"), solution.stem


def test_each_notebook_has_a_binder_link(pages):
    for name, soup in pages.items():
        if re.match(r"(exercises/)?\d\d\w?_", name):
            links = [a["href"] for a in soup.select("a[href]") if "mybinder.org/v2/gh/" in a["href"]]
            assert links and any(f"notebooks/{name.removesuffix('.html')}.ipynb" in unquote(link) for link in links), f"{name}: {links}"


def test_has_the_javadoc_of_every_public_type(built):
    for source in (ROOT / "src/main/java/siamese").rglob("*.java"):
        if re.search(rf"^public .*\b{source.stem}\b", source.read_text(encoding="utf-8"), re.MULTILINE):
            page = SITE / "api" / source.relative_to(ROOT / "src/main/java").with_suffix(".html")
            assert page.exists(), page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_digits_can_be_drawn_in_the_site(built, browser, scheme):
    with ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: SimpleHTTPRequestHandler(*args, directory=str(SITE))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with opened(browser, f"http://127.0.0.1:{server.server_port}/try_it.html", color_scheme=scheme) as page:
            draw(page, 0, SEVEN)
            draw(page, 1, TWO)
            assert page.inner_text("#try-result").endswith(": not the same digit.")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert "Your network" not in page.inner_text("#try-about")
            page.screenshot(path=ROOT / "target" / "screenshots" / f"site-try-{scheme}.png", full_page=True)
        server.shutdown()


# What lies beyond the paper's edge, or is hidden by a scroll bar, which paper does not have.
CUT = """selector => [...document.querySelectorAll(selector + ' *')].filter(e => e.checkVisibility() && (
    e.matches('img, table, math, pre') && e.getBoundingClientRect().right > innerWidth + 1
    || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).display !== 'inline'
       && ['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX)
  )).map(e => e.outerHTML.slice(0, 120))"""


def print_whole(browser, address, selector, pictures):
    """Prints a page on A4 as the browser's own command does; nothing is cut off, and each picture is in the PDF."""
    page = browser.new_page(viewport={"width": 720, "height": 1000})  # A4 at 96 dots an inch, without its margins
    try:
        page.goto(address)
        page.emulate_media(media="print")
        page.wait_for_function("() => [...document.images].every(image => image.complete)")
        assert page.evaluate(CUT, selector) == []
        assert page.locator(f"{selector} img").count() >= pictures
        bitmaps = page.evaluate("""selector => [...new Set([...document.querySelectorAll(selector + ' img')].map(image => image.src))]
            .filter(address => !address.endsWith('.svg') && !address.startsWith('data:image/svg')).length""", selector)
        pdf = page.pdf(format="A4", print_background=True)
        assert len(re.findall(rb"/Type /Page\b", pdf)) >= 2 and pdf.count(b"/Subtype /Image") >= bitmaps
    finally:
        page.close()


@pytest.mark.parametrize("chapter", [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))])
def test_chapter_prints_whole(built, browser, chapter):
    print_whole(browser, (SITE / f"{chapter}.html").as_uri(), "article", 1)


def test_executed_notebook_prints_whole(overview_run, browser):
    print_whole(browser, overview_run[1].with_suffix(".html").as_uri(), "main", 4)


# Displayed formulas that do not stand in the middle of their box, and what makes the page wider than the window.
OFF_CENTRE = """() => [...document.querySelectorAll('div.math')].filter(box => {
    const outer = box.getBoundingClientRect(), inner = box.querySelector('math').getBoundingClientRect();
    return inner.width < outer.width && Math.abs(inner.left + inner.right - outer.left - outer.right) > 0.04 * outer.width;
  }).map(box => box.textContent.slice(0, 80))"""

# Code and tables that run out of a box which does not scroll.
RUNS_OUT = """() => [...document.querySelectorAll('article :is(pre, table)')].filter(inner => {
    for (let box = inner; box.localName !== 'article'; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0 && style.display !== 'inline' && style.overflowX === 'visible') return true;
    }
  }).map(inner => inner.outerHTML.slice(0, 120))"""

# Rows of tables in which the texts of two neighbouring cells are less than 10 pixels apart.
CROWDED = """() => [...document.querySelectorAll('article tr')].filter(row => {
    const texts = [...row.cells].filter(cell => cell.textContent.trim()).map(cell => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return range.getBoundingClientRect();
    });
    return texts.some((text, i) => i > 0 && text.left - texts[i - 1].right < 10);
  }).map(row => row.textContent.slice(0, 80))"""

# The share of the lines of code that are longer than their box.
CUT_LINES = """() => {
    const lines = [...document.querySelectorAll('.cell_input pre')].flatMap(pre => {
      const mark = document.createElement('canvas').getContext('2d');
      mark.font = getComputedStyle(pre).font;
      const room = pre.clientWidth - 2 * parseFloat(getComputedStyle(pre).paddingLeft);
      return pre.textContent.split('\\n').map(line => mark.measureText(line).width > room);
    });
    return lines.filter(cut => cut).length / lines.length;
  }"""


@pytest.mark.parametrize("width", [420, 800, 1400])
def test_formulas_stand_in_the_middle_and_nothing_sticks_out_or_crowds(built, browser, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    try:
        for stem in ("00b_primer", "01_history", "02_mathematics", "04b_generalization", "05_evaluation",
                     "07_one_shot", "11_beyond_one_machine", "12_signatures",
                     "13_faces_and_your_own", "14_descendants"):
            page.goto((SITE / f"{stem}.html").as_uri())
            assert page.evaluate(OFF_CENTRE) == [], stem
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), stem
            assert page.evaluate(RUNS_OUT) == [] and page.evaluate(CROWDED) == [], stem
            assert width < 800 or page.evaluate(CUT_LINES) < 0.03, stem
            page.screenshot(path=ROOT / "target" / "screenshots" / f"site-{stem}-{width}.png", full_page=True)
        page.goto((SITE / "02_mathematics.html").as_uri())
        assert page.locator("div.math math").count() > 10
    finally:
        page.close()
