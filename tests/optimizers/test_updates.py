"""Each optimizer for 20 steps against plain float64 NumPy: variable by variable, and through flat runs in a trace."""

import numpy as np
import pytest
from evaluate import plan

from fastnn import ops, optimizers
from fastnn.graph import Variable
from fastnn.models.flat import runs_of, slot_run

SHAPES = {"kernel": (4, 3), "bias": (3,), "scale": (2,)}
LR = float(np.float32(0.05))
STEPS = 20


def draws(seed=1):
    """First values of the weights, and the gradients of every step."""
    rng = np.random.default_rng(seed)
    start = {n: rng.normal(size=s) for n, s in SHAPES.items()}
    return start, [{n: rng.normal(size=s) for n, s in SHAPES.items()} for _ in range(STEPS)]


def sgd(momentum=0.0, nesterov=False):
    def step(w, g, s, t, lr):
        if not momentum:
            return w - lr * g
        s["m"] = momentum * s.get("m", 0.0) - lr * g
        return w + (momentum * s["m"] - lr * g if nesterov else s["m"])

    return step


def rmsprop(rho=0.9, momentum=0.0, eps=1e-7, centered=False):
    def step(w, g, s, t, lr):
        s["v"] = rho * s.get("v", 0.0) + (1 - rho) * g**2
        root = s["v"]
        if centered:
            s["c"] = rho * s.get("c", 0.0) + (1 - rho) * g
            root = root - s["c"] ** 2
        d = lr * g / np.sqrt(root + eps)
        s["m"] = momentum * s.get("m", 0.0) + d
        return w - s["m"]

    return step


def adagrad(w, g, s, t, lr):
    s["v"] = s.get("v", 0.1) + g**2
    return w - lr * g / np.sqrt(s["v"] + 1e-7)


def adadelta(w, g, s, t, lr, rho=0.95, eps=1e-7):
    s["v"] = rho * s.get("v", 0.0) + (1 - rho) * g**2
    d = np.sqrt(s.get("u", 0.0) + eps) * g / np.sqrt(s["v"] + eps)
    s["u"] = rho * s.get("u", 0.0) + (1 - rho) * d**2
    return w - lr * d


def adam(b1=0.9, b2=0.999, eps=1e-7, amsgrad=False):
    def step(w, g, s, t, lr):
        s["m"] = b1 * s.get("m", 0.0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0.0) + (1 - b2) * g**2
        v = s["v"]
        if amsgrad:
            v = s["top"] = np.maximum(s.get("top", 0.0), v)
        return w - lr * np.sqrt(1 - b2**t) / (1 - b1**t) * s["m"] / (np.sqrt(v) + eps)

    return step


def adamax(w, g, s, t, lr, b1=0.9, b2=0.999, eps=1e-7):
    s["m"] = b1 * s.get("m", 0.0) + (1 - b1) * g
    s["u"] = np.maximum(b2 * s.get("u", 0.0), np.abs(g))
    return w - lr * s["m"] / ((1 - b1**t) * (s["u"] + eps))


def nadam(w, g, s, t, lr, b1=0.9, b2=0.999, eps=1e-7):
    u = lambda k: b1 * (1 - 0.5 * 0.96**k)
    s["product"] = s.get("product", 1.0) * u(t)
    s["m"] = b1 * s.get("m", 0.0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0.0) + (1 - b2) * g**2
    m_hat = u(t + 1) * s["m"] / (1 - s["product"] * u(t + 1)) + (1 - u(t)) * g / (1 - s["product"])
    return w - lr * m_hat / (np.sqrt(s["v"] / (1 - b2**t)) + eps)


def lion(w, g, s, t, lr, b1=0.9, b2=0.99):
    m = s.get("m", 0.0)
    s["m"] = b2 * m + (1 - b2) * g
    return w - lr * np.sign(b1 * m + (1 - b1) * g)


def ftrl(power=0.5, l1=0.0, l2=0.0, shrink=0.0, beta=0.0):
    def step(w, g, s, t, lr):
        n = s.get("n", np.full_like(w, 0.1))
        s["n"] = n + g**2
        sigma = (s["n"] ** power - n**power) / lr
        s["z"] = s.get("z", 0.0) + g + 2 * shrink * w - sigma * w
        quadratic = s["n"] ** power / lr + 2 * (l2 + beta / (2 * lr))
        return (np.clip(s["z"], -l1, l1) - s["z"]) / quadratic

    return step


