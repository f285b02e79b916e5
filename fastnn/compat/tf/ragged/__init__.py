"""Ragged tensors: rows of different length, and the functions that TensorFlow has for them."""
