# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as the action plugin calls it."""

from __future__ import annotations

import base64
import json
import zlib

import pytest

from ansible_collections.plannerate.infra.plugins.modules import file_set_write


@pytest.fixture
def run(run_module):
    def run(*entries, pending=None, acknowledge=None, **options):
        contents = {
            each["path"]: base64.b64encode(each.pop("content")).decode()
            for each in map(dict, entries)
            if "content" in each
        }
        files = [{key: value for key, value in each.items() if key != "content"} for each in entries]
        packed = base64.b64encode(zlib.compress(json.dumps(contents).encode())).decode()
        more = {"pending": pending} if pending else {"acknowledge": acknowledge} if acknowledge else {}
        return run_module(file_set_write, {"files": files, "contents": packed, **more}, no_log=True, **options)

    return run
