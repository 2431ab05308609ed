"""The page Try it, as `course.py demo` serves it, in real Chromium: drawing, comparing, files of all kinds, and what it says where
something is missing."""
import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import numpy as np
import onnxruntime
import pytest

from conftest import ROOT, wait_until
from course import Problem, children, demo, machine, setup

PAGE = ROOT / "src" / "site" / "try"
SEVEN = [(80, 70), (200, 70), (130, 220)]
TWO = [(80, 100), (110, 60), (170, 60), (195, 100), (150, 160), (85, 220), (205, 220)]
SHOTS = ROOT / "target" / "screenshots"


def java(*arguments, cache=None):
    done = subprocess.run([machine.find_java(), *setup.JVM_FLAGS, *setup.MEMORY, "-cp", setup.class_path(),
                           ROOT / "src/test/notebooks/TryItPeer.java", *arguments], capture_output=True, text=True, encoding="utf-8",
                          env=children.environment() | ({"SIAMESE_CACHE": str(cache)} if cache else {}), timeout=600)
    assert done.returncode == 0, done.stderr


@contextmanager
def served(cache, log):
    """`course.py demo` with a cache of its own: its address and what it has said."""
    with open(log, "w", encoding="utf-8") as out:
        process = subprocess.Popen([sys.executable, ROOT / "course.py", "demo", "--no-browser"], stdout=out, stderr=out,
                                   env=dict(os.environ, SIAMESE_CACHE=str(cache)))
    try:
        def address():
            said = log.read_text(encoding="utf-8")
            assert process.poll() is None, said
            return re.search(r"http://127\.0\.0\.1:\d+/", said)

        found = wait_until(address, 600).group(0)
        yield found, log.read_text(encoding="utf-8")
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page with the project's own network, in a cache where nothing was trained."""
    folder = tmp_path_factory.mktemp("empty")
    with served(folder, folder / "log") as (address, said):
        assert "No network of digits has been trained here yet; the page shows the project's own." in said
        kept = shutil.copytree(ROOT / "target" / "demo", folder / "site")
    with ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: demo.Handler(*args, directory=str(kept))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def opened(browser, address, ready=True, **options):
    page = browser.new_page(**options)
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        page.goto(address)
        if ready:
            page.wait_for_selector("#try[data-busy='0']", timeout=60_000)
        yield page
        assert errors == []
        here = urlsplit(address)[:2]
        assert {urlsplit(url)[:2] for url in asked if not url.startswith(("blob:", "data:"))} == {here}, "no request leaves the page"
    finally:
        page.close()


def draw(page, side, points):
    canvas = page.locator(".try-pad > canvas").nth(side)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    at = [(box["x"] + x * box["width"] / 280, box["y"] + y * box["width"] / 280) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()
    settle(page)


def settle(page):
    page.wait_for_selector("#try[data-busy='0']")


def distance(page):
    return float(page.get_attribute("#try-result", "data-distance"))


@pytest.mark.parametrize("look", ["light", "dark", "narrow"])
def test_draw_and_compare(browser, site, look):
    with opened(browser, site, color_scheme="dark" if look == "dark" else "light",
                viewport={"width": 360 if look == "narrow" else 1100, "height": 800}) as page:
        threshold = json.loads((PAGE / "network/about.json").read_text(encoding="utf-8"))["threshold"]
        draw(page, 0, SEVEN)
        assert page.inner_text("#try-result") == "Now draw the second digit."
        assert re.fullmatch(r"To the first: 7(, 7){4}", page.inner_text("#try-near p >> nth=0"))
        draw(page, 1, [(x + 15, y * 0.9 + 20) for x, y in SEVEN])
        assert distance(page) <= threshold and page.inner_text("#try-result").endswith(": the same digit.")
        page.click(".try-pad >> nth=1 >> text=Clear")
        settle(page)
        assert page.inner_text("#try-result") == "Now draw the second digit."
        draw(page, 1, TWO)
        assert distance(page) > threshold and page.inner_text("#try-result").endswith(": not the same digit.")
        assert re.search(r"Of [\d,]+ test pairs of one digit, about \d+\.\d % .* about \d+\.\d % are nearer", page.inner_text("#try-place"))
        assert page.locator("#try-near li").count() == 10
        label = page.get_attribute("#try-scale svg", "aria-label")
        assert f"your pair is at {distance(page):.3f}" in label
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (max(map(int, re.findall(r"\d+", background)[:3])) < 80) == (look == "dark")
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"try-{look}.png", full_page=True)


