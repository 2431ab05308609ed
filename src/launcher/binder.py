"""Takes the steps that repo2docker takes for binder/ in a clean Debian root, then runs the overview as a session would.

    python3 course.py test --binder        (as root on Debian or Ubuntu, with network; about 2 GB in target/binder)

What is as on mybinder.org: the order (apt.txt as root, requirements.txt, the repository, postBuild as the user with
network, start), a normal user with an empty home, the kernel in the prefix NB_PYTHON_PREFIX, 1 CPU and 2 GB while it
runs, the kernel's memory flags. What differs:

- the base: debootstrap of this machine's own Debian release in place of the Ubuntu 24.04 image, without Docker;
- Python: a venv with the release's Python in place of a conda environment with the one in runtime.txt;
- C.UTF-8 in place of en_US.UTF-8;
- MNIST: what SIAMESE_DATA names is put where the mirrors' files would go; without it postBuild asks the mirrors;
- the session has no network at all, where mybinder.org allows some;
- the overview is executed by a client beside JupyterLab in place of a browser; its memory is counted too.
"""
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "target" / "binder"
CHROOT = PLACE / "root"
LOG = ROOT / "target" / "logs" / "binder.log"
OVERVIEW = "notebooks/00_siamese_networks_overview.ipynb"
PREFIX = "/srv/conda/envs/notebook"
HOME = "/home/jovyan"
MEMORY = 2 << 30
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")

# What repo2docker's image has before apt.txt, and Python in place of conda.
BASE = "ca-certificates less unzip wget python3 python3-venv"

SESSION = f"""
cd {HOME}
binder/start jupyter lab --no-browser --ServerApp.ip=127.0.0.1 --ServerApp.port=8888 --IdentityProvider.token= \
    >/tmp/lab.log 2>&1 &
lab=$!
python - <<'END'
import time, urllib.request
for _ in range(1200):
    try:
        urllib.request.urlopen("http://127.0.0.1:8888/api/status").read()
        break
    except OSError:
        time.sleep(0.1)
else:
    raise SystemExit("JupyterLab does not answer")
END
echo "JupyterLab answers"
binder/start python src/launcher/notebooks.py {OVERVIEW} /tmp/overview.ipynb
status=$?
kill $lab
exit $status
"""


def say(text):
    print(text, flush=True)


def inside(script, user=True, network=True, group=None, line=None):
    """Runs a shell script in the root, in namespaces of its own, so that its mounts and processes end with it."""
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
           "DEBIAN_FRONTEND": "noninteractive"}
    if user:
        env.update(HOME=HOME, USER="jovyan", NB_USER="jovyan", NB_UID="1000", NB_PYTHON_PREFIX=PREFIX,
                   PATH=f"{PREFIX}/bin:{HOME}/.local/bin:" + env["PATH"])
    env.update({name: os.environ[name] for name in PASSED_ON if name in os.environ})
    if any(Path("/usr/local/share/ca-certificates").glob("*.crt")):  # a network with a certificate of its own
        env.update(PIP_CERT="/etc/ssl/certs/ca-certificates.crt", SSL_CERT_FILE="/etc/ssl/certs/ca-certificates.crt")
    wrapper = ('echo $$ > "$GROUP/cgroup.procs" && ' if group else "") + 'exec "$@"'
    prepare = ('mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && ' + ("" if network else "ip link set lo up && ")
               + 'exec chroot ' + ("--userspec=1000:1000 " if user else "") + '"$0" env -i "$@"')
    argv = ["sh", "-c", wrapper, "sh", *(["taskset", "-c", "0"] if group else []), "unshare", "--mount", "--pid", "--fork", *([] if network else ["--net"]), "sh", "-c", prepare, CHROOT,
            *[f"{name}={value}" for name, value in env.items()], "sh", "-c", script]
    said = []
    with open(LOG, "a", encoding="utf-8") as log:
        child = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 encoding="utf-8", errors="replace", env=dict(os.environ, GROUP=str(group or "")))
        try:
            for text in child.stdout:
                log.write(text)
                log.flush()
                said.append(text.rstrip())
                if line:
                    line(text.rstrip())
            status = child.wait()
        finally:
            if child.poll() is None:  # the first process in there takes all others with it
                for pid in Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split():
                    os.kill(int(pid), signal.SIGKILL)
                child.kill()
    return status, said


def step(title, script, **how):
    began = time.monotonic()
    say(f"{title} …")
    status, said = inside(script, **how)
    if status:
        raise SystemExit("\n".join([*said[-15:], f"{title}: failed with status {status}; all of it is in {LOG}."]))
    say(f"{title}: done ({time.monotonic() - began:.0f} s)")


