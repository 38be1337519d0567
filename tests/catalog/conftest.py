import pytest

from catalog import milestones


@pytest.fixture(params=[None, 2], ids=["no milestone", "milestones from 2"])
def first_milestone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int | None:
    """Where the first one is, of every title and not of a sample: in a catalog as small as the tests' there is none."""
    first: int | None = request.param
    if first is not None:
        monkeypatch.setattr(milestones, "FIRST", first)
        monkeypatch.setattr(milestones, "SHARE", 1)
    return first
