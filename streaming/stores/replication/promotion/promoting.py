"""Making the replica the primary, with the old one at hand or without it (ADR 0011).

With it: the full schema is built beside the replica's tables while all goes on; then the primary is fenced, the
replica applies the rest, the subscription ends, and one transaction copies what was never replicated, takes the
plays over as they are, sets every sequence and puts the built tables in place. That transaction's commit is the
promotion. Until then `undo` gives the primary back its writers, and `promote` run again goes on or begins anew.

Without it: the same with what the replica has. Columns that never left the primary get what `stand_ins` says, an SQL
expression a column, else their default; its other tables are as new.

Entry points: `promote`, `promote_without_primary`, `undo`. Failure: `django.db.Error`s; `Refused` with a sentence that
says why, and then nothing has changed, or the next run or `undo` mends it; `AlreadyPromoted`.
"""

from collections.abc import Callable

from django.db import Error, transaction

from streaming.stores.aliases import ANALYTICS, REPLICA
from streaming.stores.deadline import guarded
from streaming.stores.outage import discard_broken_connections
from streaming.stores.refusal import Failed, Refused, first_line
from streaming.stores.replication.checking import check
from streaming.stores.replication.fencing import fence, fenced, unfence
from streaming.stores.replication.leaving import alone_on_replica, drop_slots, require_alone, unsubscribe
from streaming.stores.replication.position import SECONDS_TO_ANSWER, ReplicaBehind, wait_until_applied
from streaming.stores.replication.promotion.building import (
    SCHEMA,
    build,
    built_tables,
    drop_build,
    is_whole,
    note_final,
    noted_final,
)
from streaming.stores.replication.promotion.placing import (
    Note,
    Published,
    StandIns,
    count_rows,
    fill_from_primary,
    fill_from_replica,
    is_published_whole,
    put_in_place,
)
from streaming.stores.replication.status import replication_status
from streaming.stores.replication.structure import indexes
from streaming.stores.replication.subscription import subscribed
from streaming.stores.statements import column_types, scalar

CATCH_UP_SECONDS = 15.0  # before the fence nobody waits for it, behind it every writer does

Advance = Callable[[int], None]


class AlreadyPromoted(Exception):
    """The replica is a primary: only the variables are left to change."""


def promote(published: Published, *, note: Note, advance: Advance = lambda rows: None) -> None:
    """The planned change, without a row lost. Writers wait from the fence to the change of variables.

    `advance` is told the rows that the comparison of both sides is past.
    """
    with alone_on_replica():
        with guarded(SECONDS_TO_ANSWER):  # but not what follows: it copies by COPY
            _leave_primary(published, note, advance)
        with transaction.atomic(using=REPLICA):
            require_alone()
            fill_from_primary(published, note)
            put_in_place(published, primary_there=True)
    note("the built tables put in place: the replica is a primary")


def _leave_primary(published: Published, note: Note, advance: Advance) -> None:
    """Up to where the replica has all published rows for good, and nothing comes from the primary any more."""
    _refuse_promoted()
    resumed = not subscribed()
    if resumed:
        _refuse_unless_begun()
    else:
        _refuse_unfit(published, note, advance)
    require_alone()
    build()
    _refuse_other_schema(published, primary_there=True)
    note(f"the full schema built on the replica, in schema {SCHEMA}")
    fence(ANALYTICS)
    note("the primary is fenced: reads go on, writes are refused")
    if resumed:
        _refuse_differences(published, settle=lambda: None, advance=advance)
    else:
        _apply_the_rest()
    note_final(_counts(published))
    for line in [*unsubscribe(), *drop_slots()]:
        note(line)


def promote_without_primary(published: Published, *, stand_ins: StandIns, note: Note) -> None:
    """When the primary is lost: plays and published columns are kept, the rest is not to be had."""
    with alone_on_replica(), guarded(SECONDS_TO_ANSWER):
        _refuse_promoted()
        if not replication_status().primary.problem:
            raise Refused("The primary answers: run `manage.py replication promote` without --primary-lost")
        _refuse_incomplete(published)
        require_alone()
        build()
        _refuse_other_schema(published, primary_there=False)
        note(f"the full schema built on the replica, in schema {SCHEMA}")
        note_final(_counts(published))
        for line in unsubscribe():
            note(line)
        with transaction.atomic(using=REPLICA):
            require_alone()
            fill_from_replica(published, stand_ins, note)
            put_in_place(published, primary_there=False)
    note("the built tables put in place: the replica is a primary")


