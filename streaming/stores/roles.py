"""Roles of the database servers that are not the application's own, and what each may read.

Entry points: `make_role`, `grant_columns`; both may be repeated. Failure: `django.db.Error`s.
"""

from collections.abc import Mapping, Sequence

from django.db import transaction
from psycopg2 import sql

from streaming.stores.statements import names, rows, run, scalar

Right = tuple[str, str, str, str]


def make_role(alias: str, role: str, password: str, *, attributes: str) -> bool:
    """Gives the server of `alias` the role with these attributes and password. True when it was not there.

    Roles belong to a server, not a database, so a second database may race for one: losing is no error.
    """
    missing = not scalar(alias, "SELECT count(*) FROM pg_roles WHERE rolname = %s", role)
    if missing:
        run(
            alias,
            sql.SQL(
                "DO $$ BEGIN CREATE ROLE {}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            ).format(sql.Identifier(role)),
        )
    run(
        alias,
        sql.SQL("ALTER ROLE {} WITH {} PASSWORD {}").format(
            sql.Identifier(role), sql.SQL(attributes), sql.Literal(password)
        ),
    )
    return missing


def grant_columns(alias: str, role: str, tables: Mapping[str, Sequence[str]]) -> None:
    """Lets the role read these columns and nothing else: any right it was given before is taken back."""
    wanted = {("public", table, column, "SELECT") for table, columns in tables.items() for column in columns}
    granted = _granted(alias, role)
    if granted == wanted:
        return
    grantee = sql.Identifier(role)
    with transaction.atomic(using=alias):
        for schema, table in {right[:2] for right in granted}:
            run(alias, sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(schema, table), grantee))
        for table, columns in tables.items():
            run(
                alias,
                sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(
                    names(columns), sql.Identifier(table), grantee
                ),
            )


def _granted(alias: str, role: str) -> set[Right]:
    """The role's own rights: schema, table, column (empty: the whole table), privilege."""
    held = rows(
        alias,
        """WITH held AS (
               SELECT oid AS relation, '' AS column, relacl AS acl FROM pg_class
               UNION ALL SELECT attrelid, attname::text, attacl FROM pg_attribute)
           SELECT n.nspname::text, c.relname::text, held.column, x.privilege_type
             FROM held JOIN pg_class c ON c.oid = held.relation JOIN pg_namespace n ON n.oid = c.relnamespace
            CROSS JOIN LATERAL aclexplode(held.acl) x
            WHERE x.grantee = (SELECT oid FROM pg_roles WHERE rolname = %s)""",
        role,
    )
    return {(schema, table, column, privilege) for schema, table, column, privilege in held}
