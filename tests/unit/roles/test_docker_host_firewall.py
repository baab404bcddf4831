# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the chain DOCKER-USER lets pass: nothing to a container that is not listed, and all that is not for containers."""

from __future__ import annotations

import ipaddress
import json
import re
import shlex
import subprocess

import pytest
from support.helpers.plays import values_of_role

VARIABLES = {"docker_host_public_ports": [80, 443], "docker_host_trusted_interfaces": ["wg0", "br-vpn"]}
ANSWER = "bridge docker0\nbridge \nbridge shop0\nbridge br-shop\nforeign br-lan\nforeign br-shop\nforeign br-vpn\n"
# As Ansible reaches them, by what addresses, and one whose address is a name.
MACHINES = {
    "localhost": {"ansible_connection": "local", "ansible_host": "198.51.100.1", "machine_ssh_port": 2022},
    "db01": {"ansible_host": "db01.test", "machine_address": "198.51.100.2", "machine_ssh_port": "2222"},
    "db02": {"ansible_host": "2001:db8::2"},
    "db03": {"ansible_host": "db03.test"},
}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """The rules, the probe, and both files. What is asked is asked of app01."""
    inventory = tmp_path_factory.mktemp("inventory") / "hosts.json"
    inventory.write_text(json.dumps({"machines": {"hosts": MACHINES}}))
    return values_of_role(
        tmp_path_factory.mktemp("role"),
        "docker_host",
        (
            "(_docker_host_firewall_rules + _docker_host_container_rules)",
            {**VARIABLES, "__docker_host_probe": {"stdout": ANSWER}},
        ),
        ("lookup('ansible.builtin.template', 'probe.sh.j2')", {"docker_host_app_image": "shop:1"}),
        *(
            (
                "lookup('ansible.builtin.template', 'after.rules.j2')",
                {**VARIABLES, "item": item, "__docker_host_probe": {"stdout": ANSWER}},
            )
            for item in ("/etc/ufw/after.rules", "/etc/ufw/after6.rules")
        ),
        inventory=str(inventory),
    )


@pytest.fixture
def rules(rendered):
    return rendered[0]


def passes(
    rules: list[str], came_by: str, goes_by: str, state: str = "NEW", port: int = 0,
    to: str = "203.0.113.1", kind: str = "tcp", asked: int = 0, chain: str = "DOCKER-USER",
) -> bool:  # fmt: skip
    """Whether a packet passes: by the first rule of the chain of which all parts match and that does not only ask another chain.

    :arg port: the published one that was asked for, before Docker translated it; ``asked`` is the one that it goes to.
    """
    for rule in rules:
        name, *words = shlex.split(rule)
        given = dict(zip(words[::2], words[1::2], strict=True))
        given.pop("-m", None)
        verdict = given.pop("-j")
        interfaces = {"-i": came_by, "-o": goes_by}
        matches = [name == chain]
        matches += [
            bool(re.fullmatch(given.pop(key).replace("+", ".*"), interfaces[key]))
            for key in ("-i", "-o")
            if key in given
        ]
        network = ipaddress.ip_network(given.pop("-d", to))
        matches += [network.version == ipaddress.ip_address(to).version and ipaddress.ip_address(to) in network]
        matches += [given.pop("-p", kind) == kind, str(asked) == given.pop("--dport", str(asked))]
        matches += [state in given.pop("--ctstate", state).split(",")]
        matches += [str(port) == given.pop("--ctorigdstport", str(port))]
        assert not given, f"this test does not know {given}"
        if not all(matches):
            continue
        if verdict in ("RETURN", "DROP"):
            return verdict == "RETURN"
        if not passes(rules, came_by, goes_by, state, port, to, kind, asked, verdict):
            return False
    return True


@pytest.mark.parametrize("came_by", ["eth0", "eth1"])
def test_a_port_that_is_not_listed_is_closed_on_a_network_that_came_later_too(rules, came_by):
    assert not passes(rules, came_by, "later0", "DNAT", 8080)
    assert passes(rules, came_by, "virbr0", "DNAT", 443), "a virtual machine's port, which is listed"


@pytest.mark.parametrize("goes_by", ["docker0", "br-0123456789ab", "shop0"])
@pytest.mark.parametrize("came_by", ["eth0", "eth1", "virbr0", "tun0"])
def test_whatever_comes_from_elsewhere_reaches_listed_ports_of_containers_alone(rules, came_by, goes_by):
    assert passes(rules, came_by, goes_by, "DNAT", 443)
    assert not passes(rules, came_by, goes_by, "DNAT", 8080), "published, but not listed"
    assert not passes(rules, came_by, goes_by), "by a route"
    assert not passes(rules, came_by, goes_by, port=443), "by a route, to a listed port"
    assert passes(rules, came_by, goes_by, "ESTABLISHED"), "answers"


