# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""While another authority takes the place of the one that there is, nobody who trusts what the machine trusts is refused, and connections
stay. The role's own tasks make the files, and a real server loads them.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import threading
from types import SimpleNamespace

import psycopg2
import pytest
from support.helpers.lab import changed
from support.helpers.plays import run_play
from support.helpers.servers_base import ROOT_USER, wait_for

from ansible_collections.plannerate.infra.plugins.module_utils._machine.renewal import renewal
from ansible_collections.plannerate.infra.plugins.module_utils._machine.trust import trust

pytestmark = pytest.mark.skipif(not ROOT_USER, reason="the role gives its files to root and to the group ssl-cert")

OPENSSL = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 999"
TASKS = [
    {
        "ansible.builtin.include_role": {
            "name": "plannerate.infra.machine", "tasks_from": name, "rolespec_validate": False, "public": True,
        },
        "vars": {"name": name},
    }
    for name in ("trust", "renew_authority", "certificates")
]  # fmt: skip


class Machine:
    """db01, which is also the authority, with one server."""

    def __init__(self, servers, directory):
        self.servers, self.directory = servers, directory
        self.own, self.authority, self.copies = (servers.directory / name for name in ("tls", "authority", "copies"))
        self.copies.mkdir()
        (member,) = servers.members.values()
        self.address, self.port = member["address"], member["port"]

    def make(self):
        """An authority and a certificate, as an earlier converge made them."""
        self.authority.mkdir(mode=0o700)
        self.own.mkdir()
        self.own.chmod(0o755)
        signed = f"-CA {self.authority}/ca.crt -CAkey {self.authority}/ca.key -addext extendedKeyUsage=serverAuth "
        names = f"-addext subjectAltName=DNS:db01,IP:{self.address}"
        for path, options in (
            (self.authority / "ca", "-subj /CN=CA"),
            (self.own / "machine", f"-subj /CN=db01 {signed} {names}"),
        ):
            command = [*OPENSSL.split(), *options.split(), "-keyout", f"{path}.key", "-out", f"{path}.crt"]
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        shutil.copy(self.authority / "ca.crt", self.own)
        shutil.chown(self.own / "machine.key", "root", "ssl-cert")
        for name, mode in (("machine.key", 0o640), ("machine.crt", 0o644), ("ca.crt", 0o644)):
            (self.own / name).chmod(mode)

    def converge(self, phase):
        """How many tasks of the role changed something."""
        code, said = self.play(phase)
        assert code == 0, said
        return changed(said)

    def play(self, phase, **more):
        variables = {
            "ansible_connection": "local",
            # Debian's own, as on the machines.
            "ansible_python_interpreter": "/usr/bin/python3",
            "machine_address": self.address,
            "machine_authority": "db01",
            "machine_ca_directory": str(self.authority),
            "machine_tls_directory": str(self.own),
            "machine_trust_servers": {},
            "__machine_probe": {"stdout_lines": []},
            "machine_renewal": phase,
            **more,
        }
        play = {"hosts": "db01", "tasks": TASKS}
        return run_play(self.directory, play, "--inventory=db01,", f"--extra-vars={json.dumps(variables)}")

    def load(self):
        files = {"ssl_cert_file": "machine.crt", "ssl_key_file": "machine.key", "ssl_ca_file": "ca.crt"}
        self.servers.configure("pg-main", **{key: self.own / name for key, name in files.items()})
        before = self.servers.value("pg-main", "pg_conf_load_time()")
        self.servers.sql("pg-main", "SELECT pg_reload_conf()")
        wait_for(lambda: self.servers.value("pg-main", "pg_conf_load_time()") > before, 10, "the reload")

    def keep(self, name, source):
        """What a client elsewhere was given."""
        shutil.copy(source, self.copies / name)

    def connect(self, trusted):
        return psycopg2.connect(
            host="db01", hostaddr=self.address, port=self.port, user="replicator", dbname="postgres", connect_timeout=5,
            passfile=str(self.servers.base.passfile), sslmode="verify-full", sslrootcert=str(trusted),
        )  # fmt: skip

    def accepted(self):
        """Those who were given a file, and can connect with it."""
        found = set()
        for path in self.copies.iterdir():
            try:
                self.connect(path).close()
                found.add(path.name)
            except psycopg2.OperationalError as error:
                assert "certificate verify failed" in str(error), error
        return found

    def missing(self):
        found = trust(self.own, self.authority, {"pg-main": self.port}, self.address)
        request = {"phase": "", "owned": True, "limited": False, "machines": ["db01"], "authority": "db01"}
        return renewal(request, {"db01": {**found, "containers": [], "stale": [], "unknown": []}})["missing"]


@pytest.fixture
def machine(make_servers, tmp_path):
    machine = Machine(make_servers({"pg-main": "db01"}), tmp_path)
    machine.make()
    machine.load()
    return machine


@pytest.fixture
def clients(machine):
    """One that connects anew for each query, one whose connection stays, and what they were refused."""
    state = SimpleNamespace(queries=0, refused=[], ended=threading.Event())
    open_connection = machine.connect(machine.own / "ca.crt")
    open_connection.autocommit = True

    def ask(number):
        fresh = number % 2
        connection = machine.connect(machine.own / "ca.crt") if fresh else open_connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if fresh:
            connection.close()

    def run():
        for number in itertools.count():
            if state.ended.wait(0.1):
                return
            try:
                ask(number)
                state.queries += 1
            except psycopg2.Error as error:
                state.refused.append(str(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield state
    state.ended.set()
    thread.join(timeout=10)
    open_connection.close()


def test_old_and_new_clients_are_served_in_every_phase(machine, clients):
    machine.keep("old", machine.own / "ca.crt")
    assert machine.accepted() == {"old"} and machine.missing() == []

    code, said = machine.play("trust", machine_ca_key=(machine.authority / "ca.key").read_text())
    assert code != 0 and "machine_ca_key is the key of the authority that signs now, expected another one" in said, said
    # Its key, its certificate and ca.crt: certificates are not issued anew.
    assert machine.converge("trust") == 3
    machine.load()
    machine.keep("both", machine.own / "ca.crt")
    machine.keep("new", machine.authority / "next.crt")
    assert machine.accepted() == {"old", "both"} and machine.missing() == []
    trusted = (machine.own / "ca.crt").read_bytes()
    assert trusted.count(b"BEGIN CERTIFICATE") == 2

    # A run that was killed in the middle.
    os.link(machine.authority / "ca.key", machine.authority / "previous.key")
    os.link(machine.authority / "ca.crt", machine.authority / "previous.crt")
    os.rename(machine.authority / "next.key", machine.authority / "ca.key")
    # The certificate that signs, and the machine's: ca.crt stays, so containers need not be replaced once more.
    assert machine.converge("issue") == 2
    assert (machine.own / "ca.crt").read_bytes() == trusted
    assert machine.missing() == [
        "db01: pg-main shows a certificate of previous.crt, expected one of the authority that signs: converge it"
    ]
    machine.load()
    assert machine.accepted() == {"both", "new"} and machine.missing() == []

    # The old one's files, and ca.crt.
    assert machine.converge("forget") == 2
    machine.load()
    assert machine.accepted() == {"both", "new"} and machine.missing() == []
    assert (machine.own / "ca.crt").read_bytes() == (machine.copies / "new").read_bytes()
    assert sorted(path.name for path in machine.authority.iterdir()) == ["ca.crt", "ca.key"]

    assert clients.refused == [] and clients.queries > 50
