"""The page Use the library: its project, its program and its service, as a stranger would copy them into an empty folder."""
import os
import re
import shutil
import socket
import statistics
import struct
import subprocess
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from conftest import ROOT
from course import children, machine, setup

PAGE = (ROOT / "notebooks" / "use_the_library.md").read_text(encoding="utf-8")
FENCES = re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL)


def fence(language, words):
    return next(text for kind, text in FENCES if kind == language and words in text)


def run(*argv, **options):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, encoding="utf-8", timeout=600, **options)
    return done.returncode, done.stdout, done.stderr


def maven(folder, *arguments):
    status, out, err = run(*setup.maven(), "-B", "-q", *arguments, cwd=folder,
                           env=dict(children.environment(), JAVA_HOME=str(machine.find_java().parents[1])))
    assert status == 0, out + err


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The page's project, built, with a network, digits.zip, and a folder of known pictures beside it."""
    folder = tmp_path_factory.mktemp("empty")
    maven(ROOT, "-Dmaven.test.skip=true", "-Dcheckstyle.skip=true", "install")
    source = folder / "src" / "main" / "java"
    source.mkdir(parents=True)
    (folder / "pom.xml").write_text(fence("xml", "<project"), encoding="utf-8")
    for name in ("Compare", "Service"):
        (source / f"{name}.java").write_text(fence("java", f" {name}"), encoding="utf-8")
    command = re.search(r"^mvn (.+)$", fence("", "mvn package"), re.MULTILINE)[1]
    maven(folder, *command.split())
    pictures = folder / "pictures"
    pictures.mkdir()
    peer = [machine.find_java(), *setup.JVM_FLAGS, *setup.MEMORY, "-cp", setup.class_path(), ROOT / "src/test/notebooks/TryItPeer.java"]
    for argument in ("train", pictures):
        status, _, err = run(*peer, argument, env=children.environment() | {"SIAMESE_CACHE": str(folder / "cache")})
        assert status == 0, err
    [network] = (folder / "cache" / "models").glob("*.zip")
    shutil.copy(network, folder / "digits.zip")
    known = folder / "known"
    known.mkdir()
    for number in range(0, 20, 2):
        [file] = (f for f in pictures.glob(f"{number:03d}.*") if f.suffix != ".ink")
        shutil.copy(file, known)
    return folder


def java(project, *words):
    return [machine.find_java(), "-Xmx256m", "-Dorg.bytedeco.javacpp.maxphysicalbytes=1g", "-cp",
            os.pathsep.join(["target/classes", "target/dependency/*"]), *words]


def pictures(project):
    return sorted(file for file in (project / "pictures").iterdir() if file.suffix != ".ink")


def test_the_program_compares_two_files(project):
    first, second, third = (pictures(project)[k] for k in (2, 3, 6))
    began = time.monotonic()
    status, out, err = run(*java(project, "Compare", "digits.zip", "1", first, second), cwd=project)
    seconds = time.monotonic() - began
    assert status == 0 and re.fullmatch(r"distance \d\.\d{3}: (the same|different)\n", out) and err == "", out + err
    same = float(out.split()[1].rstrip(":"))
    _, out, _ = run(*java(project, "Compare", "digits.zip", "1", first, third), cwd=project)
    assert same < float(out.split()[1].rstrip(":")), "of one class and of two"
    jars = list((project / "target" / "dependency").iterdir())
    size = sum(jar.stat().st_size for jar in jars)
    native = max(jars, key=lambda jar: jar.stat().st_size)
    print(f"Figure: the program needs {len(jars)} jars of {size / 1e6:.0f} MB, of which {native.name} {native.stat().st_size / 1e6:.0f}; "
          f"it took {seconds:.1f} s from start to end")


@pytest.mark.parametrize("name, content, words", [("none.png", None, "There is no file none.png"), ("text.png", b"text", "not a picture")])
def test_a_wrong_file_gets_one_sentence(project, name, content, words):
    if content:
        (project / name).write_bytes(content)
    status, out, err = run(*java(project, "Compare", "digits.zip", "1", name, name), cwd=project)
    assert (status, out) == (1, "") and words in err and len(err.splitlines()) == 1


@pytest.fixture(scope="module")
def service(project):
    process = subprocess.Popen([str(a) for a in [*java(project)[:1], "-Xmx512m", "-Dsun.net.httpserver.maxReqTime=2",
                                                 "-Dsun.net.httpserver.nodelay=true", *java(project)[3:], "Service", "digits.zip", "1", "known", "0"]], cwd=project,
                               stdout=subprocess.PIPE, text=True, env=dict(children.environment(), OMP_NUM_THREADS="1"))
    try:
        port = int(re.fullmatch(r"Listening on port (\d+)\n", process.stdout.readline())[1])
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


def ask(port, body, connection=None):
    connection = connection or HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/", body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode("utf-8")


def test_the_service_names_the_nearest_known_picture(project, service):
    known = sorted((project / "known").iterdir())
    for file in known:
        status, text = ask(service[0], file.read_bytes())
        name, distance, decision = text.split()
        assert (status, name, decision) == (200, file.name, "same") and float(distance) < 1e-3


def test_the_service_refuses_in_one_sentence(project, service):
    assert ask(service[0], b"") == (400, "This is empty; send or copy it again.\n")
    assert ask(service[0], b"x" * 5_000_001) == (413, "A picture may have 5 MB; send a smaller one.\n")
    png = bytearray(next(f for f in pictures(project) if f.suffix == ".png").read_bytes())
    assert ask(service[0], bytes(png[:60]))[1].startswith("This is damaged (")
    head = b"IHDR" + struct.pack(">II", 30_000, 30_000) + bytes(png[24:29])
    png[12:33] = head + struct.pack(">I", zlib.crc32(head))
    assert ask(service[0], bytes(png)) == (400, "This has 900,000,000 pixels, but may have 12,000,000; make it smaller.\n")
    assert ask(service[0], next(iter((project / "known").iterdir())).read_bytes())[0] == 200


def test_slow_senders_do_not_block_the_service_and_are_cut_off(project, service):
    slow = [socket.create_connection(("127.0.0.1", service[0]), timeout=30) for _ in range(10)]
    for connection in slow:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
    assert ask(service[0], next(iter((project / "known").iterdir())).read_bytes())[0] == 200
    for connection in slow:
        with connection:
            try:
                assert connection.recv(1) == b""
            except ConnectionResetError:
                pass


def test_the_service_stands_many_clients_and_large_pictures(project, service):
    port, pid = service
    bodies = [file.read_bytes() for file in pictures(project) if file.stat().st_size < 20_000][:40]

    def client(count):
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        times = []
        for k in range(count):
            began = time.monotonic()
            assert ask(port, bodies[k % len(bodies)], connection)[0] == 200
            times.append(time.monotonic() - began)
        return times

    client(400)
    for clients in (1, 2, 8):
        began = time.monotonic()
        with ThreadPoolExecutor(clients) as pool:
            times = [t for many in pool.map(client, [800 // clients] * clients) for t in many]
        print(f"Figure: service, {clients} clients: {len(times) / (time.monotonic() - began):.0f} requests/s, "
              f"median {1000 * statistics.median(times):.0f} ms, slowest {1000 * max(times):.0f} ms")
    large = max(pictures(project), key=lambda file: file.stat().st_size).read_bytes()
    with ThreadPoolExecutor(8) as pool:
        assert {status for status, _ in pool.map(lambda _: ask(port, large), range(16))} == {200}
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        peak = re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]
        print(f"Figure: service, peak of its memory: {int(peak) / 1024:.0f} MiB")
