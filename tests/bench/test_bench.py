"""The benchmark's own claims: workloads build and count their operations, tables say what was measured."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import fastnn as keras

SOURCE = Path(__file__).resolve().parents[2]
if not (SOURCE / "bench").is_dir():
    pytest.skip("the benchmarks are in the source tree only", allow_module_level=True)
# as a package of its own: the folder above it holds the sources of fastnn, which must not hide the installed one
_spec = importlib.util.spec_from_file_location(
    "bench", SOURCE / "bench" / "__init__.py", submodule_search_locations=[str(SOURCE / "bench")]
)
sys.modules["bench"] = importlib.util.module_from_spec(_spec)

from bench import chart, compare, harness, models, results, table  # noqa: E402

WORKLOADS = models.WORKLOADS


def multiply_adds(layer, calls=1):
    """Of one sample through a layer, or through the layers of a model."""
    if hasattr(layer, "layers"):
        return [m for inner in layer.layers for m in multiply_adds(inner, calls)]
    kind = type(layer).__name__
    if not layer.weights or kind in ("BatchNormalization", "LayerNormalization", "Embedding"):
        return []
    kernel = layer.weights[0].shape
    pixels = int(np.prod(layer.output.shape[1:-1])) if len(layer.output.shape) > 2 else 1
    if kind in ("LSTM", "GRU"):
        moments = layer.input.shape[1]
        return [calls * moments * int(np.prod(w.shape)) for w in layer.weights[:2]]
    if kind == "MultiHeadAttention":  # four projections; scores and what they weigh
        products = sum(int(np.prod(w.shape)) for w in layer.weights if len(w.shape) == 3)
        return [calls * pixels * products, calls * 2 * pixels * pixels * int(np.prod(kernel[1:]))]
    if kind == "Conv2DTranspose":  # each pixel of the input meets the whole kernel
        pixels = int(np.prod(layer.input.shape[1:-1]))
    channels = kernel[-2] * kernel[-1] if "depthwise" not in kind.lower() else kernel[-2]
    return [calls * pixels * int(np.prod(kernel[:-2])) * channels]


@pytest.mark.parametrize("name", WORKLOADS)
def test_operations_are_counted(name):
    """The list in the workload is what the layers of the model come to."""
    work = WORKLOADS[name]
    model = work.build(keras)
    count = sum(multiply_adds(model))
    if name == "siamese":  # its tower is called twice
        tower = next(layer for layer in model.layers if hasattr(layer, "layers"))
        count += sum(multiply_adds(tower))
    assert count == sum(work.macs)


def keys_of_models(file):
    """The names that a file's table MODELS spells out."""
    tree = ast.parse((SOURCE / "bench" / file).read_text(encoding="utf-8"))
    table_of_models = next(n.value for n in tree.body if isinstance(n, ast.AnnAssign) and n.target.id == "MODELS")
    return {key.value for key in table_of_models.keys if key is not None}


def test_pytorch_has_the_same_workloads():
    assert keys_of_models("torch_models.py") | keys_of_models("torch_extra.py") == set(WORKLOADS)


@pytest.mark.parametrize("name", WORKLOADS)
def test_data_fit_the_model(name):
    work = WORKLOADS[name]
    xs, ys = work.data()
    assert len(xs) == work.inputs and all(len(v) == work.samples for v in (*xs, *ys))
    assert work.samples >= work.batch and work.gflop > 0


def result(ms, peer_ms, threads=1, workload="mnist_mlp"):
    """A result file with one workload on two engines."""

    def record(engine, blocks):
        return harness.summary(
            [
                {
                    "engine": engine,
                    "workload": workload,
                    "mode": "fit",
                    "threads": threads,
                    "inference": False,
                    "version": engine,
                    "blocks_ms": blocks,
                    "others": [0.0] * 4,
                    "shares": [1.0] * 4,
                    "peak_rss_mb": 90.0,
                    "first_step_s": 0.5,
                    "cpu_ms": blocks[0],
                }
            ]
        )

    about = {"cpu": "a CPU", "date": "2020-01-01", "commit": "abc", "peak_gflops": 100.0}
    return {
        "machine": about,
        "import_s": {"fastnn": 0.05},
        "runs": [record("fastnn", [ms] * 4), record("torch", [peer_ms] * 4)],
    }


def test_summary_leaves_disturbed_blocks_out():
    record = {"engine": "fastnn", "workload": "mnist_mlp", "mode": "fit", "threads": 2, "inference": False,
              "blocks_ms": [5.0, 5.2, 5.1, 9.0, 11.0], "others": [0.0, 0.1, 0.0, 0.9, 1.2], "shares": [1.0] * 5,
              "peak_rss_mb": 1.0}  # fmt: skip
    s = harness.summary([record])
    assert s["ms"] == 5.1 and s["blocks"] == 3 and s["quiet"]
    assert harness.summary([{**record, "error": "no"}])["error"] == "no"


