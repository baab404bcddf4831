# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every mutation can still be made, and names a test that is there. `make test-all PART=mutations` makes them."""

from __future__ import annotations

import pytest
from support.helpers.checkout import ROOT
from support.helpers.mutations import patches, read


@pytest.mark.parametrize("patch", patches(), ids=lambda patch: patch.stem)
def test_it_applies_and_names_a_test(patch):
    mutation = read(patch)
    assert mutation.definition(), f"there is no {mutation.test}: name the test that notices now"
    problem = mutation.apply(ROOT, "--check")
    assert not problem, (
        f"{patch.name} does not apply any more: {problem}"
        f"Make its change by hand, then run `tests/mutations/renew {patch.stem}`, which writes it down and takes it back"
    )
