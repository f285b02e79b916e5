"""Metrics at extremes: ties, empty classes, weights of zero, labels at the border, several batches."""

import numpy as np

RNG = np.random.RandomState(4)
Y = (RNG.rand(12) > 0.4).astype("float32")
P = np.round(RNG.rand(12), 1).astype("float32")  # with ties
HOT = np.eye(4, dtype="float32")[RNG.randint(0, 4, 9)]
SCORES = RNG.rand(9, 4).astype("float32")
TIES = np.round(SCORES * 2) / 2
IDS = RNG.randint(0, 4, 9)
WIDE = (RNG.rand(6, 3) > 0.5).astype("float32"), RNG.rand(6, 3).astype("float32")
BINARY = {"ties": (Y, P), "none": (np.zeros(4, "float32"), np.array([.1, .9, .5, 0.], "float32")),
          "all": (np.ones(4, "float32"), np.array([.1, .9, .5, 1.], "float32")), "wide": WIDE,
          "equal": (Y, np.full(12, .5, "float32")), "column": (Y[:, None], P[:, None]), "bools": (Y > 0, P),
          "ints": (Y.astype("int32"), P), "one": (np.array([1.], "float32"), np.array([0.], "float32"))}  # fmt: skip
MULTI = {
    "hot": (HOT, SCORES),
    "ties": (HOT, TIES),
    "zeros": (np.zeros_like(HOT), SCORES),
    "one": (HOT[:1], SCORES[:1]),
    "steps": (HOT.reshape(3, 3, 4), SCORES.reshape(3, 3, 4)),
}
SPARSE = {
    "ids": (IDS, SCORES),
    "column": (IDS[:, None], SCORES),
    "floats": (IDS * 1.0, SCORES),
    "ties": (IDS, TIES),
    "steps": (IDS.reshape(3, 3), SCORES.reshape(3, 3, 4)),
}
REAL = {
    "real": (RNG.randn(6, 3).astype("float32"), RNG.randn(6, 3).astype("float32")),
    "zeros": (np.zeros((2, 3)),) * 2,
    "equal": (WIDE[1], WIDE[1]),
    "constant": (np.ones((4, 2), "float32"), RNG.rand(4, 2).astype("float32")),
    "flat": (np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 2.0])),
    "one": (np.array([[2.0]]), np.array([[1.0]])),
    "ints": (np.array([[1, 2], [3, 4]]), np.array([[1.5, 2.0], [3.0, 3.0]], "float32")),
}
LABELS = {
    "ids": (IDS, np.roll(IDS, 1)),
    "floats": (IDS * 1.0, np.roll(IDS, 2) * 1.0),
    "same": (IDS, IDS),
    "absent": (np.zeros(4, int), np.ones(4, int)),
    "grid": (IDS.reshape(3, 3), IDS.reshape(3, 3).T),
}
THRESHOLDS = [{}, {"thresholds": 0.3}, {"thresholds": [0.0, 0.5, 1.0]}, {"thresholds": [0.2, 0.2]}]
TOP = [*THRESHOLDS, {"top_k": 1}, {"top_k": 2, "class_id": 1}, {"class_id": 0}]
AVERAGES = [{"average": a, "threshold": t} for a in (None, "micro", "macro", "weighted") for t in (None, 0.4)]
TABLE = {
    "BinaryAccuracy": ([{}, {"threshold": .1}], BINARY), "BinaryCrossentropy": ([{}, {"from_logits": True}], BINARY),
    "Precision": (TOP[:4], BINARY), "Recall": (TOP[:4], BINARY), "TruePositives": (THRESHOLDS, BINARY),
    "TrueNegatives": (THRESHOLDS, BINARY), "FalsePositives": (THRESHOLDS, BINARY),
    "FalseNegatives": (THRESHOLDS, BINARY),
    "AUC": ([{}, {"curve": "PR"}, {"summation_method": "minoring"}, {"summation_method": "majoring", "curve": "PR"},
             {"num_thresholds": 3}, {"thresholds": [.3, .6]}, {"from_logits": True}], BINARY),
    "PrecisionAtRecall": ([{"recall": .5}, {"recall": 1., "num_thresholds": 5}], BINARY),
    "RecallAtPrecision": ([{"precision": .5}, {"precision": .99}], BINARY),
    "SensitivityAtSpecificity": ([{"specificity": .5}, {"specificity": 1.}], BINARY),
    "SpecificityAtSensitivity": ([{"sensitivity": .5}, {"sensitivity": 1.}], BINARY),
    "BinaryIoU": ([{}, {"target_class_ids": [1], "threshold": .3}], BINARY), "Hinge": ([{}], BINARY),
    "SquaredHinge": ([{}], BINARY), "CategoricalHinge": ([{}], MULTI), "CategoricalAccuracy": ([{}], MULTI),
    "CategoricalCrossentropy": ([{}, {"from_logits": True}, {"label_smoothing": .1}], MULTI),
    "TopKCategoricalAccuracy": ([{"k": k} for k in (1, 2, 5)], MULTI), "KLDivergence": ([{}], MULTI),
    "F1Score": (AVERAGES, MULTI), "FBetaScore": ([{"beta": 2.}, {"beta": .5, "average": "macro"}], MULTI),
    "OneHotIoU": ([{"num_classes": 4, "target_class_ids": [0, 2]}], MULTI),
    "OneHotMeanIoU": ([{"num_classes": 4}, {"num_classes": 4, "axis": -1}], MULTI),
    "SparseCategoricalAccuracy": ([{}], SPARSE), "SparseCategoricalCrossentropy": ([{}, {"from_logits": True}], SPARSE),
    "SparseTopKCategoricalAccuracy": ([*({"k": k} for k in (1, 2, 5)), {"k": 2, "from_sorted_ids": True}], SPARSE),
    "Accuracy": ([{}], LABELS), "MeanIoU": ([{"num_classes": 4}, {"num_classes": 4, "ignore_class": 1}], LABELS),
    "IoU": ([{"num_classes": 4, "target_class_ids": [0, 3]},
             {"num_classes": 4, "target_class_ids": [1], "ignore_class": 0}],
            LABELS),
    "MeanSquaredError": ([{}], REAL), "MeanAbsoluteError": ([{}], REAL), "MeanAbsolutePercentageError": ([{}], REAL),
    "MeanSquaredLogarithmicError": ([{}], REAL), "RootMeanSquaredError": ([{}], REAL), "LogCoshError": ([{}], REAL),
    "CosineSimilarity": ([{}, {"axis": 0}], REAL), "Poisson": ([{}], REAL), "R2Score": (
        [{"class_aggregation": a, "num_regressors": n} for a in (None, "uniform_average", "variance_weighted_average")
         for n in (0, 1)], REAL),
    "PearsonCorrelation": ([{}, {"axis": 0}], REAL), "ConcordanceCorrelation": ([{}, {"axis": 0}], REAL),
}  # fmt: skip
MANY = {
    "Precision": TOP[4:],
    "Recall": TOP[4:],
    "AUC": [
        {"multi_label": True, "num_labels": 3},
        {"multi_label": True, "num_labels": 3, "label_weights": [0.1, 0.9, 0.0]},
        {"multi_label": True, "curve": "PR"},
    ],
}