def lamb(w, g, s, t, lr, b1=0.9, b2=0.999, eps=1e-7):
    s["m"] = b1 * s.get("m", 0.0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0.0) + (1 - b2) * g**2
    d = s["m"] / (1 - b1**t) / (np.sqrt(s["v"] / (1 - b2**t)) + eps)
    return w - np.sqrt((w**2).sum()) / np.sqrt((d**2).sum()) * lr * d


def adafactor(relative=True, threshold=1.0, b2=-0.8, e1=1e-30, e2=1e-3):
    rms = lambda x: np.sqrt((x**2).mean())

    def step(w, g, s, t, lr):
        lr = min(lr, t**-0.5)
        beta, squares = 1 - t**b2, g**2 + e1
        mix = lambda name, new: s.__setitem__(name, beta * s.get(name, 0.0) + (1 - beta) * new) or s[name]
        if w.ndim == 2:
            r, c = mix("r", squares.mean(1)), mix("c", squares.mean(0))
            v = np.outer(r, c) / r.mean()
        else:
            v = mix("v", squares)
        u = g / np.sqrt(v)
        return w - max(e2, rms(w)) * lr * u / max(1.0, rms(u) / threshold)

    return step


def schedule_free(b1=0.9, b2=0.999, eps=1e-8, warmup=0):
    def step(w, g, s, t, lr):
        lr = lr * min(t / warmup, 1.0) if warmup else lr
        z = s.get("z", s["first"])
        s["v"] = b2 * s.get("v", 0.0) + (1 - b2) * g**2
        x = (w - (1 - b1) * z) / b1
        s["z"] = z - lr * g / (np.sqrt(s["v"] / (1 - b2**t)) + eps)
        x = (1 - 1 / t) * x + s["z"] / t
        return (1 - b1) * s["z"] + b1 * x

    return step


def muon(beta=0.95, nesterov=True, rate=0.2, steps=5, a=3.4445, b=-4.7750, c=2.0315):
    other = adam()

    def step(w, g, s, t, lr):
        if w.ndim != 2:
            return other(w, g, s, t, lr)
        s["m"] = beta * s.get("m", 0.0) + g
        x = g + beta * s["m"] if nesterov else s["m"]
        x = x / (np.sqrt((x**2).sum()) + 1e-7)
        for _ in range(steps):
            left = x @ x.T
            x = a * x + (b * left + c * left @ left) @ x
        return w - lr * x * (1.0 if rate is None else rate * np.sqrt(max(w.shape)))

    return step


CASES = {
    "sgd": ("SGD", {}, sgd()),
    "momentum": ("SGD", {"momentum": 0.9}, sgd(0.9)),
    "nesterov": ("SGD", {"momentum": 0.8, "nesterov": True}, sgd(0.8, True)),
    "rmsprop": ("RMSprop", {}, rmsprop()),
    "rmsprop_momentum": ("RMSprop", {"momentum": 0.5, "rho": 0.8}, rmsprop(0.8, 0.5)),
    "rmsprop_centered": ("RMSprop", {"centered": True, "epsilon": 1e-3}, rmsprop(eps=1e-3, centered=True)),
    "rmsprop_both": ("RMSprop", {"centered": True, "momentum": 0.3, "epsilon": 1e-3}, rmsprop(0.9, 0.3, 1e-3, True)),
    "adagrad": ("Adagrad", {}, adagrad), "adadelta": ("Adadelta", {}, adadelta),
    "adam": ("Adam", {}, adam()), "adam_betas": ("Adam", {"beta_1": 0.5, "beta_2": 0.9}, adam(0.5, 0.9)),
    "amsgrad": ("Adam", {"amsgrad": True}, adam(amsgrad=True)), "adamax": ("Adamax", {}, adamax),
    "nadam": ("Nadam", {}, nadam), "lion": ("Lion", {}, lion), "ftrl": ("Ftrl", {}, ftrl()),
    "ftrl_regularised": ("Ftrl", {"learning_rate_power": -0.3, "l1_regularization_strength": 0.01, "beta": 0.1,
                                  "l2_regularization_strength": 0.02, "l2_shrinkage_regularization_strength": 0.03},
                         ftrl(0.3, 0.01, 0.02, 0.03, 0.1)),
    "lamb": ("Lamb", {}, lamb), "adafactor": ("Adafactor", {}, adafactor()),
    "adafactor_clipped": ("Adafactor", {"clip_threshold": 0.5, "epsilon_2": 0.2, "beta_2_decay": -0.6},
                          adafactor(threshold=0.5, e2=0.2, b2=-0.6)),
    "schedule_free": ("ScheduleFreeAdamW", {}, schedule_free()),
    "schedule_free_warm": ("ScheduleFreeAdamW", {"warmup_steps": 7, "beta_1": 0.8}, schedule_free(0.8, warmup=7)),
    "muon": ("Muon", {"adam_weight_decay": None, "weight_decay": None}, muon()),
    "muon_plain": ("Muon", {"nesterov": False, "rms_rate": None, "ns_steps": 3, "adam_weight_decay": None,
                            "weight_decay": None}, muon(nesterov=False, rate=None, steps=3)),
}  # fmt: skip