def debian():
    """A minimal Debian of this machine's release, from the mirror that this machine's apt uses; made once."""
    base, stamp = PLACE / "base", PLACE / "base.complete"
    if not stamp.exists():
        shutil.rmtree(base, ignore_errors=True)
        sites = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME)"], capture_output=True, text=True).stdout
        release = re.search(r"VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text())[1]
        mirror = next(site for site, name in (row.split() for row in sites.splitlines() if row.count(" ") == 1) if name == release)
        say("A minimal Debian with debootstrap …")
        with open(LOG, "a", encoding="utf-8") as log:
            made = subprocess.run(["debootstrap", "--variant=minbase", release, base, mirror], stdout=log, stderr=log)
        if made.returncode:
            raise SystemExit(f"debootstrap failed; what it said is in {LOG}.")
        stamp.touch()
    shutil.rmtree(CHROOT, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", base, CHROOT], check=True)
    shutil.copy("/etc/resolv.conf", CHROOT / "etc" / "resolv.conf")
    shutil.copytree("/usr/local/share/ca-certificates", CHROOT / "usr/local/share/ca-certificates", dirs_exist_ok=True)


def repository():
    """Copies the files that git knows, as they are now, and MNIST from SIAMESE_DATA if there is one."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    home = Path(f"{CHROOT}{HOME}")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, home / name)
    data = Path(os.environ.get("SIAMESE_DATA") or "/none") / "mnist"
    if data.is_dir():
        shutil.copytree(data, home / "data" / "mnist")
    subprocess.run(["chown", "-R", "1000:1000", home], check=True)


class Group:
    """A control group with 2 GB, whose anonymous memory (what cannot be had again from disk) is watched."""

    def __init__(self):
        one = Path("/sys/fs/cgroup/memory")
        self.old = one.is_dir()
        self.path = (one if self.old else Path("/sys/fs/cgroup")) / f"siamese-binder-{os.getpid()}"
        self.path.mkdir()
        (self.path / ("memory.limit_in_bytes" if self.old else "memory.max")).write_text(str(MEMORY))
        self.peak, self.over = 0, threading.Event()
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        names = ("rss", "shmem") if self.old else ("anon", "shmem")
        while not self.over.wait(0.1):
            stat = dict(row.split() for row in (self.path / "memory.stat").read_text().splitlines())
            self.peak = max(self.peak, sum(int(stat.get(name, 0)) for name in names))

    def processor(self):
        """Seconds of processor time that its processes have used so far, with those of their children that have ended."""
        ticks = 0
        for pid in (self.path / "cgroup.procs").read_text().split():
            try:
                ticks += sum(int(n) for n in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15])
            except OSError:  # it has just ended
                pass
        return ticks / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.over.set()
        time.sleep(0.5)
        try:
            self.path.rmdir()
        except OSError:
            pass


def session():
    """Runs the overview in quick mode without network, on 1 CPU with 2 GB; prints what it took."""
    say("A session without network, 1 CPU and 2 GB: JupyterLab, and the overview in quick mode …")
    group, began, seen = Group(), time.monotonic(), {}

    def line(text):
        say("  " + text)
        number = re.match(r" *\[ *(\d+)/", text)
        if text == "JupyterLab answers" or number and "… " not in text:
            seen[int(number[1]) if number else 0] = f"{time.monotonic() - began:.0f} s, {group.processor():.0f} s of processor time"

    status, _ = inside(SESSION, network=False, group=group.path, line=line)
    group.close()
    if status:
        raise SystemExit(f"The session failed with status {status}; all of it is in {LOG}, and {CHROOT}/tmp/lab.log.")
    cells = [c for c in json.loads(Path(f"{CHROOT}/tmp/overview.ipynb").read_text(encoding="utf-8"))["cells"]
             if c["cell_type"] == "code" and "".join(c["source"]).strip()]
    shown = ["".join(o.get("data", {}).get("text/plain", "")) for o in (c["outputs"][-1] if c["outputs"] else {} for c in cells)]
    pictures = [number for number, text in enumerate(shown, 1) if text.startswith(("Chart:", "Images from", "Pairs of"))]
    charts = [number for number, text in enumerate(shown, 1) if text.startswith("Chart:")]
    say("")
    rows = {"Data set": re.search(r"Images from (.+?):", "\n".join(shown))[1], "JupyterLab answers after": seen[0],
            "First pictures after": seen[pictures[0]], "First chart after": seen[charts[0]] + " (training included)",
            "Overview done after": seen[max(seen)], "Peak memory": f"{group.peak / 1e6:,.0f} MB of {MEMORY / 1e6:,.0f} MB"}
    for name, value in rows.items():
        say(f"{name:26}{value}")


def main():
    missing = [tool for tool in ("debootstrap", "unshare", "taskset", "ip", "git") if not shutil.which(tool)]
    if os.geteuid() or missing:
        raise SystemExit("test --binder makes a Debian root of its own: it needs root rights"
                         + (f" and {', '.join(missing)}; install with: apt-get install debootstrap util-linux iproute2 git" if missing else "") + ".")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs in the root is ended, too
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("")
    PLACE.mkdir(parents=True, exist_ok=True)
    debian()
    apt = " ".join(shlex.quote(row.strip()) for row in (ROOT / "binder" / "apt.txt").read_text(encoding="utf-8").splitlines()
                   if row.strip() and not row.startswith("#"))
    step("The base image's packages", f"apt-get -qq update && apt-get -qq install --yes --no-install-recommends {BASE} && update-ca-certificates",
         user=False)
    step("The user and apt.txt", f"useradd --uid 1000 --create-home --home-dir {HOME} jovyan && mkdir -p {PREFIX} && chown 1000:1000 {PREFIX}"
         f" && apt-get -qq install --yes --no-install-recommends {apt}", user=False)
    shutil.copy(ROOT / "binder" / "requirements.txt", f"{CHROOT}/tmp/requirements.txt")
    step("Python and requirements.txt", f"python3 -m venv {PREFIX} && python -m pip install --no-cache-dir -r /tmp/requirements.txt")
    repository()
    step("postBuild", f"cd {HOME} && chmod +x binder/postBuild binder/start && ./binder/postBuild")
    session()


if __name__ == "__main__":
    main()
