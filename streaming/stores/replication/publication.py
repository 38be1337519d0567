"""Whether the publication still sends every row and every change of what set-up had it send.

One that was altered or dropped by hand stops nothing: the replica's position goes on, past changes that never come.

Entry points: `sent_whole`, `differences`; for readers `SENT_WHOLE` and `same`. Failure: `django.db.Error`s.
"""

import json
from collections.abc import Mapping, Sequence

from streaming.stores.aliases import ANALYTICS
from streaming.stores.replication.subscription import PUBLICATION, of_subscription
from streaming.stores.statements import rows, scalar

KINDS = ("insert", "update", "delete", "truncate")
ALL_KINDS = ", ".join(KINDS)
COPIED_OTHERWISE = "rows on the replica were copied under other column lists than are published"

# An SQL expression, JSON as text: table to columns, without a table that has a row filter, and NULL where a kind of
# change is left out. It is asked with every sample of the primary's position, so that it costs no statement.
SENT_WHOLE = f"""
(SELECT jsonb_object_agg(t.tablename::text, to_jsonb(ARRAY(SELECT unnest(t.attnames)::text COLLATE "C" ORDER BY 1)))
   FROM pg_publication_tables t JOIN pg_publication p USING (pubname)
  WHERE p.pubname = '{PUBLICATION}' AND t.rowfilter IS NULL
    AND p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate)::text
"""  # noqa: S608  # constants
TABLES = "SELECT tablename::text, attnames::text[], rowfilter FROM pg_publication_tables WHERE pubname = %s"
SENDS = "SELECT pubinsert, pubupdate, pubdelete, pubtruncate FROM pg_publication WHERE pubname = %s"


def sent_whole() -> dict[str, list[str]]:
    """Table to columns, sorted, of the tables of which every row and change is sent."""
    found: dict[str, list[str]] = json.loads(scalar(ANALYTICS, f"SELECT {SENT_WHOLE}") or "{}")
    return found


def same(sent: str | None, noted: str | None) -> bool:
    """Whether `SENT_WHOLE` is what set-up noted with the subscription; nothing noted is a set-up that did not end."""
    try:
        return noted is not None and json.loads(sent or "null") == json.loads(noted)
    except ValueError:
        return False


def differences(published: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence each: in what the publication, or what the replica's rows were copied as, differs from `published`."""
    noted = of_subscription("obj_description(oid, 'pg_subscription')")
    wanted = json.dumps({table: sorted(columns) for table, columns in published.items()})
    return _of_primary(published) + ([] if same(wanted, noted) else [COPIED_OTHERWISE])


def _of_primary(published: Mapping[str, Sequence[str]]) -> list[str]:
    flags = rows(ANALYTICS, SENDS, PUBLICATION)
    if not flags:
        return [f"publication {PUBLICATION} is missing on the primary: no change reaches the replica"]
    left_out = [kind for kind, sends in zip(KINDS, flags[0], strict=True) if not sends]
    found = [f"publication {PUBLICATION} does not send {', '.join(left_out)}"] if left_out else []
    sent = {table: (set(columns), kept) for table, columns, kept in rows(ANALYTICS, TABLES, PUBLICATION)}
    found += [
        f"publication {PUBLICATION} sends {table}, which is not published"
        for table in sent.keys() - published
    ]
    for table, columns in published.items():
        if table not in sent:
            found.append(f"publication {PUBLICATION} does not send table {table}")
            continue
        present, kept = sent[table]
        if lacking := [column for column in columns if column not in present]:
            found.append(f"publication {PUBLICATION} does not send {table}'s {', '.join(lacking)}")
        if extra := sorted(present.difference(columns)):
            found.append(f"publication {PUBLICATION} sends {table}'s {', '.join(extra)}, not published")
        if kept:
            found.append(f"publication {PUBLICATION} sends only rows of {table} with {kept}")
    return found
