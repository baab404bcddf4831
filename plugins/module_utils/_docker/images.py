# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images an inventory may name. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

# The first release in which Host() takes a wildcard.
TRAEFIK_SINCE = (3, 7)

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def problems(app_image: str, images: Sequence[str], traefik_image: str) -> list[str]:
    reasons = []
    if not app_image:
        reasons.append("docker_host_app_image is empty, expected the application's image with its tag or digest")
    for image in filter(None, images):
        named, has_digest, digest = image.rpartition("/")[2].partition("@")
        if has_digest and not _DIGEST.fullmatch(digest):
            reasons.append(f"the image {image} ends with no digest, expected @sha256: and 64 characters of 0-9 and a-f")
        elif not has_digest and (":" not in named or named.endswith(":latest")):
            reasons.append(f"the image {image} has no fixed tag, expected one such as :1.4.2 or a digest (@sha256:…)")
    version = re.search(r":v?(\d+)\.(\d+)", traefik_image)
    if not version or tuple(map(int, version.groups())) < TRAEFIK_SINCE:
        reasons.append(
            f"docker_host_traefik_image is {traefik_image}, expected a tag of Traefik "
            f"{'.'.join(map(str, TRAEFIK_SINCE))} or newer, which routes wildcards"
        )
    return reasons
