"""No worker is left with a long test while the others idle: the long ones come first, spread over all of them."""

from types import SimpleNamespace

import pytest
from conftest import pytest_collection_modifyitems


def blocks(items, workers):
    """How xdist hands them out at first, with `--dist worksteal`."""
    given, rest = [], list(items)
    for left in range(workers, 0, -1):
        given.append(rest[: len(rest) // left])
        rest = rest[len(rest) // left :]
    return given


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("n, long", [(100, 33), (101, 33), (101, 34), (7, 7), (9, 0), (40, 1)])
def test_each_worker_begins_with_its_share_of_the_long_ones(n, long, workers, monkeypatch):
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(workers))
    items = [SimpleNamespace(number=k, get_closest_marker=lambda _, k=k: k >= n - long) for k in range(n)]
    ordered = list(items)
    pytest_collection_modifyitems(ordered)
    assert sorted(item.number for item in ordered) == list(range(n))
    shares = []
    for block in blocks(ordered, workers):
        kinds = [item.number >= n - long for item in block]
        assert kinds == sorted(kinds, reverse=True)
        shares.append(sum(kinds))
    assert max(shares) - min(shares) <= 1
    short = [item.number for item in ordered if item.number < n - long]
    assert short == sorted(short), "the others as they stand in their files, so that neighbours share their fixtures"
