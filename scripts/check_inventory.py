"""check_inventory.py INVENTORY...: does each host have every variable that its roles need, of the right type and rightly spelt?

Variables are templated as in a run and held against the roles' argument specifications and against the refusals that need no
machine. Files are read, nothing is connected to. A vault is opened with ANSIBLE_VAULT_IDENTITY_LIST.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible import constants
from ansible.cli import CLI
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import become_loader, connection_loader, init_plugin_loader, shell_loader
from ansible.template import Templar, trust_as_template
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

ROLES = Path(__file__).resolve().parents[1] / "roles"
# The group whose hosts a role is applied to. Any member may be primary or replica.
GROUPS = {
    "machine": "machines",
    "postgres": "postgres",
    "postgres_primary": "postgres",
    "postgres_replica": "postgres",
    "pgbouncer": "pgbouncers",
    "docker_host": "docker_hosts",
    "s3_backup": "s3_backups",
    "monitoring": "machines",
    "patch": "machines",
}
# The roles that publish what they would refuse, as <role>_problems.
WITH_PROBLEMS = {"postgres", "pgbouncer", "docker_host", "s3_backup", "monitoring"}


class Inventory:
    """An inventory, and the variables that a play of the collection would see on its hosts."""

    def __init__(self, path: str, vault_secrets: list) -> None:
        self.loader = DataLoader()
        self.loader.set_vault_secrets(vault_secrets)
        self.inventory = InventoryManager(loader=self.loader, sources=[str(Path(path).resolve())])
        self.manager = VariableManager(loader=self.loader, inventory=self.inventory)
        HostVars(self.inventory, self.manager, self.loader)
        self.defaults = self._of_roles("defaults")
        self.internals = self._of_roles("vars")

    def _of_roles(self, kind: str) -> dict:
        found: dict = {}
        for file in sorted([*ROLES.glob(f"*/{kind}/main.yml"), *ROLES.glob(f"*/{kind}/main/*.yml")]):
            found |= self.loader.load_from_file(str(file), trusted_as_template=True) or {}
        return found

    def hosts(self, group: str = "all") -> list[str]:
        return sorted(host.name for host in self.inventory.get_hosts(group)) if group in self.inventory.groups else []

    def variables(self, host: str, **more: Any) -> dict:
        """Everything by its name; what is in the vars of a role wins, as it does in a run."""
        given = self.manager.get_vars(host=self.inventory.get_host(host))
        return {**self.defaults, **given, **self.internals, **more}

    def given(self, host: str) -> set[str]:
        """Names of the variables that the inventory itself sets."""
        return set(self.manager.get_vars(host=self.inventory.get_host(host), include_hostvars=False)) - set_by_ansible()

    def template(self, host: str, expression: str, **more: Any) -> Any:
        templar = Templar(self.loader, variables=self.variables(host, **more))
        return templar.template(trust_as_template("{{ " + expression + " }}"))


def specification(role: str) -> dict:
    return yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"][
        "options"
    ]


@cache
def set_by_ansible() -> set[str]:
    """Variables that a host has of which no inventory says anything."""
    inventory = InventoryManager(loader=DataLoader(), sources=["bare,"])
    return set(VariableManager(loader=DataLoader(), inventory=inventory).get_vars(host=inventory.get_host("bare")))


@cache
def ansible_names() -> set[str]:
    """The variables by which Ansible is told how to reach a host."""
    names = set(constants.COMMON_CONNECTION_VARS) | {"ansible_python_interpreter"}
    for loader, plugin in ((connection_loader, "ssh"), (become_loader, "sudo"), (shell_loader, "sh")):
        loader.get(plugin, class_only=True)  # reads which variables it has
        names |= set(constants.config.get_plugin_vars(loader.type, plugin))
    return names


def misspelt(names: set[str]) -> Iterator[str]:
    known = {option for role in GROUPS for option in specification(role)}
    for name in sorted(names - known - ansible_names()):
        alike = difflib.get_close_matches(name, sorted(known | ansible_names()), n=1, cutoff=0.85)
        if alike or name.lstrip("_").startswith((*(f"{role}_" for role in GROUPS), "ansible_")):
            yield f"{name} is not known" + (f", is {alike[0]} meant?" if alike else "")


def wrong_values(inventory: Inventory, host: str, role: str) -> Iterator[str]:
    options = specification(role)
    values = {}
    for name in sorted(set(options) & set(inventory.variables(host))):
        try:
            values[name] = inventory.template(host, name)
        except AnsibleError as error:
            yield f"{name}: {' '.join(str(error).split())}"
    yield from ArgumentSpecValidator(options).validate(values).error_messages


def refusals(inventory: Inventory, host: str, role: str) -> Iterator[str]:
    """What the role would refuse without asking a machine."""
    try:
        yield from inventory.template(host, f"{role}_problems")
    except AnsibleError as error:
        yield " ".join(str(error).split())


def problems(inventory: Inventory) -> dict[str, list[str]]:
    """Every problem, with the hosts on which it is."""
    found: dict[str, list[str]] = {}

    def note(host: str, texts: Iterable[str]) -> None:
        for text in texts:
            if host not in found.setdefault(text, []):
                found[text].append(host)

    for host in inventory.hosts():
        note(host, misspelt(inventory.given(host)))
    for role, group in GROUPS.items():
        for host in inventory.hosts(group):
            wrong = list(wrong_values(inventory, host, role))
            # What a role refuses is computed from its variables: with a wrong one among them it would only repeat that.
            note(host, wrong or refusals(inventory, host, role) if role in WITH_PROBLEMS else wrong)
    return found


def vault_secrets() -> list:
    password_file = constants.config.get_config_value("DEFAULT_VAULT_PASSWORD_FILE")
    files = [password_file] if password_file else []
    return CLI.setup_vault_secrets(
        DataLoader(), constants.config.get_config_value("DEFAULT_VAULT_IDENTITY_LIST"), files, auto_prompt=False
    )


def main(paths: list[str]) -> int:
    if not paths:
        print(__doc__)
        return 2
    init_plugin_loader()
    secrets = vault_secrets()
    failed = False
    for path in paths:
        try:
            inventory = Inventory(path, secrets)
            hosts = inventory.hosts()
            found = (
                problems(inventory)
                if hosts
                else {"no hosts were found": ["expected a directory like inventories/production"]}
            )
        except AnsibleError as error:
            found = {" ".join(str(error).split()): ["is the vault's password in ANSIBLE_VAULT_IDENTITY_LIST?"]}
        for text, where in found.items():
            print(f"{path}: {text} ({', '.join(where)})")
        if not found:
            print(f"{path}: {len(hosts)} hosts have what their roles need")
        failed = failed or bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
