"""Binder and Codespaces: one environment, the same start, quick mode; and the machines that GitHub tests on."""
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

import course
from course import children, commands, machine, setup
from conftest import ROOT, server

SCREENSHOTS = ROOT / "target" / "screenshots"
CONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))


def test_codespaces_has_binders_environment():
    python = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert re.fullmatch(rf"mcr\.microsoft\.com/devcontainers/python:1-{re.escape(python)}-bookworm", CONTAINER["image"])
    assert "$(grep -v '^#' binder/apt.txt)" in CONTAINER["onCreateCommand"], "the packages are Binder's"
    assert CONTAINER["updateContentCommand"] == "python3 course.py setup --mnist", "which installs binder/requirements.txt, too"
    assert "python3 course.py setup --mnist --prefix" in (ROOT / "binder" / "postBuild").read_text()


def test_both_start_in_quick_mode_on_the_overview():
    assert CONTAINER["containerEnv"]["SIAMESE_QUICK"] == "1"
    assert 'SIAMESE_QUICK="${SIAMESE_QUICK:-1}"' in (ROOT / "binder" / "start").read_text()
    assert f"urlpath=lab/tree/notebooks/{course.OVERVIEW}.ipynb" in (ROOT / "README.md").read_text(encoding="utf-8")
    options = commands.arguments().parse_args(CONTAINER["postAttachCommand"].split()[2:])
    assert options.action is commands.lab and options.port in CONTAINER["forwardPorts"]  # lab opens on the overview


def test_the_overview_says_how_to_run_in_full():
    notebook = json.loads((ROOT / "notebooks" / f"{course.OVERVIEW}.ipynb").read_text(encoding="utf-8"))
    first = "".join("".join(cell["source"]) for cell in notebook["cells"][:2])
    assert "Binder" in first and "RunSize.FULL" in first
    assert re.search(r"\bFULL\b", (ROOT / "src/main/java/siamese/data/RunSize.java").read_text(encoding="utf-8"))


def test_codespaces_has_binders_java_and_python():
    """The image and the commands are all that Codespaces knows: they bring what Binder brings, and a machine that is large enough."""
    packages = (ROOT / "binder" / "apt.txt").read_text(encoding="utf-8")
    assert re.search(rf"^openjdk-{machine.JAVA_NEEDED}-jdk-headless$", packages, re.MULTILINE)
    assert "features" not in CONTAINER, "a Java feature would bring another Java than Binder's"
    assert int(CONTAINER["hostRequirements"]["memory"].removesuffix("gb")) >= 4, "the kernel may take 4 GB outside Binder"
    for name in re.findall(r"[\w./]+\.(?:txt|py|md)", json.dumps(CONTAINER)):
        assert (ROOT / name).exists(), name
    assert CONTAINER["remoteUser"] == "root" and os.access(ROOT / "course.py", os.R_OK)


def test_github_runs_every_java_and_python_on_every_system_within_a_time():
    """Whether the files are GitHub's language actionlint says; CONTRIBUTING.md has its command."""
    jobs = {name: job for path in (ROOT / ".github" / "workflows").glob("*.yml")
            for name, job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items()}
    assert [name for name, job in jobs.items() if not 0 < job.get("timeout-minutes", 0) <= 90] == []
    matrix = jobs["platforms"]["strategy"]["matrix"]
    assert {cell["java"] for cell in matrix["versions"]} == {"17", "21", "25"}
    assert {cell["python"] for cell in matrix["versions"]} == {f"3.{minor}" for minor in range(10, 15)}
    assert {system.split("-")[0] for system in matrix["system"]} == {"ubuntu", "macos", "windows"} and "ubuntu-24.04-arm" in matrix["system"]


@pytest.mark.skipif(course.WINDOWS, reason="Binder runs Linux")
@pytest.mark.parametrize("options", [[], ["--LabApp.default_url=/lab"]], ids=["as it is", "with /lab as its address"])
def test_a_session_on_binder_opens_on_the_overview_without_being_told_to(browser, tmp_path, options):
    """As binder/postBuild leaves it, in a home of its own; BinderHub may set the server's address to JupyterLab's."""
    prefix, home = tmp_path / "prefix", tmp_path / "home"
    (home / "notebooks").mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / f"{course.OVERVIEW}.ipynb", home / "notebooks")
    setup.lab_settings(prefix)
    env = {name: value for name, value in children.environment().items() if not name.startswith("JUPYTER_")}
    env.update(HOME=str(home), JUPYTER_CONFIG_PATH=str(prefix / "etc" / "jupyter"), PATH=f"{setup.venv_python().parent}{os.pathsep}{env['PATH']}")
    steps = (ROOT / "binder" / "postBuild").read_text()
    command = re.search(r"^jupyter lab workspaces import binder/workspace\.json$", steps, re.MULTILINE).group(0)
    subprocess.run(command.split(), cwd=ROOT, env=env, check=True, capture_output=True, timeout=600)
    argv = [ROOT / "binder" / "start", "jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", *options, "--port"]
    with server(argv, cwd=home, env=env) as (process, address):
        started = (Path("/proc") / str(process.pid) / "environ").read_bytes().split(b"\0") if os.path.isdir("/proc/self") else []
        assert not started or b"SIAMESE_QUICK=1" in started
        parts = urlsplit(address)
        page = browser.new_page()
        try:
            page.set_default_timeout(300_000)
            page.goto(f"http://{parts.netloc}/?{parts.query}")
            page.locator(".jp-Notebook h1", has_text="Siamese Networks: A Comprehensive Overview").wait_for()
            assert page.locator(".jp-Notebook", has_text="On Binder and in Codespaces quick mode is on").count() == 1
            page.locator("#jp-main-statusbar", has_text="Java | Idle").wait_for(state="attached")
        finally:
            page.screenshot(path=SCREENSHOTS / f"binder-{len(options)}.png")
            page.close()
