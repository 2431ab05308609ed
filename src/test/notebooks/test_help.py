"""Help at hand, asked of real kernels as JupyterLab asks it: Tab completes the library, Shift-Tab shows its Javadoc."""
import html
import os
import re

import pytest

import course
from course import children
from conftest import ROOT
from test_jjava import jjava  # noqa: F401 (a fixture)

IMPORTS = "import siamese.data.*;\nimport siamese.model.*;\nimport siamese.notebook.*;\nimport siamese.evaluation.*;"


@pytest.fixture(scope="module", params=["ijava", "jjava"])
def client(request):
    """A running kernel in which the imports of a notebook's first cell ran."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager
    if request.param == "jjava":
        request.getfixturevalue("jjava")
    prefix = course.JJAVA if request.param == "jjava" else course.VENV
    specs = KernelSpecManager(kernel_dirs=[str(prefix / "share" / "jupyter" / "kernels")], ensure_native_kernel=False)
    manager = KernelManager(kernel_name="java", kernel_spec_manager=specs)
    manager.start_kernel(env={**os.environ, **children.environment(request.param)})
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
    ("Pairs.create(", "examples: what to pair, such as images; every class needs at least two"),
    ("new ContrastiveLoss(", "margin: the distance beyond which a dissimilar pair costs nothing"),
    ("SiameseNetwork.overview(", "the overview's network for 28 × 28 grey pixels"),
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


FAILING = """byte[] pixels = new byte[40 * 784];
new java.util.Random(1).nextBytes(pixels);
int[] labels = java.util.stream.IntStream.range(0, 40).map(i -> i % 2).toArray();
LabeledImages images = new LabeledImages("noise", 28, 28, 2, pixels, labels);
Recipe recipe = Recipe.overview().withEpochs(2).withPairsPerBatch(8).withLearningRate(1e30);
SiameseNetwork.overview(1).fit(Pairs.create(images, 1), null, recipe, new TrainingProgress());"""
CAUSE = r"The loss became (NaN|-?Infinity) in epoch 1, batch (\d+); try a smaller learning rate\."


def test_an_exception_in_training_shows_its_cause_in_one_line_first(client):
    """In the progress display, which is what remains of the run, and at the top of the error area."""
    said = []
    reply = client.execute_interactive(FAILING, timeout=300, output_hook=said.append)["content"]
    assert reply["status"] == "error"
    shown = [m["content"]["data"] for m in said if m["header"]["msg_type"] in ("display_data", "update_display_data")]
    assert shown, "the progress display"
    lines = shown[-1]["text/plain"].splitlines()
    assert len(lines) == 2 and re.fullmatch(rf"Training failed (after batch \d+ of 10 in epoch 1|before the end of the first batch): {CAUSE}", lines[1]), lines
    assert re.search(CAUSE, shown[-1]["text/html"])
    errors = [m["content"] for m in said if m["header"]["msg_type"] == "error"]
    assert len(errors) == 1
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(errors[0]["traceback"]))
    first = next(line for line in text.splitlines() if line.strip("- "))
    assert re.search(CAUSE, first), text[:500]
    assert re.search(CAUSE, errors[0]["evalue"])
