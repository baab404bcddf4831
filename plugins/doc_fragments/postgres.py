# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that open a PostgreSQL session, and the name of their action group."""

    DOCUMENTATION = r"""
options:
  login_host:
    description:
      - Host of the server.
      - Without it, the Unix socket is used.
    type: str
    default: ''
  login_unix_socket:
    description: Directory of the server's Unix socket, where it is not the client library's own default.
    type: str
    default: ''
  login_port:
    description: Port of the server; it names the Unix socket too.
    type: int
    default: 5432
    aliases: [port]
  login_user:
    description: Role to connect as.
    type: str
    default: postgres
  login_password:
    description: Its password. Over the Unix socket, C(become_user=postgres) needs none.
    type: str
    default: ''
  login_db:
    description: Database to connect to.
    type: str
    default: postgres
  ssl_mode:
    description: Whether TLS is used, and how much of the server's certificate is checked.
    type: str
    default: prefer
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
  ca_cert:
    description: File with the certificates of the authorities that are trusted.
    type: path
    aliases: [ssl_rootcert]
  connect_timeout:
    description: Seconds to wait for a connection.
    type: int
    default: 5
attributes:
  action_group:
    description: Use C(group/plannerate.infra.postgres) in C(module_defaults) to set these options once.
    support: full
    membership:
      - plannerate.infra.postgres
  platform:
    description: Target operating systems.
    support: full
    platforms: debian
requirements:
  - psycopg2 >= 2.8
author:
  - The Plannerate infrastructure team (@plannerate)
"""
