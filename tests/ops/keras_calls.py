"""The calls of public operations whose results keras_values.npz holds, as Python expressions.

In them `P` is `keras.ops` or `fastnn.ops`, `np` NumPy, and arrays come from formulas, so that every library gets the
same ones: `E` has values at the edges of a dtype, `N` ordinary ones that differ, `S` regular symmetric matrices.
"""

import numpy as np

FLOATS = [0.0, 1.0, -1.0, 0.5, np.nan, -0.0, 2.5, -2.5, np.inf, 1.5, -0.5, -np.inf, 3.0, 1e-7, -7.25, 88.9, -88.9, 1e10,
          0.3, -1e-7, 1e25, -1e25, 1e38, -1e38, 4.0, -3.5, 16777217.0, 1e-3, 0.9999, 710.0]  # fmt: skip
SMALL_INTS = [0, 1, 2, 3, 5, 7, 100, 127]
TYPES = {"b": "bool", "u1": "uint8", "u2": "uint16", "u4": "uint32", "i1": "int8", "i2": "int16", "i4": "int32",
         "i8": "int64", "f2": "float16", "f4": "float32", "f8": "float64"}  # fmt: skip
SHORT = ("b", "u1", "i1", "i2", "u2", "u4", "i4", "f2", "f4")
WHOLE = ("b", "u1", "i1", "i2", "u2", "u4", "i4")


def words(text):
    """The names in a text."""
    return text.split()


def _pool(kind):
    dtype = np.dtype(TYPES[kind])
    if dtype.kind == "f":
        return np.array([v for v in FLOATS if kind != "f2" or not np.isfinite(v) or abs(v) < 6e4], dtype)
    if dtype.kind == "b":
        return np.array([True, False, False, True, True])
    info = np.iinfo(dtype)
    signed = [-1, -2, -5, -7, info.min, info.min + 1] if info.min else []
    return np.array([v for v in SMALL_INTS if v <= info.max] + signed + [info.max, info.max - 1], dtype)


def E(kind, *shape, k=0):
    """Values at the edges of the dtype, from number k on."""
    pool = _pool(kind)
    return pool[(np.arange(int(np.prod(shape))) + k) % len(pool)].reshape(shape)


def X(kind, k=1):
    """All values at the edges, each against the one k places further on: the pair of operands is X(t, 0), X(t, k)."""
    pool = _pool(kind)
    return np.roll(pool, -k)


def N(kind, *shape, k=0, low=-3.0, high=3.0):
    """Ordinary values, hardly ever equal."""
    dtype = np.dtype(TYPES[kind])
    v = (np.arange(int(np.prod(shape))) + 1) * 0.6180339887 + k * 0.37
    v = np.round(v - np.floor(v), 4) * (high - low) + low
    if dtype.kind == "f":
        return np.round(v, 3).astype(dtype).reshape(shape)
    if dtype.kind == "b":
        return (v > 0).reshape(shape)
    v = np.floor(v * 3)
    return (np.abs(v) if dtype.kind == "u" else v).astype(dtype).reshape(shape)


def S(kind, n, *lead):
    """Symmetric positive definite matrices."""
    a = N("f8", *lead, n, n)
    return (a @ np.swapaxes(a, -1, -2) + n * np.eye(n)).round(2).astype(TYPES[kind])


