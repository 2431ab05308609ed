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
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import course  # noqa: E402

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
            server = sum(resident(pid) for pid in [self.server_pid, *course.descendants(self.server_pid)])
            kernel = resident(self.kernel_pid) if self.kernel_pid else 0.0
            self.server, self.kernel, self.total = max(self.server, server), max(self.kernel, kernel), max(self.total, server + kernel)


def client(**more):
    """A client for the overview and its kernel."""
    notebook = nbformat.read(course.NOTEBOOKS / f"{course.OVERVIEW}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return notebook, NotebookClient(notebook, km=KernelManager(kernel_name="java"), timeout=None, startup_timeout=300,
                                    shutdown_kernel="immediate", resources={"metadata": {"path": str(course.NOTEBOOKS)}}, **more)


class FirstResult(Exception):
    """Enough was seen."""


def main() -> None:
    os.environ.update(course.environment(), SIAMESE_QUICK="1")
    os.environ.pop("OMP_NUM_THREADS", None)  # as a reader starts it
    began, first = 0.0, []

    def seen(cell, cell_index, **_):
        if not first and any(o.output_type in RESULTS for o in cell.get("outputs", [])):
            first.append(time.monotonic() - began)
            raise FirstResult

    for _ in range(2):  # the second start finds warm caches
        first.clear()
        began = time.monotonic()
        try:
            client(on_cell_executed=seen)[1].execute()
        except FirstResult:
            pass
    port = ["--ServerApp.port=0"]
    lab = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", *port,
                            f"--ServerApp.root_dir={course.NOTEBOOKS}", "--LabApp.extension_manager=readonly",
                            "--ServerApp.log_level=ERROR"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    watch = Watch(lab.pid)
    watch.start()
    try:
        notebook, running = client(on_cell_start=lambda **_: setattr(watch, "kernel_pid", watch.kernel_pid or running.km.provisioner.pid))
        running.execute()
        time.sleep(0.3)
    finally:
        watch.over.set()
        os.killpg(lab.pid, signal.SIGTERM)
        lab.wait()
    print(json.dumps({"kernel": watch.kernel, "server": watch.server, "total": watch.total, "first": first[0]}), flush=True)


if __name__ == "__main__":
    main()
