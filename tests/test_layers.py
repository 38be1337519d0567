"""What import-linter is told names what there is."""

import tomllib
from pathlib import Path

from streaming.settings import BASE_DIR


def test_of_the_catalog_nothing_but_selectors_is_open_to_the_middle_row() -> None:
    """Keeps away a new module of the catalog that the contract does not name, and so allows."""
    told = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = [each for each in told if each["name"].startswith("Of the catalog")]
    found = {f"catalog.{name}" for name in map(_module, (BASE_DIR / "catalog").iterdir()) if name}

    assert set(contract["forbidden_modules"]) == found - {"catalog.selectors"}


def _module(path: Path) -> str:
    """The name of the module that this is; none for anything else."""
    if (path / "__init__.py").is_file():
        return path.name
    return path.stem if path.suffix == ".py" and path.stem != "__init__" else ""
