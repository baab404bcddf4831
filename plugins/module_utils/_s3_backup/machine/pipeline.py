# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that pass a stream on to each other, and the verdict about all of them: each exit code counts."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ..errors import BackupError


class Command(NamedTuple):
    """``options``: further arguments of subprocess.Popen."""

    name: str
    argv: list[str]
    options: Mapping[str, Any] = MappingProxyType({})


CHUNK = 1024 * 1024
_F_SETPIPE_SZ = 1031
_LAST_WORDS = 2000
_HEARD_WORDS = 100_000


class ProgramFailed(BackupError):
    """A program ended with an exit code other than zero."""

    def __init__(self, message, status):
        super().__init__(message)
        self.status = status


class Pipeline:
    """Runs steps as one stream: commands, and between them functions that see each chunk that passes.

    With a source (an iterable of bytes) the first command reads that; the last one's output is ``output``, unless ``stdout``
    says otherwise. Use as a context manager: at its end no program is left running.
    """

    def __init__(self, steps, source=None, stdout=subprocess.PIPE):
        self.processes, self.threads, self.errors = [], [], []
        upstream, taps = (source, []) if source is not None else (None, [])
        commands = [step for step in steps if isinstance(step, Command)]
        try:
            for step in steps:
                if not isinstance(step, Command):
                    taps.append(step)
                    continue
                upstream = self._start(step, upstream, taps, stdout if step is commands[-1] else subprocess.PIPE)
                taps = []
        except BaseException:
            self.stop()
            raise
        self.output = upstream

    def __enter__(self):
        return self

    def __exit__(self, *_unused):
        self.stop()

    def _start(self, command, upstream, taps, stdout):
        pumped = taps or (upstream is not None and not hasattr(upstream, "fileno"))
        try:
            process = subprocess.Popen(
                command.argv,
                stdin=subprocess.PIPE if pumped else (upstream or subprocess.DEVNULL),
                stdout=stdout,
                stderr=subprocess.PIPE,
                bufsize=0,
                **command.options,
            )
        except OSError as error:
            raise BackupError(f"{command.argv[0]} cannot be started: {error.strerror}; install it") from error
        words = bytearray()
        self.processes.append((command.name, process, words))
        self._thread(_listen, process.stderr, words)
        for pipe in (process.stdin, process.stdout):
            _widen(pipe)
        if pumped:
            self._thread(self._pump, upstream, list(taps), process.stdin)
        elif upstream:
            # Only the child holds it now, so that the program before notices when the child ends.
            upstream.close()
        return process.stdout

    def _thread(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _pump(self, upstream, taps, downstream):
        """Passes a stream on; when the reader went away, its exit code says why."""
        try:
            for chunk in _chunks(upstream):
                for tap in taps:
                    tap(chunk)
                _write(downstream, chunk)
        except BrokenPipeError:
            pass
        except Exception as error:
            self.errors.append(error)
            # Its end would look to the next program like the end of a complete stream.
            self.kill()
        finally:
            downstream.close()
            close = getattr(upstream, "close", None)
            if close:
                close()

    def finish(self):
        """Waits for every program.

        :raises BackupError: saying which of them failed, with its last words.
        """
        for _name, process, _words in self.processes:
            process.wait()
        for thread in self.threads:
            thread.join()
        if self.errors:
            raise self.errors[0]
        failed = [found for found in self.processes if found[1].returncode]
        # Who lost its reader is not the cause.
        causes = [found for found in failed if found[1].returncode != -signal.SIGPIPE] or failed
        if causes:
            raise BackupError("; ".join(_verdict(*found) for found in causes))

    def said(self, name):
        """Lines that a program wrote beside its output."""
        (words,) = [words for found, _process, words in self.processes if found == name]
        return [line for line in words.decode(errors="replace").splitlines() if line.strip()]

    def kill(self):
        for _name, process, _words in self.processes:
            if process.poll() is None:
                # A shell's program would live on, and hold what is read here.
                (os.killpg if os.getpgid(process.pid) == process.pid else os.kill)(process.pid, signal.SIGKILL)

    def stop(self):
        self.kill()
        for _name, process, _words in self.processes:
            process.wait()
            if process.stdout:
                process.stdout.close()
        for thread in self.threads:
            thread.join()


def to_the_end(command):
    """A command after which what it leaves of its input, such as the last table's rows for pg_restore, is read too."""
    return command._replace(
        argv=["sh", "-c", '"$@" && exec cat >/dev/null', "sh", *command.argv],
        options={**command.options, "start_new_session": True},
    )


def run(command, **options):
    """Runs one program to its end.

    :returns: its output as text.
    :raises BackupError: with its last words.
    """
    try:
        done = subprocess.run(
            command.argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, **{**command.options, **options}
        )
    except OSError as error:
        raise BackupError(f"{command.argv[0]} cannot be started: {error.strerror}; install it") from error
    if done.returncode:
        raise ProgramFailed(_verdict(command.name, done, done.stderr or done.stdout), done.returncode)
    return done.stdout.decode(errors="replace")


def _chunks(upstream):
    if not hasattr(upstream, "fileno"):
        yield from upstream
        return
    while True:
        chunk = upstream.read(CHUNK)
        if not chunk:
            return
        yield chunk


def _write(file, chunk):
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]


def _widen(pipe):
    """A pipe of 64 KiB costs a context switch for each; a greater one is only a wish."""
    if pipe is not None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), _F_SETPIPE_SZ, CHUNK)


def _listen(stream, words):
    with stream:
        while True:
            said = os.read(stream.fileno(), 4096)
            if not said:
                return
            words += said
            del words[:-_HEARD_WORDS]


def _verdict(name, process, words):
    said = "; ".join(bytes(words[-_LAST_WORDS:]).decode(errors="replace").split("\n")).strip("; ")
    if process.returncode < 0:
        how = f"was ended by {signal.Signals(-process.returncode).name}"
    else:
        how = f"failed with exit code {process.returncode}"
    return f"{name} {how}" + (f": {said}" if said else "")
