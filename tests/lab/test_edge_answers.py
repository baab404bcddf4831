# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a visitor gets from the product: pages, websockets, writes, jobs, and a certificate for each name."""

from __future__ import annotations

import re

import pytest
from support.helpers.edge import ROOTS
from support.helpers.lab import wait_for

ENVIRONMENTS = {"app.test": "production", "dev.test": "staging"}

everywhere = pytest.mark.parametrize("domain", ENVIRONMENTS)


def test_every_container_of_both_stacks_is_healthy(stacks):
    assert stacks.unhealthy() == set()


@everywhere
@pytest.mark.parametrize("prefix", ["", "tenant1.", "tenant2."])
def test_a_domain_and_its_tenants_answer_with_the_release(visitor, domain, prefix):
    answer = visitor.ask(f"https://{prefix}{domain}/")
    assert (answer.status, answer.headers["x-release"]) == (200, "1.0.0")
    assert answer.json == {"host": f"{prefix}{domain}", "scheme": "https"}


@everywhere
def test_one_certificate_covers_the_domain_and_its_wildcard(visitor, domain):
    for host in (domain, f"tenant1.{domain}"):
        shown = visitor.certificate(host)
        assert "Pebble" in shown
        assert set(re.findall(r"DNS:([^\s,]+)", shown)) == {domain, f"*.{domain}"}


@everywhere
def test_plain_http_leads_to_https_for_good(visitor, domain):
    answer = visitor.ask(f"http://{domain}/somewhere?a=b")
    assert answer.status in (301, 308)
    assert answer.headers["location"] == f"https://{domain}/somewhere?a=b"


@everywhere
def test_an_event_of_the_application_reaches_a_websocket_through_the_proxy(visitor, domain):
    """By the queue and Reverb, whom the application asks with a signature."""
    assert visitor.event(domain, ENVIRONMENTS[domain], "ping from outside") == "ping from outside"


def test_an_event_without_a_signature_is_refused_by_reverb(visitor):
    answer = visitor.ask("https://app.test/apps/production/events", "--data", "{}")
    assert answer.status == 401 and "x-release" not in answer.headers


def test_a_write_reaches_postgresql_through_pgbouncer(visitor, admin_sql):
    answer = visitor.ask("https://app.test/writes", "--request", "POST")
    assert answer.status == 200, answer.body
    written = int(answer.json["id"])
    assert admin_sql(f"SELECT count(*) FROM writes WHERE id = {written}", database="plannerate_production") == "1"


@everywhere
def test_a_job_goes_through_redis_to_the_worker_and_is_seen_done(visitor, domain):
    queued = visitor.ask(f"https://{domain}/jobs", "--request", "POST")
    assert queued.status == 200, queued.body
    url = f"https://{domain}/jobs/{queued.json['id']}"
    wait_for(lambda: visitor.ask(url).json["done"], timeout=20, what=f"the job {url}")


@everywhere
def test_the_scheduler_ticks(visitor, domain):
    first = visitor.ask(f"https://{domain}/ticks").json["ticks"]
    # The first one comes with the minute.
    wait_for(lambda: visitor.ask(f"https://{domain}/ticks").json["ticks"] > first, timeout=75, what="the next tick")


def test_a_page_names_its_tenant_and_its_assets_with_https(visitor):
    """Trusted proxies and hosts, and the folders that compiled views and sessions need."""
    page = visitor.ask("https://tenant1.app.test/page")
    assert page.status == 200 and "<title>tenant1</title>" in page.body
    assert "https://tenant1.app.test/build/assets/app-4f3c9a1b.js" in page.body
    # The last one that it sets is the session's.
    cookie = page.headers["set-cookie"]
    assert cookie.startswith("laravel_session=") and "; secure; httponly" in cookie


def test_an_upload_is_there_afterwards(visitor, stacks):
    named = visitor.ask("https://app.test/uploads", "--form", f"file=@{ROOTS}")
    assert named.status == 200, named.body
    path = f"/opt/plannerate/production/storage/app/private/uploads/{named.json['name']}"
    assert "BEGIN CERTIFICATE" in stacks.machine.check_output(f"cat {path}")
    assert "BEGIN CERTIFICATE" in visitor.ask(f"https://app.test/uploads/{named.json['name']}").body
    stacks.machine.check_output(f"rm {path}")


def test_pgadmin_asks_who_is_there(visitor):
    answer = visitor.ask("https://pgadmin.app.test/browser/", "--location")
    assert "/login" in answer.headers.get("location", "") + answer.body


def test_a_hashed_asset_is_cached_for_good_and_a_page_is_not(visitor):
    asset = visitor.ask("https://app.test/build/assets/app-4f3c9a1b.js")
    assert (asset.status, asset.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    missing = visitor.ask("https://app.test/build/assets/app-00000000.js")
    for answer in (missing, visitor.ask("https://app.test/")):
        assert "immutable" not in answer.headers.get("cache-control", "")
