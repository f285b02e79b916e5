"""Faults put into running trainings: processes that are killed, and system calls of the writer that fail."""
