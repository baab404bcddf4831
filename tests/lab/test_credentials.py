# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of the credentials file has the name of every secret that is kept, and no other."""

from __future__ import annotations

import re

from support.helpers.checkout import ROOT


def test_the_example_names_what_is_kept(db01):
    kept = db01.check_output("cut -d= -f1 /root/.plannerate-credentials").split()
    assert sorted(kept) == sorted(re.findall(r"(?m)^([A-Z_]+)=", (ROOT / ".credentials.example").read_text()))
