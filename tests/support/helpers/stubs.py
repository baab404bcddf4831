# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection with some of its modules replaced, so that its playbooks run on this machine and change nothing but a test's file."""

from __future__ import annotations

from pathlib import Path

from support.helpers.checkout import ROOT


def collection_with(directory: Path, modules: dict[str, str], actions: bool = False) -> Path:
    """Makes the collection in a directory, with these texts in place of its modules. Returns its own directory.

    :arg actions: the texts are action plugins, which run in Ansible's own process: half a second less for each call.
    """
    made = directory / "collections" / "ansible_collections" / "plannerate" / "infra"
    (made / "plugins" / "modules").mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name not in ("plugins", ".git", ".cache", ".venv"):
            (made / path.name).symlink_to(path)
    for path in (ROOT / "plugins").iterdir():
        if path.name != "modules" and not (actions and path.name == "action"):
            (made / "plugins" / path.name).symlink_to(path)
    for path in (ROOT / "plugins" / "modules").glob("*.py"):
        if path.stem not in modules:
            (made / "plugins" / "modules" / path.name).symlink_to(path)
    kind = "action" if actions else "modules"
    (made / "plugins" / kind).mkdir(exist_ok=True)
    for name, text in modules.items():
        (made / "plugins" / kind / f"{name}.py").write_text(text)
    return made
