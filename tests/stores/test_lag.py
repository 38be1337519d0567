"""How old the replica's picture is, by proof: positions and seconds in, a verdict out. No store is asked."""

from streaming.stores.replication.lag import Lag


def test_nothing_is_proven_at_first() -> None:
    lag = Lag()
    lag.sample(100, at=50.0)
    lag.prove(99)

    assert lag.within(10) is False


def test_a_position_that_is_applied_proves_its_sample() -> None:
    lag = Lag()
    lag.sample(100, at=50.0)
    lag.prove(100)

    assert lag.within(0) is True


def test_a_replica_that_stands_still_is_too_old_once_the_limit_is_past() -> None:
    """A figure of the last transaction's delay stays small while the apply worker is stuck."""
    lag = Lag()
    lag.sample(100, at=50.0)
    lag.prove(100)
    verdicts = []
    for second in range(51, 62):
        lag.sample(100 + second, at=float(second))
        lag.prove(100)
        verdicts.append(lag.within(10))

    assert verdicts == [True] * 10 + [False]


def test_a_replica_that_moves_but_stays_behind_is_too_old() -> None:
    lag = Lag()
    for second in range(100):
        lag.sample(second, at=float(second))
        lag.prove(second - 11)

    assert lag.within(10) is False
    assert lag.within(11) is True


def test_a_replica_that_catches_up_is_well_again() -> None:
    lag = Lag()
    lag.sample(100, at=0.0)
    lag.prove(100)
    for second in range(1, 61):
        lag.sample(100 + second, at=float(second))
        lag.prove(100)
    assert lag.within(10) is False

    lag.prove(160)

    assert lag.within(0) is True


def test_from_a_primary_that_gives_no_samples_nothing_is_missed() -> None:
    lag = Lag()
    lag.sample(100, at=50.0)
    lag.sample(200, at=55.0)
    lag.prove(100)

    assert lag.within(10) is True
    assert lag.within(4) is False


def test_a_quiet_primary_does_not_age_the_replica() -> None:
    lag = Lag()
    for second in range(100):
        lag.sample(100, at=float(second))
        lag.prove(100)

    assert lag.within(0) is True


def test_another_server_s_positions_prove_nothing_of_this_one() -> None:
    lag = Lag()
    lag.sample(1000, at=0.0)
    lag.prove(1000)
    lag.sample(2000, at=5.0)
    lag.sample(10, at=10.0)
    assert lag.within(100) is False

    lag.prove(10)

    assert lag.within(0) is True


def test_two_threads_samples_that_arrive_crosswise_are_no_other_server() -> None:
    lag = Lag()
    lag.sample(100, at=0.0)
    lag.prove(100)
    lag.sample(205, at=5.001)
    lag.sample(200, at=5.0)

    assert lag.within(10) is True


def test_few_samples_are_kept_however_many_come() -> None:
    lag = Lag()
    for tick in range(100_000):
        lag.sample(tick, at=tick / 1000)
        lag.within(10)

    assert len(lag.unproven) <= 41
