"""An inventory as a run would have it, read from files: nothing is connected to."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.cli import CLI
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

# From here on the collection can be imported.
init_plugin_loader()

from ansible_collections.plannerate.infra.plugins.plugin_utils._specifications import ROLES  # noqa: E402


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

    def groups(self) -> dict[str, list[str]]:
        return {name: self.hosts(name) for name in self.inventory.groups}

    def variables(self, host: str, **more: Any) -> dict:
        """Everything by its name; what is in the vars of a role wins, as it does in a run."""
        given = self.manager.get_vars(host=self.inventory.get_host(host))
        return {**self.defaults, **given, **self.internals, **more}

    def given(self, host: str) -> dict[str, Any]:
        """The variables that the inventory itself sets, as they are written."""
        found = self.manager.get_vars(host=self.inventory.get_host(host), include_hostvars=False)
        return {name: value for name, value in found.items() if name not in set_by_ansible()}

    def given_values(self, host: str) -> dict[str, Any]:
        """The same as a run has them, without those that cannot be had."""
        found = {}
        for name in self.given(host):
            try:
                found[name] = self.template(host, name)
            except AnsibleError:
                continue
        return found

    def template(self, host: str, expression: str, **more: Any) -> Any:
        templar = Templar(self.loader, variables=self.variables(host, **more))
        return templar.template(trust_as_template("{{ " + expression + " }}"))


@cache
def set_by_ansible() -> set[str]:
    """Variables that a host has of which no inventory says anything."""
    inventory = InventoryManager(loader=DataLoader(), sources=["bare,"])
    return set(VariableManager(loader=DataLoader(), inventory=inventory).get_vars(host=inventory.get_host("bare")))


def vault_secrets() -> list:
    """What opens the vaults.

    :raises AnsibleError: for a password that is not where the configuration says.
    """
    password_file = constants.config.get_config_value("DEFAULT_VAULT_PASSWORD_FILE")
    files = [password_file] if password_file else []
    return CLI.setup_vault_secrets(
        DataLoader(), constants.config.get_config_value("DEFAULT_VAULT_IDENTITY_LIST"), files, auto_prompt=False
    )
