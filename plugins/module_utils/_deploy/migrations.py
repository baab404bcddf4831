# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs by which a release migrates the database, and tells what it would migrate. They need nothing but a stock Laravel."""

from __future__ import annotations

import json
import re
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed, Migrated

# Before the line with the answer.
MARK = "release-migrations "
CONNECTION = "pgsql_session"
# As artisan make:migration names files.
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def _program(body: str) -> str:
    """With the kernel, the migrator and the names of the migrations that the image has. What goes wrong is told without PHP's stack."""
    return f"""
require 'vendor/autoload.php';
$app = require 'bootstrap/app.php';
$kernel = $app->make(Illuminate\\Contracts\\Console\\Kernel::class);
$kernel->bootstrap();
$migrator = $app->make('migrator');
$files = fn () => array_keys($migrator->getMigrationFiles(array_merge($migrator->paths(), [$app->databasePath('migrations')])));
try {{{body}}} catch (Throwable $problem) {{
    fwrite(STDERR, $kernel->output() . get_class($problem) . ': ' . $problem->getMessage() . "\\n");
    exit(1);
}}
"""


# The time to wait for locks is set in the session that migrates: the pooler lets no client give it at the start.
PROGRAM = _program(f"""
$name = '{CONNECTION}';
if (! config("database.connections.$name")) {{
    fwrite(STDERR, "config/database.php has no connection $name, expected one for DB_DATABASE_SESSION (docs/application.md)\\n");
    exit(3);
}}
$connection = $app->make('db')->connection($name);
$connection->statement("SET lock_timeout = '" . (int) $argv[1] . "s'");
$ran = function () use ($migrator, $name) {{
    $migrator->setConnection($name);
    return $migrator->repositoryExists() ? $migrator->getRepository()->getRan() : [];
}};
$before = $ran();
$code = $kernel->call('migrate', ['--force' => true, '--database' => $name]);
fwrite(STDERR, $kernel->output());
$after = $ran();
$answer = ['known' => $files(), 'ran' => $after, 'new' => array_values(array_diff($after, $before))];
echo "\\n{MARK}" . json_encode($answer) . "\\n";
exit($code);
""")
# Asks the database as well, and changes nothing.
PLAN = _program(f"""
$migrator->setConnection('{CONNECTION}');
$ran = $migrator->repositoryExists() ? $migrator->getRepository()->getRan() : [];
$answer = ['known' => $files(), 'ran' => $ran, 'new' => array_values(array_diff($files(), $ran))];
echo "\\n{MARK}" . json_encode($answer) . "\\n";
""")
KNOWN = _program(f"""
echo "\\n{MARK}" . json_encode(['known' => $files(), 'ran' => [], 'new' => []]) . "\\n";
""")


def parse(output: str) -> Migrated:
    """The answer of such a program. :raises GateFailed: when there is none, or when it is not one."""
    for line in output.splitlines():
        if line.startswith(MARK):
            try:
                found = json.loads(line[len(MARK) :])
                return Migrated(*(_names(found[key]) for key in ("known", "ran", "new")))
            except (ValueError, LookupError, TypeError) as problem:
                raise GateFailed("migrate", f"the migration told nothing that can be read: {problem!r}") from problem
    raise GateFailed("migrate", "the migration said nothing of what it did, expected a Laravel with a migrator")


def _names(found: Any) -> list[str]:
    """They are what an image prints, and come into messages, the history and the journal."""
    for name in found:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise GateFailed(
                "migrate",
                f"the migration {ascii(name)[:80]} was told, expected names of letters, digits, _, . and -. Rename its file",
            )
    return list(found)
