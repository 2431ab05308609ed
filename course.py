#!/usr/bin/env python3
"""Siamese networks in Java: one command sets everything up and runs the course's notebooks.

Needs Python 3.10 or newer and a JDK 17 or newer; everything else is fetched into this folder
(.venv, target), apart from what Maven and ND4J keep in your home folder. This file only looks
whether Python is new enough, in words that an old one understands; the rest is in src/launcher.
"""
import os
import sys


def main():
    if sys.version_info < (3, 10):
        install = "your system's package for Python 3.12"
        if sys.platform == "darwin":
            install = "brew install python@3.12"
        elif os.name == "nt":
            install = "winget install Python.Python.3.12"
        elif os.path.exists("/usr/bin/apt-get"):
            install = "sudo apt-get install python3.12"
        return ("course.py: this is Python %s, and the course needs Python 3.10 or newer; install it with: %s"
                % (sys.version.split()[0], install))
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "src", "launcher"))
    from course.commands import main as launcher
    return launcher(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
