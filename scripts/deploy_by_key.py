"""Have the machine of an environment deploy a release by its deployment key, over SSH and without Ansible.

The environment has DEPLOY_TO (user@address, or user@address:port) and RELEASE (a tag or digest). With SSH_PRIVATE_KEY and SSH_KNOWN_HOSTS
in it, ssh uses these alone; without them, the user's own settings.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping

from access import SSH, AccessRefused, access

# As DEPLOY_TO, and as RELEASE: neither can be an option of ssh.
ADDRESS = r"[a-z][a-z0-9_-]*@(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)(:[0-9]{1,5})?"
RELEASE = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|sha256:[0-9a-f]{64}"


def main() -> int:
    try:
        return deploy(os.environ)
    except AccessRefused as refusal:
        print(refusal, file=sys.stderr)
        return 2


def deploy(environ: Mapping[str, str]) -> int:
    """The exit code of the machine's command; 255 where there was no connection."""
    address = wanted(
        environ,
        "DEPLOY_TO",
        ADDRESS,
        "a deployment key's user and the machine's address: deploy-key-staging@203.0.113.7",
    )
    release = wanted(environ, "RELEASE", RELEASE, "a tag of the image, or its digest: sha256: and 64 digits")
    with access({name: value for name, value in environ.items() if name != "VAULT_PASSWORD"}) as env:
        options = env["ANSIBLE_SSH_ARGS"].split() if SSH[0] in environ else []
        command = ["ssh", "-T", *options, f"ssh://{address}", f"deploy {release}"]
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, check=False).returncode


def wanted(environ: Mapping[str, str], name: str, form: str, expected: str) -> str:
    found = environ.get(name, "")
    if not re.fullmatch(form, found):
        raise AccessRefused(f"{name} is {found!r}. Expected {expected}.")
    return found


if __name__ == "__main__":
    sys.exit(main())
