"""docker-compose.yml against what it must agree with: settings, the image, the scripts it mounts, itself.

No engine runs here. The file is read as YAML, where merge keys and anchors are resolved.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from pydantic import SecretStr

from dev.postgres import locale_options
from streaming.gateway.management.commands.setup_stores import STEPS
from streaming.gateway.worker import TASK_LIMIT
from streaming.settings import BASE_DIR, Environment

COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SCRIPTS = sorted(path for path in (BASE_DIR / "docker").iterdir() if path.read_text().startswith("#!/bin/sh"))
FIRST_NODES = ("catalog", "catalog-worker-1", "catalog-worker-2")
FURTHER_WORKERS = tuple(f"catalog-worker-{number}" for number in range(3, 9))
CITUS_NODES = FIRST_NODES + FURTHER_WORKERS
ONE_SHOT = {name for name, service in SERVICES.items() if service.get("restart") == "no"}
PORTS = {"postgresql": 5432, "mongodb": 27017, "redis": 6379}
URLS = {
    "CATALOG_DATABASE_URL": ("postgresql", "catalog", "metadata_db"),
    "ANALYTICS_DATABASE_URL": ("postgresql", "analytics", "analytics_db"),
    "ANALYTICS_REPLICA_DATABASE_URL": ("postgresql", "replica", "analytics_replica_db"),
    "MONGODB_URL": ("mongodb", "documents", "streaming"),
    "CACHE_URL": ("redis", "cache", "0"),
    "STATE_URL": ("redis", "state", "0"),
}


def words_of(service: str) -> str:
    """All that a service is told to run, as one text."""
    told = SERVICES[service]
    return " ".join([*told.get("entrypoint", []), *told.get("command", [])])


def initdb_arguments(service: str) -> set[str]:
    told: str = SERVICES[service]["environment"]["POSTGRES_INITDB_ARGS"]
    return set(told.split())


def mounted_secrets() -> Iterator[tuple[str, str]]:
    for name, service in SERVICES.items():
        for secret in service.get("secrets", []):
            yield name, secret


@pytest.mark.parametrize("service", [*CITUS_NODES, "analytics", "replica"])
def test_texts_are_compared_as_on_the_local_stores(service: str) -> None:
    """Keeps away: the image's en_US, in which no text is compared as a cursor compares it. By which words texts are
    split is UTF-8's, by whatever name the local system has for it."""
    image = SERVICES[service]["image"]
    local = {"--encoding=UTF8", *locale_options(major=18)}

    differing = initdb_arguments(service) ^ local

    assert re.search(r"[:.]18\.|citus:14\.", image)
    assert {argument.partition("=")[0] for argument in differing} <= {"--lc-ctype"}
    assert "--lc-ctype=C.UTF-8" in initdb_arguments(service)


def test_the_services_are_those_of_the_design() -> None:
    assert set(SERVICES) == {
        *CITUS_NODES,
        "catalog-cluster",
        "analytics",
        "replica",
        "documents",
        "documents-set",
        "cache",
        "state",
        "migrate",
        "web",
        "worker",
    }


@pytest.mark.parametrize("name", ["web", "migrate", "worker"])
def test_the_platform_is_given_what_settings_declare_and_nothing_else(name: str) -> None:
    fields = Environment.model_fields
    variables = {variable.lower() for variable in SERVICES[name]["environment"]}
    secrets = set(SERVICES[name]["secrets"])
    assert variables | secrets <= set(fields)
    assert variables & secrets == set()
    assert {field for field, info in fields.items() if info.is_required()} <= variables | secrets
    assert secrets == {field for field, info in fields.items() if info.annotation is SecretStr}


def test_every_secret_mounted_is_declared_as_an_ignored_file_and_made_by_the_script() -> None:
    declared = COMPOSE["secrets"]
    assert {secret for _, secret in mounted_secrets()} == set(declared)
    for name, secret in declared.items():
        assert secret == {"file": f"./secrets/{name}.txt"}
    assert "/secrets/" in (BASE_DIR / ".gitignore").read_text().splitlines()


def test_every_secret_path_named_is_mounted_into_that_service() -> None:
    for name, service in SERVICES.items():
        sources = [COMPOSE["configs"][config["source"]]["file"] for config in service.get("configs", [])]
        texts = [str(service), *((BASE_DIR / source).read_text() for source in sources)]
        named = set(re.findall(r"/run/secrets/(\w+)", " ".join(texts)))
        assert named <= set(service.get("secrets", [])), name


def test_every_config_mounted_is_declared_and_its_file_is_there() -> None:
    mounted = {
        config["source"]: config["target"]
        for service in SERVICES.values()
        for config in service.get("configs", [])
    }
    assert set(mounted) == set(COMPOSE["configs"])
    for source, target in mounted.items():
        assert (BASE_DIR / COMPOSE["configs"][source]["file"]).is_file()
        assert [name for name in SERVICES if target in words_of(name)], f"nothing runs {target}"


