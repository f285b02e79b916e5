"""One engine, one workload, one process: times it and prints one JSON line per way of running it.

Started by `bench.harness`; BENCH_START holds the moment (time.perf_counter of the parent) at which this process was
started, so that "first step" counts the interpreter, the imports, the building and the compiling.
"""

import json
import os
import resource
import statistics
import sys
import time

BEGIN = time.perf_counter()


def busy_seconds():
    """Processor time that all processes of the machine have used, or None where the system does not say."""
    try:
        with open("/proc/stat", encoding="ascii") as f:
            ticks = [int(word) for word in f.readline().split()[1:9]]
    except OSError:
        return None
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")


def timed(run, seconds, block=0.2, least=3):
    """run(k) does k rounds and returns the steps that were done. Milliseconds per step of blocks of about `block` s,
    by the wall clock and as processor time of this process; how many cores other processes kept busy meanwhile, and how
    much of the time this process had a core."""
    run(1)
    start = time.perf_counter()
    run(1)
    rounds = max(1, round(block / max(time.perf_counter() - start, 1e-9)))
    wall, cpu, others, shares, begin = [], [], [], [], time.perf_counter()
    while len(wall) < least or (time.perf_counter() - begin < seconds and len(wall) < 200):
        busy, c, t = busy_seconds(), time.process_time(), time.perf_counter()
        steps = run(rounds)
        lasted, used = time.perf_counter() - t, time.process_time() - c
        wall.append(lasted / steps * 1e3)
        cpu.append(used / steps * 1e3)
        others.append(0.0 if busy is None else max(0.0, (busy_seconds() - busy - used) / lasted))
        shares.append(used / lasted)
    return {"blocks_ms": wall, "cpu_ms": statistics.median(cpu), "others": others, "shares": shares}


def only(values):
    """The value itself where there is one, else the list."""
    return values if len(values) > 1 else values[0]


