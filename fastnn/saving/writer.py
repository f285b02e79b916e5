"""Files written by a second thread, while the first goes on."""

import threading


class Writer:
    """Writes what it is given, one after another; one may wait while another is being written.

    write: a function of what is given.
    """

    def __init__(self, write):
        self._write, self._waiting, self._thread = write, None, None
        self._change = threading.Condition()
        self._error = None

    def give(self, what):
        """Write this next; where another waits, until that is being written."""
        with self._change:
            while self._waiting is not None:
                self._change.wait()
            self._waiting = what
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="fastnn checkpoints", daemon=True)
                self._thread.start()
            self._change.notify_all()

    @property
    def busy(self):
        """Whether another one would have to wait."""
        return self._waiting is not None

    def take_error(self):
        """What a writing since the last call has raised, or None."""
        with self._change:
            error, self._error = self._error, None
            return error

    def finish(self):
        """Wait until all is written, and end the thread."""
        thread = self._thread
        if thread is None:
            return
        with self._change:
            self._thread = None
            self._change.notify_all()
        thread.join()

    def _run(self):
        me = threading.current_thread()
        while True:
            with self._change:
                while self._waiting is None and self._thread is me:
                    self._change.wait()
                if self._waiting is None:
                    return
                what, self._waiting = self._waiting, None
                self._change.notify_all()
            self._one(what)

    def _one(self, what):
        try:
            self._write(what)
        except Exception as error:  # whatever it is: who asks for it raises it
            with self._change:
                self._error = error
