"""Search the logs of all machines, on the log server of an inventory, by SSH as Ansible connects there. See docs/logs.md.

The query comes by the environment: LOGS_QUERY, LOGS_SINCE, LOGS_FOLLOW, LOGS_JSON.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Mapping

from access import AccessRefused, refuse_no_inventory
from ansible.errors import AnsibleError
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader
from offline_inventory import Inventory, vault_secrets

LAB = "molecule/default/inventory/production"


def remote(environ: Mapping[str, str]) -> str:
    """The command for the log server's shell."""
    words = ["plannerate-logs"]
    words += [f"--since={environ['LOGS_SINCE']}"] if environ.get("LOGS_SINCE") else []
    words += [f"--{name.lower()}" for name in ("FOLLOW", "JSON") if environ.get(f"LOGS_{name}")]
    return shlex.join([*words, "--", environ.get("LOGS_QUERY") or "*"])


def ssh(inventory: Inventory, host: str, follow: bool = False) -> list[str]:
    """ssh as Ansible would start it: with the options of the configuration and of the inventory."""
    variables = {name: inventory.template(host, name) for name in inventory.given(host) if name.startswith("ansible_")}
    connection = connection_loader.get("ssh", PlayContext())
    connection.set_options(var_options=variables)
    option = connection.get_option
    # A terminal of its own, so that what follows the log there ends with this.
    words = ["ssh", *(["-tt"] if follow else [])]
    for name in ("ssh_args", "ssh_common_args", "ssh_extra_args"):
        words += shlex.split(option(name) or "")
    for flag, name in {"-p": "port", "-l": "remote_user", "-i": "private_key_file"}.items():
        words += [flag, str(option(name))] if option(name) else []
    return [*words, str(variables.get("ansible_host", host))]


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/logs.py", description=__doc__)
    parser.add_argument("-i", "--inventory", default=LAB, help="default: the lab, as production sees it")
    options = parser.parse_args()
    try:
        refuse_no_inventory(options.inventory)
        inventory = Inventory(options.inventory, vault_secrets())
        servers = inventory.hosts("log_servers")
        if not servers:
            raise AccessRefused(
                f"Found no host in the group log_servers of {options.inventory}. Expected one, to which the machines send: docs/logs.md"
            )
        command = [*ssh(inventory, servers[0], bool(os.environ.get("LOGS_FOLLOW"))), remote(os.environ)]
    except (AccessRefused, AnsibleError) as error:
        print(error, file=sys.stderr)
        return 1
    # It takes the place of this program, so that Ctrl-C ends it.
    return os.execvp(command[0], command)


if __name__ == "__main__":
    sys.exit(main())