@pytest.mark.parametrize(
    ("came_by", "goes_by", "state"),
    [
        ("wg0", "eth0", "NEW"),
        ("eth0", "wg0", "NEW"),
        ("virbr0", "eth0", "NEW"),
        ("br0", "br0", "NEW"),
    ],
)
def test_what_is_not_for_containers_is_left_to_the_rules_of_others(rules, came_by, goes_by, state):
    assert passes(rules, came_by, goes_by, state, 2222)


@pytest.mark.parametrize("came_by", ["docker0", "br-0123456789ab", "shop0", "wg0"])
def test_containers_and_trusted_interfaces_reach_containers_and_the_rest(rules, came_by):
    assert passes(rules, came_by, "br-0123456789ab", "DNAT", 8080)
    assert passes(rules, came_by, "eth0")


@pytest.mark.parametrize("container", ["docker0", "br-0123456789ab", "br-shop"])
def test_a_bridge_of_somebody_else_is_not_dockers_because_its_name_begins_so(rules, container):
    for goes_by in ("eth0", "br-lan", "br-vpn"):
        assert passes(rules, "br-lan", goes_by) and passes(rules, goes_by, "br-lan"), "left to the rules of others"
    assert passes(rules, "br-lan", container, "DNAT", 443)
    assert passes(rules, "br-lan", container, "ESTABLISHED")
    assert not passes(rules, "br-lan", container, "DNAT", 8080), "published, but not listed"
    assert not passes(rules, "br-lan", container), "by a route"
    assert passes(rules, "br-vpn", container, "DNAT", 8080), "trusted"
    assert passes(rules, container, "br-lan")


@pytest.mark.parametrize("container", ["docker0", "br-0123456789ab", "shop0"])
def test_a_container_reaches_neither_metadata_nor_the_machines_ssh(rules, container):
    for address in ("169.254.169.254", "169.254.170.2", "fd00:ec2::254"):
        assert not passes(rules, container, "eth0", to=address, asked=80)
        assert not passes(rules, container, "eth0", to=address, asked=123, kind="udp")
        assert passes(rules, container, "eth0", to=address, asked=53, kind="udp"), "some providers' name servers"
    assert not passes(rules, container, "eth0", to="198.51.100.2", asked=2222)
    assert not passes(rules, container, "eth0", to="2001:db8::2", asked=22)
    assert passes(rules, container, "eth0", to="198.51.100.2", asked=6432), "the pooler"
    assert passes(rules, container, "eth0", asked=22), "somebody else's SSH, such as a repository's"
    assert not passes(rules, container, "", chain="containers-input"), "its own machine's"
    assert passes(rules, container, "", "ESTABLISHED", chain="containers-input")


@pytest.mark.parametrize("came_by", ["wg0", "br-lan", "br-vpn"])
def test_whoever_is_trusted_or_no_container_reaches_both(rules, came_by):
    assert passes(rules, came_by, "eth0", to="169.254.169.254", asked=80)
    assert passes(rules, came_by, "eth0", to="198.51.100.2", asked=2222)
    assert passes(rules, came_by, "", chain="containers-input")


def test_each_file_has_the_rules_of_its_family_and_asks_before_ufw(rendered):
    for text, chain, own, other in zip(
        rendered[2:], ("ufw", "ufw6"), ("198.51.100.2", "2001:db8::2"), ("::", "198.51"), strict=True
    ):
        lines = text.splitlines()
        assert [line for line in lines if f" -d {own} -p tcp " in line] and not [
            line for line in lines if f"-d {other}" in line
        ]
        assert [line.split()[3] for line in lines if line.startswith(f"-I {chain}-before-input ")] == [
            "docker0",
            "br-+",
            "shop0",
            "br-shop",
        ]
        assert all(line.endswith("-p tcp --dport 2022 -j containers-input") for line in lines if line.startswith("-I"))
        assert "db03" not in text
        jumps = {line.split()[-1] for line in lines if line.startswith("-")} - {"RETURN", "DROP", "ACCEPT"}
        assert {f":{name} - [0:0]" for name in jumps} <= set(lines), (
            "each chain is made here: UFW loads the file more than once"
        )


