"""What the vaults of an inventory hold, so that none of it is printed or kept."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from access import AccessRefused
from ansible import constants
from ansible.cli import CLI
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, get_file_vault_secret

HEADER = "$ANSIBLE_VAULT;"
# A shorter text stands in many words that are no secret: to hide it would spoil the output, and tell what it is.
SHORTEST = 6


class _Encrypted(str):
    """A single value that is encrypted in a file that is not."""


class _Loader(yaml.SafeLoader):
    """YAML as Ansible writes it, without its tags' meaning beyond !vault."""


_Loader.add_constructor("!vault", lambda loader, node: _Encrypted(node.value))
_Loader.add_multi_constructor("!", lambda loader, tag, node: node.value)


def vault_values(inventory: str, env: Mapping[str, str]) -> dict[str, list[str]]:
    """Name of each variable that stands in a vault of the inventory to the texts that it has.

    Empty without a password, with which Ansible opens no vault either.

    :raises AccessRefused: naming a vault that the password does not open, or in which something else than YAML stands.
    """
    secrets = list(_secrets(env))
    found: dict[str, list[str]] = {}
    for path in _files(inventory) if secrets else ():
        text = path.read_text(errors="replace")
        if HEADER not in text:
            continue
        whole = text.startswith(HEADER)
        try:
            content = yaml.load(VaultLib(secrets).decrypt(text) if whole else text, _Loader)
            for name, value in content.items() if isinstance(content, dict) else ():
                texts = [leaf if whole else _plain(leaf, secrets) for leaf in _leaves(value, whole)]
                found.setdefault(str(name), []).extend(texts)
        except AnsibleError as error:
            raise AccessRefused(
                f"Found a vault that cannot be decrypted, {path}. Expected the password of {Path(inventory).name}'s vaults: each "
                f"environment has its own. Ansible said: {' '.join(str(error).split())}"
            ) from None
        except (yaml.YAMLError, ValueError) as error:
            # Neither the error nor what it comes from is told: both quote the text.
            mark = getattr(error, "problem_mark", None)
            where = f", line {mark.line + 1}" if mark else ""
            edit = "ansible-vault edit" if whole else "an editor"
            raise AccessRefused(
                f"Found something that is not valid YAML in {path}{where}. Expected variables with their values. Mend it with {edit}."
            ) from None
    told = {name: [text for text in texts if text.strip()] for name, texts in found.items()}
    return {name: texts for name, texts in told.items() if texts}


def hidden(values: Mapping[str, Iterable[str]]) -> list[str]:
    """The texts to hide, the longest first: each line of a value, also as it is written in JSON and in YAML's single quotes."""
    lines = {line.strip() for texts in values.values() for text in texts for line in text.splitlines()}
    written = {form for line in lines for form in (line, json.dumps(line)[1:-1], line.replace("'", "''"))}
    return sorted((text for text in written if len(text) >= SHORTEST), key=lambda text: (-len(text), text))


def too_short(values: Mapping[str, Iterable[str]]) -> list[str]:
    """The variables of which something is too short to be hidden."""
    return sorted(name for name, texts in values.items() if any(_is_short(text) for text in texts))


def _is_short(text: str) -> bool:
    return any(len(line.strip()) < SHORTEST for line in text.splitlines() if line.strip())


def mask_commands(texts: Iterable[str]) -> str:
    """What tells GitHub to print these as *** from here on, in this job and in what it hands to others."""
    return "".join(f"::add-mask::{text.replace('%', '%25')}\n" for text in texts)


def _secrets(env: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """The passwords that are files or programs; one that a person types is asked for by Ansible alone."""
    # As Ansible reads them: what its configuration file says holds where the environment says nothing.
    named, file = env.get("ANSIBLE_VAULT_IDENTITY_LIST"), env.get("ANSIBLE_VAULT_PASSWORD_FILE")
    identities = constants.config.get_config_value("DEFAULT_VAULT_IDENTITY_LIST") if named is None else named.split(",")
    password = constants.config.get_config_value("DEFAULT_VAULT_PASSWORD_FILE") if file is None else file
    named_ones = [CLI.split_vault_id(each.strip()) for each in identities if each.strip()]
    for name, source in [*named_ones, *([(None, password)] if password else [])]:
        if source not in ("prompt", "prompt_ask_vault_pass"):
            try:
                secret = get_file_vault_secret(source, vault_id=name or "default", loader=DataLoader())
                secret.load()
            except (AnsibleError, OSError) as error:
                raise AccessRefused(
                    f"Found no password of the vault id {name or 'default'} in {source}. Expected a file with it, or a program that prints "
                    "it, from ANSIBLE_VAULT_IDENTITY_LIST, ANSIBLE_VAULT_PASSWORD_FILE or ansible.cfg. Ansible said: "
                    f"{' '.join(str(error).split())}"
                ) from None
            yield name or "default", secret


def _files(inventory: str) -> Iterator[Path]:
    """The inventory's files, also behind links into another directory, each once."""
    path = Path(inventory)
    beside = [path] if path.is_dir() else [path.parent / "group_vars", path.parent / "host_vars"]
    if path.is_file():
        yield path
    seen: set[str] = set()
    for start in beside:
        for directory, directories, names in os.walk(start, followlinks=True):
            # A link may lead back up.
            seen.add(os.path.realpath(directory))
            directories[:] = [name for name in directories if os.path.realpath(Path(directory, name)) not in seen]
            yield from (Path(directory, name) for name in sorted(names) if _is_read(directory, name))


def _is_read(directory: str, name: str) -> bool:
    """Whether Ansible may read variables of a file: group_vars/all/vault and host_vars/db01.example.com too, and no backups."""
    if name.startswith(".") or name.endswith("~"):
        return False
    inside = {"group_vars", "host_vars"} & {*Path(directory).parts}
    bare = bool(inside) and (not Path(name).suffix or Path(directory).name == "host_vars")
    return bare or name.endswith((".yml", ".yaml", ".json"))


def _leaves(value: Any, whole: bool) -> Iterator[str]:
    """The texts of a value: all of them where the whole file is encrypted, else those that are encrypted themselves."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each, whole)
    elif isinstance(value, _Encrypted) or (whole and value is not None and not isinstance(value, bool)):
        yield str(value)


def _plain(text: str, secrets: list[tuple[str, Any]]) -> str:
    return VaultLib(secrets).decrypt("".join(f"{line.strip()}\n" for line in text.splitlines())).decode()
