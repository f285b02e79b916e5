"""More of the calls of keras_calls.py: order, products, linear algebra, shapes, neural networks."""

from keras_calls import SHORT, TYPES, WHOLE


def _order():
    for f in ("sort", "argsort"):
        for t in SHORT:
            yield f"P.{f}(E('{t}',16))" if t != "f4" else f"P.{f}(E('f4',30))"
        yield f"P.{f}(N('f4',3,4),axis=0)"
        yield f"P.{f}(N('f4',3,4),axis=None)"
        yield f"P.{f}(N('f4',3,4,2),axis=-2)"
        yield f"P.{f}(N('f4',0,3))"
        yield f"P.{f}(N('f4',3,0))"
    for t in WHOLE + ("f4",):
        yield f"P.top_k(N('{t}',2,6),3)"
    yield "P.top_k(np.array([1.,np.nan,3.,-np.inf,np.inf],'f4'),5)"
    yield "P.top_k(np.array([1,1,3,3],'i4'),3)"
    yield "P.top_k(E('u4',16),4)"
    yield "P.in_top_k(np.array([1,0,2],'i4'),N('f4',3,4),2)"
    yield "P.in_top_k(np.array([1,0],'i4'),np.array([[1.,1.,1.],[np.nan,1.,2.]],'f4'),1)"
    for t in ("b", "u1", "i4", "f4"):
        yield f"P.argpartition(N('{t}',6),2)[2]"
        yield f"P.unique(N('{t}',6))" if t != "b" else "P.unique(N('i4',6))"
    yield "P.searchsorted(np.array([1.,2.,2.,3.],'f4'),np.array([0.,2.,2.5,9.,np.nan,np.inf],'f4'))"
    yield "P.searchsorted(np.array([1.,2.,2.,3.],'f4'),np.array([0.,2.,2.5,9.,np.nan,np.inf],'f4'),side='right')"
    yield "P.searchsorted(np.array([1,2,3],'i4'),np.array([0.5,2.5],'f4'))"
    yield "P.searchsorted(np.array([1,2,3],'i4'),2)"
    yield "P.searchsorted(np.array([1,2,3],'i4'),N('i4',2,3))"
    yield "P.digitize(np.array([0.,1.,1.5,3.,9.,np.nan,np.inf,-np.inf],'f4'),np.array([1.,2.,3.],'f4'))"
    yield "P.digitize(np.array([3,1,2,0],'i4'),np.array([1,2,3],'i4'))"
    yield "P.digitize(np.array([3,1,2,0],'i4'),np.array([.5,2.,3.],'f4'))"
    yield "P.digitize(N('f4',2,3),np.array([-1.,0.,1.],'f4'))"
    yield "P.digitize(np.array([0.,1.,1.5,3.,9.],'f4'),np.array([3.,2.,1.],'f4'))"
    yield "P.digitize(np.array([1.],'f4'),[1.,2.])"
    for t in ("u1", "i1", "i2", "i4"):
        yield f"P.bincount(np.array([1,1,3,0],'{TYPES[t]}'))"
        yield f"P.bincount(np.array([1,1,3,0],'{TYPES[t]}'),minlength=6)"
        yield f"P.bincount(np.array([1,1,3,0],'{TYPES[t]}'),weights=N('i4',4))"
        yield f"P.bincount(np.array([1,1,3,0],'{TYPES[t]}'),weights=N('f4',4),minlength=2)"
    yield "P.bincount(np.array([[1,1,3],[0,2,2]],'i4'))"
    yield "P.bincount(np.array([[1,1,3],[0,2,2]],'i4'),weights=N('f4',2,3),minlength=5)"
    yield "P.histogram(N('f4',20),bins=4)"
    yield "P.histogram(N('i4',20),bins=4)"
    yield "P.histogram(N('f4',20),bins=4,range=(-1.,1.))"
    yield "P.histogram(N('f4',5,4),bins=3,range=(-2,2))"
    yield "P.histogram(np.ones(4,'f4'),bins=2)"
    for t in ("b", "i4", "f4"):
        yield f"P.nonzero(N('{t}',2,3))"
        yield f"P.argwhere(N('{t}',2,3))"
        yield f"P.isin(N('{t}',5),N('{t}',2))"
    yield "P.isin(np.array([1,2],'i4'),np.array([1.,3.],'f4'),invert=True)"
    yield "P.isin(np.array([np.nan,2.],'f4'),np.array([np.nan,3.],'f4'))"
    yield "P.unique(np.array([3,1,3,2],'i4'),return_index=True,return_inverse=True,return_counts=True)"
    yield "P.unique(np.array([[3,1],[3,1],[0,2]],'i4'),axis=0,return_inverse=True,return_counts=True)"
    yield "P.unique(np.array([3.,np.nan,np.nan],'f4'))"
    yield "P.unique(np.array([[3,1],[3,1],[0,2]],'i4'),return_inverse=True)"
    yield "P.unique(np.array([3,1,3,2],'i4'),size=2)"
    yield "P.unique(np.array([3,1,3,2],'i4'),size=5,fill_value=9)"
    yield "P.array_equal(np.array([1,2],'i4'),np.array([1.,2.],'f4'))"
    yield "P.array_equal(np.array([1,2],'i4'),np.array([1,2,3],'i4'))"
    yield "P.array_equal(np.array([np.nan],'f4'),np.array([np.nan],'f4'))"
    yield "P.allclose(np.array([1.],'f4'),np.array([1.000001],'f4'))"
    yield "P.allclose(np.array([np.nan],'f4'),np.array([np.nan],'f4'),equal_nan=True)"
    for t in SHORT:
        yield f"P.diff(E('{t}',6))"
        yield f"P.diff(N('{t}',2,3),n=2)"
    yield "P.diff(N('f4',3,2),axis=0)"
    yield "P.trapezoid(N('f4',5))"
    yield "P.trapezoid(N('f4',2,5),x=N('f4',5))"
    yield "P.trapezoid(N('f4',2,5),dx=.5,axis=0)"
    yield "P.trapezoid(N('i4',5))"
    yield "P.interp(np.array([-1.,.5,1.,9.,np.nan],'f4'),np.array([0.,1.,2.],'f4'),np.array([3.,5.,4.],'f4'))"
    yield (
        "P.interp(np.array([-1.,.5,1.,9.],'f4'),np.array([0.,1.,2.],'f4'),np.array([3.,5.,4.],'f4'),left=-7.,right=8.)"
    )
    yield "P.interp(np.array([1,2],'i4'),np.array([0,1,4],'i4'),np.array([3,5,4],'i4'))"


