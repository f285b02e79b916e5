"""Arguments of the `fastnn` command, and how its errors look: one line, exit status 1.

Each command imports what it needs when it is run, so that help and refusals come at once.
"""

import argparse
import os
import sys

from fastnn.cli.scripts import run_script
from fastnn.cli.terminal import clean, say
from fastnn.core.errors import ArgumentError, FastnnError
from fastnn.core.registry import suggest

_COMMANDS = {
    "demo": "train a small CNN on the bundled digits, save it, reload it, write a report page",
    "info": "version, CPU level, kernel pack, threads",
    "inspect": "what is in a model file, without building anything from it",
    "run": "run a script, module or notebook that imports keras or tensorflow.keras, on fastnn",
    "launch": "run a script in several processes that train together (keras.distribution)",
    "check": "look at the data and the model of a script's first fit, or at a model file, before training",
    "resume": "run a script whose calls of fit keep checkpoints in a folder, and go on from them",
    "verify": "run a script as far as its receipt is to be compared, and say what differs first",
    "replay": "run a step of training that fit(nan=...) wrote once more, and say where NaN or infinity began",
    "playground": "build, train and look at small networks on a page in the browser",
    "bench": "time training steps on this machine, and say which kernels take the time",
}


def parser():
    """The parser of the command line.

    >>> parser().parse_args(["demo", "--epochs", "3"]).epochs
    3
    """
    top = argparse.ArgumentParser(prog="fastnn", description="The Keras API on a CPU training engine of its own.")
    top.add_argument("--version", action="store_true", help="print the version and exit")
    commands = top.add_subparsers(dest="command", metavar="command")
    parts = {
        name: commands.add_parser(name, help=text, description=f"fastnn {name}: {text}.")
        for name, text in _COMMANDS.items()
    }
    demo = parts["demo"]
    demo.add_argument("--epochs", type=int, default=None, help="passes over the training images")
    demo.add_argument("--batch-size", type=int, default=None, help="images per step")
    demo.add_argument("--seed", type=int, default=0, help="the same seed gives the same bits (default 0)")
    demo.add_argument("--output", default=".", metavar="DIR", help="folder for digits.keras and report.html")
    parts["inspect"].add_argument("file", help="a .keras, .weights.h5 or .h5 file")
    parts["inspect"].add_argument("--json", action="store_true", help="print everything as JSON")
    parts["resume"].add_argument("folder", help="where checkpoints are; made if need be")
    for part in (parts["run"], parts["resume"], parts["launch"]):
        part.add_argument("-m", dest="module", action="store_true", help="SCRIPT is the name of a module")
        part.add_argument("script", help="a Python file, or a notebook (.ipynb), whose cells are run in order")
        _takes_the_rest(part)
    launch = parts["launch"]
    launch.add_argument("-n", type=int, default=2, metavar="N", help="how many processes (default 2)")
    launch.add_argument("--threads", type=int, default=None, help="of each process (default: the cores, divided)")
    launch.add_argument("--all", action="store_true", help="show what all of them print, not only the first")
    parts["check"].add_argument("path", help="a script or notebook, or a .keras or .h5 file")
    _takes_the_rest(parts["check"])
    verify = parts["verify"]
    verify.add_argument("receipt", help="what fit(receipt=...) or history.save_receipt() wrote")
    verify.add_argument("--steps", type=int, default=None, help="compare so many steps of the run, then stop")
    verify.add_argument("script", help="the Python file that the receipt is of; what it writes it writes again")
    _takes_the_rest(verify)
    parts["replay"].add_argument("file", help="an .npz file that fit(nan='stop') or fit(nan='skip') wrote")
    parts["replay"].add_argument(
        "--script", default=None, metavar="FILE", help="a Python file, yours, with the classes that the model needs"
    )
    playground = parts["playground"]
    playground.add_argument("--port", type=int, default=0, help="of 127.0.0.1 (default 0: a free one)")
    playground.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    bench = parts["bench"]
    bench.add_argument("workloads", nargs="*", help="playground, mnist_mlp, ...; all if none is given")
    bench.add_argument("--threads", type=int, default=None, help="threads of a step (default: as in training)")
    bench.add_argument("--seconds", type=float, default=2.0, help="timing per workload (default 2)")
    bench.add_argument("--json", default=None, metavar="FILE", help="write the results as JSON, too")
    return top