class Child:
    """What this process was asked for, and how it answers."""

    def __init__(self, request):
        from bench.models import WORKLOADS

        self.engine, self.threads = request["engine"], request["threads"]
        self.seconds, self.inference = request["seconds"], request["inference"]
        self.first_only = request.get("first_only", False)
        self.work = WORKLOADS[request["workload"]]
        self.info = {}

    def import_done(self, version):
        """Note the version and the time that importing the engine took."""
        self.info.update(version=version, import_s=time.perf_counter() - self.import_start)

    def first_step_done(self):
        """Note the time from the start of the process to the end of the first training step."""
        self.info["first_step_s"] = time.perf_counter() - float(os.environ["BENCH_START"])

    def emit(self, mode, timing=None):
        """Print a record."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)
        record = {"engine": self.engine, "workload": self.work.name, "inference": self.inference, "mode": mode,
                  "threads": self.threads, **self.info, **(timing or {}), "peak_rss_mb": peak}  # fmt: skip
        sys.stdout.write(json.dumps(record) + "\n")
        sys.stdout.flush()

    def run(self):
        """Time the workload on the engine."""
        self.import_start = time.perf_counter()
        way = {"torch": self.torch, "sklearn": self.sklearn}.get(self.engine.split("-")[0], self.keras)
        way()

    # ------------------------------------------------------------------ the Keras API: fastnn, or keras itself
    def keras(self):
        """fit (for peers other ways too) for training; predict and a call (for peers other ways too) for inference."""
        if self.engine == "fastnn":
            import fastnn as K

            version, backend = f"fastnn {K.__version__}", "fastnn"
        else:
            import keras as K

            backend = K.backend.backend()
            version = f"keras {K.__version__} on {backend} {self.limit_threads(backend)}"
        self.import_done(version)
        work = self.work
        model = work.build(K)
        options = {"jit_compile": True} if self.engine.endswith("-xla") else {}  # Keras's default: none on a CPU
        work.compile(K, model, **options)
        xs, ys = work.data()
        if self.inference:
            self.keras_inference(K, model, backend, xs[0][:1].copy())
            return
        batch, steps = work.batch, work.samples // work.batch
        model.fit(only([v[:batch] for v in xs]), only([v[:batch] for v in ys]), batch_size=batch, verbose=0)
        self.first_step_done()
        if self.first_only:
            self.emit("first step")
            return

        def fit(epochs):
            model.fit(only(xs), only(ys), batch_size=batch, epochs=epochs, verbose=0)
            return epochs * steps

        self.emit("fit", timed(fit, self.seconds))
        if backend == "fastnn":
            return
        cut = [[only([v[i : i + batch] for v in part]) for part in (xs, ys)] for i in range(0, steps * batch, batch)]
        on_batch = lambda k: [model.train_on_batch(x, y) for _ in range(k) for x, y in cut] and k * steps
        self.emit("train_on_batch", timed(on_batch, self.seconds))
        if steps >= 10 and backend != "torch":
            work.compile(K, model, steps_per_execution=10, **options)
            self.emit("fit, 10 steps per execution", timed(fit, self.seconds))

    def limit_threads(self, backend):
        """Bind the backend's pools to the threads asked for; returns its version."""
        if backend == "torch":
            import torch

            torch.set_num_threads(self.threads)
            return torch.__version__
        if backend == "tensorflow":
            import tensorflow as tf

            tf.config.threading.set_intra_op_parallelism_threads(self.threads)
            tf.config.threading.set_inter_op_parallelism_threads(self.threads)
            return tf.__version__
        return __import__(backend).__version__

    def keras_inference(self, K, model, backend, row):
        """One row in and out as NumPy: predict, a plain call, and what a backend offers besides."""
        ways = {}
        if backend == "jax":  # first: predict donates these arrays
            import jax
            import numpy as np

            weights, other = (
                [v.value for v in part] for part in (model.trainable_variables, model.non_trainable_variables)
            )
            compiled = jax.jit(lambda w, o, x: model.stateless_call(w, o, x, training=False)[0])
            ways["jitted call"] = lambda: np.asarray(compiled(weights, other, row))
        elif backend == "tensorflow":
            import tensorflow as tf

            traced = tf.function(
                lambda x: model(x, training=False),
                jit_compile=self.engine.endswith("-xla"),
                input_signature=[tf.TensorSpec(row.shape, tf.float32)],
            )
            ways["jitted call"] = lambda: traced(tf.constant(row)).numpy()
        ways["predict"] = lambda: model.predict(row, verbose=0)
        ways["call"] = lambda: K.ops.convert_to_numpy(model(row, training=False))
        if backend != "fastnn":
            ways["predict_on_batch"] = lambda: model.predict_on_batch(row)
        for mode, call in ways.items():
            self.emit(mode, timed(lambda k, f=call: [f() for _ in range(k)] and k, self.seconds))

    # ------------------------------------------------------------------ scikit-learn
    def sklearn(self):
        """The two networks without convolutions; scikit-learn knows no dropout, so that it has less to do."""
        import warnings

        import numpy as np
        import sklearn
        from sklearn.neural_network import MLPClassifier

        warnings.simplefilter("ignore")
        self.import_done(f"scikit-learn {sklearn.__version__}")
        (x,), (y,) = self.work.data()
        y, batch = y.ravel(), self.work.batch
        steps, cut = len(x) // batch, range(0, len(x), batch)
        small = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.01, "activation": "tanh"}
        settings = small if self.work.name == "playground" else {"activation": "relu"}

        def network(epochs):
            return MLPClassifier(
                (8,) if settings is small else (512, 512),
                alpha=0,
                batch_size=batch,
                max_iter=epochs,
                tol=0,
                n_iter_no_change=10**6,
                **settings,
            )

        model = network(1)
        model.partial_fit(x[:batch], y[:batch], classes=np.unique(y))
        self.first_step_done()
        if self.first_only:
            self.emit("first step")
            return
        if self.inference:
            self.emit(
                "predict_proba", timed(lambda k: [model.predict_proba(x[:1]) for _ in range(k)] and k, self.seconds)
            )
            return
        self.emit("fit", timed(lambda k: network(k).fit(x, y) and k * steps, self.seconds))
        partial = lambda k: [model.partial_fit(x[i : i + batch], y[i : i + batch]) for _ in range(k) for i in cut]
        self.emit("partial_fit", timed(lambda k: len(partial(k)), self.seconds))

    # ------------------------------------------------------------------ PyTorch
    def torch(self):
        """A plain training loop (shuffled, gathered by index), with the optimizer as it is and with fused=True."""
        import torch

        from bench import torch_models

        torch.set_num_threads(self.threads)
        self.import_done(f"torch {torch.__version__}")
        work = self.work
        model = torch_models.MODELS[work.name]()
        xs, ys = ([torch.from_numpy(v) for v in part] for part in work.data())
        if xs[0].dim() == 4:
            xs = [v.permute(0, 3, 1, 2).contiguous() for v in xs]
            if "channels-last" in self.engine:
                model = model.to(memory_format=torch.channels_last)
                xs = [v.contiguous(memory_format=torch.channels_last) for v in xs]
        ys = [v.permute(0, 3, 1, 2).contiguous() if v.dim() == 4 else v for v in ys]
        if xs[0].dtype == torch.int32:
            xs = [v.long() for v in xs]
        compiled = "compile" in self.engine
        if self.inference:
            self.torch_inference(torch, model, xs[0][:1].clone(memory_format=torch.preserve_format), compiled)
            return

        def forward(x, y):
            return torch_models.loss(work.name, model(*x), y)

        if compiled:
            forward = torch.compile(forward)

        def step(optimizer, x, y):
            optimizer.zero_grad()
            value = forward(x, y)
            value.backward()
            optimizer.step()
            return value

        def epochs(optimizer, count):
            batch, rows = work.batch, work.samples
            for _ in range(count):
                order = torch.randperm(rows)
                for i in range(0, rows - batch + 1, batch):
                    index = order[i : i + batch]
                    value = step(optimizer, [v[index] for v in xs], [v[index] for v in ys])
            value.item()
            return count * (rows // batch)

        model.train()
        batch = [[v[: work.batch] for v in part] for part in (xs, ys)]
        float(step(torch_models.optimizer(work.name, model), *batch))
        self.first_step_done()
        if self.first_only:
            self.emit("first step")
            return
        for mode, options in (("loop", {}), ("loop, fused optimizer", {"fused": True})):
            optimizer = torch_models.optimizer(work.name, model, **options)
            self.emit(mode, timed(lambda k, o=optimizer: epochs(o, k), self.seconds))
        if work.samples // work.batch >= 10:  # gathering rows is a part of such short steps
            optimizer = torch_models.optimizer(work.name, model, fused=True)
            cut = list(zip(*[zip(*[v.split(work.batch) for v in part]) for part in (xs, ys)]))
            sliced = lambda k: [step(optimizer, x, y) for _ in range(k) for x, y in cut]
            self.emit("ready batches, fused optimizer", timed(lambda k: len(sliced(k)), self.seconds))

    def torch_inference(self, torch, model, x, compiled):
        """One row in and out as NumPy: eager, and traced and frozen (or compiled)."""
        model.eval()
        row = x.numpy()
        with torch.inference_mode():
            ways = {"eager": model}
            if compiled:
                ways = {"compile": torch.compile(model)}
            else:
                ways["jit frozen"] = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, x)))
            for mode, f in ways.items():
                call = lambda k, f=f: [f(torch.from_numpy(row)).numpy() for _ in range(k)] and k
                self.emit(mode, timed(call, self.seconds))


if __name__ == "__main__":
    Child(json.loads(sys.argv[1])).run()