def _products():
    for t in SHORT:
        for f in ("matmul", "dot", "inner", "vdot", "outer", "kron", "tensordot"):
            a, b = {"vdot": ((4,), (4,)), "outer": ((3,), (2,)), "inner": ((2, 3), (4, 3))}.get(f, ((2, 3), (3, 2)))
            if f == "tensordot":
                yield f"P.tensordot(N('{t}',2,3),N('{t}',3,2,k=1),axes=1)"
                yield f"P.tensordot(N('{t}',2,3),N('{t}',3,2,k=1),axes=([1,0],[0,1]))"
            else:
                yield f"P.{f}(N('{t}',*{a}),N('{t}',*{b},k=1))"
        yield f"P.einsum('ij,jk->ik',N('{t}',2,3),N('{t}',3,2,k=1))"
        yield f"P.trace(N('{t}',3,3))"
        yield f"P.cross(N('{t}',2,3),N('{t}',2,3,k=1))"
    for a, b in (("i4", "f4"), ("u1", "i1"), ("b", "i4"), ("f2", "f4"), ("i1", "i1"), ("u1", "f2"), ("i1", "i4")):
        for f in ("matmul", "dot", "inner"):
            yield f"P.{f}(N('{a}',3,3),N('{b}',3,3,k=1))"
        yield f"P.einsum('ij,jk->ik',N('{a}',3,3),N('{b}',3,3,k=1))"
    yield "P.matmul(np.full((2,2),2**24+1,'i4'),np.ones((2,2),'i4'))"
    yield "P.matmul(np.full((2,2),127,'i1'),np.full((2,2),127,'i1'))"
    yield "P.dot(np.full(3,2**24+1,'i4'),np.ones(3,'i4'))"
    yield "P.tensordot(np.full((2,2),2**24+1,'i4'),np.ones((2,2),'i4'),axes=1)"
    yield "P.einsum('ij,jk->ik',np.full((2,2),2**24+1,'i4'),np.ones((2,2),'i4'))"
    yield "P.inner(np.full(3,2**24+1,'i4'),np.ones(3,'i4'))"
    yield "P.vdot(np.full(3,2**24+1,'i4'),np.ones(3,'i4'))"
    for a, b in (
        ((3,), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3,)),
        ((4, 2, 3), (3, 2)),
        ((4, 1, 2, 3), (5, 3, 2)),
        ((0, 3), (3, 2)),
        ((2, 0), (0, 3)),
        ((3,), (4, 3, 2)),
        ((4, 2, 3), (3,)),
    ):
        yield f"P.matmul(N('f4',*{a}),N('f4',*{b},k=1))"
        yield f"P.matmul(N('i4',*{a}),N('i4',*{b},k=1))"
    yield "P.matmul(np.array([[0.,1.]],'f4'),np.array([[np.inf],[1.]],'f4'))"
    yield "P.dot(N('f4'),N('f4',2,3))"
    yield "P.dot(2,N('f4',2,3))"
    yield "P.dot(N('f4',2,4,3),N('f4',5,3,2))"
    yield "P.cross(N('f4',2),N('f4',2,k=1))"
    yield "P.cross(N('f4',4,3),N('f4',3,k=1))"
    yield "P.cross(N('f4',3,4),N('f4',3,4,k=1),axisa=0,axisb=0,axisc=0)"
    yield "P.cross(N('f4',4,2),N('f4',4,3,k=1))"
    yield "P.kron(N('f4',2),N('f4',2,3))"
    yield "P.outer(N('f4',2,2),N('f4',3))"
    yield "P.einsum('ij->ji',N('f4',2,3))"
    yield "P.einsum('ij->',N('f4',2,3))"
    yield "P.einsum('ii->i',N('f4',3,3))"
    yield "P.einsum('ii',N('f4',3,3))"
    yield "P.einsum('bij,bjk->bik',N('f4',2,3,2),N('f4',2,2,3,k=1))"
    yield "P.einsum('...ij,...jk->...ik',N('f4',2,3,2),N('f4',2,2,3,k=1))"
    yield "P.einsum('i,j,k->ijk',N('f4',2),N('f4',3,k=1),N('f4',2,k=2))"
    yield "P.trace(N('f4',2,3,4),offset=1,axis1=1,axis2=2)"
    for t in ("i4", "f4", "f2"):
        yield f"P.corrcoef(N('{t}',3,5))"
    yield "P.corrcoef(N('f4',5))"
    yield "P.correlate(N('f4',5),N('f4',3,k=1))"
    yield "P.correlate(N('f4',5),N('f4',3,k=1),mode='full')"
    yield "P.correlate(N('f4',5),N('f4',3,k=1),mode='same')"
    yield "P.correlate(N('f4',3),N('f4',5,k=1),mode='same')"
    yield "P.correlate(N('f4',4),N('f4',4,k=1),mode='same')"
    yield "P.correlate(N('i4',5),N('i4',3,k=1),mode='full')"
    yield "P.correlate(N('u1',5),N('u1',2,k=1),mode='same')"
    yield "P.cdist(N('f4',3,2),N('f4',2,2,k=1))"
    yield "P.vander(N('f4',3))"
    yield "P.vander(N('i4',3),N=2,increasing=True)"
    yield "P.vander(N('f4',3),N=0)"


