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
                  "threads": self.threads, **self.info, **(timing or {}), "peak_rss_mb": peak}
        sys.stdout.write(json.dumps(record) + "\n")
        sys.stdout.flush()

    def run(self):
        """Time the workload on the engine."""
        self.import_start = time.perf_counter()
        (self.torch if self.engine.startswith("torch") else self.keras)()

    # ------------------------------------------------------------------ the Keras API: fastnn, or keras itself
    def keras(self):
        """fit for training; predict and a call for inference."""
        if self.engine == "fastnn":
            import fastnn as K
            version = f"fastnn {K.__version__}"
        else:
            import keras as K
            version = f"keras {K.__version__} on {K.backend.backend()}"
            if K.backend.backend() == "torch":
                import torch
                torch.set_num_threads(self.threads)
        self.import_done(version)
        work = self.work
        model = work.build(K)
        work.compile(K, model)
        xs, ys = work.data()
        if self.inference:
            row = xs[0][:1].copy()
            ways = {"predict": lambda: model.predict(row, verbose=0),
                    "call": lambda: K.ops.convert_to_numpy(model(row))}
            for mode, call in ways.items():
                self.emit(mode, timed(lambda k, f=call: [f() for _ in range(k)] and k, self.seconds))
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
                    index = order[i:i + batch]
                    value = step(optimizer, [v[index] for v in xs], [v[index] for v in ys])
            value.item()
            return count * (rows // batch)
        model.train()
        batch = [[v[:work.batch] for v in part] for part in (xs, ys)]
        float(step(torch_models.optimizer(work.name, model), *batch))
        self.first_step_done()
        if self.first_only:
            self.emit("first step")
            return
        for mode, options in (("loop", {}), ("loop, fused optimizer", {"fused": True})):
            optimizer = torch_models.optimizer(work.name, model, **options)
            self.emit(mode, timed(lambda k, o=optimizer: epochs(o, k), self.seconds))

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