def undo(*, note: Note) -> None:
    """Gives the primary its writers back; the replica may have to be subscribed again."""
    with alone_on_replica(), guarded(SECONDS_TO_ANSWER):
        try:
            _refuse_promoted()
        except AlreadyPromoted as error:
            raise Refused(
                "The replica is promoted already: change the variables, "
                "or give up what it has and make it an empty database before `manage.py replication resync`"
            ) from error
        drop_build()  # first: it says that the replica has all rows, which is over once the primary takes more
        note("what was built on the replica is dropped")
        if fenced(ANALYTICS):
            unfence(ANALYTICS)
            note("the primary takes writes again")
        if not subscribed():
            note("the replica is not subscribed any more: manage.py replication resync")


def _refuse_promoted() -> None:
    if not is_whole(REPLICA):
        return
    if fenced(REPLICA):
        raise Refused(
            "The replica's address leads to a primary that a promotion has fenced: see `manage.py replication status`"
        )
    raise AlreadyPromoted


def _refuse_unless_begun() -> None:
    if noted_final() is None or not fenced(ANALYTICS):
        raise Refused("The replica is not subscribed: run `manage.py replication resync` first")


def _refuse_unfit(published: Published, note: Note, advance: Advance) -> None:
    state = replication_status(published)
    if problem := state.primary.problem or state.replica.problem:
        raise Refused(
            f"Primary and replica do not both answer ({problem}): see `manage.py replication status`"
        )
    if state.slot is None or state.slot.lost:
        raise Refused(
            "The slot is gone, so the replica misses rows: run `manage.py replication resync` first"
        )
    if state.publication:
        raise Refused(f"The {state.publication[0]}: run `manage.py replication setup` first")
    if scalar(REPLICA, "SHOW wal_level") != "logical":
        raise Refused(
            "The replica could publish nothing: set wal_level = logical on its server and restart that"
        )
    _catch_up()
    _refuse_differences(published, settle=_catch_up, advance=advance)
    note("the replica is equal to the primary")


def _catch_up() -> None:
    try:
        wait_until_applied(CATCH_UP_SECONDS)
    except ReplicaBehind as error:
        raise Refused(f"The replica lags ({error}): see `manage.py replication status`") from error


def _apply_the_rest() -> None:
    """Behind the fence. A replica that does not come along now gives the primary back, as Ctrl-C does."""
    try:
        wait_until_applied(CATCH_UP_SECONDS)
    except KeyboardInterrupt:
        _give_back()
        raise
    except (ReplicaBehind, Error) as error:
        _give_back()
        raise Failed(
            f"The replica does not follow ({first_line(error)}), the primary takes writes again"
        ) from error


def _give_back() -> None:
    discard_broken_connections()
    unfence(ANALYTICS)


def _refuse_differences(published: Published, *, settle: Callable[[], None], advance: Advance) -> None:
    if not check(published, limit=0, settle=settle, advance=advance).equal:
        raise Refused(
            "The replica has diverged, see `manage.py replication check`: run `manage.py replication resync` first"
            + (", after `manage.py replication promote --undo`" if fenced(ANALYTICS) else "")
        )


def _refuse_incomplete(published: Published) -> None:
    """What is left is all there is: it has to be a whole copy, or one that a promotion began with."""
    if subscribed():
        copying = replication_status().subscription
        if copying is None or copying.not_copied:
            raise Refused("The replica never had a whole copy: restore the primary from a backup")
    elif noted_final() is None or noted_final() != _counts(published):
        raise Refused("The replica is not subscribed, so nothing says that it is whole: restore a backup")


def _refuse_other_schema(published: Published, *, primary_there: bool) -> None:
    """The migrations that made the tables are those that this release has."""
    sides = [(ANALYTICS, [*built_tables()])] if primary_there else []
    for alias, tables in [*sides, (REPLICA, list(published))]:
        for table in tables:
            if column_types(alias, f"public.{table}") != column_types(REPLICA, f"{SCHEMA}.{table}"):
                raise Refused(
                    f"Table {table} is not as this release makes it: run `manage.py setup_stores`, "
                    "then `manage.py replication resync`"
                )
    for table in published:
        lacking = indexes(REPLICA, SCHEMA, table).keys() - indexes(REPLICA, "public", table).keys()
        if lacking and is_published_whole(table, published):
            raise Refused(
                f"Table {table} of the replica lacks an index: run `manage.py replication resync` first"
            )


def _counts(published: Published) -> dict[str, int]:
    return {table: count_rows(table) for table in published}