def _linalg():
    for t in ("f4", "i4"):
        for f in ("det", "inv", "slogdet", "logdet", "cholesky", "pinv", "matrix_rank"):
            g = f if f in ("slogdet", "logdet", "matrix_rank", "pinv") else f"linalg.{f}"
            if t == "i4" and f == "matrix_rank":
                continue
            yield f"P.{g}(S('{t}',3))"
            yield f"P.{g}(S('{t}',2,4))" if f != "matrix_rank" else "P.matrix_rank(S('f4',2,4))"
    yield "P.linalg.cholesky(S('f4',3),upper=True)"
    yield "P.cholesky_inverse(np.tril(N('f4',3,3,low=1.)))"
    yield "P.cholesky_inverse(np.triu(N('f4',3,3,low=1.)),upper=True)"
    yield "P.slogdet(np.diag(np.full(60,1e3,'f4')))"
    yield "P.slogdet(-np.diag(np.full(61,1e-3,'f4')))"
    yield "P.slogdet(np.zeros((2,2),'f4'))"
    yield "P.logdet(np.diag(np.full(60,1e3,'f4')))"
    yield "P.linalg.det(np.zeros((2,2),'f4'))"
    yield "P.linalg.det(np.array([[0.,1.],[1.,0.]],'f4'))"
    yield "P.linalg.solve(S('f4',3),N('f4',3))"
    yield "P.linalg.solve(S('f4',3),N('f4',3,2))"
    yield "P.linalg.solve(S('f4',3,2),N('f4',2,3,1))"
    yield "P.linalg.solve_triangular(np.tril(N('f4',3,3,low=1.)),N('f4',3,2),lower=True)"
    yield "P.linalg.solve_triangular(np.triu(N('f4',3,3,low=1.)),N('f4',3))"
    yield "P.linalg.solve_triangular(N('f4',3,3,low=1.),N('f4',3,2),lower=False)"
    yield "P.linalg.eigh(S('f4',3))[0]"
    yield "P.linalg.svd(N('f4',4,3),compute_uv=False)"
    yield "P.linalg.svd(N('f4',4,3))[1]"
    yield "P.abs(P.linalg.qr(N('f4',4,3))[1])"
    yield "P.abs(P.linalg.qr(N('f4',4,3),mode='complete')[1])"
    yield "P.linalg.lu_factor(N('f4',3,3))"
    yield "P.linalg.lstsq(N('f4',5,3),N('f4',5))"
    yield "P.linalg.lstsq(N('f4',5,3),N('f4',5,2))"
    yield "P.linalg.lstsq(N('f4',2,3),N('f4',2))"
    yield "P.pinv(np.array([[1.,1.],[1.,1.000001]],'f4'))"
    yield "P.pinv(np.ones((3,2),'f4'))"
    yield "P.matrix_rank(np.ones((3,2),'f4'))"
    yield "P.matrix_rank(np.zeros((3,2),'f4'))"
    yield "P.matrix_rank(N('f4',4,3))"


