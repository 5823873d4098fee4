"""The tasks of a first curation take as few steps as the documentation says."""


class Steps:
    """A page whose clicks and keys are counted."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def click(self, place):
        self.count += 1
        self.page.locator(place).first.click()

    def key(self, name):
        self.count += 1
        self.page.keyboard.press(name)


def test_doubtful_units_are_one_step_away(opened):
    steps = Steps(opened.page)
    steps.click("#doubtful")
    assert opened.state("kmu.shown().every(unit => unit.flags.length)")
    assert steps.count == 1


def test_two_that_may_be_one_are_compared_and_merged_in_two_steps(opened):
    steps = Steps(opened.page)
    steps.click("#units tr[data-key='3']")
    alike = opened.page.locator("#unit table[aria-label='Most alike units'] tbody tr").first
    other = int(alike.locator("td").first.inner_text())
    assert len(alike.locator("td").all_inner_texts()) == 5
    steps.click("#unit table[aria-label='Most alike units'] tbody tr button[title^='merge']")
    assert opened.state("kmu.state.edits") == [{"action": "merge", "units": sorted([3, other])}]
    assert steps.count == 2


def test_one_is_rejected_in_two_steps(opened):
    steps = Steps(opened.page)
    steps.click("#units tr[data-key='4']")
    steps.key("x")
    assert opened.state("kmu.state.edits") == [{"action": "reject", "unit": 4}]
    assert steps.count == 2
