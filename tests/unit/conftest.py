# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes this checkout importable as ansible_collections.plannerate.infra, whatever directory it stands in."""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from ansible.module_utils import _internal
from ansible.module_utils.testing import patch_module_args
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]


def _is_importable():
    try:
        found = importlib.util.find_spec("ansible_collections.plannerate.infra")
    except ModuleNotFoundError:
        return False
    return bool(found) and Path(next(iter(found.submodule_search_locations))).resolve() == ROOT


if not _is_importable():
    # Removed at the end of the process: kept by its name.
    COLLECTIONS = tempfile.TemporaryDirectory(prefix="collections-")
    _link = Path(COLLECTIONS.name, "ansible_collections", "plannerate", "infra")
    _link.parent.mkdir(parents=True)
    _link.symlink_to(ROOT)
    sys.path.insert(0, COLLECTIONS.name)
    importlib.invalidate_caches()


# How long one example takes says more about the machine than about the code.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")


@pytest.fixture
def run_module(capsys):
    """Runs a module's main with arguments and returns its answer; check mode as Ansible asks for it."""

    def run(module, arguments, check=False, no_log=False, diff=False):
        with (
            # A test that read a vault has imported the controller's code, which shows warnings instead of answering with them.
            mock.patch.object(_internal, "is_controller", False),
            patch_module_args(
                {**arguments, "_ansible_check_mode": check, "_ansible_no_log": no_log, "_ansible_diff": diff}
            ),
            pytest.raises(SystemExit),
        ):
            module.main()
        return json.loads(capsys.readouterr().out)

    return run
