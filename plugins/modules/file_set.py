#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: file_set
short_description: Writes a set of files, directories and links in one step
version_added: 0.1.0
description:
  - Renders templates and reads static files on the controller, and compares and writes all of them in one module call on the machine.
  - All new contents are checked by their O(files[].validate), and are on the machine's disk, before the first one takes its place. If
    one is refused or does not fit, no file is changed.
  - What is not listed stays as it is.
  - A link counts as a directory on the way only where root alone could have made it. Below a directory that belongs to another user,
    everything is done with the rights of that user, and files there cannot belong to somebody else.
options:
  files:
    description:
      - What there has to be, in the order in which it is made. Directories come first whatever their place.
      - Each has one of O(files[].template), O(files[].src), O(files[].content), O(files[].directory), O(files[].target) and
        O(files[].absent).
      - Needed, except with O(acknowledge).
    type: list
    elements: dict
    suboptions:
      path:
        description: Where it is on the machine, absolute.
        type: str
        required: true
      template:
        description: A template, looked for as M(ansible.builtin.template) does and rendered with its defaults.
        type: str
      src:
        description: A file of the controller, looked for as M(ansible.builtin.copy) does.
        type: str
      content:
        description: The content itself.
        type: str
      directory:
        description: A directory.
        type: bool
        default: false
      target:
        description: A link to this path.
        type: str
      absent:
        description: Nothing. A directory is removed only if it is empty.
        type: bool
        default: false
      owner:
        description: Name or number of the owner. By default O(owner).
        type: str
      group:
        description: Name or number of the group. By default O(group).
        type: str
      mode:
        description: Octal digits in quotes. By default V(0755) for directories and V(0644) for files.
        type: str
      force:
        description: Whether the content of a file that exists already is replaced.
        type: bool
        default: true
      secret:
        description: Whether the content is kept out of the diff.
        type: bool
        default: false
      validate:
        description:
          - A command that looks at the new file before it takes its place, also in check mode. C(%s) is the new file; C(%d) its
            directory, with the other new files of the set and links to what else there is, so that references relative to it hold.
          - Without C(%d), the paths of other new files of the set that the file names are led to their new versions in the copy that is
            looked at, since some programs know only absolute paths.
          - A word that is the path of another file of the set is the new version of that file.
        type: str
      vars:
        description: Variables for the template, beside those of the task.
        type: dict
      when:
        description: Whether the entry is part of the set.
        type: bool
        default: true
  pending:
    description:
      - A name of this set's own, under which the machine remembers what was written until it is acknowledged, so that a run that ends
        between a write and the reload leaves the reload to the next one. Loading what is in RV(pending), and not only what is in
        RV(changed_paths), makes it so.
    type: str
  acknowledge:
    description: The names whose files have been loaded. Given without O(files).
    type: list
    elements: str
  owner:
    description: The owner of every entry that names none.
    type: str
    default: root
  group:
    description: The group of every entry that names none.
    type: str
    default: root
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  bypass_host_loop:
    support: none
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Contents of more than 100 kB, of secrets, and what is no text are not shown.
  platform:
    platforms: posix
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Write the configuration
  plannerate.infra.file_set:
    files:
      - {path: /etc/example, directory: true}
      - {path: /etc/example/rules.yml, template: rules.yml.j2}
      - {path: /etc/example/main.yml, template: main.yml.j2, validate: example --check %s}
      - {path: /etc/example/password, content: "{{ example_password }}", owner: example, mode: "0400", secret: true}
      - {path: /etc/systemd/system/unwanted.service, target: /dev/null}
    pending: example
  register: example_files

- name: Load the configuration, also what an earlier run wrote and did not load
  ansible.builtin.systemd_service:
    name: example
    state: reloaded
  when: example_files.pending | length > 0

- name: Remember that it is loaded
  plannerate.infra.file_set:
    acknowledge: example
  when: example_files.pending | length > 0
"""

RETURN = r"""
changed_paths:
  description: What was changed, or would be in check mode, in the order of the set.
  type: list
  elements: str
  returned: success
  sample: [/etc/example/main.yml]
pending:
  description: What was written by this run, or would be in check mode, and by earlier ones that did not come to acknowledge it.
  type: list
  elements: str
  returned: with O(pending)
  sample: [/etc/example/main.yml]
not_validated:
  description: What was not looked at, since the command that does it does not exist yet.
  type: list
  elements: str
  returned: in check mode
  sample: []
"""
