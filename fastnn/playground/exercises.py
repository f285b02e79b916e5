"""The eight exercises."""

EXERCISES: list = []
