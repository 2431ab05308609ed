"""Steps of the set-up: each says how far it is and logs what it runs; no two processes take them at once."""
from __future__ import annotations

import errno
import os
import shutil
import sys
import time

from course import LOGS, ROOT, WINDOWS
from course.children import call


class Step:
    """One step of the set-up: says what is done, how far it is, and how long it took."""

    def __init__(self, title: str):
        self.title, self.began, self.shown = title, time.monotonic(), time.monotonic()
        self.terminal = sys.stdout.isatty()
        self.say(f"{title} …" + ("" if self.terminal else "\n"))

    def say(self, text: str) -> None:
        start = "\r\x1b[K" if self.terminal else ""
        width = shutil.get_terminal_size().columns - 1 if self.terminal else 200
        print(start + text[:width], end="", flush=True)

    def progress(self, text: str) -> None:
        if time.monotonic() - self.shown > (0.2 if self.terminal else 15):
            self.shown = time.monotonic()
            self.say(f"{self.title} … {text}" + ("" if self.terminal else "\n"))

    def run(self, log: str, argv: list, env: dict, folder, shown=lambda text: "") -> list[str]:
        """Runs a command that writes into the folder, with its output in target/logs/LOG.log; shown turns a line into
        what the step shows. Returns [] if all went well, else what the command said, which is something. If what it
        lacked is room on the disk, raises what this process would have met."""
        LOGS.mkdir(parents=True, exist_ok=True)
        lines: list[str] = []
        with open(LOGS / f"{log}.log", "w", encoding="utf-8") as file:
            def line(text: str) -> None:
                file.write(text + "\n")
                lines.append(text)
                news = shown(text)
                if news:
                    self.progress(news)
            status = call(argv, line, env)
        full = any(os.strerror(errno.ENOSPC) in text for text in lines) or shutil.disk_usage(ROOT).free < 50 << 20
        if status and full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        return (lines or ["it said nothing"]) if status else []

    def done(self) -> None:
        self.say(f"{self.title}: done ({time.monotonic() - self.began:.0f} s)\n")


class Lock:
    """Held during the set-up, so that two starts at once do not build the same thing. The system gives it free when
    this process and its children have ended, however they ended: the children inherit it."""

    def __enter__(self):
        self.file = open(ROOT / ".course.lock", "a+")
        os.set_inheritable(self.file.fileno(), True)
        said = False
        while True:
            try:
                if WINDOWS:
                    import msvcrt
                    msvcrt.locking(self.file.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl
                    fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return self
            except OSError:
                if not said:
                    print("Another course.py is setting up this folder; waiting for it …", flush=True)
                said = True
                time.sleep(0.3)

    def __exit__(self, *_):
        self.file.close()
