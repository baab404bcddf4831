# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New contents are looked at by the program that reads them, each beside the files among which it will be, before any takes its place."""

from __future__ import annotations

import functools
import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.plannerate.infra.plugins.module_utils._files.directory import FileRefused
from ansible_collections.plannerate.infra.plugins.module_utils._files.entry import Wanted
from ansible_collections.plannerate.infra.plugins.module_utils._files.reconcile import Change

# Runs a command and gives its exit code, output and errors.
Run = Callable[[Sequence[str]], "tuple[int, str, str]"]


def validate(wants: Sequence[Wanted], changes: Sequence[Change], scratch: str, run: Run) -> list[str]:
    """Runs each changed file's command, in which %s is the new file and %d its directory: the set's new files there, links to the rest.
    Without %d the file leads to the set's other new files by their paths until then, where it names them. A word that is the path of
    another file of the set is its new version, such as a program that is installed with what it looks at.

    :arg scratch: an empty directory that nobody else can reach.
    :returns: the paths that could not be looked at, since their command does not exist yet.
    :raises FileRefused: with what the command said.
    """
    stages = _Stages(wants, scratch)
    unknown = []
    for change in changes:
        want = change.want
        if not want.validate or want.state != "file":
            continue
        stage = stages.stage(want.directory)
        if "%d" not in want.validate:
            _lead_to_new_versions(want, changes, stages)
        place = functools.partial(_place, {"%s": os.path.join(stage, want.name), "%d": stage})
        command = [re.sub("%[sd]", place, stages.new_version(word)) for word in shlex.split(want.validate)]
        try:
            code, output, errors = run(command)
        except FileNotFoundError:
            unknown.append(want.path)
            continue
        if code:
            said = "\n".join(text.strip() for text in (output, errors) if text.strip())
            if want.secret:
                said = "(not shown, since a program may quote the file, which has secrets)"
            raise FileRefused(
                f"{want.path} is refused by {want.validate} (exit code {code}). Nothing of the set was changed. It says:\n"
                + said.replace(stage, want.directory)
            )
    return unknown


def _lead_to_new_versions(want: Wanted, changes: Sequence[Change], stages: _Stages) -> None:
    """In the file that is looked at, the paths of the set's other new files are those that these have until they take their place."""
    content = want.content
    for change in changes:
        path = change.want.path
        if change.want.state == "file" and path != want.path and path.encode() in content:
            new = stages.new_version(path).encode()
            content = re.sub(re.escape(path.encode()) + rb"(?![\w./-])", new.replace(b"\\", rb"\\"), content)
    copy = stages.new_version(want.path)
    if content != want.content and not os.path.islink(copy):
        with open(copy, "wb") as file:
            file.write(content)


def _place(names: Mapping[str, str], found: re.Match[str]) -> str:
    return names[found[0]]


class _Stages:
    """Directories as they will be.

    :arg scratch: where they are made.
    """

    def __init__(self, wants: Sequence[Wanted], scratch: str) -> None:
        self.wants, self.scratch = wants, scratch
        self.directories: dict[str, str] = {}

    def stage(self, directory: str) -> str:
        if directory not in self.directories:
            path = os.path.join(self.scratch, str(len(self.directories)))
            self.directories[directory] = _stage(self.wants, directory, path)
        return self.directories[directory]

    def new_version(self, word: str) -> str:
        for want in self.wants:
            if want.path == word and want.state == "file":
                return os.path.join(self.stage(want.directory), want.name)
        return word


def _stage(wants: Sequence[Wanted], directory: str, stage: str) -> str:
    """A directory as it will be."""
    os.mkdir(stage, 0o700)
    ours = [want for want in wants if want.path.startswith(f"{directory}/")]
    inside = {os.path.relpath(want.path, directory).split("/")[0] for want in ours}
    if os.path.isdir(directory):
        for name in os.listdir(directory):
            if name not in inside:
                os.symlink(os.path.join(directory, name), os.path.join(stage, name))
    for name in sorted(inside):
        path, target = os.path.join(directory, name), os.path.join(stage, name)
        want = next((each for each in ours if each.path == path), None)
        if want is None or want.state == "directory":
            _stage(wants, path, target)
        elif want.state == "link":
            os.symlink(os.path.join(directory, want.target), target)
        elif want.state == "file":
            kept = not want.force and os.path.isfile(path)
            if kept:
                os.symlink(path, target)
            else:
                with open(target, "wb") as file:
                    file.write(want.content)
                os.chmod(target, want.mode)
    return stage
