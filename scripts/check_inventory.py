"""check_inventory.py INVENTORY...: does each host have every variable that its roles need, of the right type and rightly spelt?

Variables are templated as in a run and held against the roles' argument specifications, against each other, and against the refusals
that need no machine; several inventories against each other too. Files are read, nothing is connected to. A vault is opened with
ANSIBLE_VAULT_IDENTITY_LIST.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator

from ansible.errors import AnsibleError
from offline_inventory import Inventory, vault_secrets

from ansible_collections.plannerate.infra.plugins.module_utils._inventory import addresses, placeholders, values
from ansible_collections.plannerate.infra.plugins.module_utils._inventory import hosts as inventory_hosts
from ansible_collections.plannerate.infra.plugins.plugin_utils import _connection
from ansible_collections.plannerate.infra.plugins.plugin_utils._specifications import GROUPS, options

# The roles that publish what they would refuse, as <role>_problems.
WITH_PROBLEMS = {"postgres", "pgbouncer", "docker_host", "s3_backup", "monitoring", "logs", "status_page"}
# Those that also publish what only their converge would refuse, as <role>_converge_problems.
WITH_CONVERGE_PROBLEMS = {"postgres"}
# Those that also say what no run refuses and should not stay so, or what only the machines can decide, as <role>_warnings.
WITH_WARNINGS = {"docker_host", "postgres", "status_page"}
VAULT_HINT = "is the vault's password in ANSIBLE_VAULT_IDENTITY_LIST?"


def misspelt(names: set[str]) -> Iterator[str]:
    known = {option for role in GROUPS for option in options(role)}
    for name in sorted(names - known - _connection.names()):
        alike = difflib.get_close_matches(name, sorted(known | _connection.names()), n=1, cutoff=0.85)
        if alike or name.lstrip("_").startswith((*(f"{role}_" for role in GROUPS), "ansible_")):
            yield f"{name} is not known" + (f", is {alike[0]} meant?" if alike else "")


def wrong_values(inventory: Inventory, host: str, role: str) -> Iterator[str]:
    templated = {}
    for name in sorted(set(options(role)) & set(inventory.variables(host))):
        try:
            templated[name] = inventory.template(host, name)
        except AnsibleError as error:
            yield f"{name}: {sentence(error)}"
    yield from values.problems(templated, options(role))


def refusals(inventory: Inventory, host: str, role: str) -> Iterator[str]:
    """What the role would refuse without asking a machine."""
    try:
        yield from inventory.template(host, f"{role}_problems")
        if role in WITH_CONVERGE_PROBLEMS:
            yield from inventory.template(host, f"{role}_converge_problems")
    except AnsibleError as error:
        yield sentence(error)


def sentence(error: AnsibleError) -> str:
    return " ".join(str(error).split())


def problems(inventory: Inventory) -> dict[str, list[str]]:
    """Every problem, with the hosts on which it is."""
    given = {host: inventory.given_values(host) for host in inventory.hosts()}
    found = inventory_hosts.problems(given, inventory.groups())
    for host in inventory.hosts():
        inventory_hosts.note(found, host, misspelt(set(inventory.given(host))))
        # Where it is written matters, not who reads it.
        inventory_hosts.note(found, "", placeholders.problems(inventory.given(host)))
    for role, group in GROUPS.items():
        for host in inventory.hosts(group):
            wrong = list(wrong_values(inventory, host, role))
            # What a role refuses is computed from its variables: with a wrong one among them it would only repeat that.
            inventory_hosts.note(
                found, host, wrong or refusals(inventory, host, role) if role in WITH_PROBLEMS else wrong
            )
    return found


def warnings(inventory: Inventory) -> dict[str, list[str]]:
    """What is not certain to be refused, with the hosts on which it is."""
    found: dict[str, list[str]] = {}
    for role in sorted(WITH_WARNINGS):
        for host in inventory.hosts(GROUPS[role]):
            inventory_hosts.note(found, host, inventory.template(host, f"{role}_warnings"))
    return found


def owned_machines(inventory: Inventory) -> dict[str, bool]:
    """Whether the inventory owns each of its machines, by their addresses."""
    found = {}
    for host in inventory.hosts("machines"):
        given = inventory.given_values(host)
        found[addresses.of_machine(given) or host] = given.get("machine_owned", True) is True
    return found


def check(path: str, secrets: list, owners: dict[str, dict[str, bool]]) -> bool:
    """Prints what is wrong with one inventory, and notes which machines it owns."""
    count = 0
    warned: dict[str, list[str]] = {}
    try:
        inventory = Inventory(path, secrets)
        count = len(inventory.hosts())
        found = problems(inventory) if count else {}
        # Nothing is computed from wrong values.
        warned = {} if found else warnings(inventory)
        owners[path] = owned_machines(inventory)
    except AnsibleError as error:
        text = sentence(error)
        found = {text: [VAULT_HINT] if "vault" in text.lower() or "decrypt" in text.lower() else []}
    else:
        if not count:
            found = {"no hosts were found": ["expected a directory like inventories/production"]}
    for text, where in [*found.items(), *((f"warning: {text}", where) for text, where in warned.items())]:
        print(f"{path}: {text}" + (f" ({', '.join(filter(None, where))})" if any(where) else ""))
    if not found:
        print(f"{path}: {count} hosts have what their roles need")
    return not found


def main(paths: list[str]) -> int:
    if not paths:
        print(__doc__)
        return 2
    try:
        secrets = vault_secrets()
    except AnsibleError as error:
        print(
            f"the vaults cannot be opened: {sentence(error)}. Write each vault's password into its file: {VAULT_HINT}"
        )
        return 1
    owners: dict[str, dict[str, bool]] = {}
    good = [check(path, secrets, owners) for path in paths]
    contradictions = inventory_hosts.ownership_problems(owners) if len(paths) > 1 else []
    for text in contradictions:
        print(text)
    return int(not all(good) or bool(contradictions))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