def test_make_secrets_makes_what_is_missing_and_keeps_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    script = BASE_DIR / "docker" / "make-secrets"
    first = subprocess.run(["sh", script, folder], capture_output=True, text=True, check=True)
    made = {path.stem: path.read_text() for path in folder.iterdir()}
    second = subprocess.run(["sh", script, folder], capture_output=True, text=True, check=True)
    assert set(made) == set(COMPOSE["secrets"])
    assert all(re.fullmatch("[0-9a-f]{96}", value) for value in made.values())
    assert len(set(made.values())) == len(made)
    assert len(first.stdout.splitlines()) == len(made)
    assert second.stdout == ""
    assert {path.stem: path.read_text() for path in folder.iterdir()} == made
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_that_stays_has_a_health_check_and_restarts_and_a_job_has_neither(name: str) -> None:
    service = SERVICES[name]
    assert ("healthcheck" in service) is (name not in ONE_SHOT)
    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")


def test_services_wait_for_health_and_jobs_for_their_end() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES, f"{name} waits for {needed}"
            expected = "service_completed_successfully" if needed in ONE_SHOT else "service_healthy"
            assert how == {"condition": expected}, f"{name} waits for {needed}"


def test_the_order_has_no_circle_and_web_and_worker_come_after_every_store() -> None:
    reached: dict[str, set[str]] = {}

    def below(name: str, path: tuple[str, ...]) -> set[str]:
        assert name not in path, " > ".join([*path, name])
        if name not in reached:
            needed = SERVICES[name].get("depends_on", {})
            reached[name] = set(needed).union(*(below(other, (*path, name)) for other in needed))
        return reached[name]

    for name in SERVICES:
        below(name, ())
    assert reached["web"] == reached["worker"] == set(SERVICES) - {"web", "worker", *FURTHER_WORKERS}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_are_pinned_to_an_exact_version(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].rpartition(":")
    assert re.match(r"\d+\.\d+\.\d+|18\.\d+", tag), SERVICES[name]["image"]


