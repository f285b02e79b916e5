"""What the page says is to be expected, on the engine alone, from three beginnings each."""

import pytest

from fastnn.core.errors import UnknownNameError
from fastnn.playground.exercises import EXERCISES, measured
from fastnn.playground.session import Session
from fastnn.playground.settings import Settings

TRIES = [(exercise, attempt) for exercise in EXERCISES for attempt in exercise.tries]


@pytest.mark.parametrize(("exercise", "attempt"), TRIES, ids=[f"{e.title}: {t.title}" for e, t in TRIES])
def test_what_is_expected_happens(exercise, attempt):
    for seed in (1, 2, 3):
        session = Session(Settings.from_plain({**attempt.settings, "seed": seed, "points_seed": seed}))
        session.advance(attempt.steps)
        found = measured(session, [name for name, _, _ in attempt.claims])
        for name, relation, bound in attempt.claims:
            holds = found[name] < bound if relation == "<" else found[name] > bound
            assert holds, f"seed {seed}: {name} is {found[name]:.3f}, expected {relation} {bound}"


def test_the_eight_of_the_course():
    assert [e.title for e in EXERCISES] == ["Start it", "Layers", "Neurons", "Features",
                                            "Noise, and points for training",
                                            "Learning rate", "Activation", "Regularization"]  # fmt: skip
    for exercise, attempt in TRIES:
        assert exercise.question and exercise.watch and attempt.expected and attempt.claims
        assert {relation for _, relation, _ in attempt.claims} <= {"<", ">"}


def test_an_unknown_measure():
    with pytest.raises(UnknownNameError, match="received 'gain', expected one of training loss"):
        measured(Session(Settings()), ["gain"])
