# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No value of .env is read in a container's lines."""

from __future__ import annotations

import base64
import json
import urllib.parse

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.secrets import mask, of_file, variables
from ansible_collections.plannerate.infra.plugins.module_utils._docker.dotenv import quote

VALUES = {"PLAIN": "s3cret-word", "TRICKY": """it's a "test" of $HOME, \\ and # 100%""", "SHORT": "redis"}


def test_the_file_is_read_as_it_was_written(tmp_path):
    text = "\n".join(f"{name}={quote(value)}" for name, value in VALUES.items())
    assert variables(f"# comment=1\n{text}\n") == VALUES
    assert of_file(str(tmp_path / "none")) == {}


@pytest.mark.parametrize("name", ["PLAIN", "TRICKY"])
def test_no_form_of_it_stays(name):
    value = VALUES[name]
    forms = [
        value,
        json.dumps(value),
        urllib.parse.quote(value, safe=""),
        urllib.parse.quote_plus(value),
        base64.b64encode(value.encode()).decode(),
    ]
    for form in forms:
        assert mask(f"before {form} after redis", VALUES) in ("before *** after redis", 'before "***" after redis')