def test_by_keyboard_alone(browser, site):
    with opened(browser, site) as page:
        for side in range(2):
            for _ in range(40):
                page.keyboard.press("Tab")
                if page.evaluate("k => document.activeElement === document.querySelectorAll('.try-pad > canvas')[k]", side):
                    break
            else:
                raise AssertionError("Tab does not reach the paper")
            for key in ["ArrowUp"] * 4 + [" "] + ["ArrowDown"] * 8 + [" "]:  # a one
                page.keyboard.press(key)
            assert page.inner_text("#try-status") == "Pen up."
            page.wait_for_function("k => document.querySelectorAll('.try-seen')[k].ariaLabel.startsWith('Your drawing')", arg=side)
        page.wait_for_selector("#try-result[data-distance]")
        assert distance(page) == 0 and "1, 1, 1" in page.inner_text("#try-near p >> nth=0")
        page.keyboard.press("Delete")
        page.wait_for_function("document.getElementById('try-result').textContent === 'Now draw the second digit.'")


def test_everything_has_a_name(browser, site):
    with opened(browser, site) as page:
        page.click(".try-digit >> nth=0")
        settle(page)
        unnamed = page.evaluate("""() => [...document.querySelectorAll('#try :is(canvas, svg)')]
            .filter(e => !e.getAttribute('aria-label') || !e.getAttribute('role')).map(e => e.outerHTML)""")
        assert unnamed == []
        assert re.fullmatch(r"Test digit, a \d, as the network sees it", page.get_attribute(".try-seen >> nth=0", "aria-label"))
        for name in ("First digit", "Second digit"):
            assert page.get_by_role("region", name=name, exact=True).count() == 1
        assert page.get_by_role("application").count() == 2 and page.get_by_label("Picture…").count() == 2


def test_a_wrong_file_gets_one_sentence_and_changes_nothing(browser, site, tmp_path):
    with opened(browser, site) as page:
        draw(page, 0, SEVEN)
        draw(page, 1, TWO)
        before = distance(page)
        (tmp_path / "text.png").write_text("no picture")
        (tmp_path / "empty.jpg").write_bytes(b"")
        (tmp_path / "white.png").write_bytes(base64.b64decode(page.evaluate(
            "(() => { const c = document.createElement('canvas'), g = c.getContext('2d'); g.fillStyle = '#fff'; g.fillRect(0, 0, 300, 150);"
            " return c.toDataURL('image/png').split(',')[1]; })()")))
        for name, sentence in [("text.png", "text.png is not a picture that this browser can read; save it as PNG or JPEG."),
                               ("empty.jpg", "empty.jpg is not a picture that this browser can read; save it as PNG or JPEG."),
                               ("white.png", "white.png: the picture has no ink, all its pixels being of one shade; draw something on it, "
                                "dark on light or light on dark.")]:
            page.set_input_files(".try-pad >> nth=1 >> input", tmp_path / name)
            settle(page)
            assert page.inner_text("#try-status") == sentence
            assert distance(page) == before
        draw(page, 1, SEVEN)
        assert page.inner_text("#try-status") == ""


def drop(page, side, name, content):
    page.evaluate("""([side, name, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name));
        for (const kind of ['dragover', 'drop']) {
          document.querySelectorAll('.try-pad')[side].dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
        }
      }""", [side, name, list(content)])
    settle(page)


@pytest.mark.parametrize("words, init", [("WebAssembly, which this browser lacks", "delete globalThis.WebAssembly"),
                                         ("The network could not be started", "WebAssembly.instantiate = WebAssembly.compile = "
                                          "WebAssembly.instantiateStreaming = () => Promise.reject(new Error('no'))")])
def test_without_webassembly_one_sentence_says_so(browser, site, words, init):
    page = browser.new_page()
    try:
        page.add_init_script(init)
        page.goto(site)
        page.wait_for_function("words => document.getElementById('try-status').textContent.includes(words)", arg=words)
        said = page.inner_text("#try-status")
        assert said.endswith(".") and len(said) < 300 and "\n" not in said
    finally:
        page.close()


def test_opened_as_a_file_it_names_the_command(browser, site, tmp_path):
    demo.assemble(tmp_path)
    (tmp_path / "index.html").write_text(demo.SHELL.replace("{page}", (PAGE / "page.html").read_text(encoding="utf-8")), encoding="utf-8")
    page = browser.new_page()
    try:
        page.goto((tmp_path / "index.html").as_uri())
        page.wait_for_function("document.getElementById('try-status').textContent.endsWith('python3 course.py demo')")
    finally:
        page.close()


