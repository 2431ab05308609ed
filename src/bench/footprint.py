"""Memory of the overview in quick mode, JupyterLab's server and the kernel together, and the time until its first result.

bench.py starts it with the Python of .venv. The notebook is executed by a client in place of a browser, which is not counted.
Memory is what is resident, summed over the processes, so that pages which two of them share count twice. The kernel is one that
was started before: the system has its files in its caches, as the second start in a session has.
"""
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src" / "launcher"))

from course import NOTEBOOKS, OVERVIEW  # noqa: E402
from course.children import descendants, environment  # noqa: E402

RESULTS = ("display_data", "execute_result", "stream")


def resident(pid: int) -> float:
    """MiB of a process."""
    try:
        return next(int(line.split()[1]) / 1024 for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))
    except (OSError, StopIteration):
        return 0.0


class Watch(threading.Thread):
    """Notes the highest memory of the kernel, of the server, and of both at once."""

    def __init__(self, server: int):
        super().__init__(daemon=True)
        self.server_pid, self.kernel_pid, self.over = server, None, threading.Event()
        self.kernel = self.server = self.total = 0.0

    def run(self):
        while not self.over.wait(0.1):
            server = sum(resident(pid) for pid in [self.server_pid, *descendants(self.server_pid)])
            kernel = resident(self.kernel_pid) if self.kernel_pid else 0.0
            self.server, self.kernel, self.total = max(self.server, server), max(self.kernel, kernel), max(self.total, server + kernel)


def client():
    """The overview's cells, and a client that executes them one by one."""
    notebook = nbformat.read(NOTEBOOKS / f"{OVERVIEW}.ipynb", as_version=4)
    cells = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]
    return cells, NotebookClient(notebook, kernel_name="java", timeout=None, startup_timeout=300, shutdown_kernel="immediate",
                                 resources={"metadata": {"path": str(NOTEBOOKS)}})


def first_result() -> float:
    """Seconds from the start of a kernel until one of the overview's cells has shown something."""
    cells, running = client()
    began = time.monotonic()
    with running.setup_kernel():
        for index, cell in cells:
            cell.outputs = []
            running.execute_cell(cell, index)
            if any(output.output_type in RESULTS for output in cell.outputs):
                return time.monotonic() - began
    return time.monotonic() - began


def main() -> None:
    os.environ.update(environment(), SIAMESE_QUICK="1")
    os.environ.pop("OMP_NUM_THREADS", None)  # as a reader starts it
    first_result()
    first = first_result()  # the second start finds warm caches
    lab = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
                            "--ServerApp.port=0", f"--ServerApp.root_dir={NOTEBOOKS}", "--LabApp.extension_manager=readonly",
                            "--ServerApp.log_level=ERROR"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    watch = Watch(lab.pid)
    watch.start()
    try:
        cells, running = client()
        with running.setup_kernel():
            watch.kernel_pid = running.km.provisioner.pid
            for index, cell in cells:
                running.execute_cell(cell, index)
            time.sleep(0.3)
    finally:
        watch.over.set()
        os.killpg(lab.pid, signal.SIGTERM)
        lab.wait()
    print(json.dumps({"kernel": watch.kernel, "server": watch.server, "total": watch.total, "first": first}), flush=True)


if __name__ == "__main__":
    main()