def _shapes():
    for t in SHORT:
        yield f"P.concatenate([N('{t}',2),N('f4',2)])"
        yield f"P.stack([N('{t}',2),N('i4',2)])"
        yield f"P.append(N('{t}',2),N('i1',2))"
        yield f"P.hstack([N('{t}',2),N('u1',2)])"
        yield f"P.vstack([N('{t}',2),N('f2',2)])"
        yield f"P.pad(N('{t}',2),((1,1),),constant_values=1)"
        yield f"P.full_like(N('{t}',2),2)"
        yield f"P.full_like(N('{t}',2),2.5,dtype='float32')"
        yield f"P.tril(N('{t}',2,2))"
        yield f"P.diag(N('{t}',2))"
        yield f"P.diagflat(N('{t}',2),1)"
        yield f"P.repeat(N('{t}',3),2)"
        yield f"P.take(N('{t}',3),np.array([0,-1,2],'i4'))"
        yield f"P.flip(N('{t}',3))"
        yield f"P.roll(N('{t}',3),1)"
        yield f"P.one_hot(np.array([0,2,-1,3],'i4'),3,dtype='{TYPES[t]}')"
        yield f"P.segment_sum(N('{t}',4),np.array([0,0,1,3],'i4'),num_segments=4)"
        yield (
            f"P.segment_max(N('{t}',4),np.array([0,0,1,3],'i4'),num_segments=4)"
            if t != "b"
            else "P.segment_max(N('i1',2),np.array([0,0],'i4'))"
        )
        yield (
            f"P.segment_min(N('{t}',4),np.array([0,0,1,3],'i4'),num_segments=4)"
            if t != "b"
            else "P.segment_min(N('i1',2),np.array([0,0],'i4'))"
        )
        yield f"P.segment_prod(N('{t}',4),np.array([0,0,1,3],'i4'),num_segments=4)"
        yield f"P.scatter(np.array([[0],[0],[2]],'i4'),N('{t}',3),(4,))"
        yield f"P.scatter_update(N('{t}',3),np.array([[0],[2]],'i4'),N('{t}',2,k=1))"
        yield f"P.meshgrid(N('{t}',2),N('{t}',3))"
        yield f"P.linspace(N('{t}',2),N('{t}',2,k=1),3)"
        yield f"P.array(N('{t}',2))"
        yield f"P.convert_to_tensor(N('{t}',2))"
    yield "P.take(N('f4',3),np.array([0,5,-4],'i4'))"
    yield "P.take(N('f4',2,3),np.array([[0,1],[1,0]],'i4'),axis=1)"
    yield "P.take_along_axis(N('f4',2,3),np.array([[0,-1],[2,1]],'i4'),axis=1)"
    yield "P.take_along_axis(N('f4',2,3),np.array([5,0],'i4'),axis=None)"
    for c in (
        "0",
        "2",
        "-1",
        "0,5",
        "1,2,.5",
        "5,0,-2",
        "0.,1.,.3",
        "3,dtype='float32'",
        "2.5",
        "0,3,1,'int8'",
        "3.,dtype='int32'",
        "5,2",
        "0,1,0.1",
    ):
        yield f"P.arange({c})"
    for c in (
        "0,1,5",
        "0,1,1",
        "0,1,0",
        "0,1,4,endpoint=False",
        "0,10,3,dtype='int32'",
        "1,-1,3",
        "0.,1.,3,retstep=True",
        "N('f4',2),N('f4',2,k=1),3,axis=-1",
        "0,7,3,dtype='int32',endpoint=False",
        "-3,0,4,dtype='int32'",
    ):
        yield f"P.linspace({c})"
    for c in ("0,2,3", "0,2,3,base=2", "0,2,3,endpoint=False", "0,2,3,dtype='int32'"):
        yield f"P.logspace({c})"
    for c in ("1,100,3", "1,100,3,endpoint=False", "-1,-100,3"):
        yield f"P.geomspace({c})"
    for c in ("3", "2,3", "2,3,k=1", "3,k=-1,dtype='int32'", "0"):
        yield f"P.eye({c})"
        yield f"P.tri({c})"
    for f in ("bartlett", "blackman", "hamming", "hanning"):
        for n in (0, 1, 2, 5, 8):
            yield f"P.{f}({n})"
    for n in (0, 1, 2, 5):
        yield f"P.kaiser({n},3.)"
    yield "P.full((2,),3)"
    yield "P.full((2,),3.5)"
    yield "P.full((2,),True)"
    yield "P.full((2,),3.5,dtype='int32')"
    yield "P.full((2,3),np.array([1,2,3],'i4'))"
    for f in ("zeros", "ones"):
        yield f"P.{f}((2,))"
        yield f"P.{f}(2)"
        yield f"P.{f}((2,),'bool')"
        yield f"P.{f}((2,),'int8')"
    yield "P.indices((2,3))"
    yield "P.unravel_index(np.array([0,5,-1],'i4'),(2,3))"
    yield "P.moveaxis(N('f4',2,3,4),0,-1)"
    yield "P.swapaxes(N('f4',2,3),0,1)"
    yield "P.transpose(N('f4',2,3,4),(2,0,1))"
    yield "P.squeeze(N('f4',1,3,1))"
    yield "P.squeeze(N('f4',1,3,1),axis=0)"
    yield "P.expand_dims(N('f4',3),(0,-1))"
    yield "P.rot90(N('f4',2,3))"
    yield "P.rot90(N('f4',2,3),k=-1)"
    yield "P.rot90(N('f4',2,3),k=2)"
    yield "P.repeat(N('f4',2,3),np.array([1,2],'i4'),axis=0)"
    yield "P.repeat(N('f4',2,2),2)"
    yield "P.tile(N('f4',2),(2,2))"
    yield "P.tile(N('f4',2,2),2)"
    yield "P.roll(N('f4',2,3),(1,2),axis=(0,1))"
    yield "P.roll(N('f4',2,3),-1)"
    yield "P.split(N('f4',5),[1,3])"
    yield "P.split(N('f4',4,2),2)"
    yield "P.array_split(N('f4',5),2)"
    yield "P.split(N('f4',5),[2,2,9])"
    for m in ("reflect", "symmetric", "edge", "wrap", "constant"):
        if m not in ("edge", "wrap"):
            yield f"P.pad(N('f4',3,4),((1,2),(2,1)),mode='{m}')"
    yield "P.pad(N('f4',3),1)"
    yield "P.diagonal(N('f4',2,3),offset=1)"
    yield "P.diag(N('f4',3,3),k=-1)"
    yield "P.tril(N('f4',2,3,3),k=-1)"
    yield "P.triu(N('f4',2,3),k=1)"
    yield "P.broadcast_to(N('f4',3,1),(2,3,2))"
    yield "P.one_hot(np.array([[0,1]],'i4'),3,axis=1)"
    yield "P.one_hot(np.array([0,2],'u1'),3)"
    yield "P.multi_hot(np.array([[0,2],[1,-1]],'i4'),3)"
    yield "P.slice(N('f4',3,4),(1,0),(2,3))"
    yield "P.slice_update(N('f4',3,4),(1,2),np.zeros((2,2),'f4'))"
    yield "P.slice_update(N('i4',4),(3,),np.array([7,8],'i4'))"
    yield "P.view(N('f4',2),'int32')"
    yield "P.view(N('i4',2),'int16')"
    yield "P.view(N('i1',4),'int32')"
    for v in ("1", "1.5", "True", "[1,2]", "[1.5,2]", "[True]", "[]", "np.float64(2)", "np.int64(2)", "[[1],[2.]]"):
        yield f"P.convert_to_tensor({v})"
        yield f"P.array({v})"
        yield f"P.abs({v})"
        yield f"P.ones_like({v})"


