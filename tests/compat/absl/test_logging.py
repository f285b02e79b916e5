"""absl's names of logging, on Python's."""

import logging as python_logging

from fastnn.compat.absl import logging


def test_levels(caplog):
    logging.set_verbosity(logging.INFO)
    with caplog.at_level(python_logging.INFO, logger="absl"):
        logging.info("loss %d", 3)
        logging.debug("not seen")
        for _ in range(5):
            logging.log_every_n(logging.WARNING, "again", 2)
            logging.log_first_n(logging.ERROR, "first", 1)
    assert [r.getMessage() for r in caplog.records] == ["loss 3", "again", "first", "again", "again"]
    logging.set_verbosity("error")
    assert logging.get_verbosity() == logging.ERROR
    logging.set_verbosity(logging.INFO)
