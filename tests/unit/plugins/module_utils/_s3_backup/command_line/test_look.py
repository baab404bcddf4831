# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list says of which backups no key is at hand."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.command_line.look import unopened
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.policy import Backup

ENCRYPTION = {"recipients": ["age1away", "age1drill"], "offline": ["age1away"]}


@pytest.mark.parametrize(
    ("recipients", "said"),
    [
        ((), None),
        (("age1away", "age1drill"), None),
        (("age1old", "age1drill"), "only the key of this machine's drill opens it"),
        (("age1old",), "no present recipient opens it, it needs the private half of age1old"),
    ],
)
def test_a_backup_that_no_present_recipient_opens_is_named(recipients, said):
    backup = Backup("d/", "7", "shop", "id", None, "good", 1, 1, None, recipients=recipients)
    assert unopened(backup, ENCRYPTION) == said
