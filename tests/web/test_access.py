"""Who may come in: every route is behind a log-in or a provider's signature, and says so in one shape."""

from __future__ import annotations

import re

from aivoicecaller.web.auth import COOKIE, PROVIDER_ROUTES, password_digest

from .conftest import LINK_TOKEN

SENT = {"x-requested-with": "aivoicecaller"}


def routes_of(router):
    """Every path and method that is answered, also by routers inside, with ids filled in."""
    found = []
    for route in router.routes:
        if (inner := getattr(route, "original_router", None)) is not None:
            found += routes_of(inner)
        path = getattr(route, "path", "{")
        path = path.replace("{call_id}", "call_" + "0" * 32).replace("{recording_id}", "rec_" + "0" * 32)
        if "{" not in path:
            found += [(method, path) for method in getattr(route, "methods", None) or ()]
    return found


async def test_no_route_below_api_answers_a_stranger(site):
    routes = [(m, p) for m, p in routes_of(site.running.app) if p.startswith("/api/") and m not in ("HEAD", "OPTIONS")]
    assert {path for _, path in routes} >= {*PROVIDER_ROUTES, "/api/calls", "/api/live", "/api/status", "/api/agents"}
    for method, path in routes:
        response = await site.stranger.request(method, path, headers=SENT)
        if path in PROVIDER_ROUTES:
            assert response.status_code in (401, 403), (method, path)
        elif (method, path) == ("POST", "/api/login"):
            assert response.status_code == 422, "the door asks for a password"
        elif (method, path) == ("DELETE", "/api/login"):
            assert response.status_code == 204, "leaving is always allowed"
            continue
        else:
            assert response.status_code == 401, (method, path)
        assert response.headers["content-type"] == "application/problem+json"
        assert set(response.json()) >= {"type", "title", "status", "detail"}


async def test_the_printed_address_logs_in(site):
    response = await site.stranger.get(f"/login?token={LINK_TOKEN}")
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookie = response.headers["set-cookie"]
    assert re.search(r"HttpOnly.*SameSite=lax", cookie)
    assert (await site.stranger.get("/api/calls")).status_code == 200
    assert (await site.stranger.get("/api/login")).json()["name"] == "owner"


async def test_a_wrong_address_does_not_log_in(site):
    response = await site.stranger.get("/login?token=wrong")
    assert response.headers["location"] == "/login?expired"
    assert COOKIE not in response.cookies


async def test_logging_out_ends_the_log_in_for_good(site):
    await site.stranger.get(f"/login?token={LINK_TOKEN}")
    token = site.stranger.cookies[COOKIE]
    assert (await site.stranger.delete("/api/login", headers=SENT)).status_code == 204
    site.stranger.cookies.set(COOKIE, token)
    assert (await site.stranger.get("/api/calls")).status_code == 401


async def test_a_foreign_page_cannot_act_with_our_cookie(site):
    await site.stranger.get(f"/login?token={LINK_TOKEN}")
    response = await site.stranger.post("/api/calls", json={"agent": "demo", "to": "+12025550100"})
    assert response.status_code == 403
    assert response.json()["type"] == "/problems/foreign-request"


async def test_the_password_logs_in_and_guessing_is_slowed(make_site):
    async with make_site(admin_password="correct horse") as site:
        wrong = await site.stranger.post("/api/login", json={"password": "wrong"}, headers=SENT)
        assert wrong.status_code == 401
        right = await site.stranger.post("/api/login", json={"password": "correct horse"}, headers=SENT)
        assert right.status_code == 200
        assert (await site.stranger.get("/api/calls")).status_code == 200
        for _ in range(10):
            last = await site.stranger.post("/api/login", json={"password": "wrong"}, headers=SENT)
        assert last.status_code == 429


def test_a_digest_tells_passwords_apart_and_shows_none():
    digest = password_digest("correct horse", "the app's secret")
    assert digest == password_digest("correct horse", "the app's secret")
    assert digest != password_digest("correct hors", "the app's secret")
    assert digest != password_digest("correct horse", "another secret")
    assert "horse" not in digest


async def test_without_a_password_nobody_logs_in_by_one(site):
    response = await site.stranger.post("/api/login", json={"password": ""}, headers=SENT)
    assert response.status_code == 403


async def test_every_answer_is_careful(site):
    for path in ("/", "/login", "/calls/unknown", "/api/calls", "/health", "/api/nothing"):
        headers = (await site.stranger.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"


async def test_pages_carry_a_fresh_nonce(site):
    policies = {(await site.stranger.get("/")).headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


async def test_health_and_readiness_need_no_log_in(site):
    assert (await site.stranger.get("/health")).json()["status"] == "alive"
    assert (await site.stranger.get("/ready")).json() == {"status": "ready"}


async def test_a_changed_password_logs_everybody_out(make_site):
    for password, stays in (("first", True), ("first", True), ("second", False)):
        async with make_site(admin_password=password) as site:
            if stays:
                response = await site.stranger.get(f"/login?token={LINK_TOKEN}")
                token = response.cookies[COOKIE]
            site.stranger.cookies.set(COOKIE, token)
            assert ((await site.stranger.get("/api/calls")).status_code == 200) is stays
