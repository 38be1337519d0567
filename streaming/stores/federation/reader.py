"""Role `analytics_reader` on the replica, as which the foreign server reads: published columns, and nothing else.

What it may do is judged by what PostgreSQL would let it, so what PUBLIC, a role above it or an attribute gives
counts too; `set_up` takes all of that back. On the replica's database PUBLIC therefore keeps no right to create,
to use temporary tables, to read a table of ours, or to call what writes without a table.

Beyond reach: a role may always change its own password and its own defaults; `findings` tells when it has.

Entry points: `set_up`, `findings`. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping

from django.conf import settings
from django.db import connections, transaction
from psycopg2 import sql

from streaming.stores.aliases import REPLICA
from streaming.stores.findings import Finding
from streaming.stores.replication import applied
from streaming.stores.roles import grant_columns, make_role
from streaming.stores.statements import rows, run, scalar

READER = "analytics_reader"
SETUP = "manage.py federation setup"
# Past the watch-time report's own limit, so that what ends is the report, with its sentence.
DEFAULTS = {"default_transaction_read_only": "on", "statement_timeout": "30s"}
ATTRIBUTES = {
    "rolsuper": "SUPERUSER",
    "rolcreatedb": "CREATEDB",
    "rolcreaterole": "CREATEROLE",
    "rolreplication": "REPLICATION",
    "rolbypassrls": "BYPASSRLS",
}
# Open to PUBLIC as delivered, and each writes with no right on any table: large objects, messages in the WAL.
WRITING_FUNCTIONS = ("lo_creat", "lo_create", "lo_from_bytea", "pg_logical_emit_message")

ColumnTypes = Mapping[str, str]

# PostgreSQL's own and extensions' relations guard themselves: their columns are open as delivered.
OURS = """
SELECT c.oid, c.relkind, n.nspname::text AS schema, c.relname::text AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
READABLE = f"""
SELECT c.schema, c.name, a.attname::text FROM ({OURS}) c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relkind <> 'S' AND a.attnum > 0 AND NOT a.attisdropped
   AND has_column_privilege(%s, c.oid, a.attnum, 'SELECT')
"""  # noqa: S608  # OURS is a constant
HELD = f"""
SELECT c.schema || '.' || c.name, string_agg(held.privilege, ', ' ORDER BY held.privilege)
  FROM ({OURS}) c CROSS JOIN LATERAL (
       SELECT privilege FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']
              || CASE WHEN current_setting('server_version_num')::int >= 170000
                      THEN ARRAY['MAINTAIN'] ELSE ARRAY[]::text[] END) privilege
        WHERE c.relkind <> 'S' AND has_table_privilege(%(reader)s, c.oid, privilege)
        UNION
       SELECT privilege FROM unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES']) privilege
        WHERE c.relkind <> 'S' AND has_any_column_privilege(%(reader)s, c.oid, privilege)
        UNION
       SELECT privilege FROM unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) privilege
        WHERE CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(%(reader)s, c.oid, privilege) END) held
 GROUP BY 1 ORDER BY 1
"""  # noqa: S608
CREATABLE = """
SELECT nspname::text FROM pg_namespace
 WHERE nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(%s, oid, 'CREATE') ORDER BY 1
"""
CALLABLE = """
SELECT oid::regprocedure::text FROM pg_proc
 WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY(string_to_array(%s, ' '))
   AND has_function_privilege(%s, oid, 'EXECUTE') ORDER BY 1
"""
MEMBER_OF = "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = %s::regrole ORDER BY 1"
# What holds for this database alone goes before what holds for the role everywhere.
ROLE_DEFAULTS = """
SELECT unnest(setconfig) FROM pg_db_role_setting
 WHERE setrole = %s::regrole
   AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
 ORDER BY setdatabase
"""
OPEN_TO_PUBLIC = f"""
SELECT DISTINCT c.schema, c.name
  FROM ({OURS}) c JOIN pg_class k ON k.oid = c.oid LEFT JOIN pg_attribute a ON a.attrelid = c.oid
 CROSS JOIN LATERAL (SELECT * FROM aclexplode(k.relacl) UNION ALL SELECT * FROM aclexplode(a.attacl)) acl
 WHERE acl.grantee = 0 AND c.schema <> %s
"""  # noqa: S608


def set_up(tables: Mapping[str, ColumnTypes]) -> list[str]:
    """Makes the role, lets it read these tables' columns, takes back all else. Returns what was done."""
    made = make_role(REPLICA, READER, settings.FEDERATION_PASSWORD, attributes="LOGIN")
    done = [f"role {READER} made on the replica"] if made else []
    for name, value in DEFAULTS.items():
        run(
            REPLICA,
            sql.SQL("ALTER ROLE {} SET {} = {}").format(
                sql.Identifier(READER), sql.Identifier(name), sql.Literal(value)
            ),
        )
    grant_columns(REPLICA, READER, {table: list(columns) for table, columns in tables.items()})
    if findings(tables):
        _take_back()
        done += [] if made else [f"rights beyond reading taken from {READER}"]  # a new one has PUBLIC's
    return done


