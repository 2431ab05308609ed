"""The page that records signatures: a real Chromium writes on it; what it saves is in SVC2004's format, and nothing is sent."""
import re

import pytest

from conftest import ROOT

PAGE = ROOT / "notebooks" / "signature_recorder.html"
SCREENSHOTS = ROOT / "target" / "screenshots"


@pytest.fixture(params=["light", "dark"])
def page(browser, request):
    context = browser.new_context(viewport={"width": 800, "height": 700}, accept_downloads=True, color_scheme=request.param)
    page = context.new_page()
    page.requested, page.errors = [], []
    page.on("request", lambda asked: page.requested.append(asked.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.goto(PAGE.as_uri())
    page.scheme = request.param
    yield page
    assert page.errors == []
    assert all(url == PAGE.as_uri() or url.startswith("blob:") for url in page.requested), page.requested
    context.close()


def write(page, *strokes):
    """Writes strokes, points from the pad's upper left corner; between them the mouse moves without its button."""
    box = page.locator("#pad").bounding_box()
    for stroke in strokes:
        page.mouse.move(box["x"] + stroke[0][0], box["y"] + stroke[0][1], steps=3)
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(box["x"] + x, box["y"] + y, steps=8)
            page.wait_for_timeout(20)
        page.mouse.up()


def saved(page, folder):
    with page.expect_download() as started:
        page.click("#save")
    target = folder / started.value.suggested_filename
    started.value.save_as(target)
    lines = target.read_text(encoding="ascii").splitlines()
    assert int(lines[0]) == len(lines) - 1
    assert all(re.fullmatch(r"-?\d+\.\d -?\d+\.\d \d+ [01]", line) for line in lines[1:]), lines
    return target.name, [tuple(map(float, line.split())) for line in lines[1:]]


def test_what_is_written_is_saved_as_svc2004_has_it(page, tmp_path):
    write(page, [(100, 60), (160, 180), (220, 60)], [(300, 100), (400, 100)])
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"recorder-{page.scheme}.png")
    name, points = saved(page, tmp_path)
    assert name == "U1S1.TXT"
    times = [t for _, _, t, _ in points]
    assert times[0] == 0 and all(a < b for a, b in zip(times, times[1:])), "each later than the one before"
    pen = "".join(str(int(down)) for *_, down in points)
    assert re.fullmatch("1+0+1+0", pen), f"two strokes, a way in the air, and nothing after the last: {pen}"
    first = points[:pen.index("0")]
    assert min(y for _, y, *_ in first) < 80 < 150 < max(y for _, y, *_ in first), "y goes upwards: the V's foot is low"
    assert abs(points[0][0] - 100) < 3 and abs(points[-1][0] - 400) < 3
    assert page.input_value("#number") == "2" and "U1S1.TXT" in page.inner_text("#status")


def test_forgeries_are_numbered_from_21_and_an_empty_sheet_is_not_saved(page, tmp_path):
    page.click("#save")
    assert page.inner_text("#status") == "Write something first."
    page.fill("#signer", "3")
    page.check("#forged")
    write(page, [(50, 50), (90, 90)])
    page.click("#clear")
    page.click("#save")
    assert page.inner_text("#status") == "Write something first."
    write(page, [(50, 50), (90, 90), (150, 40)])
    assert saved(page, tmp_path)[0] == "U3S21.TXT"
    assert page.input_value("#number") == "22"
