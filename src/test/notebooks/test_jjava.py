"""JJava, IJava's successor: the launcher's --kernel jjava, and the overview on it, with the stand-in digits in place of MNIST."""
import json
import re
import signal
import subprocess
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest

import course
from course import children, commands, setup
from conftest import ROOT, code_cells, jupyterlab, trouble
from test_launcher import POSIX, gone, launcher
from test_notebooks import outside


@pytest.fixture(scope="module")
def jjava():
    """Fetches JJava where it is not there yet."""
    ours = course.VENV / "share/jupyter/kernels/java/kernel.json"
    before = ours.read_bytes()
    done = launcher("setup", "--kernel", "jjava")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ours.read_bytes() == before, "IJava's kernel is as it was"
    return course.JJAVA


def test_has_a_folder_of_its_own(jjava):
    spec = json.loads((jjava / "share/jupyter/kernels/java/kernel.json").read_text(encoding="utf-8"))
    assert "org.dflib.jjava.distro.JJava" in spec["argv"] and spec["display_name"] == "Java (JJava)"
    assert (jjava / "share/jupyter/kernels/java/jjava.jar").exists()
    assert children.environment("jjava")["JUPYTER_PATH"] == str(jjava / "share" / "jupyter")
    assert "JUPYTER_PATH" not in children.environment()


@pytest.fixture(scope="module")
def run(jjava, tmp_path_factory):
    """The overview in quick mode on JJava, on a machine that cannot get MNIST: its notebook, page and figures."""
    folder = tmp_path_factory.mktemp("jjava")
    env = {**children.environment("jjava"), "SIAMESE_QUICK": "1", "SIAMESE_CACHE": str(folder / "cache"),
           "_JAVA_OPTIONS": "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=9"}  # a proxy that is not there
    env.pop("SIAMESE_DATA", None)
    done = subprocess.run([setup.venv_python(), ROOT / "src/launcher/notebooks.py", ROOT / "notebooks" / f"{course.OVERVIEW}.ipynb",
                           folder / "overview.ipynb", folder / "overview.html"], capture_output=True, text=True, encoding="utf-8",
                          env=env, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def cells(run):
    return code_cells(json.loads((run / "overview.ipynb").read_text(encoding="utf-8")))


def texts(cells):
    return ["".join(output.get("text", "")) + "".join(output.get("data", {}).get("text/plain", "")) for cell in cells for output in cell["outputs"]]


def test_overview_passes_with_clean_outputs(run):
    assert trouble(json.loads((run / "overview.ipynb").read_text(encoding="utf-8"))) == []
    assert outside((run / "overview.html").read_text(encoding="utf-8")) == []


def test_renderers_and_progress_show_the_same_kinds_as_on_ijava(cells):
    committed = code_cells(json.loads((ROOT / "notebooks" / f"{course.OVERVIEW}.ipynb").read_text(encoding="utf-8")))
    kinds = lambda cell: [(o["output_type"], *sorted(o.get("data", {}))) for o in cell["outputs"] if o["output_type"] != "stream"]  # noqa: E731
    assert [kinds(cell) for cell in cells] == [kinds(cell) for cell in committed]
    progress = [text for text in texts(cells) if text.startswith("Trained on ")]
    assert len(progress) == 1 and progress[0].count("Epoch ") == 2


def test_one_sentence_says_that_mnist_could_not_be_had(cells):
    said = "\n".join(texts(cells))
    assert said.count("MNIST could not be had") == 1 and "set SIAMESE_DATA" in said
    assert not [o for cell in cells for o in cell["outputs"] if o.get("name") == "stderr"]


def test_nothing_computed_on_the_stand_in_is_presented_as_mnist(cells):
    named = [text for text in texts(cells) if "stand-in digits, quick run" in text]
    assert len(named) >= 12
    left = [line for text in texts(cells) for line in text.splitlines() if re.search(r"(?<!full )MNIST", line)]
    assert left == [line for line in left if line.startswith("MNIST could not be had")]


def test_summary_names_the_stand_in(run, capsys):
    commands.summary(run / "overview.ipynb")
    said = capsys.readouterr().out
    assert re.search(r"^Data set +stand-in digits, quick run$", said, re.MULTILINE)
    assert "MNIST could not be had" in said and "not of MNIST" in said
    assert float(re.search(r"^Equal error rate +([\d.]+)$", said, re.MULTILINE)[1]) < 0.2


@POSIX
def test_lab_offers_it_and_ctrl_c_ends_the_kernel_too(jjava, tmp_path):
    with jupyterlab(tmp_path, "--kernel", "jjava") as (process, address):
        parts = urlsplit(address)

        def ask(path, body=None):
            request = urllib.request.Request(f"http://{parts.netloc}/api/{path}", body,
                                             {"Authorization": f"token {parse_qs(parts.query)['token'][0]}"})
            return json.load(urllib.request.urlopen(request, timeout=60))

        assert {name: spec["spec"]["display_name"] for name, spec in ask("kernelspecs")["kernelspecs"].items()} == {"java": "Java (JJava)"}
        ask("kernels", b'{"name": "java"}')
        family = children.descendants(process.pid)
        assert len(family) >= 2  # JupyterLab and the kernel
        process.send_signal(signal.SIGINT)
        assert process.wait(60) != 0
        assert gone(family)
