# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/application.md tells an application to have is what the lab's application runs with."""

from __future__ import annotations

import re

from support.helpers.checkout import ROOT

BLOCK = re.compile(r"^`(\S+\.php)`[^`]*(?:`[^`\n]+`[^`]*)*?\n\n```php\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_each_file_on_the_page_is_the_application_s():
    page = (ROOT / "docs/application.md").read_text()
    blocks = BLOCK.findall(page)
    assert [path for path, _code in blocks] == ["config/database.php", "bootstrap/app.php"]
    assert len(blocks) == page.count("```php"), "a block without the name of its file"
    for path, code in blocks:
        assert code in (ROOT / "tests/images/app/src" / path).read_text(), f"{path} differs"
