# A model for several devices that saves the one inside, and a CSVLogger that writes lines of its own, as 2018 had them.
import csv
import os

import numpy as np
from keras import Model
from keras.callbacks import CSVLogger, ModelCheckpoint
from keras.layers import Dense, Input
from keras.models import load_model
from keras.utils import multi_gpu_model


class Parallel(Model):
    def __init__(self, model, gpus):
        parallel = multi_gpu_model(model, gpus)
        self.__dict__.update(parallel.__dict__)
        self._single = model

    def __getattribute__(self, name):
        if "load" in name or "save" in name:
            return getattr(self._single, name)
        return super(Parallel, self).__getattribute__(name)


class WithMemory(CSVLogger):
    def on_epoch_end(self, epoch, logs=None):
        logs = dict(logs or {}, memory=3.5)
        if self.keys is None:
            self.keys = sorted(logs)
        if not self.writer:
            self.writer = csv.DictWriter(self.csv_file, fieldnames=["epoch"] + self.keys, delimiter=self.sep)
            if self.append_header:
                self.writer.writeheader()
        self.writer.writerow(dict(epoch=epoch, **{key: logs[key] for key in self.keys}))
        self.csv_file.flush()


x = np.random.RandomState(0).rand(8, 3)
inputs = Input((3,))
single = Model(inputs, Dense(1)(inputs))
model = Parallel(single, 2)
model.compile(loss="mse", optimizer="adam")
model.fit(x, x.sum(1), epochs=2, verbose=0, callbacks=[WithMemory("log.csv", ";"), ModelCheckpoint("m-{epoch}.h5")])
model.fit(x, x.sum(1), epochs=1, verbose=0, callbacks=[WithMemory("log.csv", ";", append=True)])
lines = open("log.csv").read().splitlines()
assert lines[0] == "epoch;loss;memory" and [line.split(";")[0] for line in lines[1:]] == ["0", "1", "0"]
assert all(line.endswith(";3.5") for line in lines[1:])
assert os.path.exists("m-2.h5") and load_model("m-1.h5").count_params() == 4
np.testing.assert_array_equal(model.predict(x, verbose=0), single.predict(x, verbose=0))