def cases(K):
    M = K.metrics

    def run(make, *batches):
        def result():
            metric = make()
            for args in batches:
                metric.update_state(*args)
            return metric.result()

        return result

    for name, (all_options, data) in TABLE.items():
        for i, options in enumerate(all_options):

            def make(name=name, options=options):
                return getattr(M, name)(**options)

            for label, (y, p) in data.items():
                yield f"{name} {i} {label}", run(make, (y, p))
            label, (y, p) = next(iter(data.items()))
            w = np.arange(len(y)) % 3 * (1.0 if "IoU" in name else 0.5)  # Keras cuts weights of IoUs to integers
            yield f"{name} {i} twice", run(make, (y, p), (y[:2], p[:2]))
            yield f"{name} {i} weighted", run(make, (y, p, w))
            yield f"{name} {i} no weight", run(make, (y, p, w * 0))
            yield f"{name} {i} scalar weight", run(make, (y, p, 2.0))
            if name not in ("F1Score", "FBetaScore", "R2Score"):  # Keras has no variables yet; broadcasts
                yield f"{name} {i} empty", run(make)
                yield f"{name} {i} column weight", run(make, (y, p, w[:, None]))
        if name not in ("CosineSimilarity", "SparseTopKCategoricalAccuracy"):  # whose options Keras forgets
            yield f"{name} config", lambda make=make: sorted(make().get_config())
        yield f"{name} variables", lambda make=make: [[v.name, list(map(str, v.shape))] for v in make().variables]
    for name, all_options in MANY.items():
        for i, options in enumerate(all_options):
            for w in (None, np.arange(6.0)):
                yield f"{name} many {i} {w is None}", run(lambda n=name, o=options: getattr(M, n)(**o), (*WIDE, w))
    for name in ("Mean", "Sum"):
        for label, args in {
            "numbers": ([1.0, 3.0],),
            "weights": ([1.0, 3.0], [0.0, 2.0]),
            "zero": ([1.0, 3.0], [0.0, 0.0]),
            "ints": (np.array([1, 2]),),
            "scalar": (4,),
            "grid": (np.ones((2, 3)), [1.0, 2.0]),
        }.items():
            yield f"{name} {label}", run(getattr(M, name), args)
        yield f"{name} empty", run(getattr(M, name))
    functions = ("binary_accuracy", "categorical_accuracy", "top_k_categorical_accuracy")
    for name in functions:
        for label, (y, p) in ({**MULTI} if name != "binary_accuracy" else BINARY).items():
            yield f"{name} {label}", lambda name=name, y=y, p=p: getattr(M, name)(y, p)
    for name in ("sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy"):
        for label, (y, p) in SPARSE.items():
            yield f"{name} {label}", lambda name=name, y=y, p=p: getattr(M, name)(y, p)
