# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: dotenv_quote
short_description: A value as Compose reads it back from an env file
version_added: 0.1.0
description:
  - Quotes a value for C(.env), so that quotes, dollar signs, hashes and blanks arrive as they are.
options:
  _input:
    description: The value, one line.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write a variable
  ansible.builtin.lineinfile:
    path: /opt/stacks/production/.env
    regexp: ^APP_NAME=
    line: "APP_NAME={{ name | plannerate.infra.dotenv_quote }}"
"""

RETURN = r"""
_value:
  description:
    - The value in quotes.
  type: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._docker.dotenv import quote


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"dotenv_quote": quote}
