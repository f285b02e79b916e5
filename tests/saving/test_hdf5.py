"""HDF5 files: what leads out of the file, or claims more than it holds, is refused before it is read."""

import io

import h5py
import numpy as np
import pytest

import fastnn
from fastnn.core import dtypes
from fastnn.core.errors import FileFormatError, NotSupportedError
from fastnn.saving import hdf5

TREE = {
    "": ({"name": "m"}, {}),
    "layers/dense/vars": ({"name": "dense"}, {"0": np.arange(6, dtype="f4").reshape(2, 3), "1": np.zeros(3, "f4")}),
    "layers/empty/vars": ({}, {}),
    "optimizer/vars": ({}, {"0": np.int64(7)}),
}


def image(fill, **kwargs):
    """The bytes of an HDF5 file that `fill(file)` fills."""
    with h5py.File(io.BytesIO(), "w", **kwargs) as file:
        fill(file)
        file.flush()
        return file.id.get_file_image()


def read_everything(data):
    """All arrays of a file, through the checks; the digest too."""
    with hdf5.reading(data) as reader:
        out = {path: reader.read(path) for path in reader.arrays()}
        reader.verify()
        return out


def test_round_trip():
    data = hdf5.dump(TREE)
    out = read_everything(data)
    assert sorted(out) == ["layers/dense/vars/0", "layers/dense/vars/1", "optimizer/vars/0"]
    assert np.array_equal(out["layers/dense/vars/0"], TREE["layers/dense/vars"][1]["0"])
    assert out["optimizer/vars/0"].shape == () and out["optimizer/vars/0"].dtype == np.int64
    with hdf5.reading(data) as reader:
        assert reader.attribute("layers/dense/vars", "name") == "dense" and reader.attribute("", "no") is None
        assert reader.names("layers") == ["dense", "empty"] and reader.names("no/where") == []
        with pytest.raises(FileFormatError, match="no array"):
            reader.read("layers/dense/vars/7")
        with pytest.raises(FileFormatError, match="shape"):
            reader.read("layers/dense/vars/0", (3, 2))


def test_links_out_of_the_file(tmp_path):
    (tmp_path / "secret.h5").write_bytes(image(lambda f: f.create_dataset("x", data=np.ones(3))))

    def external(file):
        file["a"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "x")

    def soft(file):
        file["real"] = np.ones(3)
        file["a"] = h5py.SoftLink("/real")

    def soft_group(file):
        file.create_group("g")["0"] = np.ones(3)
        file["a"] = h5py.SoftLink("/g")

    for fill in (external, soft, soft_group):
        with pytest.raises(FileFormatError, match="Link"), hdf5.reading(image(fill)) as reader:
            reader.read("a")
        with pytest.raises(FileFormatError, match="Link"):
            read_everything(image(fill))


def test_data_outside_of_the_file(tmp_path):
    (tmp_path / "raw").write_bytes(bytes(80))

    def storage(file):
        file.create_dataset("a", (10,), "f8", external=[(str(tmp_path / "raw"), 0, 80)])

    def virtual(file):
        layout = h5py.VirtualLayout((3,), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "x.h5"), "x", (3,))
        file.create_virtual_dataset("a", layout)

    for fill, word in ((storage, "another file"), (virtual, "virtual")):
        with pytest.raises(FileFormatError, match=word):
            read_everything(image(fill))


@pytest.mark.parametrize("value", [
    "text", [b"a", b"bc"], np.zeros(1, [("x", "f4")]), np.zeros(1, [("r", "f4"), ("j", "f4")]),
    np.zeros(1, [("r", "f4"), ("i", "i4")]), np.zeros(1, [("i", "f4"), ("r", "f4")]),
    np.zeros(1, [("r", "f2"), ("i", "f2")]),
    np.zeros(1, [("r", "f8"), ("i", "f4"), ("k", "f4")]),
])  # fmt: skip
def test_element_types(value):
    with pytest.raises(FileFormatError, match="element type"):
        read_everything(image(lambda f: f.create_dataset("a", data=value)))


@pytest.mark.parametrize("kind", ["<c8", "<c16", ">c8", ">c16"])
def test_complex_numbers(kind):
    value = (np.arange(6).reshape(2, 3) - 2.5j).astype(kind)
    out = read_everything(image(lambda f: f.create_dataset("a", data=value)))
    np.testing.assert_array_equal(out["a"], value)


def test_variable_length_and_references():
    def ragged(file):
        file.create_dataset("a", (2,), h5py.vlen_dtype(np.dtype("i4")))

    def reference(file):
        file.create_dataset("a", (1,), h5py.ref_dtype)[0] = file.ref

    for fill in (ragged, reference):
        with pytest.raises(FileFormatError, match="element type"):
            read_everything(image(fill))


