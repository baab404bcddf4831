# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: apt_sources
short_description: What the distribution's lists of package sources have to become
version_added: 0.1.0
description:
  - Puts a mirror in the place of the distribution's archive, and keeps each line that it replaces as a comment, from which it comes back
    without a mirror.
positional: mirror
options:
  _input:
    description: What the probe of the role P(plannerate.infra.machine#role) printed.
    type: str
    required: true
  mirror:
    description: The URL before the distribution's own paths. Empty for the archive.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show which lists would change
  ansible.builtin.debug:
    msg: "{{ probe.stdout | plannerate.infra.apt_sources('https://packages.example.com') | map(attribute='path') }}"
"""

RETURN = r"""
_value:
  description: C(path) and C(content) of each list that changes, as M(plannerate.infra.file_set) takes them.
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._machine.apt_sources import changes


def apt_sources(said: str, mirror: str) -> list[dict[str, str]]:
    return [{"path": path, "content": content} for path, content in changes(said, mirror).items()]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"apt_sources": apt_sources}
