"""The page Try it: ONNX Runtime for browsers, the network with its test digits, and a server (course.py demo)."""
import hashlib
import shutil
import tarfile
import webbrowser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from course import ROOT, TARGET, VENV, WINDOWS, Problem, read, write
from course.children import Lock, Step, call, environment
from course.setup import JVM_FLAGS, MEMORY, class_path, natives_home, python_packages, set_up, why

PAGE = ROOT / "src" / "site" / "try"  # with network/, which is committed
TRY_IT = ROOT / "src" / "site" / "TryIt.java"
RUNTIME = "onnxruntime-web@1.30.0"
ARCHIVE = ("ab4cbe26baedba45d2cec05610c71c55fa97db92d19a8b171c5f8269126683ca"
           "590a5cdc57bb2f35ce2b298de32f4d956fb42644c0ecd528a0a91e025c07ca61")
FILES = {"ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
         "ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"}
NO_DIGITS = 3  # what TryIt.java ends with

SHELL = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Try it</title>
<link rel="icon" href="data:,">
</head>
<body class="try-alone"><main>
<h1>Try it</h1>
<p>Draw two digits; the network says how far apart they are, and whether it takes them for the same.</p>
{page}</main></body>
</html>
"""


def runtime() -> Path:
    """ONNX Runtime for browsers, fetched with npm, or with .venv's where there is none; the folder of its files."""
    folder = TARGET / "onnxruntime-web"
    wanted = "".join(FILES.values())
    if read(folder / "complete") == wanted:
        return folder
    with Lock():
        npm = shutil.which("npm")
        if not npm:
            python_packages(ROOT / "src" / "site" / "npm.txt", VENV / "complete-npm", "npm into .venv")
            npm = shutil.which("npm", path=str(VENV / ("Scripts" if WINDOWS else "bin")))
        step = Step(f"Fetching {RUNTIME} with npm (33 MB)")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        said = step.run("npm", [npm, "pack", RUNTIME, "--loglevel=error", "--pack-destination", folder],
                        environment(), folder)
        if said:
            raise Problem(f"npm could not fetch {RUNTIME}: {why(said)}")
        [archive] = folder.glob("*.tgz")
        check(archive, hashlib.sha512, ARCHIVE)
        with tarfile.open(archive) as packed:
            for name, digest in FILES.items():
                with open(folder / name, "wb") as out:
                    shutil.copyfileobj(packed.extractfile(f"package/dist/{name}"), out)
                check(folder / name, hashlib.sha256, digest)
        archive.unlink()
        write(folder / "complete", wanted)
        step.done()
    return folder


def check(file: Path, algorithm, wanted: str) -> None:
    if algorithm(file.read_bytes()).hexdigest() != wanted:
        raise Problem(f"{file.name} of {RUNTIME} is not the file that this project was tested with, by its hash, and "
                      "is not used; try again, or ask what stands between you and npm's registry.")


def assemble(folder: Path, network: Path = PAGE / "network") -> None:
    """Puts all that the page loads into the folder try below one, which must not have it yet."""
    shutil.copytree(PAGE, folder / "try", ignore=shutil.ignore_patterns("page.html", "network"))
    # Java makes some of these files for their owner alone, and copyfile makes new ones.
    shutil.copytree(network, folder / "try" / "network", copy_function=shutil.copyfile)
    for name in FILES:
        shutil.copy(TARGET / "onnxruntime-web" / name, folder / "try")


def network(folder: Path, which: str) -> int:
    """Writes a network and what belongs to it into a folder: 'course' for the one that is committed, 'last' for the one
    that the reader trained last. TryIt.java's exit status."""
    java = set_up()
    return call([java, *JVM_FLAGS, *natives_home(), *MEMORY, "-cp", class_path(), TRY_IT, folder, which],
                env=environment())


def demo(options) -> int:
    folder, own = TARGET / "demo", TARGET / "demo-network"
    for old in (folder, own):
        shutil.rmtree(old, ignore_errors=True)
    status = network(own, "course" if options.publish else "last")
    if options.publish and not status:
        if "stand-in" in read(own / "about.json"):
            raise Problem("MNIST could not be had, and stand-in digits are not published; set SIAMESE_DATA.")
        shutil.copytree(own, PAGE / "network", dirs_exist_ok=True, copy_function=shutil.copyfile)
        return 0
    if status not in (0, NO_DIGITS):
        return status
    if status == NO_DIGITS:
        print("No network of digits has been trained here yet; the page shows the project's own. Chapter 05 trains "
              "one: python3 course.py run 05", flush=True)
    runtime()
    assemble(folder, own if status == 0 else PAGE / "network")
    write(folder / "index.html", SHELL.replace("{page}", read(PAGE / "page.html")))
    return serve(folder, options.port, not options.no_browser)


class Handler(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript", ".js": "text/javascript",
                      ".wasm": "application/wasm"}

    def end_headers(self):
        self.send_header("Content-Security-Policy", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
                         "img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_):
        pass


def serve(folder: Path, port: int, browser: bool) -> int:
    """Serves a folder to this machine alone until Ctrl-C."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), lambda *args: Handler(*args, directory=str(folder)))
    except (OSError, OverflowError) as problem:
        said = getattr(problem, "strerror", None) or problem
        raise Problem(f"port {port} cannot be used ({said}); choose another one with --port.")
    with server:
        address = f"http://127.0.0.1:{server.server_port}/"
        print(f"Try it: {address}  (Ctrl-C ends it)", flush=True)
        if browser:
            webbrowser.open(address)
        server.serve_forever()
    return 0
