# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results as one page that needs nothing else: no script, no font, no request. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import Row, shown

_STYLE = """
:root { color-scheme: light; --good: #17643a; --bad: #a3161c; --none: #7a4d00; --line: #d5d9de; --soft: #5a6470 }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; max-width: 72rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
.facts { color: var(--soft); margin: 0 } .facts span { white-space: nowrap; margin-right: 1.25rem }
.verdict { border-left: .4rem solid var(--good); padding: .5rem 1rem; margin: 1rem 0; font-weight: 600 }
.verdict.bad { border-color: var(--bad) }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 600 } td.number { text-align: right; white-space: nowrap }
.pass { color: var(--good) } .fail { color: var(--bad); font-weight: 700 } .unmeasured { color: var(--none); font-weight: 700 }
.note { color: var(--soft); overflow-wrap: anywhere } code { overflow-wrap: anywhere; font-size: .9em }
.bar { display: inline-block; width: 6rem; height: .6rem; background: #eceff2; vertical-align: middle }
.bar i { display: block; height: 100%; background: var(--good) } .bar i.over { background: var(--bad) }
@media (max-width: 40rem) { th, td { padding: .35rem .4rem } .bar { width: 3rem } }
@media print { @page { size: A4; margin: 14mm } body { max-width: none; padding: 0; font-size: 10pt } .wide { overflow: visible }
  h2 { break-after: avoid } tr { break-inside: avoid } .bar, .bar i { print-color-adjust: exact; -webkit-print-color-adjust: exact } }
"""
_WORDS = {"pass": "kept", "fail": "NOT KEPT", "not measured": "not measured"}


def page(rows: Sequence[Row], left_out: Sequence[str], facts: Mapping[str, str]) -> str:
    """:arg facts: what is said above the tables, such as the inventory's name and the versions; C(command) repeats the run."""
    bad = [row for row in rows if row["verdict"] != "pass"]
    title = f"Validation of {facts.get('inventory', '-')}"
    said = "".join(f"<span>{escape(key)}: {escape(value)}</span> " for key, value in facts.items() if key != "command")
    verdict = f"{len(rows) - len(bad)} of {len(rows)} checks kept what was promised" + (
        "." if not bad else f": {', '.join(sorted({row['part'] for row in bad}))} did not."
    )
    parts = "".join(
        _part(part, [row for row in rows if row["part"] == part]) for part in dict.fromkeys(row["part"] for row in rows)
    )
    left = f"<h2>Left out</h2><p>The inventory has no hosts for: {escape(', '.join(left_out))}.</p>" if left_out else ""
    again = f"<h2>Repeat it</h2><p><code>{escape(facts['command'])}</code></p>" if facts.get("command") else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n"
        f'<p class="facts">{said}</p>\n<p class="verdict{" bad" if bad else ""}">{escape(verdict)}</p>\n'
        f"{parts}{left}{again}\n</main>\n</body>\n</html>\n"
    )


def _part(part: str, rows: Sequence[Row]) -> str:
    lines = "\n".join(map(_row, rows))
    return (
        f'<h2>{escape(part)}</h2>\n<div class="wide" tabindex="0" role="region" aria-label="{escape(part)}"><table>\n<thead><tr>'
        "<th>what</th><th>check</th><th>measured</th><th>of the limit</th><th>promised</th><th>verdict</th></tr></thead>\n"
        f"<tbody>\n{lines}\n</tbody></table></div>\n"
    )


def _row(row: Row) -> str:
    kind = {"pass": "pass", "fail": "fail"}.get(row["verdict"], "unmeasured")
    note = f'<div class="note">{escape(row["note"])}</div>' if row["note"] and row["verdict"] != "pass" else ""
    return (
        f"<tr><td>{escape(row['subject'])}</td><td>{escape(row['check'])}{note}</td>"
        f'<td class="number">{escape(shown(row))}</td><td>{_bar(row)}</td><td class="number">{escape(row["promise"])}</td>'
        f'<td class="{kind}">{_WORDS[row["verdict"]]}</td></tr>'
    )


def _bar(row: Row) -> str:
    """How much of what is allowed was used, where that is a share."""
    value, limit = row["measured"], row["limit"]
    if not isinstance(value, (int, float)) or not limit or row["promise"].startswith(">="):
        return ""
    share = round(100 * value / limit)
    over = ' class="over"' if share > 100 else ""
    return f'<span class="bar" role="img" aria-label="{share} %"><i{over} style="width:{min(share, 100)}%"></i></span> {share} %'
