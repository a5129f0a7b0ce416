"""How every command of ours answers: exit codes, one line per problem, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.db import OperationalError, ProgrammingError

from cohorts.definitions.problems import DefinitionError, Problem
from cohorts.warehouse.errors import LoadError, WarehouseError

REFUSED = 2
FAILED = 1


class Refused(Exception):
    """The input cannot be accepted: exit 2, each line as `path: message`."""

    def __init__(self, lines: str | Iterable[str]) -> None:
        self.lines = [lines] if isinstance(lines, str) else list(lines)
        super().__init__("\n".join(self.lines))


class Failed(Exception):
    """Anything else that went wrong and can be told in one line: exit 1."""


class Door(BaseCommand):
    """Base of the commands. `handle` raises `Refused`, `Failed` or an error known here.

    Results go to standard output and nothing else does; warnings go to standard error.
    """

    # The checks print to standard error what only an operator of the server can act on.
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        # Makes argparse raise instead of printing the usage over several lines.
        parser.called_from_command_line = False
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
        try:
            super().run_from_argv(argv)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader has all it wanted. Python must not flush into the closed pipe at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except KeyboardInterrupt:
            sys.exit(130)
        except Exception as error:  # the door: a person gets lines, no traceback
            if "--traceback" in argv:
                raise
            code, lines = told(error)
            self.stderr.style_func = None
            self.stderr.write("\n".join(lines))
            sys.exit(code)

    def warn(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stderr.write(one_line(line), lambda text: text)

    def warn_of(self, problems: Iterable[Problem]) -> None:
        """Warnings of a definition, told apart from errors by the word and by exit 0."""
        self.warn(f"{each.path or 'definition'}: warning: {each.message}" for each in problems)


def told(error: Exception) -> tuple[int, list[str]]:
    """The exit code and the lines a person reads."""
    match error:
        case Refused():
            return REFUSED, error.lines
        case DefinitionError():
            return REFUSED, [problem_line(problem) for problem in error.problems]
        case LoadError():
            return REFUSED, [one_line(str(error))]
        case Failed() | WarehouseError():
            return FAILED, [one_line(str(error))]
        case CommandError():
            # Raised by the argument parser as "Error: …".
            return REFUSED, [one_line(f"arguments: {str(error).removeprefix('Error: ')}")]
        case OperationalError() | ProgrammingError() if "table" in str(error) or "relation" in str(
            error
        ):
            return FAILED, ["The database is not set up: run `python manage.py migrate` first."]
        case DatabaseError():
            return FAILED, [f"The database refused: {type(error).__name__}. Is it running?"]
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            return FAILED, [one_line(f"{place}{error.strerror or type(error).__name__}")]
        case _:
            name = type(error).__name__
            return FAILED, [f"Unexpected {name}. Run again with --traceback to see where."]


def problem_line(problem: Problem) -> str:
    return one_line(f"{problem.path or 'definition'}: {problem.message}")


def one_line(text: str) -> str:
    return " ".join(text.split())
