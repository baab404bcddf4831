"""Writes docs/roles/*.md, one page for each role, from the roles' argument specifications. With --check, only compares."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
MARKUP = re.compile(r"\b[CVOIBPML]\(([^)#]+)(?:#[^)]*)?\)")


def main(arguments: list[str]) -> int:
    stale = []
    for role in sorted((ROOT / "roles").iterdir()):
        page = ROOT / "docs" / "roles" / f"{role.name}.md"
        text = describe(role.name, yaml.safe_load((role / "meta" / "argument_specs.yml").read_text()))
        if page.exists() and page.read_text() == text:
            continue
        stale.append(page.relative_to(ROOT))
        if "--check" not in arguments:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text)
    if "--check" in arguments and stale:
        print(f"not up to date: {', '.join(map(str, stale))}. Run scripts/role_docs.py")
        return 1
    return 0


def describe(name: str, specification: dict) -> str:
    entry = specification["argument_specs"]["main"]
    options = entry["options"]
    lines = [f"# {name}", "", f"{entry['short_description']}.", "", *paragraphs(entry.get("description")), ""]
    lines += ["| variable | type | default | meaning |", "|---|---|---|---|"]
    for option, details in sorted(options.items()):
        lines += row(option, details)
    return "\n".join([*lines, "", "<!-- Written by scripts/role_docs.py from meta/argument_specs.yml. -->", ""])


def row(option: str, details: dict, parent: str = "") -> list[str]:
    kind = details.get("type", "str") + (f" of {details['elements']}" if "elements" in details else "")
    if "default" in details:
        default = f"`{yaml.safe_dump(details['default'], default_flow_style=True, width=1000).splitlines()[0]}`"
    else:
        default = "required" if details.get("required") else ""
    meaning = " ".join(paragraphs(details["description"])).replace("|", "\\|")
    lines = [f"| `{parent}{option}` | {kind} | {default} | {meaning} |"]
    for name, suboption in details.get("options", {}).items():
        lines += row(name, suboption, f"{parent}{option}[].")
    return lines


def paragraphs(description: str | list[str] | None) -> list[str]:
    texts = [description] if isinstance(description, str) else description or []
    return [MARKUP.sub(r"`\1`", text) for text in texts]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