def test_shape_bombs():
    def chunked(file):
        file.create_dataset("a", (1 << 40,), "f4", chunks=(1024,), fillvalue=1)

    def contiguous(file):
        file.create_dataset("a", (1 << 40,), "f4")

    def zipped(file):
        file.create_dataset("a", (1 << 34,), "f4", chunks=(1 << 20,), compression="gzip")

    for fill in (chunked, contiguous, zipped):
        with pytest.raises(FileFormatError, match="claims"):
            read_everything(image(fill))


def test_many_names_for_one_array():
    def fill(file):
        file["0"] = np.ones(100_000)
        for i in range(1, 50):
            file[str(i)] = file["0"]
        file.attrs[hdf5.DIGEST] = "0" * 64

    with pytest.raises(FileFormatError, match="second name"), hdf5.reading(image(fill)) as reader:
        reader.verify()


def test_cycle_of_groups_ends():
    def fill(file):
        group = file.create_group("g")
        group["again"] = file["/"]

    with pytest.raises(FileFormatError, match="second name"):
        read_everything(image(fill))


def test_filters():
    ok = image(
        lambda f: f.create_dataset(
            "a", data=np.arange(1000.0), chunks=(100,), compression="gzip", shuffle=True, fletcher32=True
        )
    )
    assert np.array_equal(read_everything(ok)["a"], np.arange(1000.0))
    with pytest.raises(FileFormatError, match="filter"):
        read_everything(image(lambda f: f.create_dataset("a", data=np.arange(999.0), chunks=(9,), compression="lzf")))


@pytest.mark.parametrize("dtype", [">f4", "<f8", "f2", ">i2", "u1", "?"])
def test_byte_orders_and_types(dtype):
    values = np.array([0, 1, 1, 0]).astype(dtype)
    out = read_everything(image(lambda f: f.create_dataset("a", data=values)))["a"]
    assert np.array_equal(out, values)