def _unary():
    floats = words(
        "arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad erf erfc erfinv exp exp2 "
        "expm1 fabs floor log log10 log1p log2 rad2deg reciprocal rsqrt sigmoid sin sinc sinh sqrt tan tanh "
        "softplus silu relu relu6 elu selu celu gelu leaky_relu log_sigmoid hard_sigmoid hard_silu "
        "hard_tanh "
        "soft_shrink hard_shrink tanh_shrink threshold mish squareplus sparse_plus "
        "sparse_sigmoid soft_sign"
    )
    whole = words(
        "abs absolute negative square sign trunc round isnan isinf isfinite isposinf isneginf logical_not "
        "nan_to_num signbit conj real imag angle isreal copy stop_gradient zeros_like ones_like empty_like "
        "identity"
    )
    for f in floats + whole:
        if f in ("identity", "empty_like"):
            continue
        call = {"threshold": "P.threshold({}, .5, 2.)"}.get(f, f"P.{f}({{}})")
        if f not in ("zeros_like", "ones_like"):
            yield call.format("E('f4',30)")
        for t in SHORT[:-1]:
            yield call.format(f"E('{t}',{16 if f in whole else 5})")
        yield call.format("E('f4',0)")
        yield call.format("2") if f not in ("angle", "signbit") else call.format("E('f4')")
        yield call.format("-2.5")
    for t in WHOLE:
        yield f"P.bitwise_not(E('{t}',16))"
        yield f"P.bitwise_invert(E('{t}',16))"
    for t in ("b", "u1", "i4", "f4"):
        for d in (-2, -1, 1, 2):
            yield f"P.round(N('{t}',4,high=99.),{d})"
    yield "P.round(np.array([.125,.375,-.125,2.675,1e20,15.,25.,35.,-25.],'f4'),2)"
    yield "P.round(np.array([15,25,35,-25,14],'i4'),-1)"
    yield "P.gelu(E('f4',30),approximate=False)"
    yield "P.relu6(E('f4',30))"
    yield "P.leaky_relu(E('f4',30),.1)"
    yield "P.elu(E('f4',30),.5)"
    yield "P.celu(E('f4',30),.5)"
    yield "P.hard_shrink(E('f4',30),1.)"
    yield "P.soft_shrink(E('f4',30),1.)"
    yield "P.squareplus(E('f4',30),1)"
    yield "P.nan_to_num(E('f4',30),nan=7.,posinf=8.,neginf=9.)"
    yield "P.nan_to_num(E('i4',5),nan=7)"


PAIRS = words(
    "add subtract multiply divide true_divide floor_divide mod power maximum minimum fmax fmin fmod "
    "arctan2 hypot logaddexp logaddexp2 copysign heaviside ldexp float_power divide_no_nan squared_difference "
    "less less_equal greater "
    "greater_equal equal not_equal logical_and logical_or logical_xor isclose nextafter"
)
QUOTIENTS = ("floor_divide", "mod", "fmod")
BITS = words("bitwise_and bitwise_or bitwise_xor gcd lcm")
SHIFTS = words("left_shift right_shift bitwise_left_shift bitwise_right_shift")


