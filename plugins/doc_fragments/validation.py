# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  connection:
    description: How the owner of the database connects through PgBouncer, as libpq's keywords.
    type: dict
    required: true
    suboptions:
      host:
        description: Name or address that the certificate has; a directory for a Unix socket.
        type: str
        required: true
      hostaddr:
        description: Address to connect to, where it is another one.
        type: str
      port:
        description: Port.
        type: int
        default: 6432
      dbname:
        description: The database.
        type: str
        required: true
      user:
        description: The role, who may make schemas in the database.
        type: str
        required: true
      password:
        description: Its password.
        type: str
      sslmode:
        description: How much of TLS is asked for.
        type: str
        choices: [disable, allow, prefer, require, verify-ca, verify-full]
        default: verify-full
      sslrootcert:
        description: The authority that is trusted.
        type: path
  directory:
    description: Where its files are while it runs. Only root may reach it. It is removed in the end, and by the next run.
    type: path
    default: /run/plannerate-validation
"""
