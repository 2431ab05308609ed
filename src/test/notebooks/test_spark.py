"""Spark is there for chapter 11 and for nobody else."""
import json
import xml.etree.ElementTree as ElementTree

import pytest

import course
from course import children, commands, setup
from conftest import ROOT

SPARK_SET_UP = (course.SPARK_BUILD / "built").exists()


def test_only_chapter_11_asks_for_it():
    asking = {p.stem[:2] for p in (ROOT / "notebooks").rglob("*.ipynb") if commands.needs_spark(p)}
    assert asking <= {"11"}
    sources = {p.stem[:2] for p in (ROOT / "notebooks").rglob("*.ipynb") if "import siamese.spark" in p.read_text(encoding="utf-8")}
    assert sources == asking


def test_the_other_kernels_do_not_see_it():
    for prefix in (course.VENV, course.JJAVA):
        spec = prefix / "share/jupyter/kernels/java/kernel.json"
        if spec.exists():
            assert str(course.SPARK_BUILD) not in spec.read_text(encoding="utf-8")
    assert str(course.SPARK_BUILD) not in setup.class_path() and "JUPYTER_PATH" not in children.environment()
    assert not list((course.TARGET / "lib").glob("spark-*")) and not (course.TARGET / "classes/siamese/spark").exists()


def test_the_build_fetches_it_in_its_profile_alone():
    pom = ElementTree.parse(ROOT / "pom.xml").getroot()
    maven = {"m": "http://maven.apache.org/POM/4.0.0"}
    everyone = [e.text for e in pom.findall("m:dependencies/m:dependency/m:groupId", maven)]
    assert [group for group in everyone if "spark" in group or "lucene" in group] == []
    profile = next(p for p in pom.findall("m:profiles/m:profile", maven) if p.findtext("m:id", namespaces=maven) == "spark")
    assert profile.find("m:activation", maven) is None


@pytest.mark.skipif(not SPARK_SET_UP, reason="Spark is not set up here; python3 course.py test --spark does it")
def test_its_kernel_has_it():
    spec = json.loads((course.SPARK / "ijava/share/jupyter/kernels/java/kernel.json").read_text(encoding="utf-8"))
    assert spec["argv"][spec["argv"].index("-cp") + 1] == setup.class_path(spark=True)
    assert spec["env"]["SPARK_HOME"] == str(course.SPARK_BUILD) and spec["env"]["OMP_NUM_THREADS"] == "1"
    assert children.environment(spark=True)["JUPYTER_PATH"] == str(course.SPARK / "ijava/share/jupyter")
    assert len([jar for kind in ("spark-core_*", "lucene-core-*") for jar in (course.SPARK_BUILD / "jars").glob(kind)]) == 2
    assert (course.SPARK_BUILD / "classes/siamese/spark").exists()
