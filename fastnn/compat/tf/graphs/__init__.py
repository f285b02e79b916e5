"""Graphs of TensorFlow 1: placeholders, sessions, and calls that wait until they are asked for."""