def _binary():
    for f in PAIRS:
        if f == "nextafter":
            continue
        for k in (0, 1, 3, 4, 7, 11):
            yield f"P.{f}(X('f4',0),X('f4',{k}))"
        for t in SHORT[:-1]:
            for k in (1, 4):
                if f in QUOTIENTS and t not in ("b", "f2"):
                    yield f"P.{f}(X('{t}',0),np.where(X('{t}',{k})==0,np.{TYPES[t]}(3),X('{t}',{k})))"
                elif not (f == "power" and t != "f2"):
                    yield f"P.{f}(X('{t}',0),X('{t}',{k}))"
        for a, b in (
            ("b", "i4"),
            ("u1", "i1"),
            ("i4", "f4"),
            ("u1", "f2"),
            ("f2", "f4"),
            ("i2", "u2"),
            ("u1", "i4"),
            ("b", "f4"),
            ("u2", "i1"),
            ("b", "u1"),
        ):
            if f != "ldexp":
                yield f"P.{f}(N('{a}',5,low=1.),N('{b}',5,low=1.,k=1))"
        if f == "ldexp":
            for a, b in (("f4", "i4"), ("i4", "i4"), ("f2", "i1")):
                yield f"P.{f}(N('{a}',5),N('{b}',5))"
            continue
        for t in ("b", "u1", "i1", "i4", "f2", "f4"):
            for c in (2, 2.0, 0.5, True):
                if f == "power" and t != "f4" and c is not True and c != 2.0:
                    continue
                yield f"P.{f}(N('{t}',4),{c})"
                yield f"P.{f}({c},N('{t}',4,low=1.))"
        yield f"P.{f}(N('f4',2,1,3),N('f4',4,1,k=1))"
        yield f"P.{f}(N('f4',0,3),N('f4',3))"
    for f in BITS:
        for t in WHOLE:
            if f not in ("gcd", "lcm"):
                yield f"P.{f}(X('{t}',0),X('{t}',3))"
            elif t != "b":
                yield f"P.{f}(N('{t}',6),N('{t}',6,k=1))"
        for a, b in (("u1", "i1"), ("b", "i4"), ("i2", "u2"), ("u1", "i4")):
            yield f"P.{f}(N('{a}',5),N('{b}',5,k=1))"
        yield f"P.{f}(N('u1',5),3)"
        yield f"P.{f}(6,N('i4',5))"
    for f in SHIFTS:
        for t in ("u1", "i1", "i2", "i4"):
            for c in (0, 1, 7, 31):
                if np.iinfo(TYPES[t]).bits > c:
                    yield f"P.{f}(E('{t}',16),{c})"
            yield f"P.{f}(E('{t}',5),np.array([0,1,2,3,4],'{TYPES[t]}'))"
        yield f"P.{f}(N('i4',5),np.array([1,2,3,4,5],'uint8'))"
        yield f"P.{f}(np.array([1,-1,7,-8],'i4'),np.array([31,32,33,-1],'i4'))"
        yield f"P.{f}(np.array([1,200,7,8],'u1'),np.array([7,8,9,200],'u1'))"
        yield f"P.{f}(np.array([1,-100,7,-8],'i1'),np.array([7,8,9,-1],'i1'))"
    yield "P.power(np.array([2,-2,0,1,-1,3],'i4'),np.array([3,3,0,9,7,20],'i4'))"
    yield "P.power(np.array([0.,-0.,-8.,2.,1.,np.inf,-np.inf],'f4'),np.array([-1.,-1.,1/3,150.,np.nan,0.,3.],'f4'))"
    yield "P.power(np.array([2,3],'i4'),2.5)"
    for c in (0, 1, 2, 3, 4, 5, -1, -2, 0.5, -0.5, 0.0):
        yield f"P.power(E('f4',30),{c})"
    for c in (0, 1, 2, 3, 5):
        yield f"P.power(N('i4',6),{c})"
        yield f"P.power(N('u1',6),{c})"
    for a in (
        "1e8,.3",
        "-1e8,.3",
        "5.,-3.",
        "-5.,3.",
        "5.,0.",
        "1e30,7.",
        "3.,1e30",
        "-1.,1e30",
        "np.inf,2.",
        "3.,np.inf",
        "-3.,np.inf",
        "1e-30,-1.",
        "0.,-3.",
        "-0.,3.",
        "6.,3.",
        "-6.,3.",
        "1.,.1",
    ):
        for f in ("mod", "fmod", "floor_divide"):
            yield f"P.{f}(*np.array([{a}],'f4'))"
    yield (
        "P.isclose(np.array([1.,1.,np.nan,np.inf,np.inf,-np.inf],'f4'),np.array([1.000001,1.1,np.nan,"
        "np.inf,1e38,np.inf],'f4'))"
    )
    yield "P.isclose(np.array([1.,np.nan],'f4'),np.array([1.05,np.nan],'f4'),rtol=.1,equal_nan=True)"
    yield "P.isclose(np.array([1,2],'i4'),np.array([1,3],'i4'),atol=1.)"
    yield (
        "P.logaddexp(np.array([-np.inf,np.inf,np.inf,1e30,-np.inf],'f4'),np.array([-np.inf,np.inf,"
        "-np.inf,-1e30,3.],'f4'))"
    )
    yield (
        "P.logaddexp2(np.array([-np.inf,np.inf,np.inf,1e30,-np.inf],'f4'),np.array([-np.inf,np.inf,"
        "-np.inf,-1e30,3.],'f4'))"
    )
    yield "P.hypot(np.array([1e25,3e-25,np.inf,np.nan,0.],'f4'),np.array([1e25,4e-25,np.nan,np.inf,0.],'f4'))"
    yield "P.ldexp(np.array([1.,1.,1e-30,-3.,0.,np.inf],'f4'),np.array([127,-126,150,2,500,-500],'i4'))"


