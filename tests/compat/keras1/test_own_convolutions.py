import pytest

from fastnn import layers
from fastnn.compat.keras1.calls import AtrousConvolution2D, Convolution1D, Convolution2D
from fastnn.compat.keras1.own_convolutions import base, named


def test_positions_of_keras_1_have_todays_names():
    found = named(1, True, (8, 3, "one", "relu", None, "same", 2, 4))
    assert (found["kernel_size"], found["strides"], found["dilation_rate"]) == (3, 2, 4)
    assert named(2, False, (8, 3, 5, "one", "relu", None, "same", (1, 1), "tf"))["data_format"] == "channels_last"


@pytest.mark.parametrize(
    ("old", "args", "today"),
    [
        (Convolution1D, (4, 3, "one", "relu"), layers.Conv1D),
        (Convolution2D, (4, 3, 3, "one", "relu"), layers.Conv2D),
        (AtrousConvolution2D, (4, 3, 3, "one", "relu", None, "valid", (1, 1), (2, 2)), layers.Conv2D),
    ],
)
def test_a_class_that_derives_from_an_old_name_is_a_class_of_today(old, args, today):
    class Own(old):
        pass

    layer = Own(*args)
    assert isinstance(layer, Own) and isinstance(layer, today)
    assert type(old(*args[:3])) is today if old is not Convolution1D else type(old(*args[:2])) is today
    assert layer.nb_filter == 4 and layer.filter_length == layer.nb_row == 3
    assert layer.activation.__name__ == "relu"


def test_arguments_of_keras_2_stay_as_they_are():
    layer = base(1, False)(4, 3, 2, "same")
    assert (layer.strides, layer.padding, layer.subsample_length) == ((2,), "same", 2)
    assert base(2, False)(4, (3, 5), name="a").nb_col == 5
