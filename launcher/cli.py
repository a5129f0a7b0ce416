"""The verbs of `run.py`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from launcher import product
from launcher.console import Stop, complain, say
from launcher.environment import add_packages, ensure_environment
from launcher.java import ensure_java
from launcher.layout import BENCH_LOCK, ROOT, configured, data_dir
from launcher.preparation import Preparation

USAGE = """\
python3 run.py [VERB] [options]

  (no verb)   the whole product with demo data: web, worker, Braze sandbox, mail inbox
  setup       everything but starting it
              --engines: and what datasets on ClickHouse and Spark need
  web         the web server alone               --port N --host ADDRESS
  worker      the worker alone
  sandbox     the Braze sandbox alone            --port N
  inbox       the mail inbox's SMTP server alone --port N
  test        every check and test; further arguments go to pytest
              --engines: those that need ClickHouse and Spark; --with-engines: both
  bench       print a number of the README anew: bench NAME
  check       run a longer campaign of checks:   check --campaign NAME
  texts       take the texts to translate from the code into locale/, and compile them

Options: --port N, --data-dir DIR (default: DATA_DIR or .data), --help
Settings are read from the environment and `.env`; `.env.example` lists them."""


class Arguments(argparse.Namespace):
    port: int | None
    host: str
    data_dir: str | None
    events: int | None
    use_this_python: bool
    engines: bool


def main(arguments: Sequence[str]) -> int:
    try:
        return _main(list(arguments))
    except Stop as stop:
        complain(f"\n{stop}")
        return stop.status
    except KeyboardInterrupt:
        complain("\nStopped.")
        return 130


def _main(arguments: list[str]) -> int:
    if arguments and arguments[0] in ("-h", "--help", "help"):
        say(USAGE)
        return 0
    verb = arguments.pop(0) if arguments and not arguments[0].startswith("-") else "all"
    if verb not in VERBS:
        raise Stop(f"There is no verb {verb!r}.\n\n{USAGE}", status=2)
    return VERBS[verb](arguments)


def _parse(arguments: list[str], *, port: int | None = None, host: bool = False) -> Arguments:
    parser = _Parser(prog="run.py", add_help=False, allow_abbrev=False)
    parser.add_argument("--data-dir")
    # For containers, where the packages lie beside the system's Python.
    parser.add_argument("--use-this-python", action="store_true")
    # For `setup`; what is there once is kept.
    parser.add_argument("--engines", action="store_true")
    if port is not None:
        parser.add_argument("--port", type=int, default=port)
    if host:
        parser.add_argument("--host", default="127.0.0.1")
    if port == product.WEB_PORT:
        parser.add_argument("--events", type=int)
    return parser.parse_args(arguments, Arguments())


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Stop(f"{message[0].upper()}{message[1:]}.\n\n{USAGE}", status=2)


def _python(parsed: Arguments) -> Path:
    if parsed.use_this_python:
        return Path(sys.executable)
    return ensure_environment(engines=parsed.engines)


def _prepare(parsed: Arguments) -> tuple[Path, Preparation]:
    python = _python(parsed)
    settings = configured()
    folder = data_dir(parsed.data_dir, settings)
    preparation = Preparation(python, folder, os.environ)
    preparation.run()
    return python, preparation


def _all(arguments: list[str]) -> int:
    parsed = _parse(arguments, port=product.WEB_PORT)
    say("Cohort Dashboard")
    folder = data_dir(parsed.data_dir, configured())
    return product.run_product(_python(parsed), folder, parsed.port or 0, events=parsed.events)


def _setup(arguments: list[str]) -> int:
    _, preparation = _prepare(_parse(arguments))
    say(f"Ready. Data: {preparation.folder}. Start everything with: python3 run.py")
    return 0


def _web(arguments: list[str]) -> int:
    parsed = _parse(arguments, port=product.WEB_PORT, host=True)
    python, preparation = _prepare(parsed)
    return _become(product.web_command(python, parsed.port or 0, host=parsed.host), preparation)


def _worker(arguments: list[str]) -> int:
    python, preparation = _prepare(_parse(arguments))
    return _become(product.manage_command(python, "worker"), preparation)


def _sandbox(arguments: list[str]) -> int:
    parsed = _parse(arguments, port=product.SANDBOX_PORT)
    python, preparation = _prepare(parsed)
    place = ("--port", str(parsed.port), "--state", str(preparation.folder / "sandbox.json"))
    return _become(product.manage_command(python, "braze_sandbox", *place), preparation)


def _inbox(arguments: list[str]) -> int:
    parsed = _parse(arguments, port=product.SMTP_PORT)
    python, preparation = _prepare(parsed)
    command = product.manage_command(python, "inbox_server", "--port", str(parsed.port))
    return _become(command, preparation)


def _become(command: list[str], preparation: Preparation) -> int:
    """Be that process from here on: signals and exit codes are its own."""
    os.chdir(ROOT)
    os.execve(command[0], command, preparation.environ)  # noqa: S606


def _test(arguments: list[str]) -> int:
    engines = not {"--engines", "--with-engines"}.isdisjoint(arguments)
    python = ensure_environment(tests=True, engines=engines)
    if engines:
        ensure_java()
    if "DATABASE_URL" not in configured():
        Preparation(python, data_dir(None, configured()), os.environ).run()
    os.chdir(ROOT)
    os.execv(python, [str(python), "-m", "launcher.testing", *arguments])  # noqa: S606


def _bench(arguments: list[str]) -> int:
    return _run_benchmark(arguments, prefix="", tests=True)


def _check(arguments: list[str]) -> int:
    if arguments[:1] == ["--campaign"]:
        arguments = arguments[1:]
    return _run_benchmark(arguments, prefix="campaign_", tests=True)


def _texts(arguments: list[str]) -> int:
    python = ensure_environment(tests=True)
    os.chdir(ROOT)
    os.execv(python, [str(python), "-m", "kubit_app.texts"])  # noqa: S606


def _run_benchmark(arguments: list[str], *, prefix: str, tests: bool) -> int:
    folder = ROOT / "benchmarks"
    names = sorted(path.stem for path in folder.glob("[a-z]*.py"))
    names = [
        name.removeprefix(prefix)
        for name in names
        if name.startswith("campaign_") == (prefix == "campaign_")
    ]
    if not arguments or arguments[0] not in names:
        raise Stop(f"Name one of: {', '.join(names) or '(there is none yet)'}", status=2)
    python = ensure_environment(tests=tests)
    if (prefix, arguments[0]) == ("", "engine"):
        # The other engines that it measures against.
        add_packages(BENCH_LOCK)
    module = f"benchmarks.{prefix}{arguments[0]}"
    os.chdir(ROOT)
    os.execv(python, [str(python), "-m", module, *arguments[1:]])  # noqa: S606


VERBS: dict[str, Callable[[list[str]], int]] = {
    "all": _all,
    "setup": _setup,
    "web": _web,
    "worker": _worker,
    "sandbox": _sandbox,
    "inbox": _inbox,
    "test": _test,
    "bench": _bench,
    "check": _check,
    "texts": _texts,
}
