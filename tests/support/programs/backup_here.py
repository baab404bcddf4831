# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backup command from this checkout. Everything is imported while it is still root: a job's own user may not read Python's files."""

from __future__ import annotations

import importlib
import sys
import time

import boto3

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.command_line.main import main

importlib.import_module("encodings.idna")
time.strptime("2026", "%Y")
boto3.session.Session().client("s3", "us-east-1", aws_access_key_id="unused", aws_secret_access_key="unused")

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