def _clips():
    for t in SHORT:
        yield f"P.clip(E('{t}',16),1,5)"
        yield f"P.clip(E('{t}',16),-1,2)" if not t.startswith("u") else f"P.clip(E('{t}',16),0,2)"
        yield f"P.clip(E('{t}',16),.5,2.5)"
        yield f"P.clip(N('{t}',4),N('f4',4,low=-1.,high=0.),N('f4',4,low=0.,high=1.))"
        yield f"P.clip(N('{t}',4),N('i4',4,low=-1.,high=0.),N('i4',4,low=0.,high=1.))"
    yield "P.clip(E('f4',30),-2.,2.)"
    yield "P.clip(E('f4',30),2.,-2.)"
    yield "P.clip(E('f4',30),np.nan,2.)"
    for t in SHORT:
        yield f"P.where(N('b',4),N('{t}',4),2)"
        yield f"P.where(N('b',4),N('{t}',4),2.)"
        yield f"P.where(N('{t}',4),N('{t}',4),N('i1',4))"
        yield f"P.where(N('b',4),N('{t}',4),True)"
        yield f"P.select([N('b',4),N('b',4,k=1)],[N('{t}',4),N('{t}',4,k=1)],2)"
        for u in SHORT:
            yield f"P.cast(E('{t}',5),'{TYPES[u]}')"
        yield f"P.cast(E('{t}',16),'float32')"
        for u in ("u1", "i1", "i2", "u2", "i4"):
            yield f"P.saturate_cast(E('{t}',16),'{TYPES[u]}')"
    yield "P.cast(np.array([1.7,-1.7,.5,-.5,255.,127.],'f4'),'int32')"
    yield "P.cast(np.array([1.7,.5,255.,127.],'f4'),'uint8')"


