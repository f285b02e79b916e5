"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.datasets import boston_housing as boston_housing
from fastnn.datasets import california_housing as california_housing
from fastnn.datasets import cifar10 as cifar10
from fastnn.datasets import cifar100 as cifar100
from fastnn.datasets import digits as digits
from fastnn.datasets import fashion_mnist as fashion_mnist
from fastnn.datasets import imdb as imdb
from fastnn.datasets import mnist as mnist
from fastnn.datasets import reuters as reuters
from fastnn.datasets import synthetic as synthetic

__all__ = [
    'boston_housing',
    'california_housing',
    'cifar10',
    'cifar100',
    'digits',
    'fashion_mnist',
    'imdb',
    'mnist',
    'reuters',
    'synthetic',
]
