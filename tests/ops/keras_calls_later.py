"""Calls like those of keras_calls.py that Keras's JAX backend answers: transforms, attention, CTC, windows, images."""


def _fourier():
    for n in (1, 2, 5, 8):
        yield f"P.fft((N('f4',2,{n}),N('f4',2,{n},k=1)))"
        yield f"P.rfft(N('f4',2,{n}))"
    for n in (3, 4, 9):
        yield f"P.rfft(N('f4',2,5),fft_length={n})"
        yield f"P.irfft((N('f4',2,4),N('f4',2,4,k=1)),fft_length={n})"
    yield "P.irfft((N('f4',2,4),N('f4',2,4,k=1)))"
    yield "P.fft2((N('f4',2,3,4),N('f4',2,3,4,k=1)))"
    yield "P.ifft2((N('f4',2,3,4),N('f4',2,3,4,k=1)))"
    for c in ("3,2", "4,4", "4,1", "3,5"):
        yield f"P.extract_sequences(N('f4',2,13),{c})"
    for c in ("4,2,4", "6,3,8", "5,2,5,window=None", "4,2,4,center=False", "4,3,6,window=np.array([1,2,3,4.],'f4')",
              "4,2,8,window='hamming'"):  # fmt: skip
        yield f"P.stft(N('f4',2,15),{c})"
        if "None" not in c:
            yield f"P.istft((N('f4',2,5,{int(c.split(',')[2][0]) // 2 + 1}),N('f4',2,5,{int(c[4]) // 2 + 1},k=1)),{c})"
    yield "P.istft((N('f4',5,3),N('f4',5,3,k=1)),4,2,4,length=7)"


QKV = "N('{0}',2,3,4,5),N('{0}',2,6,4,5,k=1),N('{0}',2,6,4,5,k=2)"
GROUPED = "N('f4',2,3,4,5),N('f4',2,6,2,5,k=1),N('f4',2,6,2,5,k=2)"


def _attention():
    yield f"P.dot_product_attention({QKV.format('f4')})"
    yield f"P.dot_product_attention({QKV.format('f2')})"
    for q in (QKV.format("f4"), GROUPED):
        for c in ("scale=.3", "is_causal=True", "mask=N('b',2,1,3,6)", "mask=N('b',2,4,3,6),is_causal=True",
                  "bias=N('f4',2,1,3,6,k=3)", "bias=N('f4',2,4,3,6,k=3),mask=N('b',2,1,3,6)", "scale=0."):  # fmt: skip
            yield f"P.dot_product_attention({q},{c})"
    yield "P.dot_product_attention(N('f4',1,2,1,3),N('f4',1,2,1,3),N('f4',1,2,1,3),mask=np.zeros((1,1,2,2),bool))"


def _ctc():
    labels = "np.array([[1,1,2],[2,3,0],[3,3,3]],'i4')"
    for mask in (0, 4):
        for lengths in ("[3,2,1],[7,7,7]", "[3,0,2],[4,5,6]", "[3,1,3],[2,1,7]"):
            a, b = lengths.split("],")
            yield (f"P.ctc_loss({labels},N('f4',3,7,5),np.array({a}],'i4'),np.array({b},'i4'),mask_index={mask})")
    for mask in (0, 2, 4):
        for merge in (True, False):
            yield f"P.ctc_decode(N('f4',3,7,5),np.array([7,4,1],'i4'),merge_repeated={merge},mask_index={mask})"
        for c in ("beam_width=100,top_paths=3", "beam_width=4,top_paths=2", "beam_width=1"):
            yield f"P.ctc_decode(N('f4',2,5,4),np.array([5,3],'i4'),'beam_search',mask_index={min(mask, 3)},{c})"


def _windows():
    for c in ("2", "(2,3),padding=1", "2,dilation=2,stride=2", "3,padding=(1,0),stride=(2,1)"):
        yield f"P.unfold(N('f4',2,3,5,6),{c})"
    yield "P.fold(N('f4',2,12,20),(5,6),2)"
    yield "P.fold(N('f4',1,8,9),(4,4),2)"
    yield "P.fold(N('f4',2,18,9),(5,5),3,padding=1,stride=2)"
    for kind in ("average", "max"):
        for shape, size in (("7,2", 3), ("5,6,2", "(2,4)"), ("5,6,2", 3), ("4,5,6,1", "(2,3,4)")):
            yield f"P.adaptive_{kind}_pool(N('f4',2,{shape}),{size})"
        yield f"P.adaptive_{kind}_pool(N('f4',2,3,5,6),(2,4),data_format='channels_first')"
    for c in ("2", "(3,2)", "2,strides=1", "3,strides=2,padding='same'", "2,strides=1,dilation_rate=2",
              "2,padding='same'"):  # fmt: skip
        yield f"P.image.extract_patches(N('f4',2,5,7,2),{c})"
    yield "P.image.extract_patches(N('f4',5,7,2),2)"
    yield "P.image.extract_patches(N('f4',2,2,5,7),2,data_format='channels_first')"
    yield "P.image.extract_patches_3d(N('f4',1,4,5,6,2),2)"
    yield "P.image.extract_patches_3d(N('f4',1,4,5,6,1),(1,2,3),strides=2,padding='same')"
    yield "P.rearrange(N('f4',2,4,6,3),'b h w c -> b c h w')"
    yield "P.rearrange(N('f4',2,4,6,3),'b (h k) w c -> (b k) w (h c)',k=2)"
    yield "P.rearrange(N('f4',2,4,6,3),'b h w c -> b (c h w)')"


