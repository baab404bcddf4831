# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artefact holds the collection and nothing else, and works from an empty path."""

from __future__ import annotations

import re
import tarfile

import pytest
import yaml
from support.helpers.artefact import LITTER, elsewhere, run
from support.helpers.checkout import ROOT
from support.helpers.pages import broken, pages

TOP = {
    "CONTRIBUTING.md",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "SECURITY.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "requirements.yml",
    "roles",
}


@pytest.fixture(scope="module")
def names(tarball):
    with tarfile.open(tarball) as archive:
        return {member.name for member in archive if member.isfile()}


def test_it_is_called_as_galaxy_yml_says(tarball):
    metadata = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    assert tarball.name == "{namespace}-{name}-{version}.tar.gz".format(**metadata)


def test_it_holds_what_a_user_needs_and_nothing_else(names):
    assert {name.partition("/")[0] for name in names} - {"CHANGELOG.rst"} == TOP
    assert [name for name in LITTER if name in names] == []
    assert [name for name in names if name.endswith((".pyc", ".retry", ".tar.gz"))] == []


def test_it_holds_every_role_plugin_playbook_and_page(names):
    tracked = run("git", "ls-files", "docs", "meta", "playbooks", "plugins", "roles", cwd=ROOT).split()
    assert len(tracked) > 100
    assert [name for name in tracked if (ROOT / name).exists() and name not in names] == []


def test_the_links_of_its_pages_lead_to_what_it_holds(installed):
    root = installed / "ansible_collections/plannerate/infra"
    assert len(pages(root)) > 20
    assert {str(page.relative_to(root)): broken(page) for page in pages(root) if broken(page)} == {}


def test_it_carries_no_address_of_the_installation_it_was_written_for(tarball, names):
    hosts = (ROOT / "inventories/shared/hosts.yml").read_text()
    addresses = re.findall(r"ansible_host: ([0-9.]+)", hosts)
    assert len(addresses) == 2
    with tarfile.open(tarball) as archive:
        texts = {name: archive.extractfile(name).read().decode(errors="replace") for name in names}
    assert [name for name, text in texts.items() if any(address in text for address in addresses)] == []


def test_its_dependencies_are_those_of_requirements_yml():
    wanted = yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"]
    offered = yaml.safe_load((ROOT / "requirements.yml").read_text())["collections"]
    assert {entry["name"]: entry["version"] for entry in offered} == wanted


def test_every_playbook_is_found_by_its_name_from_an_empty_path(installed, offline, tmp_path):
    environment = {**elsewhere(tmp_path, installed), "PYTHONPATH": offline.environment["PYTHONPATH"]}
    playbooks = [f"plannerate.infra.{file.stem}" for file in sorted((ROOT / "playbooks").glob("*.yml"))]
    output = run(
        "ansible-playbook",
        f"--inventory={ROOT}/molecule/default/inventory/production",
        "--syntax-check",
        *playbooks,
        cwd=tmp_path,
        env=environment,
    )
    assert output.count("playbook: ") == len(playbooks)
    assert str(ROOT / "playbooks") not in output


def test_what_the_page_of_plugins_names_is_documented_from_there(installed, tmp_path):
    page = (installed / "ansible_collections/plannerate/infra/docs/plugins.md").read_text()
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"(?m)^\| (.*?) \|", page))))
    modules, callbacks = (
        {file.stem for file in (ROOT / "plugins" / kind).glob("*.py")} for kind in ("modules", "callback")
    )
    assert modules | callbacks < named
    for kind, names in (("module", modules), ("callback", callbacks), ("filter", named - modules - callbacks)):
        output = run(
            "ansible-doc",
            f"--type={kind}",
            *(f"plannerate.infra.{name}" for name in sorted(names)),
            cwd=tmp_path,
            env=elsewhere(tmp_path, installed),
        )
        assert "was not found" not in output