def reference(step, start, gradients, decay=0.0, rate=lambda t: LR, change=lambda g: g):
    """`step` for every variable and every gradient, in float64."""
    w = {n: v.copy() for n, v in start.items()}
    slots = {n: {"first": v.copy()} for n, v in start.items()}
    for t, grads in enumerate(gradients, 1):
        grads, lr = change(grads), rate(t - 1)
        for n in w:
            w[n] = step(w[n] - w[n] * lr * decay, grads[n], slots[n], t, lr)
    return w


def variables(start, dtype):
    return [Variable(v.astype(dtype), name=n, path=f"dense/{n}") for n, v in start.items()]


def train_on_arrays(optimizer, start, gradients, dtype="float64"):
    vs = variables(start, dtype)
    for grads in gradients:
        optimizer.apply([grads[v.name].astype(dtype) for v in vs], vs)
    return {v.name: v.numpy() for v in vs}


def train_on_tape(optimizer, start, gradients, dtype="float64", flat=True):
    """One plan, run for every step; flat: the weights and slots in buffers, one update for all."""
    vs = variables(start, dtype)
    optimizer.build(vs)
    prepared = None
    if flat:
        slots = [(run, optimizer.flat_slots_of(run.variables)) for run in runs_of(vs)]
        prepared = [(run, None if s is None else [slot_run(run, x) for x in s]) for run, s in slots]

    def step(*grads):
        with optimizer.through(prepared):
            optimizer.apply(grads, vs)
        return ops.sum(grads[0])

    first = [gradients[0][v.name].astype(dtype) for v in vs]
    call = plan(step, first)
    for grads in gradients:
        optimizer.refresh()
        call(*(grads[v.name].astype(dtype) for v in vs))
    return {v.name: v.numpy() for v in vs}


def close(got, expected, rtol=1e-9):
    for n, v in expected.items():
        np.testing.assert_allclose(got[n], v, rtol=rtol, atol=rtol, err_msg=n)


@pytest.mark.parametrize("name", CASES)
def test_twenty_steps_on_arrays(name):
    cls, arguments, step = CASES[name]
    optimizer = getattr(optimizers, cls)(learning_rate=0.05, **arguments)
    start, gradients = draws()
    close(train_on_arrays(optimizer, start, gradients), reference(step, start, gradients))
    assert int(optimizer.iterations) == STEPS


@pytest.mark.parametrize("name", CASES)
def test_twenty_steps_on_the_tape(name):
    cls, arguments, step = CASES[name]
    start, gradients = draws()
    expected = reference(step, start, gradients, decay=0.1)
    for flat in (True, False):
        decays = {"weight_decay": 0.1, **({"adam_weight_decay": 0.1} if cls == "Muon" else {})}
        optimizer = getattr(optimizers, cls)(**{"learning_rate": 0.05, **arguments, **decays})
        close(train_on_tape(optimizer, start, gradients, flat=flat), expected)
        assert int(optimizer.iterations) == STEPS


