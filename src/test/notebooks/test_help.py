"""Help at hand, asked of real kernels as JupyterLab asks it: Tab completes the library, Shift-Tab shows its Javadoc."""
import html
import os
import re

import pytest

import course
from conftest import ROOT

IMPORTS = "import siamese.data.*;\nimport siamese.model.*;\nimport siamese.notebook.*;\nimport siamese.evaluation.*;"


@pytest.fixture(scope="module", params=["ijava"])
def client(request):
    """A running kernel in which the imports of a notebook's first cell ran."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager
    prefix = course.VENV
    specs = KernelSpecManager(kernel_dirs=[str(prefix / "share" / "jupyter" / "kernels")], ensure_native_kernel=False)
    manager = KernelManager(kernel_name="java", kernel_spec_manager=specs)
    manager.start_kernel(env={**os.environ, **course.environment(request.param)})
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=120)
        assert client.execute_interactive(IMPORTS, timeout=120)["content"]["status"] == "ok"
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def help_on(client, code):
    """What Shift-Tab shows with the cursor in the code's last word: the text without tags. (IJava finds nothing when the cursor
    is behind the very last character of a cell.)"""
    content = client.inspect(code, len(code) - 1, reply=True, timeout=120)["content"]
    assert content["found"], code
    shown = content["data"].get("text/html") or content["data"]["text/plain"]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", shown)).split())


def completions(client, code):
    return client.complete(code, len(code), reply=True, timeout=120)["content"]["matches"]


@pytest.mark.parametrize("code, expected", [
    ("Pairs", "Pairs of images as indices into one set of images"),
    ("Pairs.create(", "images: the images to pair; every class needs at least two"),
    ("new ContrastiveLoss(", "margin: the distance beyond which a dissimilar pair costs nothing"),
    ("SiameseNetwork.overview(", "the overview's network with new weights"),
    ("VerificationReport", "similar"),
    ("Charts.losses(", "throws IllegalArgumentException if no epoch was finished"),
])
def test_shift_tab_shows_javadoc(client, code, expected):
    shown = help_on(client, code)
    assert expected in shown, shown
    assert not re.search(r"@param|@return|\{@", shown), shown


@pytest.mark.parametrize("code, expected", [
    ("SiameseNetwork.over", {"overview("}), ("Charts.", {"losses(", "roc("}), ("Pai", {"Pairs"}), ("new Contrast", {"ContrastiveLoss("}),
])
def test_tab_completes_the_library(client, code, expected):
    assert expected <= set(completions(client, code)), completions(client, code)


def test_every_public_type_has_its_help_text(client):
    sources = [p for p in (ROOT / "src/main/java/siamese").rglob("*.java") if re.search(r"^public ", p.read_text(encoding="utf-8"), re.MULTILINE)]
    assert len(sources) > 20
    for source in sources:
        assert re.search(r"\w+ \w+ \w+", help_on(client, source.stem).partition(source.stem)[2]), source.stem


def test_help_texts_keep_the_code_and_lose_the_tags():
    for text in (p.read_text(encoding="utf-8") for p in (course.TARGET / "help").rglob("*.java")):
        for comment in re.findall(r"/\*\*.*?\*/", text, re.DOTALL):
            assert not re.search(r"\{@(?!inheritDoc|value)|^ *@(param|return|throws)", comment, re.MULTILINE), comment
