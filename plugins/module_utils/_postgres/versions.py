# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL's major releases, as far as this collection knows them."""

from __future__ import annotations

SUPPORTED = (14, 15, 16, 17, 18)
# Without fixes from its project: a cluster that is there is taken as it is, a new one is not made.
OUTDATED = (13,)
KNOWN = (*OUTDATED, *SUPPORTED)

# In each distribution's own packages, by ID and VERSION_ID of its os-release.
OF_DISTRIBUTIONS = {"debian 12": 15, "debian 13": 17, "ubuntu 22.04": 14, "ubuntu 24.04": 16, "ubuntu 26.04": 18}

EXPECTED = f"expected one of {', '.join(map(str, SUPPORTED))}"
