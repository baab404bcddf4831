# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that somebody set up by hand keeps its packages and its settings."""

from __future__ import annotations

import json

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker.engine import problems, settings

OWN = {"log-driver": "journald", "live-restore": True}


def lines(**there):
    return json.dumps(there, indent=2).splitlines()


def test_what_the_file_has_stays():
    there = {"data-root": "/srv/docker", "insecure-registries": ["registry.test"], "log-driver": "json-file"}
    assert settings(lines(**there), OWN) == {**there, **OWN}
    assert settings([], OWN) == OWN


def test_null_removes_a_setting():
    assert settings(lines(mtu=1400), {**OWN, "mtu": None}) == OWN


@pytest.mark.parametrize(
    ("there", "own", "kept"),
    [
        ({"log-opts": {"max-size": "10m"}}, OWN, False),
        ({"log-driver": "json-file", "log-opts": {"max-size": "10m"}}, OWN, False),
        ({"log-driver": "journald", "log-opts": {"tag": "x"}}, OWN, True),
        ({"log-opts": {"max-size": "10m"}}, {"log-driver": "json-file"}, True),
        ({}, {**OWN, "log-opts": {"tag": "x"}}, True),
    ],
)
def test_options_stay_with_their_log_driver(there, own, kept):
    assert ("log-opts" in settings(lines(**there), own)) is kept


@pytest.mark.parametrize(
    ("installed", "source", "words"),
    [
        (["docker-ce", "docker-ce-cli", "containerd.io"], "distro", "docker-ce, docker-ce-cli, containerd.io are installed"),
        (["containerd.io"], "distro", "Set docker_host_package_source: docker, or remove it yourself first"),
        (["docker.io", "containerd"], "docker", "docker.io, containerd are installed"),
        (["docker-ce", "containerd.io", "docker-compose-plugin"], "docker", ""),
        (["docker.io", "containerd", "runc", "docker-compose"], "distro", ""),
    ],
)  # fmt: skip
def test_packages_of_another_source_are_not_removed_unasked(installed, source, words):
    found = problems(installed, source, [], OWN)
    assert words in " ".join(found) and bool(found) is bool(words)


@pytest.mark.parametrize("text", ['{"mtu": 1400', "[]", "null"])
def test_a_file_that_cannot_be_kept_is_refused(text):
    (found,) = problems([], "distro", [text], OWN)
    assert "daemon.json is no JSON object" in found


@pytest.mark.parametrize("there", [{"firewall-backend": "nftables"}, {"iptables": False}])
def test_an_engine_without_iptables_is_refused(there):
    (found,) = problems([], "distro", lines(**there), settings(lines(**there), OWN))
    assert "published ports could not be closed" in found
    key = next(iter(there))
    assert problems([], "distro", lines(**there), settings(lines(**there), {**OWN, key: None})) == []