def _nn():
    for f in ("binary_crossentropy", "categorical_crossentropy"):
        for logits in (True, False):
            yield (
                f"P.{f}(np.array([[0.,1.],[1.,0.],[.5,.5]],'f4'),np.array([[0.,1.],[0.,1.],[.2,.8]],'f4'),"
                f"from_logits={logits})"
            )
            yield (
                f"P.{f}(np.array([[0.,1.],[1.,0.]],'f4'),np.array([[1e4,-1e4],[-100.,100.]],'f4'),from_logits={logits})"
            )
    for logits in (True, False):
        yield (
            "P.sparse_categorical_crossentropy(np.array([0,1],'i4'),np.array([[1.,0.],[.3,.7]],'f4'),"
            f"from_logits={logits})"
        )
        yield (
            "P.sparse_categorical_crossentropy(np.array([1,0],'i4'),np.array([[1e4,0.],[-1e4,.7]],'f4'),"
            f"from_logits={logits})"
        )
    yield "P.glu(N('f4',2,4))"
    yield "P.glu(N('f4',4,2),axis=0)"
    yield "P.layer_normalization(N('f4',2,4))"
    yield "P.layer_normalization(N('f4',2,4),gamma=N('f4',4),beta=N('f4',4,k=1),epsilon=.1)"
    yield "P.layer_normalization(N('f4',2,4)*1e4+1e5)"
    yield "P.rms_normalization(N('f4',2,4))"
    yield "P.rms_normalization(N('f4',2,4),scale=N('f4',4),epsilon=.1)"
    yield "P.batch_normalization(N('f4',2,4),N('f4',4),N('f4',4,low=.1),axis=-1)"
    yield "P.batch_normalization(N('f4',2,4,3),N('f4',4),N('f4',4,low=.1),axis=1,offset=N('f4',4),scale=N('f4',4,k=1))"
    for p in ("valid", "same"):
        for f in ("max_pool", "average_pool"):
            yield f"P.{f}(N('f4',1,5,5,1),2,padding='{p}')"
            yield f"P.{f}(N('f4',1,5,2),3,strides=2,padding='{p}')"
            yield f"P.{f}(-10+N('f4',1,5,5,1),3,strides=2,padding='{p}')"
        yield f"P.conv(N('f4',1,5,5,2),N('f4',3,3,2,2),strides=2,padding='{p}')"
        yield f"P.conv(N('f4',1,6,2),N('f4',3,2,2),dilation_rate=2,padding='{p}')"
        yield f"P.depthwise_conv(N('f4',1,5,5,2,low=.1),N('f4',3,3,2,1,low=.2),padding='{p}')"
        yield f"P.conv_transpose(N('f4',1,3,3,2),N('f4',3,3,2,2),strides=2,padding='{p}')"
        yield f"P.separable_conv(N('f4',1,5,5,2),N('f4',3,3,2,1),N('f4',1,1,2,3),padding='{p}')"
    yield "P.depth_to_space(N('f4',1,2,2,4),2)"
    yield "P.space_to_depth(N('f4',1,4,4,1),2)"
    yield "P.dot_product_attention(N('f4',1,3,2,4),N('f4',1,5,2,4,k=1),N('f4',1,5,2,4,k=2))"
    yield "P.psnr(N('f4',2,3),N('f4',2,3,k=1),6.)"
    yield "P.unfold(N('f4',1,4,4,2),2)"
    yield "P.image.rgb_to_grayscale(N('f4',1,2,2,3,low=0.,high=1.))"
    yield "P.image.rgb_to_hsv(N('f4',1,2,2,3,low=0.,high=1.))"
    yield "P.image.hsv_to_rgb(N('f4',1,2,2,3,low=0.,high=1.))"
    yield "P.image.resize(N('f4',1,4,4,1),(3,3))"
    yield "P.image.resize(N('f4',1,4,4,1),(7,5),interpolation='nearest')"
    yield "P.image.resize(N('f4',1,4,4,1),(6,6),interpolation='bicubic')"
    yield "P.image.resize(N('f4',1,4,4,1),(2,2),antialias=True)"
    for t in ("u1", "i4"):
        yield f"P.image.resize(N('{t}',1,4,4,1),(3,3))"
        yield f"P.image.resize(N('{t}',1,4,4,1),(3,5),interpolation='nearest')"
        yield f"P.image.resize(np.array([250,255,0,3,7,2,1,5],'{t}').reshape(1,4,2,1),(8,3))"
        yield f"P.image.rgb_to_grayscale(N('{t}',2,2,3))"
        yield f"P.image.pad_images(N('{t}',1,2,2,1),1,1,target_height=4,target_width=5)"
    yield "P.image.pad_images(N('f4',1,2,2,1),1,1,target_height=4,target_width=5)"
    yield "P.image.crop_images(N('f4',1,4,4,1),1,1,target_height=2,target_width=2)"


GROUPS = {"order": _order, "products": _products, "linalg": _linalg, "shapes": _shapes, "nn": _nn}
