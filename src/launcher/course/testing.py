"""The command test: Java's tests with Maven, then the notebooks', launcher's and browser's with pytest."""
from __future__ import annotations

import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree

from course import LAUNCHER, ROOT, SPARK_BUILD, TARGET, VENV
from course.builds import maven, python_packages, venv_python
from course.children import call, environment
from course.kernels import set_up
from course.machine import apt_install, chromium, may_install
from course.steps import Lock

WORTH_SHOWING = re.compile(r"\[(ERROR|WARNING)\]|\[INFO\] (Running|Tests run)|Figure: ")  # of what Maven says


def test(options) -> int:
    if options.binder:
        if shutil.which("apt-get") and not shutil.which("debootstrap") and may_install():
            apt_install("debootstrap", "debootstrap, for a clean Debian")
        return call([sys.executable, LAUNCHER / "binder.py"])
    spark = options.spark or (SPARK_BUILD / "built").exists()
    java = set_up(spark=spark)
    reports, failed = [], 0
    env = dict(environment(), JAVA_HOME=str(java.parents[1]), SIAMESE_LONG="1" if options.long else "")
    if options.only != "notebooks":
        for profile, folder in [([], TARGET), (["-P", "spark"], SPARK_BUILD)][:2 if spark else 1]:
            shutil.rmtree(folder / "surefire-reports", ignore_errors=True)
            failed |= call([*maven(), "-B", "-ntp", "-Dstyle.color=never", *profile, "test"],
                           lambda text: print(text, flush=True) if WORTH_SHOWING.match(text) else None, env)
            reports += folder.glob("surefire-reports/TEST-*.xml")
        if not spark:
            print("Spark's tests are left out, since Spark is not set up here; "
                  "--spark fetches it (about 250 MB) and runs them.", flush=True)
    if options.only != "java":
        with Lock():
            python_packages(ROOT / "src" / "test" / "requirements.txt", VENV / "complete-tests",
                            "Python packages for the tests")
        report = TARGET / "pytest.xml"
        report.unlink(missing_ok=True)
        env["SIAMESE_CHROMIUM"] = chromium()
        failed |= call([venv_python(), "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", f"--junitxml={report}",
                        ROOT / "src" / "test" / "notebooks", *(["-k", options.k] if options.k else [])], env=env)
        reports += [report] * report.exists()
    suites = [suite for report in reports for suite in ElementTree.parse(report).getroot().iter("testsuite")]
    total, bad, skipped = (sum(int(suite.get(name, 0)) for suite in suites for name in names)
                           for names in (["tests"], ["failures", "errors"], ["skipped"]))
    passed = total - bad - skipped
    print(f"\n{passed} passed, {bad} failed, {skipped} skipped", flush=True)
    return 1 if failed or bad or not passed else 0