def findings(tables: Mapping[str, ColumnTypes]) -> list[Finding]:
    """What the role may that it should not, and should that it may not."""
    attributes = _attributes()
    if attributes is None:
        return [Finding(f"role {READER} is missing on the replica", SETUP)]
    wrong = [f"is {attribute}" for attribute in attributes]
    if "SUPERUSER" not in attributes:  # it may everything then, which is said in one line
        wrong += _rights_found(tables)
    return [Finding(f"{READER} {what}", SETUP) for what in [*wrong, *_defaults_found()]]


def _rights_found(tables: Mapping[str, ColumnTypes]) -> list[str]:
    wanted = {("public", table, column) for table, columns in tables.items() for column in columns}
    wanted |= {(applied.SCHEMA, applied.VIEW, column) for column in applied.COLUMNS}  # open to every role
    readable = set(rows(REPLICA, READABLE, READER))
    with connections[REPLICA].cursor() as cursor:
        cursor.execute(HELD, {"reader": READER})
        held = cursor.fetchall()
    callable_ = _callable()
    return [
        *(f"may not read {'.'.join(column)}" for column in sorted(wanted - readable)),
        *(f"may read {'.'.join(column)}" for column in sorted(readable - wanted)),
        *(f"has {privileges} on {table}" for table, privileges in held),
        *(f"may create in schema {schema}" for (schema,) in rows(REPLICA, CREATABLE, READER)),
        *(
            f"has {privilege} on the database"
            for privilege in ("CREATE", "TEMPORARY")
            if _on_database(privilege)
        ),
        *([f"may call what writes: {', '.join(callable_)}"] if callable_ else []),
        *(f"is a member of {role}" for (role,) in rows(REPLICA, MEMBER_OF, READER)),
    ]


def _defaults_found() -> list[str]:
    """Of the role's defaults; a session that asks for others gets them, so they keep from mistakes only."""
    present = dict(setting.split("=", 1) for (setting,) in rows(REPLICA, ROLE_DEFAULTS, READER))
    return [
        f"has {name} {present.get(name, 'unset')}, not {value}"
        for name, value in DEFAULTS.items()
        if present.get(name) != value
    ]


def _take_back() -> None:
    """Statement by statement what `findings` looks for; grants on tables to the role itself are taken before."""
    reader = sql.Identifier(READER)
    database = sql.Identifier(str(connections[REPLICA].settings_dict["NAME"]))
    with transaction.atomic(using=REPLICA):
        run(REPLICA, sql.SQL("ALTER ROLE {} IN DATABASE {} RESET ALL").format(reader, database))
        for attribute in _attributes() or ():
            run(REPLICA, sql.SQL("ALTER ROLE {} WITH {}").format(reader, sql.SQL(f"NO{attribute}")))
        for (role,) in rows(REPLICA, MEMBER_OF, READER):
            run(REPLICA, sql.SQL("REVOKE {} FROM {}").format(sql.SQL(role), reader))  # quoted by regrole
        run(REPLICA, _revoked("CREATE, TEMPORARY ON DATABASE {}", database))
        for (schema,) in rows(REPLICA, CREATABLE, READER):
            run(REPLICA, _revoked("CREATE ON SCHEMA {}", sql.Identifier(schema)))
        for schema, table in rows(REPLICA, OPEN_TO_PUBLIC, applied.SCHEMA):
            run(REPLICA, sql.SQL("REVOKE ALL ON {} FROM PUBLIC").format(sql.Identifier(schema, table)))
        for function in _callable() if _may_close_functions() else ():
            run(REPLICA, _revoked("EXECUTE ON FUNCTION {}", sql.SQL(function)))  # quoted by regprocedure


def _revoked(right: str, target: sql.Composable) -> sql.Composed:
    return sql.SQL("REVOKE " + right + " FROM PUBLIC, {}").format(target, sql.Identifier(READER))


def _attributes() -> list[str] | None:
    """The role's attributes that give more than logging in; None without the role."""
    columns = ", ".join(ATTRIBUTES)
    found = rows(REPLICA, f"SELECT {columns} FROM pg_roles WHERE rolname = %s", READER)  # noqa: S608
    if not found:
        return None
    return [name for name, is_on in zip(ATTRIBUTES.values(), found[0], strict=True) if is_on]


def _on_database(privilege: str) -> bool:
    return bool(
        scalar(REPLICA, "SELECT has_database_privilege(%s, current_database()::text, %s)", READER, privilege)
    )


def _callable() -> list[str]:
    return [name for (name,) in rows(REPLICA, CALLABLE, " ".join(WRITING_FUNCTIONS), READER)]


def _may_close_functions() -> bool:
    """Only a superuser owns PostgreSQL's own functions."""
    return scalar(REPLICA, "SELECT current_setting('is_superuser')") == "on"
