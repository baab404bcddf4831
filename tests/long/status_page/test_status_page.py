# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gatus with what the role writes: what it shows of an application that runs, that fails in part, and that is away."""

from __future__ import annotations

import json
import urllib.parse

import pytest
from support.helpers.lab import wait_for
from support.helpers.status_here import DOMAIN, Application, StatusPage, certificate

NAMES = {"Aplicação", "Sites dos clientes", "Atualizações ao vivo", "Banco de dados", "Certificado"}
ALL_UP = dict.fromkeys(NAMES, True)
ANNOUNCED = [
    {"at": "2026-12-01T22:00:00-03:00", "text": "R$ 5 e $HOME: <b>nada</b> muda", "type": "warning"},
    {"at": "2026-11-01T22:00:00Z", "text": "Resolvido", "type": "operational", "archived": True},
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def good(files):
    return certificate(files, 90)


@pytest.fixture
def application(good):
    application = Application()
    application.start(good)
    yield application
    application.stop()


@pytest.fixture
def page(tmp_path, application, good):
    page = StatusPage(tmp_path, application, good, status_page_announcements=ANNOUNCED)
    try:
        page.start()
        wait_for(lambda: page.up() == ALL_UP, 20, "all up", page.up)
        yield page
    finally:
        page.stop()


def test_an_application_that_goes_is_down_and_up_again(page, application, good):
    application.stop()
    wait_for(lambda: page.up() == dict.fromkeys(NAMES, False), 20, "all down", page.up)
    assert "Situação dos serviços" in page.get("/")
    application.start(good)
    wait_for(lambda: page.up() == ALL_UP, 20, "all up", page.up)


@pytest.mark.parametrize("name", ["Banco de dados", "Atualizações ao vivo"])
def test_one_part_that_fails_is_the_only_one_that_is_down(page, application, name):
    if name == "Banco de dados":
        application.answers["/health/database"] = 500
    else:
        application.event = "pusher:error"
    wait_for(lambda: page.up() == {**ALL_UP, name: False}, 20, f"{name} down", page.up)


def test_a_certificate_that_was_not_renewed_is_down_before_it_ends(page, application, files, tmp_path):
    application.stop()
    page.stop()
    short = certificate(files, 6)
    page.authority = short
    application.start(short)
    page.start()
    wait_for(lambda: page.up() == {**ALL_UP, "Certificado": False}, 20, "only the certificate down", page.up)


def test_a_websocket_is_opened_as_a_browser_of_the_application_does_it(page, application):
    assert ("/app/production", f"https://{DOMAIN}".replace(DOMAIN, f"127.0.0.1:{application.port}")) in application.seen


def test_nothing_internal_is_told_even_of_what_failed(page, application):
    application.stop()
    wait_for(lambda: not any(page.up().values()), 20, "all down", page.up)
    paths = ["/", "/api/v1/config", "/api/v1/endpoints/statuses?pageSize=29"]
    detail = [f"/api/v1/endpoints/{urllib.parse.quote(each['key'])}/statuses" for each in page.statuses()]
    for path in paths + detail:
        told = page.get(path)
        for internal in (
            str(application.port),
            "127.0.0.1",
            "https://",
            "tls://",
            "refused",
            "hostname",
            "conditionResults",
        ):
            assert internal not in told, (path, internal)
    # No metrics, and nothing to write to.
    for path in ("/metrics", "/api/v1/endpoints/x/external"):
        with pytest.raises(OSError):
            page.get(path)


def test_each_line_has_its_own_page_whatever_its_letters(page):
    for each in page.statuses():
        found = json.loads(page.get(f"/api/v1/endpoints/{urllib.parse.quote(each['key'])}/statuses"))
        assert (found["name"], found["group"]) == (each["name"], "Loja")
        assert "<html" in page.get(f"/endpoints/{urllib.parse.quote(each['key'])}")


def test_what_is_announced_is_told_as_it_was_written(page):
    told = json.loads(page.get("/api/v1/config"))["announcements"]
    assert [(each["message"], each["type"], each.get("archived", False)) for each in told] == [
        ("R$ 5 e $HOME: <b>nada</b> muda", "warning", False),
        ("Resolvido", "operational", True),
    ]
    assert told[0]["timestamp"] == "2026-12-02T01:00:00Z"


def test_history_survives_a_restart(page, application):
    def tries():
        return {each["name"]: len(each["results"]) for each in page.statuses()}

    application.answers["/up"] = 503
    wait_for(lambda: page.up()["Aplicação"] is False, 20, "the application down", page.up)
    before = tries()["Aplicação"]
    page.stop()
    application.answers["/up"] = 200
    page.start()
    wait_for(lambda: tries().get("Aplicação", 0) > before, 20, "more tries than before", tries)
    (own,) = [each for each in page.statuses() if each["name"] == "Aplicação"]
    assert {each["success"] for each in own["results"]} == {True, False}
