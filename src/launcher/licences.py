"""Makes the bills of materials, target/bom.json and, with Spark, target/spark/bom.json, and checks that each part of them,
and each Python package in .venv, has a licence that lets others use it so: a permissive one, or a weak copyleft.

    python3 course.py setup && python3 src/launcher/licences.py
"""
import json
import re
import sys

from course import SPARK_BUILD, TARGET, Problem, read
from course.children import call, environment, quiet
from course.machine import find_java
from course.setup import maven, venv_python

# One of a part's licences is enough, since Java's parts that name several offer a choice.
WELCOME = re.compile(r"Apache|\bMIT\b|MIT-0|BSD|\bISC\b|EPL-[12]\.0|Eclipse Public|MPL|Mozilla|Unicode|ICU|CC0|Public Domain|PSF|"
                     r"Python Software Foundation|CDDL|Go License|UPL|Bouncy", re.IGNORECASE)

# Jars of Spark's whose POMs name none; all are the Apache Software Foundation's.
UNNAMED = {"org.apache.xbean:xbean-asm9-shaded": "Apache-2.0", "oro:oro": "Apache",
           "org.apache.datasketches:datasketches-memory": "Apache-2.0"}  # it lies in the jar

PYTHON = """
from importlib.metadata import distributions
for found in distributions():
    words = found.metadata
    licences = [words.get("License-Expression") or ""] + [c for c in words.get_all("Classifier") or [] if c.startswith("License")]
    print(words["Name"], "; ".join(filter(None, licences)) or (words.get("License") or "").split("\\n")[0], sep="\\t")
"""


def java_parts() -> dict[str, str]:
    """The licences of the library's and Spark's jars, by name and version."""
    env, parts = dict(environment(), JAVA_HOME=str(find_java().parents[1])), {}
    for profile, folder in (([], TARGET), (["-P", "spark"], SPARK_BUILD)):
        if call([*maven(), "-q", "-B", *profile, "org.cyclonedx:cyclonedx-maven-plugin:makeAggregateBom"], env=env):
            raise Problem("Maven could not make the bill of materials; what it said stands above.")
        for part in json.loads(read(folder / "bom.json"))["components"]:
            told = [entry.get("expression") or entry["license"].get("id") or entry["license"].get("name", "")
                    for entry in part.get("licenses", [])]
            name = f"{part['group']}:{part['name']}"
            parts[f"{name}:{part['version']}"] = "; ".join(told) or UNNAMED.get(name, "")
    return parts


def main() -> int:
    python = dict(line.split("\t") for line in quiet([venv_python(), "-c", PYTHON]).stdout.splitlines())
    unwelcome = 0
    for kind, parts in (("jars", java_parts()), ("Python packages", python)):
        bad = {name: told for name, told in parts.items() if not WELCOME.search(told)}
        print(f"{len(parts)} {kind}, {len(bad)} under a licence to be looked at", *(f"  {name}: {told or 'none named'}"
              for name, told in bad.items()), sep="\n")
        unwelcome += len(bad) + (not parts)
    return 1 if unwelcome else 0


if __name__ == "__main__":
    sys.exit(main())
