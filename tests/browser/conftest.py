"""A headless browser, and the playground's server for it."""

import shutil
import threading

import pytest
from driving import Page
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from fastnn.playground.server import Server

BROWSERS = "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"
# nothing is looked for outside of this machine
QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--force-color-profile=srgb",
         "--window-size=1300,1000")  # fmt: skip


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A Chromium that the tests share."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    assert found and driver, f"no browser: expected one of {', '.join(BROWSERS)} and chromedriver on the path"
    options = webdriver.ChromeOptions()
    options.binary_location = found
    downloads = tmp_path_factory.mktemp("downloads")
    for argument in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options=options, service=Service(driver))
    made.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})
    made.downloads = downloads
    yield made
    made.quit()


@pytest.fixture
def server():
    """A server of its own for each test."""
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def page(browser, server):
    """The page, in the light; what it says on the console is an error."""
    browser.get_log("browser")
    made = Page(browser, server.address)
    yield made
    browser.get("about:blank")
    said = [line for line in browser.get_log("browser")
            if line["level"] == "SEVERE" and "status of 4" not in line["message"]]  # fmt: skip
    assert said == []
