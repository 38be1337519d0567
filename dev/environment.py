"""The variables that tell the platform where its stores are, and the secrets among them.

They live in `stores.env` (mode 0600, KEY=value lines). Secrets are made once per instance: the
servers' data holds them too, so a lost file with data still there is a DevError.
"""

import os
import secrets
from pathlib import Path

from dev.errors import DevError
from dev.instance import WORKER, Instance, State

OWNER = "streaming"
DATABASES = {
    "catalog": "metadata_db",
    "analytics": "analytics_db",
    "replica": "analytics_replica_db",
}
SECRET_LENGTHS = {
    "CATALOG_DATABASE_PASSWORD": 24,
    "ANALYTICS_DATABASE_PASSWORD": 24,
    "ANALYTICS_REPLICA_DATABASE_PASSWORD": 24,
    "REPLICATION_PASSWORD": 24,
    "FEDERATION_PASSWORD": 24,
    "MONGODB_PASSWORD": 24,
    "CACHE_PASSWORD": 24,
    "STATE_PASSWORD": 24,
    "SECRET_KEY": 50,
}
PASSWORD_KEYS = {
    "catalog": "CATALOG_DATABASE_PASSWORD",
    "analytics": "ANALYTICS_DATABASE_PASSWORD",
    "replica": "ANALYTICS_REPLICA_DATABASE_PASSWORD",
    "documents": "MONGODB_PASSWORD",
    "cache": "CACHE_PASSWORD",
    "state": "STATE_PASSWORD",
}


def original(store: str) -> str:
    """Whose database and password a store has: Citus logs in to all its nodes with one and the same."""
    return "catalog" if store.startswith(WORKER) else store


def read(instance: Instance) -> dict[str, str]:
    """The variables of an instance; DevError if it was never brought up."""
    if not instance.env_file.exists():
        raise DevError(
            f"instance {instance.name} does not exist yet: run `python -m dev --instance {instance.name} up`"
        )
    lines = instance.env_file.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def passwords(variables: dict[str, str]) -> dict[str, str]:
    """The password of each store's owner, by store name; a worker's is its `original`'s."""
    return {store: variables[key] for store, key in PASSWORD_KEYS.items()}


def refresh(instance: Instance, state: State, data: Path) -> dict[str, str]:
    """Write `stores.env` for the ports that the stores have now; secrets stay what they were."""
    known = read(instance) if instance.env_file.exists() else {}
    if not known and data.is_dir() and any(data.iterdir()):
        raise DevError(
            f"{instance.env_file} with the stores' passwords is gone while their data is there: "
            f"put it back, or run `python -m dev --instance {instance.name} reset`"
        )
    made = {key: known.get(key) or secrets.token_urlsafe(length) for key, length in SECRET_LENGTHS.items()}
    variables = compose(state, made)
    if variables != known:
        write_private(instance.env_file, "".join(f"{k}={v}\n" for k, v in variables.items()))
    return variables


def compose(state: State, made: dict[str, str]) -> dict[str, str]:
    """The full set, in the order in which a person reads it."""
    at = {store: f"127.0.0.1:{port}" for store, port in state.ports.items()}
    variables: dict[str, str] = {}
    for store, prefix in (
        ("catalog", "CATALOG_DATABASE"),
        ("analytics", "ANALYTICS_DATABASE"),
        ("replica", "ANALYTICS_REPLICA_DATABASE"),
    ):
        variables[f"{prefix}_URL"] = f"postgresql://{OWNER}@{at[store]}/{DATABASES[store]}"
        variables[f"{prefix}_PASSWORD"] = made[f"{prefix}_PASSWORD"]
    # A direct connection: the one member of the set is a primary, so retryable writes still work.
    options = "directConnection=true&authSource=admin"
    return {
        **variables,
        "REPLICATION_PASSWORD": made["REPLICATION_PASSWORD"],
        "FEDERATION_PASSWORD": made["FEDERATION_PASSWORD"],
        "MONGODB_URL": f"mongodb://{at['documents']}/streaming?{options}",
        "MONGODB_USER": OWNER,
        "MONGODB_PASSWORD": made["MONGODB_PASSWORD"],
        "CACHE_URL": f"redis://{at['cache']}/0",
        "CACHE_PASSWORD": made["CACHE_PASSWORD"],
        "STATE_URL": f"redis://{at['state']}/0",
        "STATE_PASSWORD": made["STATE_PASSWORD"],
        **_node_addresses(state, at),
        "SECRET_KEY": made["SECRET_KEY"],
        "DEBUG": "true",
    }


def _node_addresses(state: State, at: dict[str, str]) -> dict[str, str]:
    kinds = {"CITUS_WORKERS": state.worker_stores, "CITUS_SPARES": state.spare_stores}
    return {name: ",".join(at[store] for store in stores) for name, stores in kinds.items() if stores}


def exports(variables: dict[str, str]) -> str:
    """`export KEY='value'` lines that a POSIX shell can `eval`."""
    lines = ("export {}='{}'".format(key, value.replace("'", "'\\''")) for key, value in variables.items())
    return "\n".join(lines)


def for_child(variables: dict[str, str], outer: dict[str, str]) -> dict[str, str]:
    """The environment of `exec`'s command.

    The instance's addresses win over the caller's, or a test run could reach real data; the two
    that name no store stay the caller's to choose.
    """
    chosen = {key: value for key, value in outer.items() if key in ("SECRET_KEY", "DEBUG")}
    kept = {key: value for key, value in outer.items() if not key.startswith("CITUS_")}
    return {**kept, **variables, **chosen}


def write_private(path: Path, text: str, *, owner: tuple[int, int] | None = None) -> None:
    """Replace a file that only its owner may read. Never follows a link that stands in its place."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        if owner is not None:
            os.fchown(handle.fileno(), *owner)
    fresh.replace(path)
