"""Writes docs/roles, one page for each role and one over all, from what the roles and playbooks say. With --check, only compares."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "roles"
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
ROLE = re.compile(r"\bP\(plannerate\.infra\.([a-z0-9_]+)#role\)")
URL = re.compile(r"\bU\(([^)]+)\)")
# O(option), O(entry--option), O(collection.plugin#kind:option) and RV() alike are shown by the option's own name.
OPTION = re.compile(r"\b(?:O|RV)\((?:[^)]*(?:#\w+:|--))?([^)#]+)\)")
MARKUP = re.compile(r"\b[CVIBEPM]\(([^)#]+)(?:#[^)]*)?\)")
FOOT = "<!-- Written by scripts/role_docs.py from meta/argument_specs.yml. -->"
GROUPS = {"postgres_now_primary": "the primary", "~postgres_now_(standby|absent)$": "the standbys"}


def main(arguments: list[str]) -> int:
    pages = all_pages()
    stale = [page for page, text in pages.items() if not page.exists() or page.read_text() != text]
    orphans = sorted(set(PAGES.glob("*.md")) - set(pages))
    if "--check" in arguments:
        if stale or orphans:
            names = ", ".join(str(page.relative_to(ROOT)) for page in stale + orphans)
            print(f"not up to date: {names}. Run scripts/role_docs.py")
        return int(bool(stale or orphans))
    PAGES.mkdir(parents=True, exist_ok=True)
    for page in stale:
        page.write_text(pages[page])
    for page in orphans:
        page.unlink()
    return 0


def all_pages() -> dict[Path, str]:
    pages = {PAGES / f"{role}.md": page(role) for role in ROLES}
    rows = [
        f"| [{role}]({role}.md) | {markup(entries(role)['main']['short_description'])} | {applied(role)} |"
        for role in ROLES
    ]
    lines = ["# Roles", "", "| role | what it is for | applied by |", "|---|---|---|", *rows]
    pages[PAGES / "README.md"] = "\n".join([*lines, "", FOOT, ""])
    return pages


def read(*parts: str) -> Any:
    return yaml.safe_load(ROOT.joinpath(*parts).read_text())


def entries(role: str) -> dict:
    return read("roles", role, "meta", "argument_specs.yml")["argument_specs"]


def applied(role: str) -> str:
    """The playbooks that apply a role, and to which hosts."""
    name = f"plannerate.infra.{role}"
    plays = [
        (file.stem, play)
        for file in sorted((ROOT / "playbooks").glob("*.yml"))
        for play in read("playbooks", file.name)
    ]
    found = [
        (playbook, play["hosts"])
        for playbook, play in plays
        if any(entry["role"] == name for entry in play.get("roles", []))
    ]
    if not found and not any(
        {"role": name} in read("roles", other, "meta", "main.yml")["dependencies"] for other in ROLES
    ):
        # In parts, the first of which is for all hosts.
        found = [(playbook, play["hosts"]) for playbook, play in plays if f"'{name}'" in str(play.get("tasks"))][:1]
    where = [f"`plannerate.infra.{playbook}` to {GROUPS.get(hosts, f'`{hosts}`')}" for playbook, hosts in found]
    return ", ".join(where) or "other roles"


def page(role: str) -> str:
    platforms = read("roles", role, "meta", "main.yml")["galaxy_info"]["platforms"]
    systems = ", ".join(f"{system['name']} ({', '.join(system['versions'])})" for system in platforms)
    lines = [f"# {role}", ""]
    for name, entry in entries(role).items():
        if name != "main":
            lines += [f"## Entry point {name}", "", f"`tasks_from: {name}`", ""]
        lines += [f"{markup(entry['short_description'])}.", ""]
        lines += [text for item in paragraphs(entry.get("description")) for text in (item, "")]
        if name == "main":
            lines += [f"Applied by {applied(role)}. For {systems}.", ""]
        if entry.get("options"):
            lines += ["| variable | type | default | meaning |", "|---|---|---|---|"]
            lines += [row for option, details in entry["options"].items() for row in rows(option, details)]
            lines.append("")
    return "\n".join([*lines, FOOT, ""])


def rows(name: str, details: dict, parent: str = "") -> list[str]:
    kind = details.get("type", "str") + (f" of {details['elements']}" if "elements" in details else "")
    meaning = " ".join(paragraphs(details["description"]))
    if "choices" in details:
        meaning += f" One of {', '.join(code(choice) for choice in details['choices'])}."
    cells = [code(parent + name), kind, default_of(details), meaning.replace("|", "\\|")]
    lines = [f"| {' | '.join(cells)} |"]
    separator = "[]." if details.get("type") == "list" else "."
    for suboption, more in details.get("options", {}).items():
        lines += rows(suboption, more, f"{parent}{name}{separator}")
    return lines


def default_of(details: dict) -> str:
    if details.get("required"):
        return "required"
    return code(details["default"]) if "default" in details else "not set"


def code(value: Any) -> str:
    """A value as it would be written in an inventory."""
    template = isinstance(value, str) and "{{" in value
    text = value if template else yaml.safe_dump(value, default_flow_style=True, width=1000).splitlines()[0]
    return f"`{' '.join(text.split())}`".replace("|", "\\|")


def paragraphs(description: str | list[str] | None) -> list[str]:
    return [markup(text) for text in ([description] if isinstance(description, str) else description or [])]


def markup(text: str) -> str:
    """Ansible's markup as Markdown's."""
    return MARKUP.sub(r"`\1`", OPTION.sub(r"`\1`", URL.sub(r"<\1>", ROLE.sub(r"[\1](\1.md)", text))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
