# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command says that fails is told without secrets."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.command import Commands
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed


def test_a_command_that_fails_is_told_without_the_values_of_the_environment_also_where_it_is_cut(tmp_path):
    variables = tmp_path / ".env"
    variables.write_text("DB_PASSWORD='s3cret-word'\n")
    said = "s3cret-word " + "x" * 493
    with pytest.raises(GateFailed) as failed:
        Commands("/root/.docker", str(variables)).check("start", ["sh", "-c", f"echo '{said}' >&2; exit 1"])
    assert "word" not in str(failed.value) and str(failed.value).startswith("sh -c failed: *** xxx")
