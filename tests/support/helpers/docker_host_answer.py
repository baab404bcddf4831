# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Docker host on which nothing is wrong answers, in the lines of its probe."""

from __future__ import annotations

ANSWER = """\
os debian 13 trixie
architecture amd64
processors 2
package docker.io installed
package docker-compose not-installed
compose 2.26.1
container shop-traefik
attached shop-production-web
port 22 sshd
port 80 nginx
traefik converged
"""
