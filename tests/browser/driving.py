"""A page of the playground in a browser, as a user handles it."""

from selenium.webdriver.support.ui import WebDriverWait


class Page:
    """What the tests do with a page in a browser's window."""

    def __init__(self, browser, address):
        self.browser, self.window = browser, browser.current_window_handle
        browser.get("about:blank")  # another # alone would load nothing
        browser.get(address)
        self.wait(lambda: self.run("return document.documentElement.dataset.ready") == "yes")

    def run(self, script, *given):
        """What JavaScript returns."""
        return self.browser.execute_script(script, *given)

    def wait(self, holds, seconds=20):
        """Until something holds."""
        return WebDriverWait(self.browser, seconds, poll_frequency=0.03).until(lambda _: holds())

    def at(self, name):
        """The element of an id."""
        return self.browser.find_element("id", name)

    def text(self, name):
        """What an element says."""
        return self.at(name).get_attribute("textContent")

    def css(self, selector):
        """The elements of a selector."""
        return self.browser.find_elements("css selector", selector)

    def press(self, selector):
        """Press a button that changes the network, and wait until it has."""
        before = self.run("return location.hash")
        self.run("document.querySelector(arguments[0]).click()", selector)
        self.wait(lambda: self.run("return location.hash") != before)

    def choose(self, name, value):
        """Choose of a select, as a user does."""
        self.run("const s = document.getElementById(arguments[0]); s.value = arguments[1];"
                 "s.dispatchEvent(new Event('change', {bubbles: true}))", name, str(value))  # fmt: skip

    @property
    def steps(self):
        """How far it has trained."""
        return int(self.text("steps").replace(",", ""))

    def is_playing(self):
        """Whether it trains."""
        return self.at("play").get_attribute("data-playing") == "yes"

    def pause(self):
        """Stop, and wait until the last frame has come."""
        # looked at and pressed in one go: it may come to an end by itself
        self.run("const b = document.getElementById('play'); if (b.dataset.playing === 'yes') b.click()")
        state = "document.getElementById('steps').textContent + location.hash"
        later = f"return new Promise(done => setTimeout(() => done({state}), 150))"
        self.wait(lambda: self.run(f"return {state}") == self.run(later))
