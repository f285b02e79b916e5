"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.playground.settings import Block as Block
from fastnn.playground.exercises import EXERCISES as EXERCISES
from fastnn.playground.server import Server as Server
from fastnn.playground.session import Session as Session
from fastnn.playground.settings import Settings as Settings
from fastnn.playground.own import read_csv as read_csv
from fastnn.playground.script import script_of as script_of

__all__ = [
    'Block',
    'EXERCISES',
    'Server',
    'Session',
    'Settings',
    'read_csv',
    'script_of',
]