def _takes_the_rest(command):
    rest = command.add_argument("arguments", nargs=argparse.REMAINDER, help="arguments of the script")
    rest.required = False  # argparse would name it as missing beside the script


def main(argv=None):
    """Run the command line; returns the exit status.

    argv: list of str, the process's own if None.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    if argv and not argv[0].startswith("-") and argv[0] not in _COMMANDS:
        hint = suggest(argv[0], _COMMANDS) or f" Expected one of: {', '.join(_COMMANDS)}."
        sys.stderr.write(f"fastnn: unknown command {clean(argv[0])!r}.{hint}\n")
        return 2
    options = parser().parse_args(argv)
    if options.version:
        from fastnn.cli.facts import version

        say(version())
        return 0
    if options.command is None:
        parser().print_help()
        return 0
    return _guarded(lambda: _run_command(options))


def _guarded(command):
    try:
        return command() or 0
    except (FastnnError, OSError) as error:
        where = getattr(error, "of_script", None)
        if where is None:
            sys.stderr.write(f"fastnn: {clean(error)}\n")
        else:  # where in the script it is
            sys.excepthook(type(error), error.with_traceback(where), where)
        return 1
    except KeyboardInterrupt as error:
        notes = "".join(f"; {note}" for note in getattr(error, "__notes__", ()))
        sys.stderr.write(f"\nfastnn: interrupted{notes}\n")
        return 130


def _run_command(options):
    if options.command == "demo":
        from fastnn.cli import demo

        given = {"epochs": options.epochs, "batch_size": options.batch_size}
        return demo.run(options.output, options.seed, **{k: v for k, v in given.items() if v is not None})
    if options.command == "inspect":
        from fastnn.cli import facts

        return facts.inspect(options.file, options.json)
    if options.command == "bench":
        from fastnn.cli import bench

        bench.run(options.workloads, options.threads, options.seconds, options.json)
        return 0
    if options.command == "check":
        from fastnn.cli import check

        return check.run(options.path, options.arguments)
    if options.command == "verify":
        from fastnn.cli import verify

        arguments, steps = _steps_behind(options.arguments, options.steps)
        return verify.run(options.receipt, lambda: run_script(options.script, arguments), steps)
    if options.command == "replay":
        from fastnn.cli import replay

        return replay.run(options.file, options.script)
    if options.command == "playground":
        from fastnn.cli import playground

        return playground.run(options.port, browser=not options.no_browser)
    if options.command == "run":
        if "FASTNN_LAUNCHER" in os.environ:
            from fastnn.cli.launch import end_with_launcher

            end_with_launcher()
        return run_script(options.script, options.arguments, options.module)
    if options.command == "launch":
        from fastnn.cli import launch

        return launch.run(
            options.script, options.arguments, options.n, options.threads, options.module, every=options.all
        )
    if options.command == "resume":
        from fastnn.models.script import checkpoints_of

        with checkpoints_of(options.folder):
            return run_script(options.script, options.arguments, options.module)
    from fastnn.cli import facts

    return facts.info()


def _steps_behind(arguments, steps):
    """(arguments of the script, steps): `--steps k` may stand behind the script, where argparse leaves it."""
    if steps is None and len(arguments) > 1 and arguments[0] == "--steps":
        if not arguments[1].isdecimal():
            raise ArgumentError(f"verify: received --steps {arguments[1]}; expected a number of steps from 1 on.")
        return arguments[2:], int(arguments[1])
    return arguments, steps
