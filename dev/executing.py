"""`exec`: run a command with an instance's stores up, and take them down afterwards.

Signals that ask us to end go to the command; the stores go down in any case, unless they were up
before or are to be kept.
"""

import os
import shutil
import signal
import subprocess
import sys
from types import FrameType

from dev import environment, lifecycle
from dev.citus import AS_IT_IS, Size
from dev.instance import Instance

RELAYED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """A signal asked us to end before there was a command to pass it on to."""


class Relay:
    """Signal handler: hands signals on to the command once it runs."""

    def __init__(self) -> None:
        self.child: subprocess.Popen[bytes] | None = None
        self.received: signal.Signals | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.received = signal.Signals(number)
        if self.child is None:
            raise Interrupted
        if number == signal.SIGINT and _typed_at_our_terminal():
            return  # the terminal has sent it to the command as well
        self.child.send_signal(number)


def _typed_at_our_terminal() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):  # no terminal, or no stdin at all
        return False


def execute(instance: Instance, argv: list[str], *, fast: bool, keep: bool, size: Size = AS_IT_IS) -> int:
    """The command's exit code (128 + number if a signal ended it, 127 if it is not there)."""
    leave_up = keep or lifecycle.any_running(instance)
    relay = Relay()
    for number in RELAYED:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, relay)
    try:
        lifecycle.up(instance, fast=fast, size=size)
        return _run(argv, instance, relay)
    except Interrupted:
        return 128 + (relay.received or signal.SIGTERM)
    finally:
        for number in RELAYED:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave servers behind
        if not leave_up:
            lifecycle.down(instance)


def _run(argv: list[str], instance: Instance, relay: Relay) -> int:
    if shutil.which(argv[0]) is None:
        print(f"dev: there is no command {argv[0]!r} that you may run", file=sys.stderr)
        return 127
    variables = environment.for_child(environment.read(instance), dict(os.environ))
    relay.child = subprocess.Popen(argv, env=variables)
    code = relay.child.wait()
    return 128 - code if code < 0 else code
