"""One whole call in a real Chromium: what a person sees from *Start call* to the recording."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from aivoicecaller.web.pages import STATIC

ROOT = Path(__file__).parents[2]
PICTURES = Path(os.environ.get("AIVOICECALLER_PICTURES", ROOT / "tests" / "output"))
AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
NO_SKIP = os.environ.get("AIVOICECALLER_NO_SKIP") == "1"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
EXPECTED = re.compile(r"status of 4\d\d|ERR_INTERNET_DISCONNECTED")
"""Chromium writes refusals, and our own switching off of the network, to its console too."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not NO_SKIP, reason="Chromium is not installed"),
    pytest.mark.skipif(not (STATIC / "index.html").is_file() and not NO_SKIP, reason="the dashboard is not built"),
    # Playwright's own pipes are closed by the collector when it ends.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


LOOKS = (("wide-dark", 1440, "dark"), ("phone-light", 390, "light"), ("phone-dark", 390, "dark"))


@pytest.fixture
async def page(product):
    """A logged-in page. Whatever it complains of, or asks of another host, fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US", timezone_id="UTC")
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        ours = (product.url, "data:", "blob:")
        page.on("request", lambda request: request.url.startswith(ours) or complaints.append(request.url))
        await page.goto(f"{product.url}/login?token=link-token")
        yield page
        await browser.close()
    assert [text for text in complaints if not EXPECTED.search(text)] == []


async def picture(page: Page, name: str) -> None:
    await page.screenshot(path=PICTURES / f"{name}.png")


async def no_barriers(page: Page) -> None:
    """No violation of axe's rules. It runs in a browser of its own: axe itself makes styles that our policy forbids."""
    context = await page.context.browser.new_context(
        bypass_csp=True,
        storage_state=await page.context.storage_state(),
        viewport=page.viewport_size,
        color_scheme="dark" if await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light",
    )
    twin = await context.new_page()
    await twin.goto(page.url)
    await expect(twin.get_by_role("heading", level=1)).to_be_visible()
    await twin.add_script_tag(content=AXE.read_text())
    found = await twin.evaluate("axe.run(document, {resultTypes: ['violations']})")
    await context.close()
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []


async def start(page: Page, number: str) -> None:
    await page.get_by_label("Number to ring").fill(number)
    await page.get_by_role("button", name="Start call").click()
    await page.wait_for_url("**/calls/call_*")


async def test_a_whole_call_from_the_click_to_the_recording(page, product):
    await expect(page.get_by_role("button", name="Start call")).to_be_visible()
    await no_barriers(page)
    await start(page, "+12025550100")
    transcript = page.get_by_label("Transcript")
    await expect(transcript.get_by_text("this is Ava")).to_be_visible(timeout=20_000)
    counted = await transcript.get_by_role("listitem").count()
    await expect(transcript.get_by_text("appointment, please")).to_be_visible(timeout=20_000)
    assert await transcript.get_by_role("listitem").count() > counted, "the transcript grows without a reload"
    await expect(transcript.get_by_text("Book appointment")).to_be_visible(timeout=20_000)
    await expect(page.get_by_text("The agent said goodbye and ended the call.").first).to_be_visible(timeout=30_000)
    await expect(transcript.get_by_text("scripted").first).to_be_visible()

    play = page.get_by_role("button", name="Play", exact=True)
    await expect(play).to_be_visible(timeout=30_000)
    recording = page.get_by_role("region", name="Recording")
    for side in ("Amelia Hart", "Agent"):
        await expect(recording.get_by_text(side, exact=True)).to_be_visible()
    await no_barriers(page)
    await picture(page, "call")
    await play.click()
    await page.wait_for_function("() => document.querySelector('audio').currentTime > 0.3")
    await expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


async def test_the_pages_in_dark_and_on_a_phone(page, product):
    await product.whole_call("+12025550100")
    await product.whole_call("+12025550101")
    for name, width, scheme in (
        ("wide-dark", 1440, "dark"),
        ("phone-light", 390, "light"),
        ("phone-dark", 390, "dark"),
    ):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.goto(product.url)
        await expect(page.get_by_text("busy").first).to_be_visible()
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name} scrolls sideways"
        await no_barriers(page)
        await picture(page, f"calls-{name}")


async def test_a_wrong_number_is_told_at_the_field(page, product):
    await page.get_by_label("Number to ring").fill("12")
    await page.get_by_role("button", name="Start call").click()
    await expect(page.get_by_text("too few or too many digits")).to_be_visible()
    await page.get_by_label("Number to ring").fill("+19005551234")
    await page.get_by_role("button", name="Start call").click()
    await expect(page.get_by_text("premium-rate number").first).to_be_visible()
    # A refusal is an answer with an error status, which the browser also writes to its console.


async def test_a_call_is_ended_by_hand(page, product):
    await start(page, "+12025550106")
    await expect(page.get_by_label("Transcript").get_by_text("this is Ava")).to_be_visible(timeout=20_000)
    await page.get_by_role("button", name="Hang up").first.click()
    await expect(page.get_by_text("The call was ended by hand.").first).to_be_visible(timeout=20_000)


async def test_the_page_catches_up_after_the_stream_was_lost(page, product):
    await start(page, "+12025550100")
    await expect(page.get_by_label("Transcript").get_by_text("this is Ava")).to_be_visible(timeout=20_000)
    await page.context.set_offline(True)
    call_id = page.url.rsplit("/", 1)[1]
    await product.ended(call_id)
    await page.context.set_offline(False)
    await expect(page.get_by_text("The agent said goodbye and ended the call.").first).to_be_visible(timeout=30_000)
    await expect(page.get_by_label("Transcript").get_by_text("Thank you for calling")).to_be_visible()
