"""README.md: its commands exist, its links lead somewhere, its addresses are those of pom.xml."""
import re
import xml.etree.ElementTree as ElementTree

import course
from course import commands
from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8") if (ROOT / "README.md").exists() else ""


def address():
    """The repository's address, which stands once: in pom.xml under <scm>."""
    return ElementTree.parse(ROOT / "pom.xml").getroot().findtext("{*}scm/{*}url").removesuffix(".git")


def test_binder_badge_names_the_repository():
    owner_and_name = address().removeprefix("https://github.com/")
    badges = re.findall(r"https://mybinder\.org/v2/gh/([^/)\s]+/[^/)\s]+)/", README)
    assert badges and set(badges) == {owner_and_name}
    assert f"urlpath=lab/tree/notebooks/{course.OVERVIEW}.ipynb" in README.replace("%2F", "/")


def test_address_is_the_same_everywhere():
    project = address().rpartition("/")[2]
    found = re.findall(rf"https://github\.com/[^/\s)\"]+/{project}", README)
    assert found and set(found) == {address()}


def test_the_site_is_linked_where_pom_has_it_and_shown_on_the_first_screen():
    site = ElementTree.parse(ROOT / "pom.xml").getroot().findtext("{*}url")
    owner, project = address().removeprefix("https://github.com/").split("/")
    assert site == f"https://{owner}.github.io/{project}/"
    for page in ("README.md", "notebooks/README.md"):
        assert f"({site}try_it.html)" in (ROOT / page).read_text(encoding="utf-8"), page
    start = README[:README.index("```")]
    assert f"]({site}try_it.html)" in start and "](notebooks/images/try_it.png)" in start


def test_commands_exist():
    named = re.findall(r"course\.py (\w+)([^`\n#|]*)", README)
    assert {"run", "lab", "demo", "test"} <= {command for command, _ in named}
    for command, rest in named:
        commands.arguments().parse_args([command, *rest.split()])


def test_first_commands_come_first():
    assert "course.py run" in README[:2500] and "course.py lab" in README[:2500]


def test_links_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#\s]+)|src=\"([^\"]+)\"", README)]
    local = [a or b for a, b in links if not re.match(r"\w+:", a or b)]
    assert local and [link for link in local if not (ROOT / link).exists()] == []
