"""A second thread that writes: in order, with its errors told, and gone at the end."""

import threading

from fastnn.saving.writer import Writer


def test_it_writes_what_it_is_given():
    written, open_door = [], threading.Event()

    def write(what):
        open_door.wait(5)
        if what == "bad":
            raise OSError("no space")
        written.append(what)

    writer = Writer(write)
    writer.finish()  # nothing was given
    writer.give(1)
    giver = threading.Thread(target=lambda: [writer.give(what) for what in (2, "bad", 3)])
    giver.start()
    open_door.set()
    giver.join()
    writer.finish()
    assert written == [1, 2, 3] and str(writer.take_error()) == "no space" and writer.take_error() is None
    assert not writer.busy and not [t for t in threading.enumerate() if t.name == "fastnn checkpoints"]
    writer.give(4)  # it can be used again
    writer.finish()
    assert written[-1] == 4
