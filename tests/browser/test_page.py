"""The playground in a real browser: what users do with it, and that it looks like something."""

import io
import subprocess
import sys

import numpy as np
import pytest
from driving import Page
from PIL import Image
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from fastnn.playground.link import unpack
from fastnn.playground.session import session_of
from fastnn.playground.settings import Settings

WIDTHS = {"desk": (1300, 1000), "tablet": (800, 1000), "phone": (390, 844)}


def picture(browser):
    """A screenshot as an array."""
    return np.asarray(Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB"))


def canvas(page, selector):
    """The pixels of a canvas, RGBA."""
    values = page.run("const c = document.querySelector(arguments[0]), all = [0, 0, c.width, c.height];"
                      "return [c.width, c.height, Array.from(c.getContext('2d').getImageData(...all).data)]",
                      selector)  # fmt: skip
    return np.array(values[2], "uint8").reshape(values[1], values[0], 4)


def is_blue(pixels):
    return (pixels[..., 2].astype(int) - pixels[..., 0]) > 60


def is_orange(pixels):
    return (pixels[..., 0].astype(int) - pixels[..., 2]) > 60


def current(page):
    """The session that the page's address holds, trained to where the page is."""
    session, until = session_of(unpack(page.run("return location.hash.slice(1)")))
    session.advance(until)
    return session


# ---------------------------------------------------------------- training
def test_train_the_spiral(page):
    for selector in ("input[value=spiral]", *["[data-key=Add-0]"] * 4, "[data-key=sin_x1]", "[data-key=sin_x2]"):
        page.press(selector)
    page.choose("speed", 1000)
    page.at("play").click()
    page.wait(lambda: page.steps > 30_000, 60)
    page.pause()
    assert float(page.text("test-accuracy").split()[0]) > 90
    session = current(page)
    assert session.step == page.steps and session.settings.layers[0].units == 8 and len(session.settings.features) == 4
    assert page.text("test-accuracy") == f"{100 * session.measure()['test']['accuracy']:.1f} %"
    shown = canvas(page, "#map")
    assert is_blue(shown).mean() > 0.1 and is_orange(shown).mean() > 0.1
    assert len(np.unique(canvas(page, "#curve"), axis=0)) > 20


def test_play_pause_step_reset(page):
    page.at("step").click()
    page.wait(lambda: page.steps == 1)
    page.at("play").click()
    page.wait(lambda: page.steps > 30)
    page.pause()
    at = page.steps
    assert page.text("play") == "Play" and "test loss" in page.text("status")
    page.at("step").click()
    page.wait(lambda: page.steps == at + 1)
    page.at("reset").click()
    page.wait(lambda: page.steps == 0)
    assert current(page).step == 0


def test_a_thousand_steps_a_frame(page):
    """Of the 8-8-8 net; `python -m bench playground` says how many of them there are in a second."""
    for selector in ("#more", *["[data-key=Add-0]"] * 4, *["[data-key=Add-1]"] * 6, *["[data-key=Add-2]"] * 6):
        page.press(selector)
    assert page.text("parameters") == "177 parameters"
    page.choose("speed", 1000)
    page.at("play").click()
    page.wait(lambda: page.text("pace") not in ("–", "0"))
    page.pause()
    assert page.steps > 0 and page.steps % 1000 == 0


# ---------------------------------------------------------------- the controls
def test_edit_a_weight_by_its_neuron(page):
    page.css("[data-key=n-0-2]")[0].click()
    page.wait(lambda: page.at("editor").is_displayed())
    assert page.text("editor-title") == "Weights of Layer 1, neuron 3"
    fields = page.css("#editor-fields input")
    assert len(fields) == 3 and page.browser.switch_to.active_element == fields[0]
    fields[1].clear()
    fields[1].send_keys("1.5", Keys.TAB)
    page.wait(lambda: current(page).edits)
    session = current(page)
    assert session.dense[0].get_weights()[0][1, 2] == 1.5
    fields[2].send_keys(Keys.CONTROL, "a")
    fields[2].send_keys("-0.5", Keys.ENTER)
    page.wait(lambda: len(current(page).edits) == 2)
    assert current(page).dense[0].get_weights()[1][2] == -0.5
    page.at("editor-close").click()
    assert not page.at("editor").is_displayed() and page.css("[data-key=n-0-2][aria-pressed=false]")


def test_lines_tell_their_weight_and_open_it(page):
    line = page.css("#lines path")[0]
    middle = page.run("const p = arguments[0], m = p.getPointAtLength(p.getTotalLength() / 2), s = p.ownerSVGElement."
                      "getBoundingClientRect(); return [s.left + m.x, s.top + m.y]", line)  # fmt: skip
    ActionChains(page.browser).move_by_offset(*(round(v) for v in middle)).perform()
    hit = page.run("return document.elementFromPoint(...arguments[0])?.tagName", middle)
    assert hit == "path"
    weight = page.wait(lambda: page.text("tip"))
    assert "→ Layer 1, neuron" in weight
    value = float(weight.rsplit(" ", 1)[1])
    assert np.abs(current(page).dense[0].get_weights()[0] - value).min() < 1e-3
    ActionChains(page.browser).click().perform()
    page.wait(lambda: page.at("editor").is_displayed())
    ActionChains(page.browser).move_by_offset(*(-round(v) for v in middle)).perform()


def test_a_learning_rate_is_changed_without_beginning_anew(page):
    page.at("play").click()
    page.wait(lambda: page.steps > 50)
    page.choose("rate", 0.003)
    page.wait(lambda: current(page).edits)
    page.pause()
    session, steps = current(page), page.steps
    assert session.step == steps > 50 and session.measure()["rate"] == pytest.approx(0.003)
    again = Page(page.browser, page.run("return location.href"))
    again.wait(lambda: again.steps == steps)
    assert again.at("rate").get_attribute("value") == "0.003"
    again.press("#reset")  # to the settings, which have the first rate
    again.wait(lambda: again.at("rate").get_attribute("value") == "0.03")


def test_layers_norm_dropout_and_settings(page):
    page.press("#more")
    assert page.text("layer-count") == "3 hidden layers"
    page.run("document.querySelector('[data-key=norm-2]').focus()")
    page.press("[data-key=norm-2]")
    page.wait(lambda: page.css("[data-key=norm-2][aria-pressed=true]"))
    assert page.run("return document.activeElement.dataset.key") == "norm-2"  # the keyboard stays where it was
    page.run(
        "const s = document.querySelector('[data-key=drop-0]'); s.value = '0.3'; s.dispatchEvent(new Event('change'))"
    )
    page.wait(lambda: current(page).settings.layers[0].dropout == 0.3)
    for name, value in (("activation", "relu"), ("optimizer", "Adam"), ("penalty", "l2"), ("penalty_rate", "0.003"),
                        ("loss", "crossentropy")):  # fmt: skip
        page.choose(name, value)
        page.wait(lambda name=name, value=value: str(getattr(current(page).settings, name)) == value)
    for name, value in (("noise", 25), ("train", 80), ("batch", 30), ("seed", 7), ("points_seed", 9)):
        page.choose(name, value)
        page.wait(lambda name=name, value=value: getattr(current(page).settings, name) == value)
    for _ in range(3):
        page.press("#fewer")
    assert page.text("layer-count") == "0 hidden layers"
    assert not page.at("fewer").is_enabled()
    page.at("step").click()
    page.wait(lambda: page.steps == 1)


def test_settings_are_changed_while_it_trains(page):
    """The network begins anew with what was chosen, trains on, and no press is lost however fast they come."""
    page.choose("speed", 5000)
    page.at("play").click()
    page.wait(lambda: page.steps > 10_000)
    page.choose("activation", "sigmoid")
    page.run("for (let k = 0; k < 3; k++) document.querySelector('[data-key=Add-0]').click()")
    page.run("document.getElementById('more').click(); document.querySelector('[data-key=x1_x2]').click()")
    page.wait(lambda: page.text("layer-count") == "3 hidden layers" and page.css("[data-key=x1_x2][aria-pressed=true]"))
    page.wait(lambda: page.steps > 10_000)
    assert page.is_playing() and not page.at("message").is_displayed()
    page.pause()
    settings = current(page).settings
    assert settings.activation == "sigmoid" and [b.units for b in settings.layers] == [7, 2, 2]
    assert settings.features == ("x1", "x2", "x1_x2") and current(page).step == page.steps


def test_a_setting_that_is_none_is_told_and_put_back(page):
    page.at("step").click()
    page.wait(lambda: page.steps == 1)
    page.choose("seed", "-5")
    page.wait(lambda: page.at("message").is_displayed())
    assert "seed: received -5" in page.text("message") and page.at("seed").get_attribute("value") == "1"
    assert page.steps == 1
    page.at("step").click()
    page.wait(lambda: page.steps == 2)


def test_a_network_that_diverges_says_so(page):
    page.css("input[value=plane]")[0].click()
    page.wait(lambda: "plane" in str(current(page).settings.data))
    page.choose("activation", "relu")
    page.wait(lambda: current(page).settings.activation == "relu")
    page.choose("rate", "10")
    page.wait(lambda: current(page).edits)
    page.at("play").click()
    page.wait(lambda: page.at("message").is_displayed())
    assert "A smaller learning rate helps" in page.text("message") and not page.is_playing()


def test_exercises(page):
    page.choose("exercise", "3")
    page.wait(lambda: current(page).settings.data == "exclusive_or")
    assert page.text("question").startswith("Can the right input") and page.text("watch")
    assert len(page.css("#tries button")) == len(page.css("#expected li")) == 3
    page.css("#tries button")[1].click()
    page.wait(lambda: current(page).settings.features == ("x1_x2",))
    page.choose("speed", 100)
    page.at("play").click()
    page.wait(lambda: page.steps >= 500)
    page.pause()
    assert float(page.text("test-accuracy").split()[0]) > 97
    page.choose("penalty", "l2")
    page.wait(lambda: current(page).settings.penalty == "l2")
    page.css("#tries button")[0].click()  # as it is described, whatever else was set before
    page.wait(lambda: current(page).settings == Settings(data="exclusive_or", layers=()))
    page.choose("exercise", "")
    assert not page.at("exercise-text").is_displayed()


# ---------------------------------------------------------------- own points
def upload(page, path):
    page.run("document.getElementById('own-part').open = true")
    page.at("csv").send_keys(str(path))


def test_own_points_of_three_columns_and_classes(page, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((150, 3)) + 4 * np.eye(3)[np.arange(150) % 3]
    (tmp_path / "points.csv").write_text("length,width,weight,kind\n" + "".join(
        f"{a:.3f},{b:.3f},{c:.3f},{'uvw'[k % 3]}\n" for k, (a, b, c) in enumerate(x)))  # fmt: skip
    upload(page, tmp_path / "points.csv")
    page.wait(lambda: current(page).settings.data == "own")
    assert [e.text for e in page.css("#shown-x option")] == ["length", "width", "weight"]
    page.css("[data-key=column_3]")[0].click()
    page.wait(lambda: "column_3" in current(page).settings.features)
    page.choose("shown-y", 2)
    page.wait(lambda: page.text("axis-y") == "weight")
    page.choose("speed", 1000)
    page.at("play").click()
    page.wait(lambda: page.steps > 5000)
    page.pause()
    assert float(page.text("test-accuracy").split()[0]) > 85 and page.text("legend") == "uvw"
    colors = {tuple(c) for c in canvas(page, "#map")[::7, ::7, :3].reshape(-1, 3)}
    assert len(colors) > 30


@pytest.mark.parametrize(("text", "words"), [
    ("a,b,c\n" * 20, "expected a finite number"), ("1,2,u\n3,4,u\n" * 10, "has 1 class"),
    ("1,nan,u\n3,4,v\n" * 10, "received 'nan'"), ("1,2,u\n3,4,v\n" * 200_000, "received 400,000 rows"),
    ("1,2,u\n3,4,v\n" * 500_000, "expected at most 3 and 5,000 rows")])  # fmt: skip
def test_files_that_cannot_be_used_lose_nothing(page, tmp_path, text, words):
    page.at("step").click()
    page.wait(lambda: page.steps == 1)
    (tmp_path / "bad.csv").write_text(text)
    upload(page, tmp_path / "bad.csv")
    page.wait(lambda: page.at("message").is_displayed())
    assert words in page.text("message")
    page.at("step").click()
    page.wait(lambda: page.steps == 2)


# ---------------------------------------------------------------- scripts and links
def test_copy_the_script_and_run_it(page, tmp_path):
    page.at("play").click()
    page.wait(lambda: page.steps > 100)
    page.pause()
    page.at("script").click()
    page.wait(lambda: page.at("script-dialog").is_displayed())
    page.at("script-file").click()
    saved = page.browser.downloads / "playground.py"
    page.wait(saved.exists)
    script = page.at("script-text").get_attribute("value")
    assert saved.read_text() == script
    page.at("script-copy").click()
    page.wait(lambda: page.text("script-copy") != "Copy")
    (tmp_path / "page.py").write_text(script)
    done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    numbers = dict(line.split(": ") for line in done.stdout.splitlines())
    found = current(page).measure()
    assert float(numbers["test loss"]) == pytest.approx(found["test"]["loss"], rel=1e-5)
    assert f"{100 * float(numbers['test accuracy']):.1f} %" == page.text("test-accuracy")
    page.at("script-close").click()
    saved.unlink()


def test_a_link_opens_the_same_page(page, server):
    page.css("input[value=exclusive_or]")[0].click()
    page.wait(lambda: current(page).settings.data == "exclusive_or")
    page.at("play").click()
    page.wait(lambda: page.steps > 200)
    page.pause()
    address, steps, numbers = page.run("return location.href"), page.steps, page.text("test-loss")
    shown = canvas(page, "#map")
    again = Page(page.browser, address)
    again.wait(lambda: again.steps == steps and not again.is_playing())
    again.pause()
    assert again.text("test-loss") == numbers and np.array_equal(canvas(again, "#map"), shown)
    assert again.run("return location.href") == address


def test_a_link_that_was_cut_is_told_and_the_page_is_there(browser, server):
    page = Page(browser, f"{server.address}#eJyrVkrOT0lVslIyMgYAGQ")
    assert "copy it whole" in page.text("message") and page.at("message").is_displayed()
    page.at("step").click()
    page.wait(lambda: page.steps == 1)


def test_a_server_that_forgot_the_page_trains_it_again(page, server):
    page.at("play").click()
    page.wait(lambda: page.steps > 100)
    page.pause()
    steps, loss = page.steps, page.text("test-loss")
    server.api._pages.clear()
    page.at("step").click()
    page.wait(lambda: [p.session.step for p in list(server.api._pages.values())] == [steps])
    page.wait(lambda: page.steps == steps and not page.is_playing())
    page.pause()
    assert page.text("test-loss") == loss and not page.at("message").is_displayed()


# ---------------------------------------------------------------- several pages
def test_two_pages_and_one_that_goes_away(page, server):
    browser = page.browser
    page.choose("speed", 1)
    page.at("step").click()
    page.wait(lambda: page.steps == 1)
    browser.switch_to.new_window("window")
    try:
        other = Page(browser, server.address)
        assert server.api.pages == 2
        other.css("input[value=spiral]")[0].click()
        other.wait(lambda: current(other).settings.data == "spiral")
        other.at("play").click()
        other.wait(lambda: other.steps > 200)
        name = next(reversed(server.api._pages))
        session = server.api._pages[name].session
        assert session.settings.data == "spiral"
    finally:
        browser.close()
        browser.switch_to.window(page.window)
    page.wait(lambda: server.api.pages == 1)
    at = session.step
    page.run("return new Promise(done => setTimeout(done, 300))")
    assert session.step == at and page.steps == 1 and current(page).settings.data == "circle"
    page.at("step").click()
    page.wait(lambda: page.steps == 2)


# ---------------------------------------------------------------- looks
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_like_something(page, width, dark):
    browser = page.browser
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": WIDTHS[width][0], "height": WIDTHS[width][1], "deviceScaleFactor": 1,
        "mobile": width == "phone"})  # fmt: skip
    try:
        if dark:
            page.at("theme").click()
            page.wait(lambda: page.run("return document.documentElement.classList.contains('dark')"))
        page.choose("speed", 1000)
        page.at("play").click()
        page.wait(lambda: page.steps >= 3000)
        page.pause()
        assert page.run("return document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
        for selector in ("#map", "[data-key=n-0-0] canvas", "[data-key=x1] canvas"):
            pixels = canvas(page, selector)
            colors = len(np.unique(pixels.reshape(-1, 4), axis=0))
            assert pixels[..., 3].min() == 255 and colors > 5, f"{selector}: {colors} colours"
        page.run("document.querySelector('#map').scrollIntoView()")
        shot = picture(browser)
        assert is_blue(shot).mean() > 0.01 and is_orange(shot).mean() > 0.01
        page.run("scrollTo(0, 0)")
        corner = picture(browser)[2:6, 2:6].mean()
        assert (corner < 60) if dark else (corner > 200)
        strokes = page.run(
            "return [...document.querySelectorAll('#lines path')].map(p => p.getAttribute('stroke-width'))"
        )
        assert len(strokes) == 2 * 4 + 4 * 2 + 2 and len(set(strokes)) > 5
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_discrete_output_and_test_points(page):
    page.choose("speed", 1000)
    page.at("play").click()
    page.wait(lambda: page.steps >= 1000)
    page.pause()
    smooth = canvas(page, "#map")
    page.at("discrete").click()
    page.wait(lambda: not np.array_equal(canvas(page, "#map"), smooth))
    hard = canvas(page, "#map")
    shades = {tuple(c) for c in hard[::5, ::5, :3].reshape(-1, 3)}
    assert len(shades) < len({tuple(c) for c in smooth[::5, ::5, :3].reshape(-1, 3)})
    page.at("show-test").click()
    page.wait(lambda: not np.array_equal(canvas(page, "#map"), hard))
    assert (canvas(page, "#map")[..., :3].sum(-1) < 120).sum() > (hard[..., :3].sum(-1) < 120).sum() + 500  # dark rims


def test_the_large_picture_shows_the_neuron_under_the_pointer(page):
    whole = canvas(page, "#map")
    ActionChains(page.browser).move_to_element(page.css("[data-key=n-0-1]")[0]).perform()
    page.wait(lambda: page.text("view-name") == "of Layer 1, neuron 2")
    assert not np.array_equal(canvas(page, "#map"), whole)
    ActionChains(page.browser).move_to_element(page.at("speed")).perform()
    page.wait(lambda: page.text("view-name") == "")
    assert np.array_equal(canvas(page, "#map"), whole)


def test_all_of_it_with_the_keyboard(page):
    """Every control is reached by Tab, has a name, and works by Enter or Space."""
    page.run("document.activeElement.blur()")
    seen = []
    for _ in range(120):
        ActionChains(page.browser).send_keys(Keys.TAB).perform()
        element = page.browser.switch_to.active_element
        if element.tag_name == "body" or (seen and element == seen[0]):
            break
        seen.append(element)
        assert element.accessible_name, element.get_attribute("outerHTML")
    kinds = {e.get_attribute("data-key") or e.get_attribute("id") for e in seen}
    assert {
        "play",
        "step",
        "reset",
        "rate",
        "noise",
        "x1",
        "sin_x2",
        "Add-0",
        "norm-1",
        "n-1-1",
        "n-2-0",
        "more",
    } <= kinds
    page.css("[data-key=Add-0]")[0].send_keys(Keys.ENTER)
    page.wait(lambda: current(page).settings.layers[0].units == 5)
    page.at("play").send_keys(Keys.SPACE)
    page.wait(lambda: page.steps > 20)
    page.at("play").send_keys(Keys.SPACE)
    page.pause()
    page.css("[data-key=n-0-0]")[0].send_keys(Keys.ENTER)
    page.wait(lambda: page.at("editor").is_displayed())
    page.at("editor-close").send_keys(Keys.ENTER)
    assert page.run("return document.activeElement.dataset.key") == "n-0-0"
