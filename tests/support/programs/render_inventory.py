"""render_inventory.py INVENTORY: what a first converge writes on the machines of an inventory, and whom their firewalls let in, as JSON.

Nothing is connected to. What machines would answer is made up: they have nothing yet, and the secrets have every character that means
something to one of the files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

from ansible.template import Templar, generate_ansible_template_vars, trust_as_template  # noqa: E402
from offline_inventory import Inventory  # noqa: E402

SECRET = "'\"\\$%#;:= {}äß€"
# An sshd that slows down who fails, reached from somewhere.
PROBE = "sshd: persourcepenaltyexemptlist none\ncontroller: 198.51.100.7"
# The lists of files that a role writes, and those that a task of its names.
SETS = {
    "machine": "_machine_files + [{'path': _machine_sshd_file, 'content': _machine_sshd_content}]",
    "postgres": "_postgres_machine_files",
    "pgbouncer": "_pgbouncer_files + [{'path': _pgbouncer_environment_file, 'template': 'environment.ini.j2'}]",
    "docker_host": """_docker_host_engine_files + _docker_host_own_files
      + [{'path': _docker_host_traefik_directory ~ '/.env', 'template': 'traefik/.env.j2'},
         {'path': _docker_host_traefik_directory ~ '/docker-compose.yml', 'template': 'traefik/docker-compose.yml.j2'}]""",
    "s3_backup": "_s3_backup_machine_files + _s3_backup_environment_files",
    "monitoring": "_monitoring_files",
}
# Purpose, ports and sources, as the roles give them to the firewall.
FIREWALL = {
    "machine": ("SSH", "[machine_ssh_port]", "machine_ssh_sources"),
    "postgres": ("PostgreSQL", "postgres_local_members | map(attribute='port') | list", "_postgres_sources"),
    "pgbouncer": ("PgBouncer", "[pgbouncer_port]", "pgbouncer_clients"),
    "docker_host": ("web", "docker_host_public_ports", "['any']"),
    "monitoring": (
        "Monitoring",
        "_monitoring_ports",
        "groups['monitoring'] | plannerate.infra.machine_addresses(hostvars)",
    ),
}
SECRETS = {
    "postgres": "postgres_wanted_secrets",
    "pgbouncer": "pgbouncer_wanted_secrets",
    "docker_host": "_docker_host_wanted_secrets | combine({_docker_host_database_secret: {}})",
    "s3_backup": "s3_backup_wanted_secrets",
    "monitoring": "monitoring_wanted_secrets",
}
MEMBER = {
    "postgresql.conf": "postgresql.conf.j2",
    "conf.d/50-settings.conf": "settings.conf.j2",
    "pg_hba.conf": "pg_hba.conf.j2",
}
ABSENT: dict[str, Any] = {
    **dict.fromkeys(("adopted_rules", "adopted_at", "restarted_since_adoption", "archive_is_ours"), None),
    "state": "absent",
    "managed": False,
    "disk_mb": 50000,
    "databases": [],
    "settings": {},
    "control_settings": {},
    "restart_settings": {},
}
FOUND = {"memory_mb": 4096, "cpus": 2, "programs": [], "distribution": "debian 13", "pgbouncer": True}


class Rendered:
    """The files of an inventory, by its machines."""

    def __init__(self, path: str) -> None:
        self.inventory = Inventory(path, [])
        self.groups = self.inventory.groups()
        self.facts: dict[str, Any] = {
            "ansible_check_mode": False,
            "__machine_probe": {"stdout": PROBE, "stdout_lines": PROBE.splitlines()},
            "__monitoring_probe": {"stdout_lines": []},
            "__s3_backup_probe": {"stdout_lines": []},
        }
        self.members: list[dict[str, Any]] = []
        if self.groups.get("postgres"):
            self.members = self.inventory.template(self.groups["postgres"][0], "postgres_members")
            self.facts |= surveyed(self.members)

    def variables(self, host: str, role: str) -> dict[str, Any]:
        folder = str(ROOT / "roles" / role)
        found = self.inventory.variables(host, **self.facts)
        return {**found, "role_path": folder, "ansible_search_path": [folder]}

    def value(self, host: str, role: str, expression: str) -> Any:
        templar = Templar(self.inventory.loader, variables=self.variables(host, role))
        return templar.template(trust_as_template("{{ " + expression + " }}"))

    def text(self, host: str, role: str, template: str, path: str, own: Mapping[str, Any]) -> str:
        """As the action plugin of file_set renders it."""
        folder = ROOT / "roles" / role / "templates"
        about = generate_ansible_template_vars(path=template, fullpath=str(folder / template), dest_path=path)
        variables = {**self.variables(host, role), **about, **own}
        templar = Templar(self.inventory.loader, variables=variables).copy_with_new_env(
            searchpath=[str(folder)], available_variables=variables
        )
        text = templar.template(
            trust_as_template((folder / template).read_text()),
            escape_backslashes=False,
            overrides={"trim_blocks": True, "lstrip_blocks": False, "newline_sequence": "\n"},
        )
        return "" if text is None else str(text)

    def roles(self, machine: str) -> list[str]:
        """Those that do something on a machine."""
        groups = {"pgbouncer": "pgbouncers", "docker_host": "docker_hosts", "s3_backup": "s3_backups"}
        members = ["postgres"] if any(member["machine"] == machine for member in self.members) else []
        others = [role for role, group in groups.items() if machine in self.groups.get(group, [])]
        return ["machine", *members, *others, *(["monitoring"] if self.groups.get("monitoring") else [])]

    def machine(self, name: str) -> dict[str, Any]:
        roles = self.roles(name)
        self._publish(name, roles)
        application = self.value(name, "docker_host", "_docker_host_variables") if "docker_host" in roles else {}
        return {
            "files": [file for role in roles for file in self._files(name, role, self.value(name, role, SETS[role]))],
            "firewall": [self._rules(name, role) for role in roles if role in FIREWALL],
            "members": {
                member["name"]: self._of_member(member) for member in self.members if member["machine"] == name
            },
            # By their names, what a container gets.
            "application": {key: "" if value is None else str(value) for key, value in application.items()},
        }

    def _publish(self, name: str, roles: Iterable[str]) -> None:
        """What roles hand to each other."""
        if self.groups.get("pgbouncers"):
            self.facts["pgbouncer_client_environment"] = self.value(name, "pgbouncer", "_pgbouncer_client_environment")
        if "docker_host" in roles:
            containers = self.value(name, "docker_host", "_docker_host_first_names.values() | list")
            self.facts["docker_host_expectations"] = {"machine": [], "environment": containers, "redis": ""}
        wanted: dict[str, Any] = {"PRODUCTION_DEFINITION_KEY": {}}
        for role in roles:
            wanted |= self.value(name, role, SECRETS[role]) if role in SECRETS else {}
        secrets = {secret: (about or {}).get("value") or SECRET for secret, about in wanted.items()}
        self.facts["machine_credentials"] = {"secrets": secrets}

    def _rules(self, host: str, role: str) -> dict[str, Any]:
        purpose, ports, sources = FIREWALL[role]
        plan = f"'Status: active' | plannerate.infra.firewall_plan('{purpose}', {ports}, {sources})"
        return {"purpose": purpose, **self.value(host, role, plan)}

    def _files(self, host: str, role: str, entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        found = []
        for entry in entries:
            path = entry["path"]
            if not entry.get("when", True):
                continue
            if "template" in entry:
                content = self.text(host, role, entry["template"], path, entry.get("vars") or {})
            elif "src" in entry:
                content = (ROOT / "roles" / role / "files" / entry["src"]).read_text()
            elif "content" in entry:
                content = str(entry["content"])
            else:
                continue
            found.append({"path": path, "content": content, "validate": entry.get("validate")})
        return found

    def _of_member(self, member: Mapping[str, Any]) -> list[dict[str, Any]]:
        paths = {f"{member['config_directory']}/{name}": template for name, template in MEMBER.items()}
        return [
            {"path": path, "content": self.text(member["name"], "postgres", template, path, {})}
            for path, template in paths.items()
        ]


def surveyed(members: list[dict[str, Any]]) -> dict[str, Any]:
    """What a survey of machines without data finds."""
    names = [member["name"] for member in members]
    primary = next(member["name"] for member in members if member["initial_role"] == "primary")
    return {
        "postgres_members": members,
        "postgres_answers": dict.fromkeys(names, ABSENT),
        "postgres_topology": {
            "primary": primary,
            "roles": {name: "primary" if name == primary else "absent" for name in names},
            "standbys": [],
            "absent": [name for name in names if name != primary],
        },
        "postgres_adoption": {"members": [], "rules": {}, "report": []},
        "_postgres_machine_facts": {member["machine"]: FOUND for member in members},
    }


if __name__ == "__main__":
    rendered = Rendered(sys.argv[1])
    print(json.dumps({name: rendered.machine(name) for name in rendered.groups["machines"]}))
