# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy and a mirror of the inventory reach apt and the engine and go with their variables; a mirror that would do nothing is refused."""

from __future__ import annotations

import sys

import pytest
from support.helpers.plays import run_play, values_of_role

PROXY = {
    "machine_http_proxy": "http://proxy.test:3128",
    "machine_http_proxy_exceptions": ["registry.test", ".test", "::1"],
    "ansible_managed": "managed",
}
APT, ENGINE = "/etc/apt/apt.conf.d/53machine-proxy", "/etc/systemd/system/docker.service.d/50-proxy.conf"
SAID = {
    "__machine_probe": {
        "stdout": "apt file: /etc/apt/sources.list\napt line: deb http://archive.test/debian trixie main"
    }
}


def test_apt_has_it_and_whole_names_go_past_it(tmp_path):
    text, there, gone, mirrored = values_of_role(
        tmp_path,
        "machine",
        ("lookup('ansible.builtin.template', 'proxy.apt.j2')", PROXY),
        ("_machine_package_sources", {**PROXY, **SAID}),
        ("_machine_package_sources", SAID),
        ("_machine_package_sources", {**SAID, "machine_apt_mirror": "http://mirror.test"}),
    )
    assert [line for line in text.splitlines() if not line.startswith("//")] == [
        'Acquire::http::Proxy "http://proxy.test:3128";',
        'Acquire::https::Proxy "http://proxy.test:3128";',
        'Acquire::http::Proxy::registry.test "DIRECT";',
        'Acquire::https::Proxy::registry.test "DIRECT";',
    ]
    assert [entry["path"] for entry in there] == [APT] and "template" in there[0]
    assert gone == [{"path": APT, "absent": True}]
    assert [entry["path"] for entry in mirrored] == [APT, "/etc/apt/sources.list"]
    assert "\ndeb http://mirror.test/debian trixie main\n" in mirrored[1]["content"]


def test_the_engine_has_the_machines_unless_it_has_another(tmp_path):
    files = f"_docker_host_engine_files | selectattr('path', 'eq', '{ENGINE}') | list"
    template = "lookup('ansible.builtin.template', 'proxy.conf.j2')"
    text, own, there, gone, none = values_of_role(
        tmp_path,
        "docker_host",
        (template, PROXY),
        (template, {**PROXY, "docker_host_http_proxy": "http://other.test:8080"}),
        (files, PROXY),
        (files, {}),
        (files, {**PROXY, "docker_host_http_proxy": ""}),
    )
    assert "HTTPS_PROXY=http://proxy.test:3128\n" in text
    assert "NO_PROXY=localhost,127.0.0.1,::1,registry.test,.test,::1" in text
    assert "HTTP_PROXY=http://other.test:8080 " in own and "proxy.test" not in own
    assert [list(entry) for entry in there] == [["path", "template"]]
    assert gone == none == [{"path": ENGINE, "absent": True}]


@pytest.mark.parametrize(
    ("source", "owned", "refused"),
    [
        ("https://mirror.provider.test/debian/packages", True, True),
        ("https://mirror.provider.test/debian/packages", False, False),
        ("http://archive.test/debian", True, False),
        ("http://mirror.test/repository/debian", True, False),
    ],
)
def test_a_mirror_that_takes_no_place_is_refused(tmp_path, source, owned, refused):
    """Packages would go on coming from where they came from, and nobody would know."""
    (tmp_path / "empty.list").write_text("# deb http://archive.test/debian trixie main\n")
    (tmp_path / "sources.list").write_text(f"deb {source} trixie main\n")
    lists = [str(tmp_path / name) for name in ("empty.list", "sources.list", "missing.list")]
    preflight = {
        "name": "Preflight",
        "ansible.builtin.include_role": {
            "name": "plannerate.infra.machine", "tasks_from": "preflight", "rolespec_validate": False,
        },
        "vars": {"_machine_source_lists": lists, "_machine_bare": False},
    }  # fmt: skip
    play = {"hosts": "localhost", "tasks": [preflight]}
    play["vars"] = {
        "ansible_python_interpreter": sys.executable,
        "machine_owned": owned,
        "machine_apt_mirror": "http://mirror.test/repository/",
    }
    code, said = run_play(tmp_path, play, "--inventory=localhost,")
    assert (code != 0) == refused, said
    assert (", ".join(lists) in " ".join(said.split())) == refused, said
