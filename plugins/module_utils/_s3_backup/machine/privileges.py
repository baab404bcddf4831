# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root starts the command; a job goes on as its own user, so that it has that user's secrets and leaves no file of root's."""

from __future__ import annotations

import os
import pwd
from contextlib import contextmanager

from ..errors import UsageError


def become(name):
    """Goes on as this user for good. Nothing happens when that is who we are, or when no user is named."""
    if not name:
        return
    user = _user(name)
    if os.geteuid() == user.pw_uid:
        return
    if os.geteuid() != 0:
        raise UsageError(f"this has to be started as {name} or root, it runs as {pwd.getpwuid(os.geteuid()).pw_name}")
    os.initgroups(name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=name, LOGNAME=name)
    os.chdir("/")


def child_arguments(name):
    """Arguments of subprocess for a child that runs as this user."""
    if not name or os.geteuid() != 0:
        return {}
    user = _user(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": os.getgrouplist(name, user.pw_gid)}


@contextmanager
def effective(name):
    """As this user for a moment: who connects to a Unix socket is known to the server by its effective user."""
    if not name or os.geteuid() != 0:
        yield
        return
    user = _user(name)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def _user(name):
    try:
        return pwd.getpwnam(name)
    except KeyError as error:
        raise UsageError(f"the user {name} does not exist on this machine; converge the role that makes it") from error
