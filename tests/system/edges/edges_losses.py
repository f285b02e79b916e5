"""Losses and metrics-as-functions: each class with drawn options on data at the edges."""

import numpy as np

RNG = np.random.RandomState(3)
REAL = RNG.randn(3, 4).astype("float32"), RNG.randn(3, 4).astype("float32")
PROBABLE = (RNG.rand(3, 4) > 0.5).astype("float32"), RNG.rand(3, 4).astype("float32")
EXTREME = np.array([[0, 1, 1, 0], [1, 0, 0, 1]], "float32"), np.array([[0, 1, 0, 1], [1, 0, 1, 0]], "float32")
LOGITS = np.array([[0, 1, 1, 0], [1, 0, 0, 1]], "float32"), np.array([[-300, 300, -80, 80], [0, 0, 100, -5]], "float32")
ONE_HOT = np.eye(4, dtype="float32")[[0, 2, 3]]
ZEROS = np.zeros((2, 3), "float32"), np.zeros((2, 3), "float32")
CLASSES = np.array([0, 3, 2]), RNG.rand(3, 4).astype("float32")
IMAGES = (RNG.rand(2, 3, 3, 2) > 0.5).astype("float32"), RNG.rand(2, 3, 3, 2).astype("float32")

REGRESSION = ("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError",
              "Huber", "LogCosh", "CosineSimilarity", "Poisson", "KLDivergence", "Hinge", "SquaredHinge",
              "CategoricalHinge")  # fmt: skip
DATA = {"real": REAL, "probable": PROBABLE, "extreme": EXTREME, "zeros": ZEROS, "images": IMAGES,
        "ints": (np.array([[0, 1], [1, 1]]), np.array([[.2, .9], [.4, .1]], "float32")),
        "bools": (np.array([[True, False]]), np.array([[.2, .9]], "float32")),
        "one": (np.array([[1.]], "float32"), np.array([[.3]], "float32")),
        "flat": (np.array([1., 0., 1.], "float32"), np.array([[.3], [.2], [.9]], "float32")),
        "tall": (np.array([[1.], [0.]], "float32"), np.array([.3, .2], "float32")),
        "uint8": (np.array([[0, 255]], "uint8"), np.array([[3., 250.]], "float32")),
        "double": (np.array([[.1, .7]]), np.array([[.3, .7]])),
        "huge": (np.array([[1e30, -1e30]], "float32"), np.array([[-1e30, 1e30]], "float32"))}  # fmt: skip
BINARY = [{}, {"from_logits": True}, {"label_smoothing": 0.2}, {"from_logits": True, "label_smoothing": 0.5}]
OPTIONS = {
    "BinaryCrossentropy": BINARY,
    "BinaryFocalCrossentropy": [*BINARY, {"apply_class_balancing": True, "alpha": 0.3, "gamma": 1.5}, {"gamma": 0.0}],
    "CategoricalCrossentropy": [*BINARY, {"axis": 1}],
    "CategoricalFocalCrossentropy": [*BINARY, {"alpha": 0.4, "gamma": 0.0}],
    "CategoricalGeneralizedCrossEntropy": [{}, {"q": 0.9}],
    "Dice": [{}, {"axis": (1, 2, 3)}, {"axis": -1}],
    "Tversky": [{}, {"alpha": 0.2, "beta": 0.9}, {"axis": -1}],
    "Huber": [{}, {"delta": 0.1}, {"delta": 1e4}],
    "CosineSimilarity": [{}, {"axis": 1}, {"axis": 0}],
    **{name: [{}] for name in REGRESSION if name not in ("Huber", "CosineSimilarity")},
}
# fmt: off
WEIGHTS = {"scalar": np.float32(2.), "rows": np.array([1., 0., 3.], "float32"), "zero": np.zeros(3, "float32"),
           "column": np.array([[1.], [0.], [2.]], "float32"), "full": PROBABLE[1], "ints": np.array([1, 0, 2])}
# fmt: on


def cases(K):
    L = K.losses

    def value(name, options, y, p, **kwargs):
        return lambda: getattr(L, name)(**options)(y, p, **kwargs)

    for name, all_options in OPTIONS.items():
        for i, options in enumerate(all_options):
            for label, (y, p) in {**DATA, **({"logits": LOGITS} if options.get("from_logits") else {})}.items():
                if name.startswith("Categorical") and 1 in (y.shape[-1], p.shape[-1]):
                    continue  # one class: nothing to learn
                yield f"{name} {i} {label}", value(name, options, y, p)
        for reduction in ("sum", "none", None, "mean", "mean_with_sample_weight", "sum_over_batch_size"):
            for label, w in {"none": None, **WEIGHTS}.items():
                yield f"{name} {reduction} {label}", value(name, {"reduction": reduction}, *PROBABLE, sample_weight=w)
        if name not in ("Huber", "CosineSimilarity"):  # Keras forgets `delta` and `axis`; here they are kept
            yield f"{name} config", lambda name=name: sorted(getattr(L, name)().get_config())
    sparse = [{}, {"from_logits": True}, {"ignore_class": 2}, {"ignore_class": 0, "from_logits": True}]
    for i, options in enumerate(sparse):
        for label, (y, p) in {
            "rows": CLASSES,
            "column": (CLASSES[0][:, None], CLASSES[1]),
            "floats": (CLASSES[0] * 1.0, CLASSES[1]),
            "bytes": (CLASSES[0].astype("uint8"), CLASSES[1]),
            "steps": (np.array([[0, 1], [2, 3]]), RNG.rand(2, 2, 4)),
            "sure": (np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]], "float32")),
            "all ignored": (np.array([2, 2, 2]), CLASSES[1]),
            "logits": (np.array([0, 1]), np.array([[200.0, -200.0], [200.0, -200.0]], "float32")),
        }.items():
            for weight in (None, "rows") if label in ("rows", "column", "all ignored") else (None,):
                yield (
                    f"Sparse {i} {label} {weight}",
                    value("SparseCategoricalCrossentropy", options, y, p, sample_weight=WEIGHTS.get(weight)),
                )
    for name in (
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "huber",
        "log_cosh",
        "mean_squared_logarithmic_error",
        "hinge",
        "squared_hinge",
        "categorical_hinge",
        "kl_divergence",
        "poisson",
        "cosine_similarity",
        "binary_crossentropy",
        "categorical_crossentropy",
        "dice",
        "tversky",
        "binary_focal_crossentropy",
        "categorical_focal_crossentropy",
    ):
        for label in ("real", "probable", "ints", "images", "one"):
            yield f"{name} {label}", lambda name=name, label=label: getattr(L, name)(*DATA[label])
