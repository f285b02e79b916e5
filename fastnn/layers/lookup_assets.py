"""What files hold of a lookup beside its config: the words of `adapt`, and what each weighs in the mode tf_idf."""

import os

import numpy as np

from fastnn.core.errors import FileFormatError, ShapeError


class LookupFiles:
    """The parts of a lookup layer that write and read files."""

    @property
    def writes_itself(self):
        """Whether files hold arrays of it under names, which are no variables: the weights of tf_idf."""
        return self.output_mode == "tf_idf"

    def save_own_variables(self, store):
        """Write what words weigh in the mode tf_idf.

        Args:
            store: a dict-like: {name: array}.
        """
        if self._weights is not None:
            store["idf_weights"] = self.idf_weights

    def load_own_variables(self, store):
        """Take what words weigh in the mode tf_idf; words that load_assets() takes afterwards keep it.

        Args:
            store: a dict-like: {"idf_weights": array}; nothing where the config has them.
        """
        if "idf_weights" not in store:
            return
        weights = np.asarray(store["idf_weights"], np.float64)
        if self._tokens is not None and weights.shape != (self.num_oov_indices + len(self._tokens),):
            raise ShapeError(
                f"Layer {self.name!r} has {len(self._tokens)} words and {self.num_oov_indices} for unknown ones; "
                f"received idf_weights of shape {weights.shape}."
            )
        self._weights = weights

    def save_assets(self, folder):
        """Write the words to the file vocabulary.txt, one a line, where they were not given with the layer.

        A model's file has them in its config already: this is for a folder of one's own.

        Args:
            folder: path of the folder.
        """
        if not self._static:
            with open(os.path.join(folder, "vocabulary.txt"), "w", encoding="utf-8", newline="\n") as file:
                file.write("\n".join(str(word) for word in self.get_vocabulary()))

    def load_assets(self, folder):
        """Take the words from the file vocabulary.txt in which Keras keeps those of `adapt`; called by load_model.

        Args:
            folder: path of the folder.
        """
        path = os.path.join(folder, "vocabulary.txt")
        if self._tokens is not None or not os.path.exists(path):
            return
        with open(path, "rb") as file:
            data = file.read()
        try:
            words = data.decode("utf-8").removesuffix("\n").split("\n")
            self.set_vocabulary([self._clean(word) for word in words], self._weights)
        except ValueError as error:  # no text, no numbers where numbers are due, words that come twice
            raise FileFormatError(f"The vocabulary of layer {self.name!r} is damaged: {error!s:.300}") from error
