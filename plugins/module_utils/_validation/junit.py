# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results as JUnit XML, for whatever reads test reports. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import Row, shown


def junit(rows: Sequence[Row], left_out: Sequence[str], name: str, when: str) -> str:
    """A suite for each part, a case for each check; a part that was left out is a case that was skipped."""
    root = ET.Element("testsuites", name=name)
    for part in sorted({row["part"] for row in rows} | set(left_out)):
        mine = [row for row in rows if row["part"] == part]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=part,
            timestamp=when,
            tests=str(len(mine) or 1),
            failures=str(sum(row["verdict"] == "fail" for row in mine)),
            errors=str(sum(row["verdict"] == "not measured" for row in mine)),
            skipped=str(0 if mine else 1),
        )
        for row in mine:
            case = ET.SubElement(
                suite, "testcase", classname=f"{name}.{part}", name=f"{row['subject']}: {row['check']}"
            )
            words = f"{shown(row)}, promised {row['promise']}"
            if row["verdict"] != "pass":
                kind = "failure" if row["verdict"] == "fail" else "error"
                ET.SubElement(case, kind, message=_printable(words)).text = _printable(row["note"])
            else:
                ET.SubElement(case, "system-out").text = _printable(words)
        if not mine:
            case = ET.SubElement(suite, "testcase", classname=f"{name}.{part}", name=part)
            ET.SubElement(case, "skipped", message="the inventory has no hosts for it")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _printable(text: str) -> str:
    """XML takes no control characters."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else " " for letter in text)
