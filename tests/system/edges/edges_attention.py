"""Attention: masks of queries, values and keys, causal ones, rows that see nothing; values and one step of training."""

import numpy as np

RNG = np.random.RandomState(6)
Q, V, KEY = (RNG.randn(2, n, 4).astype("float32").round(2) for n in (3, 5, 5))
NOTHING = np.ones((2, 3, 5), bool)
NOTHING[0, 1], NOTHING[1, 2, :3] = False, False
QM, VM = np.array([[1, 1, 0], [0, 1, 1]], bool), np.array([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0]], bool)
MASKS = {"none": {}, "attention": {"attention_mask": NOTHING}, "causal": {"use_causal_mask": True},
         "both": {"attention_mask": NOTHING, "use_causal_mask": True},
         "value": {"value_mask": VM}, "key": {"key_mask": VM},
         "ints": {"attention_mask": NOTHING.astype("int32")}, "floats": {"attention_mask": NOTHING.astype("float32")},
         "row": {"attention_mask": NOTHING[:, :1]}, "all": {"attention_mask": NOTHING & False}}  # fmt: skip


def cases(K):
    L, P = K.layers, K.ops

    def prepared(layer):
        rng = np.random.RandomState(8)
        layer.set_weights([np.round(rng.randn(*w.shape) * 0.5, 3) for w in layer.get_weights()])
        return layer

    def heads(options, scores, **masks):
        layer = L.MultiHeadAttention(2, 3, **options)
        layer(Q, V, KEY)
        out = prepared(layer)(Q, V, KEY, return_attention_scores=scores, **masks)
        return [np.asarray(o) for o in out] if scores else np.asarray(out)

    def dots(name, options, inputs, **kwargs):
        layer = getattr(L, name)(**options)
        layer(inputs)
        out = prepared(layer)(inputs, **kwargs)
        return [np.asarray(o) for o in out] if isinstance(out, (list, tuple)) else np.asarray(out)

    def trained(build):
        """Weights and inputs' predictions after two steps; masks are data."""
        q, v, m = K.Input((3, 4)), K.Input((5, 4)), K.Input((3, 5), dtype="bool")
        model = K.Model([q, v, m], build(L.Dense(4)(q), L.Dense(4)(v), m))
        prepared(model).compile(K.optimizers.SGD(0.1), "mse")
        y = np.ones(model.output_shape[1:]) * np.ones((2, 1, 1))
        losses = [np.float32(model.train_on_batch([Q, V, NOTHING], y)) for _ in range(2)]
        return [losses, model.get_weights(), model.predict([Q, V, NOTHING], verbose=0)]

    for label, masks in MASKS.items():
        for scores in (False, True):
            for i, options in enumerate(({}, {"dropout": 0.5}, {"value_dim": 2, "output_shape": 3, "use_bias": False})):
                yield f"heads {label} {scores} {i}", lambda a=options, b=scores, c=masks: heads(a, b, **c)
    for name, all_options in (
        ("Attention", [{}, {"use_scale": True}, {"score_mode": "concat"}, {"dropout": 0.3}]),
        ("AdditiveAttention", [{}, {"use_scale": False}]),
    ):
        for i, options in enumerate(all_options):
            for label, kwargs in {
                "none": {},
                "value": {"mask": [None, VM]},
                "query": {"mask": [QM, None]},
                "both": {"mask": [QM, VM]},
                "causal": {"use_causal_mask": True},
                "all": {"mask": [QM, VM], "use_causal_mask": True, "return_attention_scores": True},
                "three": {"mask": [QM, VM, VM]},
            }.items():
                for inputs in ([Q, V], [Q, V, KEY]):
                    yield (
                        f"{name} {i} {label} {len(inputs)}",
                        (lambda a=name, b=options, c=inputs, d=kwargs: dots(a, b, c, **d)),
                    )
            deep = [Q[:, None] * [[[1.0]], [[2.0]]], V[:, None] * [[[1.0]], [[-1.0]]]]
            deep = [d.astype("float32") for d in deep]
            yield f"{name} {i} deep", lambda a=name, b=options, d=deep: dots(a, b, d)
            yield (
                f"{name} {i} deep causal",
                lambda a=name, b=options, d=deep: dots(a, b, d, use_causal_mask=True, return_attention_scores=True),
            )
    yield "train heads", lambda: trained(lambda q, v, m: L.MultiHeadAttention(2, 3)(q, v, attention_mask=m))
    yield (
        "train heads scores",
        lambda: trained(
            lambda q, v, m: L.MultiHeadAttention(2, 3)(q, v, attention_mask=m, return_attention_scores=True)[0]
        ),
    )
    yield (
        "train heads causal",
        lambda: trained(lambda q, v, m: L.MultiHeadAttention(2, 3)(q, v, attention_mask=m, use_causal_mask=True)),
    )
    yield (
        "train softmax",
        lambda: trained(lambda q, v, m: P.matmul(L.Softmax()(P.matmul(q, P.swapaxes(v, 1, 2)), mask=m), v)),
    )
    yield (
        "train softmax axes",
        lambda: trained(lambda q, v, m: P.matmul(L.Softmax(axis=(1, 2))(P.matmul(q, P.swapaxes(v, 1, 2)), mask=m), v)),
    )
    yield (
        "train attention",
        lambda: trained(
            lambda q, v, m: L.Attention(use_scale=True)([q, v], mask=[P.any(m, axis=-1), P.any(m, axis=1)])
        ),
    )
    for label, mask in {
        "all": np.zeros((2, 3), bool),
        "part": np.array([[1, 0, 1], [0, 0, 0]], bool),
        "row": np.array([[1, 0, 1]]),
        "vector": np.array([True, False, False]),
        "floats": np.array([[0.2, 0.6, 1.0]] * 2),
        "large": np.ones((2, 2, 3), bool),
        "other": np.ones((2, 4), bool),
    }.items():
        for axis in (-1, 0, (0, 1), [1]):
            yield (
                f"softmax {label} {axis}",
                lambda mask=mask, axis=axis: np.asarray(L.Softmax(axis=axis)(Q[:, :, 0] * 5, mask=mask)),
            )