def _reductions():
    whole = words("sum mean max min amax amin prod any all var std argmax argmin count_nonzero ptp average median")
    nans = words("nansum nanmean nanmax nanmin nanprod nanvar nanstd nanargmax nanargmin nanmedian")
    for f in whole + nans:
        for t in SHORT:
            yield f"P.{f}(N('{t}',2,3))"
            if t != "f2":
                yield f"P.{f}(N('{t}',2,3),axis=1)"
        keep = f not in ("count_nonzero", "average")
        if keep:
            yield f"P.{f}(N('f4',2,3),axis=0,keepdims=True)"
            yield f"P.{f}(N('f4',2,3),keepdims=True)"
            if "arg" not in f:
                yield f"P.{f}(N('f4',2,3,4),axis=(0,2),keepdims=True)"
        if "arg" not in f and f not in ("average",):
            yield f"P.{f}(N('f4',2,3,4),axis=(-1,0))"
        yield f"P.{f}(N('f4',2,3,4),axis=-2)"
        yield f"P.{f}(N('f4',1,3,1),axis=1)"
        yield f"P.{f}(N('f4'))"
        yield (
            f"P.{f}(np.array([[1.,np.nan,3.],[4.,5.,-6.],[np.nan]*3],'f4'),axis=1)"
            if f != "any"
            else "P.any(N('f4',3))"
        )
        yield f"P.{f}(np.array([[1.,np.inf,3.],[4.,5.,-np.inf],[np.inf,-np.inf,0.]],'f4'),axis=1)"
        yield f"P.{f}(np.array([np.nan,1.,2.],'f4'))"
        yield f"P.{f}(np.array([0.,-0.,0.],'f4'))"
        yield f"P.{f}(E('f4',6,k=1))"
        if f not in (
            "max",
            "min",
            "amax",
            "amin",
            "argmax",
            "argmin",
            "ptp",
            "nanmax",
            "nanmin",
            "nanargmax",
            "nanargmin",
            "median",
            "nanmedian",
        ):
            yield f"P.{f}(N('f4',0,3))"
            yield f"P.{f}(N('f4',2,0),axis=1)"
        yield f"P.{f}(N('f4',0,3),axis=1)"
    for t in WHOLE:
        for f in ("sum", "max", "min", "prod", "mean"):
            yield f"P.{f}(E('{t}',5))"
        yield f"P.max(N('{t}',3),initial=3)" if t != "b" else "P.max(N('b',3))"
    yield "P.sum(np.full((3,),2**30,'i4'))"
    yield "P.sum(np.full((300,),255,'u1'))"
    yield "P.sum(np.full((3,),127,'i1'))"
    yield "P.prod(np.full((9,),3,'u1'))"
    yield "P.prod(np.full((9,),100,'i1'))"
    yield "P.mean(np.full((3,),2**30,'i4'))"
    yield "P.mean(np.full((3,),2e38,'f4'))"
    yield "P.max(N('f4',0,3),axis=0,initial=2.)"
    yield "P.max(N('f4',3),initial=np.nan)"
    yield "P.min(N('f4',3),initial=-5)"
    yield "P.average(N('f4',2,3),weights=N('f4',2,3,low=.1))"
    yield "P.average(N('f4',2,3),axis=1,weights=N('f4',3,low=.1))"
    yield "P.average(N('f4',2,3),axis=0,weights=N('f4',2,low=.1))"
    yield "P.average(N('i4',2,3),axis=0,weights=N('i4',2,low=1.))"
    yield "P.average(N('f2',2,3),axis=0,weights=N('f4',2,low=1.))"
    for f in ("cumsum", "cumprod", "nancumsum", "nancumprod"):
        for t in SHORT:
            yield f"P.{f}(N('{t}',2,3))"
            yield f"P.{f}(N('{t}',2,3),axis=1)"
        yield f"P.{f}(N('f4',2,3,2),axis=-2)"
        yield f"P.{f}(N('i4',3),dtype='float32')"
        yield f"P.{f}(N('f4',3),dtype='int32')"
        yield f"P.{f}(N('f4',0,2),axis=0)"
        yield f"P.{f}(np.array([1.,np.nan,2.],'f4'))"
        yield f"P.{f}(np.array([1.,np.inf,-np.inf,2.],'f4'))"
        yield f"P.{f}(N('f4'))"
    yield "P.cumsum(np.full(100000,.1,'f4'))[-1]"
    yield "P.cumsum(np.full((2,100000),.1,'f4'),axis=1)[:,-1]"
    yield "P.cumsum(np.full((100000,3),.1,'f4'),axis=0)[-1]"
    yield "P.sum(np.full(1000000,.1,'f4'))"
    yield "P.sum(np.full((100000,3),.1,'f4'),axis=0)"
    yield "P.mean(np.full((100000,3),.1,'f4'),axis=0)"
    yield "P.var(np.arange(100000,dtype='f4')%7+1e4)"
    yield "P.std(np.full(5,1e4,'f4'))"
    for t in ("i4", "f2", "f4"):
        yield f"P.logsumexp(N('{t}',2,3),axis=1)"
    yield (
        "P.logsumexp(np.array([[1e30,1.],[-np.inf,-np.inf],[np.inf,1.],[np.nan,1.],[-1e30,-1e30],"
        "[np.inf,-np.inf]],'f4'),axis=1)"
    )
    yield "P.logsumexp(N('f4',2,3),keepdims=True)"
    yield "P.logsumexp(N('f4',2,3,2),axis=(0,2))"
    for f in ("softmax", "log_softmax"):
        yield (
            f"P.{f}(np.array([[1e30,1.],[-np.inf,0.],[1e4,-1e4],[88.9,-88.9],[0.,0.],[-np.inf,-np.inf],"
            "[np.inf,0.],[np.nan,1.]],'f4'))"
        )
        yield f"P.{f}(N('f4',2,3,2),axis=1)"
        yield f"P.{f}(N('f4',2,3),axis=None)"
        yield f"P.{f}(N('f4',2,3,2),axis=(0,1))"
        yield f"P.{f}(N('i4',2,3))"
        yield f"P.{f}(N('f2',2,3))"
        yield f"P.{f}(N('f4',0,3))"
    yield "P.sparsemax(N('f4',2,3))"
    yield "P.sparsemax(N('f4',2,3),axis=0)"
    for o in ("None", "1", "2", "0", "np.inf", "-np.inf", "3", "-1", ".5", "-2"):
        yield f"P.norm(N('f4',6),ord={o})"
        yield f"P.norm(N('f4',2,3,4),ord={o},axis=1)"
        yield f"P.norm(N('f4',2,3),ord={o},axis=-1,keepdims=True)"
    for o in ("None", "1", "2", "-1", "-2", "np.inf", "-np.inf", "'fro'", "'nuc'"):
        yield f"P.norm(N('f4',4,3),ord={o})"
        yield f"P.norm(N('f4',2,4,3),ord={o},axis=(1,2))"
        yield f"P.norm(N('f4',2,4,3),ord={o},axis=(2,0),keepdims=True)"
    for t in ("i4", "b", "u1", "f2"):
        yield f"P.norm(N('{t}',6))"
        yield f"P.norm(N('{t}',6),ord=1)"
    yield "P.norm(N('f4',2,3,4))"
    yield "P.norm(np.array([1e25,1e25],'f4'))"
    yield "P.normalize(N('f4',2,3))"
    yield "P.normalize(N('f4',2,3),axis=0,order=1)"
    yield "P.normalize(N('f4',2,3),order=3)"
    yield "P.normalize(N('i4',2,3))"
    yield "P.normalize(np.zeros((2,3),'f4'))"
    yield "P.normalize(N('f4',2,3),order=np.inf)"
    for k in ("{}", "axes=1", "axes=[0,1]", "axes=[0],keepdims=True"):
        yield f"P.moments(N('f4',2,3),{k.replace('{}', '[0]')})"
    yield "P.moments(N('f2',2,3),[0])"
    yield "P.moments(N('i4',2,3),[0])"
    yield "P.moments(np.array([1e4,1e4+1],'f4'),[0])"
    for f in ("quantile", "percentile", "nanquantile", "nanpercentile"):
        c = 1 if "quantile" in f else 100
        for m in ("linear", "lower", "higher", "midpoint", "nearest"):
            yield f"P.{f}(N('f4',2,5),{0.3 * c},method='{m}')"
            yield f"P.{f}(N('f4',2,5),{0.3 * c},axis=1,method='{m}')"
        yield f"P.{f}(N('f4',2,5),np.array([.1,.5,1.],'f4')*{c},axis=1)"
        yield f"P.{f}(N('f4',2,5),np.array([.1,.5,0.],'f4')*{c},axis=0,keepdims=True)"
        yield f"P.{f}(N('f4',2,5),{0.5 * c},keepdims=True)"
        yield f"P.{f}(N('i4',5),{0.5 * c})"
        yield f"P.{f}(N('u1',5),{0.25 * c})"
        yield f"P.{f}(N('f2',5),{0.25 * c})"
        yield f"P.{f}(N('b',5),{0.25 * c})"
        yield f"P.{f}(np.array([1.,np.nan,3.],'f4'),{0.5 * c})"
        yield f"P.{f}(N('f4',2,3,4),{0.5 * c},axis=(0,2))"
    yield "P.median(N('f4',2,4),axis=(0,1),keepdims=True)"


GROUPS = {"unary": _unary, "binary": _binary, "clips": _clips, "reductions": _reductions}
