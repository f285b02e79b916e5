"""threadpoolctl sees fastnn's threads as a library and limits them."""

import os
import subprocess
import sys

import pytest

from fastnn.core.jit import MODE

pytestmark = pytest.mark.skipif(MODE == "python", reason="the Python executor has no threads of its own")

SCRIPT = """
{imports}
import numpy as np
from fastnn.runtime import threads
threads._cores = 4
model = fastnn.Sequential([fastnn.Input((64,)), fastnn.layers.Dense(512), fastnn.layers.Dense(8)])
model.compile("sgd", "mse")
x, y = np.ones((512, 64), np.float32), np.zeros((512, 8), np.float32)

def team():
    model.fit(x, y, batch_size=256, verbose=0)
    compiled, = model._trainer().shared.programs.kept.values()
    return compiled.program._team()

def seen():
    return [(i["internal_api"], i["num_threads"]) for i in threadpoolctl.threadpool_info() if i["user_api"] == "fastnn"]

{body}
"""
ORDERS = ["import threadpoolctl, fastnn", "import fastnn, threadpoolctl"]


def ran(body, imports=ORDERS[0], **env):
    """What a process prints; it has 4 cores, as far as fastnn can tell."""
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"} | env
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(imports=imports, body=body)],
        capture_output=True,
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize("imports", ORDERS)
def test_a_limit_holds_inside_its_block_only(imports):
    said = ran(
        """
print(seen())
with threadpoolctl.threadpool_limits(1, user_api="fastnn"):
    print(seen(), threads.origin(), team())
    with threadpoolctl.threadpool_limits(2):
        print(seen(), team())
print(seen(), threads.origin(), team())
""",
        imports,
    )
    assert said == [
        "[('fastnn', 4)]",
        "[('fastnn', 1)] threadpoolctl 1",
        "[('fastnn', 2)] 2",
        "[('fastnn', 4)] cores of this process 4",
    ]


def test_a_plan_made_under_a_limit_is_free_after_it():
    said = ran("""
with threadpoolctl.threadpool_limits(1):
    print(team())
print(team())
""")
    assert said == ["1", "4"]


def test_set_num_threads_comes_first_and_the_environment_after_the_limit():
    said = ran(
        """
print(threads.get_num_threads(), threads.origin())
with threadpoolctl.threadpool_limits(2):
    print(team())
    fastnn.config.set_num_threads(3)
    print(seen(), team())
with threadpoolctl.threadpool_limits(1):
    print(seen(), threads.origin(), team())
fastnn.config.set_num_threads(None)
with threadpoolctl.threadpool_limits(64):           # a limit raises nothing
    print(seen(), team())
print(threads.get_num_threads(), threads.origin())
""",
        OMP_NUM_THREADS="6",
    )
    assert said == [
        "6 OMP_NUM_THREADS",
        "2",
        "[('fastnn', 2)] 3",
        "[('fastnn', 1)] set_num_threads 3",
        "[('fastnn', 6)] 6",
        "6 OMP_NUM_THREADS",
    ]


def test_without_threadpoolctl_nothing_of_it_is_imported():
    said = ran("print(team(), threads._registered, 'threadpoolctl' in sys.modules)", "import sys, fastnn")
    assert said == ["4 False False"]
