"""Where and of what a figure was measured: every table of docs/performance.md carries this line."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def provenance() -> str:
    """Processor, cores, memory, Python, commit and day, on one line."""
    dirty = "+changes" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return (
        f"{_cpu()}, {os.cpu_count()} cores, {_memory_gib()} GiB, Python {platform.python_version()}, "
        f"commit {_git('rev-parse', '--short', 'HEAD')}{dirty}, {datetime.now(UTC):%Y-%m-%d}"
    )


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _memory_gib() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()