@pytest.mark.parametrize("name", ["momentum", "rmsprop", "adagrad", "adam", "lion"])
def test_float32_flat_and_single_variables_give_the_same_bits(name):
    cls, arguments, step = CASES[name]
    start, gradients = draws()
    make = lambda: getattr(optimizers, cls)(learning_rate=0.05, **arguments)
    results = [
        train_on_arrays(make(), start, gradients, "float32"),
        train_on_tape(make(), start, gradients, "float32"),
        train_on_tape(make(), start, gradients, "float32", flat=False),
    ]
    for n in SHAPES:
        np.testing.assert_array_equal(results[0][n], results[1][n])
        np.testing.assert_array_equal(results[0][n], results[2][n])
    close(results[0], reference(step, start, gradients), 2e-5)


def norm(x):
    return np.sqrt((x**2).sum())


def clip_each(g):
    return {n: v * 0.5 / max(norm(v), 0.5) for n, v in g.items()}


def clip_all(g):
    size = np.sqrt(sum((v**2).sum() for v in g.values()))
    return {n: v * min(1.0, 0.7 / size) for n, v in g.items()}


@pytest.mark.parametrize(
    "arguments, change",
    [
        ({"clipnorm": 0.5}, clip_each),
        ({"clipvalue": 0.3}, lambda g: {n: np.clip(v, -0.3, 0.3) for n, v in g.items()}),
        ({"global_clipnorm": 0.7}, clip_all),
        ({"loss_scale_factor": 4.0}, lambda g: {n: v / 4 for n, v in g.items()}),
    ],
)
@pytest.mark.parametrize("train", [train_on_arrays, train_on_tape])
def test_clipping(arguments, change, train):
    start, gradients = draws()
    expected = reference(adam(), start, gradients, decay=0.1, change=change)
    close(train(optimizers.Adam(0.05, weight_decay=0.1, **arguments), start, gradients), expected)


@pytest.mark.parametrize("train", [train_on_arrays, train_on_tape])
def test_an_infinite_gradient_under_global_clipping_shows(train):
    start, gradients = draws()
    gradients[0]["bias"][0] = np.inf
    got = train(optimizers.SGD(0.05, global_clipnorm=1.0), start, gradients[:1])
    assert all(np.isnan(v).all() for v in got.values())