def test_the_image_is_built_from_a_pinned_python() -> None:
    bases = re.findall(r"^FROM (\S+)", (BASE_DIR / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.13\.\d+-slim-\w+", base) for base in bases)


def test_the_image_serves_as_make_run_does() -> None:
    makefile = (BASE_DIR / "Makefile").read_text()
    command = re.search(r"^CMD (\[.+)", (BASE_DIR / "Dockerfile").read_text(), flags=re.MULTILINE | re.DOTALL)
    threads = re.search(r"--blocking-threads (\d+)", makefile)
    workers = re.search(r"^WORKERS \?= (\d+)", makefile, flags=re.MULTILINE)
    assert command is not None and threads is not None and workers is not None
    served = yaml.safe_load(command[1].replace("\\\n", ""))
    assert served == [
        *["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000"],  # noqa: S104  # in a container
        *["--workers", workers[1], "--blocking-threads", threads[1], "--respawn-failed-workers"],
        *["--workers-kill-timeout", "10", "--log-level", "warning", "streaming.wsgi:application"],
    ]


def test_only_web_is_published_and_only_it_leaves_the_stores_network() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert COMPOSE["networks"]["stores"] == {"internal": True}
    assert [name for name, service in SERVICES.items() if service["networks"] != ["stores"]] == ["web"]


@pytest.mark.parametrize("name", ["web", "migrate", "worker"])
def test_the_platform_runs_without_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "user" not in service
    assert re.search(r"^USER streaming$", (BASE_DIR / "Dockerfile").read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("variable", sorted(URLS))
def test_an_address_names_a_service_its_port_and_its_database(variable: str) -> None:
    url = urlsplit(SERVICES["web"]["environment"][variable])
    scheme, service, database = URLS[variable]
    assert (url.scheme, url.hostname, url.path) == (scheme, service, f"/{database}")
    assert url.port == PORTS[scheme]
    assert url.password is None
    assert service in SERVICES


@pytest.mark.parametrize(
    ("variable", "service"), [(name, of[1]) for name, of in URLS.items() if of[0] == "postgresql"]
)
def test_a_server_makes_the_database_and_owner_that_its_address_names(variable: str, service: str) -> None:
    url = urlsplit(SERVICES["web"]["environment"][variable])
    made = SERVICES[service]["environment"]
    assert (made["POSTGRES_USER"], made["POSTGRES_DB"]) == (url.username, url.path.lstrip("/"))
    password = variable.replace("_URL", "_PASSWORD").lower()
    assert made["POSTGRES_PASSWORD_FILE"] == f"/run/secrets/{password}"


def test_the_cluster_begins_with_the_nodes_that_always_run() -> None:
    script = (BASE_DIR / "docker" / "cluster.sql").read_text()
    joined = re.findall(r"'(catalog[\w-]*)'", script)
    assert tuple(dict.fromkeys(joined)) == FIRST_NODES
    for node in CITUS_NODES:
        assert SERVICES[node]["environment"]["POSTGRES_DB"] == "metadata_db"
        assert ("profiles" in SERVICES[node]) is (node in FURTHER_WORKERS)


def test_a_node_knows_the_password_of_one_that_comes_later() -> None:
    """Each was named in the script: a worker that was added could not be logged in to."""
    script = (BASE_DIR / "docker" / "citus-node").read_text()
    assert 'printf \'*:5432:*:%s:%s\\n\' "$POSTGRES_USER" "$password"' in script


@pytest.mark.parametrize("name", CITUS_NODES)
def test_each_node_has_a_volume_of_its_own(name: str) -> None:
    """Replicas of one service would share one: two servers on one data folder."""
    assert SERVICES[name]["volumes"] == [f"{name}:/var/lib/postgresql"]
    assert name in COMPOSE["volumes"]
    assert "deploy" not in SERVICES[name] and "scale" not in SERVICES[name]


@pytest.mark.parametrize("name", FURTHER_WORKERS)
def test_a_further_worker_comes_up_by_its_name_and_is_otherwise_like_the_first(name: str) -> None:
    own = {"profiles": [name], "volumes": [f"{name}:/var/lib/postgresql"]}
    assert SERVICES[name] == {**SERVICES["catalog-worker-1"], **own}


@pytest.mark.parametrize("name", [*CITUS_NODES, "analytics", "replica"])
def test_a_database_drops_the_queries_of_clients_that_gave_up(name: str) -> None:
    assert "client_connection_check_interval=2s" in SERVICES[name]["command"]


@pytest.mark.parametrize("name", [*CITUS_NODES, "analytics"])
def test_a_publisher_decodes_its_log_and_bounds_what_a_slot_may_hold(name: str) -> None:
    assert "wal_level=logical" in SERVICES[name]["command"]
    assert "max_slot_wal_keep_size=4GB" in SERVICES[name]["command"]


def test_citus_may_decode_where_the_server_asks_for_permission() -> None:
    script = (BASE_DIR / "docker" / "citus-node").read_text()
    assert "-c output_plugin_libraries=pgoutput,test_decoding,citus" in script
    assert "postgres --describe-config | grep -q '^output_plugin_libraries'" in script
    for node in CITUS_NODES:
        assert SERVICES[node]["entrypoint"] == ["sh", "/etc/streaming/citus-node"]


def test_the_cache_evicts_and_keeps_nothing_and_the_state_does_the_opposite() -> None:
    cache, state = words_of("cache"), words_of("state")
    assert "--maxmemory 256mb --maxmemory-policy allkeys-lru --save  --appendonly no" in cache
    assert "volumes" not in SERVICES["cache"]
    assert "--maxmemory-policy noeviction --save  --appendonly yes --appendfsync always" in state
    assert SERVICES["state"]["volumes"] == ["state:/data"]


def test_documents_are_one_replica_set_under_one_name() -> None:
    started = (BASE_DIR / "docker" / "documents").read_text()
    initiated = (BASE_DIR / "docker" / "documents-set.js").read_text()
    assert "--replSet streaming --keyFile" in started
    assert '_id: "streaming"' in initiated
    assert 'host: "documents:27017"' in initiated
    assert "replicaSet=streaming" in SERVICES["web"]["environment"]["MONGODB_URL"]


def test_the_job_sets_up_the_stores_as_make_run_does() -> None:
    assert words_of("migrate") == "python manage.py setup_stores"
    assert "manage.py setup_stores" in (BASE_DIR / "Makefile").read_text()
    assert STEPS[0] == ("migrate_stores",)


def test_the_image_takes_in_every_app_and_nothing_private() -> None:
    lines = (BASE_DIR / ".dockerignore").read_text().splitlines()
    taken = {line.removeprefix("!") for line in lines if line.startswith("!")}
    packages = {path.parent.name for path in BASE_DIR.glob("*/apps.py")} | {"streaming"}
    assert lines.index("*") < lines.index("!manage.py")
    assert packages <= taken
    assert taken - packages == {"manage.py", "requirements.txt", "constraints.txt", ".env.example"}


def test_the_worker_writes_the_heartbeat_that_its_health_check_reads() -> None:
    file = "/tmp/worker.alive"  # noqa: S108  # a file system of the container's own
    assert words_of("worker") == f"python manage.py worker --heartbeat {file}"
    assert SERVICES["worker"]["tmpfs"][0] == "/tmp"  # noqa: S108
    *_, check = SERVICES["worker"]["healthcheck"]["test"]
    age = re.search(rf'getmtime\("{file}"\) < (\d+)', check)
    assert age is not None
    assert int(age[1]) > 2 * TASK_LIMIT.total_seconds() + 60


def test_nothing_waits_by_sleeping() -> None:
    files = [BASE_DIR / "docker-compose.yml", BASE_DIR / "Dockerfile", *(BASE_DIR / "docker").iterdir()]
    assert [path.name for path in files if "sleep" in path.read_text()] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_valid_shell(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)