def test_a_first_step_alone_adds_its_time_only():
    # fmt: off
    timed = {"engine": "fastnn", "workload": "mnist_mlp", "mode": "fit", "threads": 1, "inference": False,
             "blocks_ms": [5.0] * 4, "others": [0.0] * 4, "shares": [1.0] * 4, "peak_rss_mb": 90.0, "first_step_s": 0.9}
    # fmt: on
    alone = {k: timed[k] for k in ("engine", "workload", "threads", "inference")}
    s = harness.summary([timed, *[{**alone, "mode": "first step", "first_step_s": v} for v in (0.4, 0.5)]])
    assert s["first_step_s"] == 0.5 and s["ms"] == 5.0 and s["mode"] == "fit" and s["peak_rss_mb"] == 90.0


def test_table_shows_the_ratio():
    text = "\n".join(table.training(result(5.0, 10.0), goals=True))
    assert "| mnist_mlp | 1 | 5 ms |" in text and "82 %" in text  # 0.41 GFLOP in 5 ms of 100
    assert "| PyTorch: 10 ms, 90 MB | 2.00× | 1.40× |" in text


def test_merged_runs_join_and_replace():
    """A run of another number of threads joins; one of the same units replaces them, and nothing else."""
    one, two, again = result(5.0, 10.0), result(3.0, 6.0, threads=2), result(4.0, 10.0)
    again["runs"].pop()
    both = results.merge(results.merge(None, one), two)
    assert len(both["runs"]) == 4 and len(table.training(both)) == 4
    newer = results.merge(both, again)
    assert sorted(r["ms"] for r in newer["runs"]) == [3.0, 4.0, 6.0, 10.0]
    again["machine"]["cpu"] = "another"
    with pytest.raises(SystemExit, match="two machines"):
        results.merge(both, again)


def test_files_come_back_as_written(tmp_path):
    assert results.read(tmp_path / "none.json") is None
    results.write(tmp_path / "a.json", result(5.0, 10.0))
    assert results.read(tmp_path / "a.json") == result(5.0, 10.0)


def test_chart_is_drawn_to_scale():
    """Ten times as slow is one decade to the right, whatever the workload."""
    both = results.merge(result(5.0, 50.0), result(1.0, 10.0, workload="cifar_cnn"))
    rows = chart.relative(both["runs"])
    assert [(label, found["PyTorch"]) for label, found in rows] == [
        ("mnist_mlp, 1 thread", 10.0),
        ("cifar_cnn, 1 thread", 10.0),
    ]
    drawn = ElementTree.fromstring(chart.draw(both))
    places = [c.get("cx") for c in drawn.iter() if c.tag.endswith("circle") and len(c)]
    assert len(places) == 2 and len(set(places)) == 1


def test_compare_takes_times_relative_to_the_peer():
    """A machine half as fast changes nothing; 20 % slower code does."""
    old, busy, slow = result(5.0, 10.0), result(10.0, 20.0), result(6.0, 10.0)
    assert compare.ratios(old, busy)[0][1] == pytest.approx(1.0)
    assert compare.ratios(old, slow)[0][1] == pytest.approx(1.2)


def test_the_readme_shows_the_committed_results():
    assert table.write(check=True) == 0, "run python -m bench table"


def test_ragged_in_short(capsys):
    """The command runs, and epochs of the same lengths compile nothing."""
    import argparse

    from bench import ragged

    parser = argparse.ArgumentParser()
    ragged.arguments(parser)
    a = parser.parse_args(["--batches", "3", "--shortest", "2", "--longest", "7", "--shapes", "4"])
    same, other = ragged.lengths(a)
    assert len({*same, *other}) == 6
    (x, y), *_ = ragged.batches([5])
    assert x.shape == (32, 5) and y.shape == (32, 1) and (np.diff((x > 0).astype(int), axis=1) <= 0).all()
    assert ragged.main(a, print) == 0
    assert "the same lengths again" in capsys.readouterr().out


def test_eager_in_short(capsys):
    """The command runs, all that is wanted of a case is of one that there is, and a loop's losses fall."""
    import argparse

    from bench import eager

    parser = argparse.ArgumentParser()
    eager.arguments(parser)
    a = parser.parse_args(["playground", "small", "memory", "--seconds", "0", "--rounds", "1", "--steps", "20"])
    assert eager.main(a, print) == 0
    out = capsys.readouterr().out
    assert "playground loop" in out and "resident set after 2 and 20 steps" in out and "wanted 60 us" in out
    made = {*eager.small(keras), *eager.curvature(keras), "gan", "wgan_gp", *(f"{n} loop" for n in eager.LOOPS)}
    assert set(eager.WANTED) <= made and {other for _, other in eager.WANTED.values()} - {"", "torch"} <= {
        *made,
        *(f"{n} fit" for n in eager.LOOPS),
    }
    assert eager.verdict("product", {"product": 9.0, "gradient": 2.0}, {}).endswith("wanted 4: NO")
    step = eager.loop(keras, "playground", True)
    losses = [step() for _ in range(200)]
    assert np.mean(losses[-20:]) < np.mean(losses[:20])


@pytest.mark.parametrize("case", ["gan", "wgan_gp"])
def test_steps_of_two_networks_change_both(case):
    from bench import eager

    step = getattr(eager, case)(keras)
    found = [float(np.ravel(step())[0]) for _ in range(3)]
    assert np.isfinite(found).all() and len(set(found)) == 3
