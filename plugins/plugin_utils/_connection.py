# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables by which Ansible is told how to reach a host."""

from __future__ import annotations

from functools import cache

from ansible import constants
from ansible.plugins.loader import become_loader, connection_loader, shell_loader


@cache
def names() -> frozenset[str]:
    """Those of SSH, sudo and the shell, under all their names."""
    found = {*constants.COMMON_CONNECTION_VARS, "ansible_python_interpreter"}
    for loader, plugin in ((connection_loader, "ssh"), (become_loader, "sudo"), (shell_loader, "sh")):
        loader.get(plugin, class_only=True)  # reads which variables it has
        found |= set(constants.config.get_plugin_vars(loader.type, plugin))
    return frozenset(found)
