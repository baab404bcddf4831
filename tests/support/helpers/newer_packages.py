# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Newer versions of a lab machine's packages: its own ones, with another number, in an archive on the machine."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from support.helpers.lab import Host

ARCHIVE = "/srv/newer-packages"
SOURCE = "/etc/apt/sources.list.d/newer-packages.list"
# As dpkg-scanpackages would, which is in a package that machines do not have.
MAKE = r"""
set -e
install -d -m 0755 {archive} && cd {archive}
apt-get -qq update
for name in {names}; do
  rm -rf tree
  # The archive's own: what an earlier test installed can be had nowhere any more.
  apt-get -qq -o APT::Sandbox::User=root download "$name=$(apt-cache madison "$name" | awk 'NR == 1 {{print $3}}')"
  old=$(ls "$name"_*.deb)
  dpkg-deb --raw-extract "$old" tree
  sed --in-place "s/^Version: .*/Version: $(dpkg-query --show --showformat '${{Version}}' "$name")+lab1/" tree/DEBIAN/control
  rm "$old"
  dpkg-deb -Zgzip -z1 --root-owner-group --build tree "$name.deb" >/dev/null
  rm -rf tree
  dpkg-deb --field "$name.deb" >>Packages
  echo "Filename: ./$name.deb" >>Packages
  echo "Size: $(stat --format=%s "$name.deb")" >>Packages
  echo "SHA256: $(sha256sum "$name.deb" | cut -d' ' -f1)" >>Packages
  echo >>Packages
done
echo 'deb [trusted=yes] file:{archive} ./' >{source}
"""


@contextmanager
def offered(machine: Host, *names: str) -> Iterator[None]:
    """For as long as the block lasts, the machine's apt offers a newer version of each of these packages, which is the same otherwise."""
    machine.check_output(f"rm -rf {ARCHIVE} {SOURCE}")
    script = MAKE.format(archive=ARCHIVE, source=SOURCE, names=" ".join(map(shlex.quote, names)))
    machine.check_output(f"sh -c {shlex.quote(script)}")
    try:
        yield
    finally:
        machine.check_output(f"rm -rf {ARCHIVE} {SOURCE} && apt-get -qq update")


def version(machine: Host, name: str) -> str:
    return machine.check_output(f"dpkg-query --show --showformat '${{Version}}' {name}")