def test_every_byte_of_an_own_file_is_covered():
    data = hdf5.dump(TREE)
    read_everything(data)
    for size in [*range(0, len(data), max(1, len(data) // 100)), *range(len(data) - 60, len(data))]:
        with pytest.raises(FileFormatError):
            read_everything(data[:size])
    for byte in range(0, len(data), 11):
        flipped = bytearray(data)
        flipped[byte] ^= 1 << byte % 8
        with pytest.raises(FileFormatError):
            read_everything(bytes(flipped))


def foreign():
    """The bytes of a file that h5py alone wrote, with all kinds of structures that are read."""

    def fill(file):
        file["a/b/0"] = np.arange(6, dtype="f4").reshape(2, 3)
        file.create_dataset(
            "a/packed", data=np.arange(300), chunks=(50,), compression="gzip", shuffle=True, fletcher32=True
        )
        file.attrs["text"], file.attrs["texts"] = "some text", ["one", "two", "three"]
        file.attrs["bytes"], file.attrs["number"] = np.bytes_(b"fixed"), 7
        for i in range(12):
            file.create_dataset(f"many/{i}", data=np.int8(i))

    return image(fill, libver="earliest")


def everything(data):
    """All that a foreign file says."""
    with hdf5.reading(data) as reader:
        texts = [reader.attribute("", key) for key in ("text", "texts", "bytes", "number")]
        return texts, {path: reader.read(path).tolist() for path in reader.arrays()}


def test_foreign_files():
    texts, arrays = everything(foreign())
    assert texts == ["some text", ["one", "two", "three"], "fixed", 7]
    assert arrays["a/packed"] == list(range(300)) and arrays["a/b/0"] == [[0, 1, 2], [3, 4, 5]]
    assert [arrays[f"many/{i}"] for i in range(12)] == list(range(12))


def test_damaged_foreign_files_end_in_a_named_error():
    data = foreign()
    generator = np.random.default_rng(0)
    for bit in generator.choice(len(data) * 8, 500, replace=False):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << (bit % 8)
        try:
            everything(bytes(flipped))
        except (FileFormatError, NotSupportedError):
            continue


def test_a_string_that_is_referred_to_very_often():
    long = "x" * 5000
    data = bytearray(image(lambda f: f.attrs.create("texts", [long] + ["y"] * 499), libver="earliest"))
    length = len(long).to_bytes(4, "little")
    at = next(
        i
        for i in range(len(data))
        if data[i : i + 4] == length
        and data[(heap := int.from_bytes(data[i + 4 : i + 12], "little")) : heap + 4] == b"GCOL"
    )
    for count, fits in ((2, True), (500, False)):
        data[at : at + 16 * count] = data[at : at + 16] * count
        with hdf5.reading(bytes(data)) as reader:
            if fits:
                assert reader.attribute("", "texts") == [long] * 2 + ["y"] * 498
                continue
            with pytest.raises(FileFormatError, match="strings of more than"):
                reader.attribute("", "texts")


def test_an_endless_heap_of_strings():
    data = bytearray(foreign())
    heap = data.find(b"GCOL")
    for at in range(heap, heap + 4096, 5):
        damaged = bytearray(data)
        damaged[at] ^= 2
        try:
            everything(bytes(damaged))
        except FileFormatError:
            continue


def test_groups_under_two_names():
    def fill(file):
        group = file.create_group("g0")
        group["0"] = np.ones(3)
        for k in range(1, 40):
            up = file.create_group(f"g{k}")
            up["a"] = up["b"] = file[f"g{k - 1}"]

    with pytest.raises(FileFormatError, match="second name"), hdf5.reading(image(fill)) as reader:
        reader.arrays()


@pytest.mark.parametrize("shape", [(0, 2**62), (2**62, 0, 2**62), (0,), (0, 3), (2**32 - 1, 0)])
def test_arrays_without_elements(shape):
    """Sizes beside a 0 are read, and are no more than sizes can be."""

    def fill(file):
        file.create_dataset("a", shape, "f4")
        file.create_dataset("b", shape, "f4", chunks=(1,) * len(shape), maxshape=(None,) * len(shape))

    data = image(fill)
    if max(shape) < 1000:
        assert [a.shape for a in read_everything(data).values()] == [shape, shape]
        return
    with hdf5.reading(data) as reader:
        for name in "ab":
            try:
                assert reader.read(name).shape == shape
            except FileFormatError as error:
                assert "claims" in str(error) or "reaches" in str(error)


def test_filters_of_what_lies_in_one_piece():
    """A header whose array is in one piece and has a filter, too: the bytes must all be there."""
    data = bytearray(image(lambda f: f.create_dataset("a", data=np.arange(64, dtype="f4")), libver="earliest"))
    packed = image(lambda f: f.create_dataset("a", data=np.arange(64, dtype="f4"), chunks=(64,), compression=1))
    with hdf5.reading(bytes(data)) as reader:
        array = reader.dataset("a")
        array.filters, array.layout.size = [(1, 4)], 100
        with pytest.raises(FileFormatError, match="claims"):
            reader.read("a")
    assert read_everything(packed)["a"].tolist() == list(range(64))


def test_groups_in_groups():
    """As deep as models may be nested; but long names of many objects take more memory than the file."""
    deep = "/".join(["g"] * 900)
    assert list(read_everything(image(lambda f: f.create_dataset(f"{deep}/0", data=1.0)))) == [f"{deep}/0"]
    assert list(read_everything(hdf5.dump({deep: ({}, {"0": np.ones(2)})}))) == [f"{deep}/0"]

    def long_names(file):
        group = file
        for _ in range(40):
            group = group.create_group("n" * 4000)
        for i in range(300):
            group.create_group(f"{i}")

    with pytest.raises(FileFormatError, match="names too long"), hdf5.reading(image(long_names)) as reader:
        reader.arrays()


def test_the_newest_format_is_refused_with_the_remedy():
    def fill(file):
        for i in range(100):
            file.create_group(f"group {i}")

    with pytest.raises(NotSupportedError, match="earliest"), hdf5.reading(image(fill, libver="latest")) as reader:
        reader.arrays()

    def small(file):
        file["a"] = np.arange(3)
        file.attrs["text"] = "t"

    with hdf5.reading(image(small, libver="latest")) as reader:
        assert reader.read("a").tolist() == [0, 1, 2] and reader.attribute("", "text") == "t"


class Narrow(fastnn.layers.Layer):
    """Weights of every dtype that NumPy has not."""

    def build(self, shape):
        for dtype in dtypes.PACKAGED:
            self.add_weight(shape=(3,), dtype=dtype, name=dtype, trainable=False)

    def call(self, x):
        return x + sum(fastnn.ops.cast(w, "float32") for w in self.weights)


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.weights.h5"])
def test_files_hold_dtypes_that_numpy_has_not(name, tmp_path):
    model, twin = (fastnn.Sequential([fastnn.Input((3,)), Narrow()]) for _ in range(2))
    model.set_weights([np.array([1.5, -2, 0.25]) * k for k in range(1, 4)])
    if "weights" in name:
        model.save_weights(tmp_path / name)
        twin.load_weights(tmp_path / name)
    else:
        model.save(tmp_path / name)
        twin = fastnn.models.load_model(tmp_path / name, {"Narrow": Narrow})
    assert [w.dtype for w in twin.weights] == list(dtypes.PACKAGED)
    for a, b in zip(model.get_weights(), twin.get_weights()):
        np.testing.assert_array_equal(a.astype("float32"), b.astype("float32"))
