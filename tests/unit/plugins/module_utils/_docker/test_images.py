# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image is named so that it stays the same."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker.images import problems

WANTED = {
    "app_image": "registry.example.com/shop:1.2",
    "images": ["traefik:v3.7.9", "registry.example.com/shop:1.2"],
    "traefik_image": "traefik:v3.7.9",
}


def test_a_digest_is_a_fixed_tag():
    assert problems(**{**WANTED, "images": ["shop@sha256:" + "0" * 64]}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"app_image": ""}, ["docker_host_app_image is empty"]),
        ({"images": ["shop:latest"]}, ["shop:latest", "no fixed tag"]),
        ({"images": ["registry.example.com:5000/shop"]}, ["no fixed tag"]),
        ({"images": ["shop:1.2@sha256:0123"]}, ["shop:1.2@sha256:0123 ends with no digest", "64 characters"]),
        ({"images": ["shop@1.2"]}, ["shop@1.2 ends with no digest"]),
        ({"traefik_image": "traefik:v3.6.4"}, ["3.7 or newer"]),
        ({"traefik_image": "traefik@sha256:0123"}, ["3.7 or newer"]),
    ],
)
def test_each_problem_is_named(change, words):
    found = " ".join(problems(**{**WANTED, **change}))
    for word in words:
        assert word in found
