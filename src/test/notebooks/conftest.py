"""What the tests share: the launcher as a module, one quick run of the overview, one JupyterLab, one browser."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "src" / "launcher"))

from course import OVERVIEW, children  # noqa: E402

# What a reader would trip over in an output: log lines, object identities, paths of somebody's machine.
NOISE = re.compile(r"SLF4J|\bWARN\b|\bINFO\b|Added differentiated op|[A-Za-z_$;\]][\w.$;]*@[0-9a-f]{5,8}\b"
                   r"|/(?:home|root|tmp|work|Users)/|Picked up \w*JAVA")


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]


def trouble(notebook):
    """What is wrong with the outputs of an executed notebook, as a list of sentences."""
    found = []
    for number, cell in enumerate(code_cells(notebook), 1):
        expected = "raises-exception" in cell["metadata"].get("tags", [])
        if not cell["execution_count"]:
            found.append(f"code cell {number} was not executed")
        for output in cell["outputs"]:
            if output["output_type"] == "error" and not expected:
                found.append(f"code cell {number} ends in {output['ename']}: {output['evalue']}")
            if output.get("name") == "stderr":
                found.append(f"code cell {number} writes to standard error: {''.join(output['text'])[:100]}")
            data = output.get("data", {})
            text = "".join(output.get("text", "")) + "".join(
                "".join(data.get(kind, "")) for kind in ("text/plain", "text/html", "text/markdown"))
            noise = NOISE.search(re.sub(r"base64,[^\"']*", "", text))
            if noise and not expected:
                found.append(f"code cell {number} shows {noise.group(0)!r}")
    return found


def java_notebook(*sources):
    """A notebook of code cells."""
    import nbformat.v4 as v4
    return v4.new_notebook(cells=[v4.new_markdown_cell("## A heading")] + [v4.new_code_cell(s) for s in sources],
                           metadata={"kernelspec": {"display_name": "Java", "language": "java", "name": "java"}})


def wait_until(condition, seconds):
    """What the condition gives once that is true, asked every 50 ms: for what no process, pipe or socket tells. Fails when
    the time is over; what is waited for comes much earlier, so that no result depends on how fast the machine is."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.05)
    return value


@pytest.fixture(scope="session")
def overview_run():
    """`course.py run --quick`, once for all tests: its process, the executed notebook's path."""
    done = subprocess.run([sys.executable, ROOT / "course.py", "run", "--quick"], capture_output=True, text=True,
                          encoding="utf-8", timeout=1200)
    return done, ROOT / "target" / "notebooks" / f"{OVERVIEW}.ipynb"


@pytest.fixture(scope="session")
def overview(overview_run):
    done, path = overview_run
    assert path.exists(), done.stdout + done.stderr
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def server(argv, **popen):
    """A running Jupyter server (argv lacks only the port): its process and its address, which JupyterLab prints with the token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = ROOT / "target" / "logs" / f"server-{port}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8") as out:
        process = subprocess.Popen([*argv, str(port)], stdout=out, stderr=out, **popen)
    try:
        def address():
            said = log.read_text(encoding="utf-8")
            assert process.poll() is None, said
            return re.search(rf"http://127\.0\.0\.1:{port}/\S+token=\w+", said)

        yield process, wait_until(address, 600).group(0)
    finally:
        family = children.descendants(process.pid)
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:  # it has ended, as it should
                pass


def jupyterlab(folder, *options):
    """`course.py lab` on a folder, without opening a browser."""
    return server([sys.executable, ROOT / "course.py", "lab", *options, "--no-browser", "--folder", folder, "--port"])


@pytest.fixture(scope="session")
def lab():
    """`course.py lab --quick` on a copy of the notebooks, since JupyterLab saves by itself; its address and the folder."""
    folder = ROOT / "target" / "lab-test"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with jupyterlab(folder, "--quick") as (_, address):
        yield address, folder


@pytest.fixture(scope="session")
def browser():
    executable = os.environ.get("SIAMESE_CHROMIUM", "")
    if not executable:
        pytest.skip("no Chromium on this machine; install it with: sudo apt-get install chromium")
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, headless=True, args=[
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"])
        yield chromium
        chromium.close()
