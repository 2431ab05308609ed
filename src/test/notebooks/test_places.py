"""Binder and Codespaces: one environment, the same start, quick mode."""
import json
import re

import course
from conftest import ROOT

CONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))


def test_codespaces_has_binders_environment():
    python = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert re.fullmatch(rf"mcr\.microsoft\.com/devcontainers/python:1-{re.escape(python)}-bookworm", CONTAINER["image"])
    assert "$(grep -v '^#' binder/apt.txt)" in CONTAINER["onCreateCommand"], "the packages are Binder's"
    commands = CONTAINER["updateContentCommand"]
    assert commands.startswith("python3 course.py setup && "), "which installs binder/requirements.txt and the kernel"
    post_build = (ROOT / "binder" / "postBuild").read_text()
    assert "course.py setup" in post_build and "siamese.data.Mnist" in post_build and commands.endswith("siamese.data.Mnist")


def test_both_start_in_quick_mode_on_the_overview():
    assert CONTAINER["containerEnv"]["SIAMESE_QUICK"] == "1"
    assert 'SIAMESE_QUICK="${SIAMESE_QUICK:-1}"' in (ROOT / "binder" / "start").read_text()
    assert f"urlpath=lab/tree/notebooks/{course.OVERVIEW}.ipynb" in (ROOT / "README.md").read_text(encoding="utf-8")
    parser = course.arguments()
    options = parser.parse_args(CONTAINER["postAttachCommand"].split()[2:])
    assert options.action is course.lab and options.port in CONTAINER["forwardPorts"]  # lab opens on the overview


def test_the_overview_says_how_to_run_in_full():
    notebook = json.loads((ROOT / "notebooks" / f"{course.OVERVIEW}.ipynb").read_text(encoding="utf-8"))
    first = "".join("".join(cell["source"]) for cell in notebook["cells"][:2])
    assert "Binder" in first and "RunSize.FULL" in first
    assert re.search(r"\bFULL\b", (ROOT / "src/main/java/siamese/data/RunSize.java").read_text(encoding="utf-8"))