@pytest.fixture
def probed(rendered, tmp_path):
    """A function that runs the probe beside stand-ins for the programs, and gives its lines."""

    def run(docker: str, iptables: str = "exit 0", after: str = "", daemon: str = "", ipv6: str = "yes") -> list[str]:
        files = {"after.rules": after, "after6.rules": after, "daemon.json": daemon, "ufw": f"IPV6={ipv6}\n"}
        for name, content in files.items():
            (tmp_path / name).write_text(content)
        text = (
            rendered[1]
            .replace("/etc/ufw/after", f"{tmp_path}/after")
            .replace("/etc/docker/", f"{tmp_path}/")
            .replace("/etc/default/", f"{tmp_path}/")
            .replace("/sys/class/net/", f"{tmp_path}/net/")
        )
        programs = tmp_path / "bin"
        programs.mkdir(exist_ok=True)
        for name, script in (("docker", docker), ("iptables", iptables), ("ip6tables", iptables)):
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", "-c", text], env={"PATH": f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin"},
            capture_output=True, text=True, check=True, timeout=30,
        )  # fmt: skip
        return done.stdout.splitlines()

    return run


ENGINE = (
    'case "$1 $2" in "network ls") echo 1; echo 2;; "network inspect") echo "bridge docker0"; echo "bridge new0";; esac'
)
BLOCK = "*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -i br-+ -j RETURN\n-A DOCKER-USER -o shop0 -j DROP\nCOMMIT\n"


def test_the_engine_names_its_bridges_and_one_that_does_not_answer_has_those_of_before(probed):
    assert [line for line in probed(ENGINE, after=BLOCK) if line.startswith("bridge")] == ["bridge docker0", "bridge new0"]  # fmt: skip
    assert [line for line in probed("exit 1", after=BLOCK) if line.startswith("bridge")] == ["bridge shop0"]


def test_interfaces_with_names_like_dockers_bridges_are_told(probed, tmp_path):
    assert not [line for line in probed(ENGINE) if line.startswith("foreign")]
    for name in ("br-0123456789ab", "br-lan", "br-0123456789ab.7", "br0", "eth0"):
        (tmp_path / "net" / name).mkdir(parents=True)
    assert [line for line in probed(ENGINE) if line.startswith("foreign")] == [
        "foreign br-0123456789ab.7",
        "foreign br-lan",
    ]


def test_beside_an_engine_that_does_not_answer_none_is_taken_for_somebody_elses_that_was_not(probed, tmp_path):
    (tmp_path / "net" / "br-shop").mkdir(parents=True)
    before = (
        "-A DOCKER-USER -i br-lan -o br-+ -j DROP\n-A DOCKER-USER -o br-lan -j RETURN\n-A DOCKER-USER -o br-+ -j DROP\n"
    )
    found = probed("exit 1", after=before)
    assert [line for line in found if line.startswith(("foreign", "bridge"))] == ["foreign br-lan", "bridge br-+"]


def test_rules_that_were_not_loaded_are_noticed(probed):
    missing = 'case "$*" in *shop0*) exit 1;; esac'
    pooler = "-A ufw-after-input -i br-lan -p tcp --dport 6432 -j RETURN\n"
    assert "firewall loaded" in probed("exit 1", after=BLOCK + pooler)
    lost = 'case "$*" in *br-lan*) exit 1;; esac'
    assert "firewall loaded" not in probed("exit 1", iptables=lost, after=BLOCK + pooler)
    assert "firewall loaded" not in probed("exit 1", iptables=missing, after=BLOCK)
    ssh = "-I ufw-before-input -i docker0 -p tcp --dport 22 -j containers-input\n-A containers-input -j DROP\n"
    for lost in ("ufw-before-input -i docker0", "containers-input -j DROP"):
        unloaded = f'case "$*" in *"--check {lost}"*) exit 1;; esac'
        assert "firewall loaded" not in probed("exit 1", iptables=unloaded, after=BLOCK + ssh)


def test_a_ufw_without_ipv6_has_no_rules_of_it_to_load(probed):
    family = 'case "$0" in *ip6tables) exit 1;; esac'
    assert "firewall loaded" not in probed("exit 1", iptables=family, after=BLOCK)
    for no in ("no", '"no"'):
        found = probed("exit 1", iptables=family, after=BLOCK, ipv6=no)
        assert {"firewall loaded", "firewall IPv4"} <= set(found)


def test_the_engines_settings_are_read(probed):
    found = probed(ENGINE, daemon='{\n  "data-root": "/srv/docker"\n}')
    assert [line.split()[1] for line in found if line.startswith("daemon")] == ["{", '"data-root":', "}"]
    assert "bridge docker0" in found, "although the file's last line has no end"