def _resampling():
    for method in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
        for size in ("(3,3)", "(9,4)"):
            for antialias in (False, True):
                yield f"P.image.resize(N('f4',1,6,7,2),{size},interpolation='{method}',antialias={antialias})"
        yield f"P.image.resize(N('f4',1,6,7,2),(4,3),interpolation='{method}',crop_to_aspect_ratio=True)"
    for c in ("(4,8)", "(8,4)", "(3,3)"):
        yield f"P.image.resize(N('f4',1,4,6,1),{c},pad_to_aspect_ratio=True,fill_value=.5)"
        yield f"P.image.resize(N('f4',1,4,6,1),{c},crop_to_aspect_ratio=True)"
    for method in ("linear", "cubic", "lanczos3", "lanczos5"):
        for antialias in (False, True):
            yield (
                "P.image.scale_and_translate(N('f4',6,7,2),(4,9,2),np.array([.5,1.4],'f4'),np.array([.3,-1.],'f4'),"
                f"(0,1),'{method}',antialias={antialias})"
            )


TURN = "np.array([[.9,-.3,.4,.2,1.1,-.7,0,0],[1,0,2.5,0,1,-1.2,0,0]],'f4')"
CORNERS = "np.array([[[0,0],[6,0],[0,4],[6,4]],[[1,0],[5,1],[0,3],[6,4]]],'f4')"
MOVED = "np.array([[[1,0],[5,1],[0,4],[6,3]],[[0,0],[6,0],[0,4],[6,4]]],'f4')"


def _places():
    for kind in ("bilinear", "nearest"):
        for mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
            yield (
                f"P.image.affine_transform(N('f4',2,5,7,2),{TURN},interpolation='{kind}',fill_mode='{mode}',"
                "fill_value=.5)"
            )
        yield f"P.image.affine_transform(N('u1',5,7,2),{TURN}[0],interpolation='{kind}')"
        yield f"P.image.perspective_transform(N('f4',2,5,7,2),{CORNERS},{MOVED},interpolation='{kind}',fill_value=.5)"
    yield f"P.image.affine_transform(N('f4',2,2,5,7),{TURN},data_format='channels_first')"
    for order in (0, 1):
        for mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
            yield (
                f"P.image.map_coordinates(N('f4',4,5),N('f4',2,3,3,low=-4.,high=9.),{order},fill_mode='{mode}',"
                "fill_value=2.)"
            )
        yield f"P.image.map_coordinates(N('i4',4,5),N('f4',2,6,low=0.,high=3.),{order})"


def _filters():
    yield "P.image.gaussian_blur(N('f4',1,6,7,2),data_format='channels_last')"
    yield "P.image.gaussian_blur(N('f4',1,6,7,2),(5,3),(.7,1.6),data_format='channels_last')"
    yield "P.image.gaussian_blur(N('f4',6,7,2),(3,5),(.7,1.6),data_format='channels_last')"
    yield "P.image.gaussian_blur(N('f4',1,2,6,7),(5,3),(.7,1.6),data_format='channels_first')"
    yield "P.image.sobel_edges(N('f4',2,5,6,2))"
    yield "P.image.sobel_edges(N('f4',2,2,5,6),data_format='channels_first')"
    for c in ("", ",data_format='channels_last'", ",max_val=2.,filter_size=5,filter_sigma=.8,k1=.02,k2=.05"):
        yield f"P.image.ssim(N('f4',2,12,13,2,low=0.,high=1.),N('f4',2,12,13,2,k=1,low=0.,high=1.){c})"
    yield "P.image.ssim(N('f4',12,13,2,low=0.,high=1.),N('f4',12,13,2,k=1,low=0.,high=1.))"
    for f in ("rgb_to_hsv", "hsv_to_rgb"):
        yield f"P.image.{f}(N('f4',2,4,3,3,low=0.,high=1.))"
        yield f"P.image.{f}(N('f4',4,3,3,low=-.5,high=1.5))"
        yield f"P.image.{f}(N('f4',2,3,4,3,low=0.,high=1.),data_format='channels_first')"
    yield "P.image.rgb_to_hsv(np.array([[[0,0,0],[1,1,1],[.5,.5,0]]],'f4'))"
    for t in ("f4", "i4", "u1"):
        yield f"P.psnr(N('{t}',2,3),N('{t}',2,3,k=1),6)"
    yield "P.psnr(N('f4',2,3),N('f4',2,3),1.)"
    yield "P.i0(N('f4',9,low=-9.,high=9.))"
    yield "P.i0(np.array([0.,50.,-80.,np.inf,np.nan],'f4'))"
    yield "P.i0(N('i4',4))"
    for k in (0, 1, 4, 7):
        yield f"P.nextafter(X('f4',0),X('f4',{k}))"
    yield "P.nextafter(np.array([1,2],'i4'),3.)"


GROUPS = {"fourier": _fourier, "attention": _attention, "ctc": _ctc, "windows": _windows, "resampling": _resampling,
          "places": _places, "filters": _filters}  # fmt: skip


def calls():
    """All of them."""
    return [call for group in GROUPS.values() for call in group()]