@pytest.mark.parametrize("train", [train_on_arrays, train_on_tape])
def test_weight_decay_with_exclusions(train):
    start, gradients = draws()
    decayed = reference(adam(), start, gradients, decay=0.1)
    plain = reference(adam(), start, gradients)
    optimizer = optimizers.AdamW(0.05, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    close(
        train(optimizer, start, gradients),
        {"kernel": decayed["kernel"], "bias": plain["bias"], "scale": decayed["scale"]},
    )


@pytest.mark.parametrize("train", [train_on_arrays, train_on_tape])
@pytest.mark.parametrize("name", ["sgd", "adam", "nadam"])
def test_gradient_accumulation(train, name):
    cls, arguments, step = CASES[name]
    start, gradients = draws()
    mean = [{n: sum(g[n] for g in gradients[i : i + 4]) / 4 for n in start} for i in range(0, STEPS, 4)]
    optimizer = getattr(optimizers, cls)(learning_rate=0.05, gradient_accumulation_steps=4, clipnorm=1.0, **arguments)
    expected = reference(step, start, mean, change=lambda g: {n: v / max(norm(v), 1.0) for n, v in g.items()})
    close(train(optimizer, start, gradients), expected)
    assert int(optimizer.iterations) == STEPS // 4


@pytest.mark.parametrize("train", [train_on_arrays, train_on_tape])
@pytest.mark.parametrize("often", [None, 3])
def test_moving_averages(train, often):
    start, gradients = draws()
    w = {n: v.copy() for n, v in start.items()}
    average = {}
    for t, g in enumerate(gradients):
        for n in w:
            w[n] = w[n] - LR * g[n]
            average[n] = w[n] if t == 0 else 0.8 * average[n] + 0.2 * w[n]
            if often and (t + 1) % often == 0:
                w[n] = average[n]
    optimizer = optimizers.SGD(0.05, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=often)
    close(train(optimizer, start, gradients), w)
    close({v.name: a.numpy() for v, a in zip(optimizer.trainable_variables, optimizer.averages)}, average)
    optimizer.finalize_variable_values(optimizer.trainable_variables)
    close({v.name: v.numpy() for v in optimizer.trainable_variables}, average)


@pytest.mark.parametrize("flat", [True, False])
def test_constraints(flat):
    start, gradients = draws()
    vs = variables(start, "float64")
    vs[1].constraint = lambda w: ops.maximum(w, np.float64(0.0))
    optimizer = optimizers.SGD(0.05)
    optimizer.build(vs)
    runs = [(run, [slot_run(run, s) for s in optimizer.flat_slots_of(run.variables)]) for run in runs_of(vs)]

    def step(*grads):
        with optimizer.through(runs if flat else None):
            optimizer.apply(grads, vs)
        return ops.sum(grads[0])

    first = [gradients[0][v.name] for v in vs]
    plan(step, first)(*first)
    expected = {n: v - LR * gradients[0][n] for n, v in start.items()}
    expected["bias"] = np.maximum(expected["bias"], 0)
    close({v.name: v.numpy() for v in vs}, expected)


@pytest.mark.parametrize(
    "rate, values",
    [
        (optimizers.schedules.ExponentialDecay(0.05, 5, 0.5), lambda t: 0.05 * 0.5 ** (t / 5)),
        (optimizers.schedules.CosineDecay(0.05, 10), lambda t: 0.025 * (1 + np.cos(np.pi * min(t, 10) / 10))),
    ],
)
@pytest.mark.parametrize("train", [train_on_arrays, train_on_tape])
def test_schedules(rate, values, train):
    start, gradients = draws()
    close(train(optimizers.Adam(rate), start, gradients), reference(adam(), start, gradients, rate=values))


class Steps(optimizers.schedules.LearningRateSchedule):
    """A schedule that only Python can compute."""

    def __call__(self, step):
        return 0.1 if step < 7 else 0.01

    def get_config(self):
        return {}


class Halving(Steps):
    """A schedule of a user's own that works on symbols."""

    def __call__(self, step):
        return ops.divide(np.float64(0.1), ops.cast(step, "float64") + np.float64(1.0))


@pytest.mark.parametrize("train", [train_on_arrays, train_on_tape])
def test_rates_written_in_plain_python(train):
    start, gradients = draws()
    optimizer = optimizers.SGD(Steps())
    close(train(optimizer, start, gradients), reference(sgd(), start, gradients, rate=lambda t: 0.1 if t < 7 else 0.01))
    calls = iter(np.linspace(0.1, 0.01, 1000))
    constant = optimizers.SGD(lambda: 0.0 * next(calls) + LR)
    close(train(constant, start, gradients), reference(sgd(), start, gradients))
    assert optimizer.python_per_batch and constant.python_per_batch
    assert not optimizers.SGD(0.1).python_per_batch and not optimizers.SGD(Halving()).python_per_batch
    close(
        train(optimizers.SGD(Halving()), start, gradients),
        reference(sgd(), start, gradients, rate=lambda t: 0.1 / (1 + t)),
    )


class Signed(optimizers.Optimizer):
    """What a user writes: the sign of a momentum."""

    def build(self, variables):
        super().build(variables)
        self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        m = self.momentums[self._get_variable_index(variable)]
        self.assign(m, 0.5 * m + gradient)
        self.assign_sub(variable, ops.multiply(learning_rate, ops.sign(m)))


def signed_step(w, g, s, t, lr):
    s["m"] = 0.5 * s.get("m", 0.0) + g
    return w - lr * np.sign(s["m"])


@pytest.mark.parametrize("train", [train_on_arrays, train_on_tape])
def test_an_optimizer_of_ones_own(train):
    start, gradients = draws()
    optimizer = Signed(0.05, weight_decay=0.1, global_clipnorm=0.7)
    close(train(optimizer, start, gradients), reference(signed_step, start, gradients, decay=0.1, change=clip_all))
    assert optimizer.flat_slots_of(optimizer.trainable_variables) is None
    mean = [{n: (a[n] + b[n]) / 2 for n in start} for a, b in zip(gradients[::2], gradients[1::2])]
    accumulating = Signed(0.05, gradient_accumulation_steps=2)
    close(train(accumulating, start, gradients), reference(signed_step, start, mean))