def test_prepares_200_pictures_as_java_does(browser, site, tmp_path):
    """The same files through Pictures and ONNX Runtime for Python, and through the page: each with the one before it."""
    java(tmp_path)
    session = onnxruntime.InferenceSession(PAGE / "network/network.onnx", providers=["CPUExecutionProvider"])
    threshold = float(session.get_modelmeta().custom_metadata_map["threshold"])
    files = sorted([*tmp_path.glob("*.png"), *tmp_path.glob("*.jpg")], key=lambda file: file.stem)
    sides, ours, theirs, refused = [None, None], [], [], 0
    with opened(browser, site) as page:
        for k, file in enumerate(files):
            if k < 4:
                drop(page, k % 2, file.name, file.read_bytes())
            else:
                page.set_input_files(f".try-pad >> nth={k % 2} >> input", file)
                settle(page)
            prepared = file.with_suffix(".ink").read_bytes()
            said = page.inner_text("#try-status")
            if len(prepared) != 784:  # a sentence; the page keeps what it had
                assert said == prepared.decode("utf-8")
                refused += 1
                continue
            assert said == "", file.name
            ink = np.frombuffer(prepared, np.uint8).reshape(1, 1, 28, 28).astype(np.float32) / 255
            sides[k % 2] = session.run(None, {"input": ink})[0][0].astype(float)
            if k:
                ours.append(np.sqrt(((sides[1] - sides[0]) ** 2).sum()))
                theirs.append(distance(page))
    assert len(files) == 200 and refused <= 10
    ours, theirs = np.array(ours), np.array(theirs)
    difference = np.abs(ours - theirs)
    print(f"Figure: {len(ours)} pairs of 200 pictures, of which both refuse {refused}, Java and the page: distances differ by at most "
          f"{difference.max():.4f}, on average {difference.mean():.4f}; {np.mean(ours <= threshold):.0%} are within the threshold")
    assert difference.max() < 0.02
    clear = np.abs(ours - threshold) > 0.02
    assert ((ours <= threshold) == (theirs <= threshold))[clear].all()
    assert 0.2 < np.mean(ours <= threshold) < 0.8


def test_shows_the_network_that_was_trained_last(browser, tmp_path):
    java("train", cache=tmp_path)
    with served(tmp_path, tmp_path / "log") as (address, said):
        assert re.search(r"Your network of [-\d]+ [:\d]+, trained on MNIST, 1,000 training digits for 1 epochs\. The threshold, ", said)
        with opened(browser, address) as page:
            assert "Your network of" in page.inner_text("#try-about")
            draw(page, 0, SEVEN)
            draw(page, 1, SEVEN)
            assert distance(page) < 1e-3
    own = ROOT / "target" / "demo" / "try" / "network" / "network.onnx"
    assert own.read_bytes() != (PAGE / "network" / "network.onnx").read_bytes()


def test_the_committed_network_is_small_and_real():
    sizes = {file.name: file.stat().st_size for file in (PAGE / "network").iterdir()}
    print(f"Figure: the page's own files: {sizes}")
    assert sizes["network.onnx"] < 1_000_000 and sizes["digits.bin"] == 500 * (784 + 4 * 128)
    about = json.loads((PAGE / "network/about.json").read_text(encoding="utf-8"))
    assert len(about["labels"]) == 500 and "stand-in" not in about["text"] and "which it has not learned from" in about["text"]
    assert sum(about["histogram"]["similar"]) == sum(about["histogram"]["dissimilar"]) == 8910


@pytest.mark.skipif(not os.environ.get("SIAMESE_LONG"), reason="fetches Node.js from PyPI, 60 MB; test --long does")
def test_without_npm_the_one_of_pypi_fetches_the_runtime(tmp_path, monkeypatch):
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, path=None: which(name, path=path) if path else None)
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    for module in demo, setup:
        monkeypatch.setattr(module, "VENV", venv)
    monkeypatch.setattr(demo, "TARGET", tmp_path)
    assert sorted(file.name for file in demo.runtime().iterdir()) == sorted([*demo.FILES, "complete"])
    assert list(venv.rglob("npm*")), "npm was found elsewhere"


def test_a_file_of_another_hash_is_not_used(tmp_path):
    (tmp_path / "ort-wasm-simd-threaded.wasm").write_bytes(b"other")
    with pytest.raises(Problem, match="ort-wasm-simd-threaded.wasm of onnxruntime-web@.* is not the file"):
        demo.check(tmp_path / "ort-wasm-simd-threaded.wasm", demo.hashlib.sha256, demo.FILES["ort-wasm-simd-threaded.wasm"])


def test_a_port_that_cannot_be_had_gets_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for port in (taken.getsockname()[1], 99_999):
            with pytest.raises(Problem, match=rf"port {port} cannot be used \(.*\); choose another one with --port\."):
                demo.serve(tmp_path, port, False)
