# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run says of a container that is not healthy has nothing of what that container wrote."""

from __future__ import annotations

import os
import subprocess

import jinja2
from support.helpers.checkout import ROOT

DOCKER = """#!/bin/sh
case "$1 $4" in
  "inspect up") echo 'running healthy' ;;
  "inspect sick") echo 'running unhealthy' ;;
  "inspect gone") exit 1 ;;
  *) echo 'APP_KEY=base64:sesame' ;;
esac
"""


def test_it_names_the_containers_and_shows_nothing_that_they_wrote(tmp_path):
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    template = (ROOT / "roles/docker_host/templates/unhealthy.sh.j2").read_text()
    names = {"app": "up", "queue": "sick", "redis": "gone"}
    script = jinja2.Template(template).render(_docker_host_names=names)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["/bin/sh", "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "sick: running unhealthy\ngone: does not exist\n"


def test_the_refusal_says_where_the_rest_is():
    assert "sudo docker logs --tail 50" in (ROOT / "roles/docker_host/tasks/unhealthy.yml").read_text()
