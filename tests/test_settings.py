"""The typed environment: what it asks for, where it looks, how it fails, and that the example says the same."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from streaming.settings import BASE_DIR, Environment

EXAMPLE = BASE_DIR / ".env.example"
FIELDS = Environment.model_fields
REQUIRED = sorted(name for name, info in FIELDS.items() if info.is_required())
SECRETS = sorted(name for name, info in FIELDS.items() if info.annotation is SecretStr)


def example_lines() -> dict[str, str]:
    lines = re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE.read_text(), flags=re.MULTILINE)
    assert len(lines) == len(dict(lines)), "a variable is listed twice"
    return dict(lines)


def outcome_of(
    code: str, folder: Path, *, variables: dict[str, str] | None = None, without: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Runs `code` with the example's required values, less `without`, as the only environment."""
    values = {name.upper(): example_lines()[name.upper()] for name in REQUIRED if name not in without}
    empty = folder / "empty.env"
    empty.touch()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {**kept, **values, "ENV_FILE": str(empty), "SECRETS_DIR": str(folder), **(variables or {})}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, env=given, capture_output=True, text=True
    )


def test_the_example_lists_every_variable_once_and_nothing_else() -> None:
    assert sorted(example_lines()) == sorted(name.upper() for name in FIELDS)


def test_the_example_is_a_whole_environment_with_the_defaults_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in FIELDS:
        monkeypatch.delenv(name.upper(), raising=False)
    example = Environment(_env_file=EXAMPLE, _secrets_dir=None)  # type: ignore[call-arg]
    optional = {name: info for name, info in FIELDS.items() if not info.is_required()}
    assert {name: getattr(example, name) for name in optional} == {
        name: info.default for name, info in optional.items()
    }


def test_debug_is_off_unless_asked_for(tmp_path: Path) -> None:
    code = "from streaming import settings; print(settings.DEBUG, settings.SESSION_COOKIE_SECURE)"
    assert FIELDS["debug"].default is False
    assert outcome_of(code, tmp_path).stdout == "False True\n"
    assert outcome_of(code, tmp_path, variables={"DEBUG": "true"}).stdout == "True False\n"


def test_no_secret_has_a_default_that_opens_anything() -> None:
    assert sorted(name for name in FIELDS if name.endswith(("_password", "secret_key"))) == SECRETS
    defaults = {name: FIELDS[name].default for name in SECRETS if not FIELDS[name].is_required()}
    assert set(defaults) == {"mongodb_password", "cache_password", "state_password"}
    assert {secret.get_secret_value() for secret in defaults.values()} == {""}


def test_a_secret_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_PASSWORD", "a-password-to-look-for")
    environment = Environment(_env_file=EXAMPLE, _secrets_dir=None)  # type: ignore[call-arg]
    assert environment.catalog_database_password.get_secret_value() == "a-password-to-look-for"
    assert "a-password-to-look-for" not in repr(environment)


def test_missing_variables_are_named_in_one_error(tmp_path: Path) -> None:
    outcome = outcome_of("import streaming.settings", tmp_path, without=("cache_url", "federation_password"))
    last = outcome.stderr.strip().splitlines()[-1]
    assert outcome.returncode == 1
    assert last == (
        "django.core.exceptions.ImproperlyConfigured: FEDERATION_PASSWORD: Field required; "
        "CACHE_URL: Field required. Start the local stores (`make run`), or set the variables of .env.example."
    )
    assert "During handling" not in outcome.stderr
    assert "pydantic_core" not in last


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", "short"),
        ("CATALOG_DATABASE_URL", "not a url"),
        ("REPLICATION_SLOT", "Not-A-Slot"),
        ("REQUEST_DEADLINE_MS", "10"),
        ("TRUSTED_PROXIES", "-1"),
        ("REPLICA_TOKEN_SECONDS", "19"),
        ("DEBUG", "perhaps"),
    ],
)
def test_a_malformed_variable_is_named_and_its_value_is_not(
    variable: str, value: str, tmp_path: Path
) -> None:
    outcome = outcome_of("import streaming.settings", tmp_path, variables={variable: value})
    last = outcome.stderr.strip().splitlines()[-1]
    assert outcome.returncode == 1
    assert last.startswith(f"django.core.exceptions.ImproperlyConfigured: {variable}: ")
    assert value not in last


def test_a_file_in_the_secrets_folder_is_read_as_the_variable_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "catalog_database_password").write_text("from-a-file\n")
    code = "from streaming import settings; print(settings.DATABASES['catalog']['PASSWORD'])"
    read = outcome_of(code, tmp_path, without=("catalog_database_password",))
    assert read.stdout == "from-a-file\n"


def test_the_process_environment_wins_over_the_secrets_folder(tmp_path: Path) -> None:
    (tmp_path / "cache_password").write_text("from-a-file")
    code = "from streaming import settings; print(settings.CACHES['default']['OPTIONS']['PASSWORD'])"
    assert outcome_of(code, tmp_path).stdout == "from-a-file\n"
    both = outcome_of(code, tmp_path, variables={"CACHE_PASSWORD": "from-the-process"})
    assert both.stdout == "from-the-process\n"


def test_the_environment_is_read_by_settings_alone() -> None:
    """A variable read elsewhere would be neither typed nor in the example; these are other programs' own."""
    foreign = {"PROMETHEUS_MULTIPROC_DIR", "DJANGO_SETTINGS_MODULE", "ENV_FILE", "SECRETS_DIR"}
    read = set()
    for package in ("streaming", "catalog", "analytics", "reviews", "trending"):
        for path in (BASE_DIR / package).rglob("*.py"):
            found = re.findall(r"""(?:os\.environ|getenv)\S*?["']([A-Z_]+)["']""", path.read_text())
            read.update(found)
    assert read <= foreign
