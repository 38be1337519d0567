import gzip
from pathlib import Path

import pytest

from catalog.importing.files import BrokenOff, Unreadable, opened

TEXT = b"".join(b"line %d\n" % number for number in range(50_000))


def lines_of(path: Path) -> list[bytes]:
    with opened(path) as file:
        return list(iter(lambda: file.line(1000), b""))


def test_gzip_is_told_by_its_bytes_whatever_the_name(tmp_path: Path) -> None:
    for name in ("a.gz", "a.csv"):
        (tmp_path / name).write_bytes(gzip.compress(TEXT))
        assert b"".join(lines_of(tmp_path / name)) == TEXT


def test_position_counts_the_bytes_of_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(TEXT))
    with opened(path) as file:
        while file.line(1000):
            pass
        assert file.position == file.size == path.stat().st_size


@pytest.mark.parametrize("kept", [0.5, 0.9999])
def test_a_truncated_gzip_gives_what_it_has_and_then_breaks_off(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "a.gz"
    whole = gzip.compress(TEXT)
    path.write_bytes(whole[: int(len(whole) * kept)])
    read = []
    with opened(path) as file, pytest.raises(BrokenOff, match="cut off"):
        while line := file.line(1000):
            read.append(line)

    assert len(read) > 10_000
    assert read == TEXT.splitlines(keepends=True)[: len(read)]


def test_a_damaged_gzip_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    whole = bytearray(gzip.compress(TEXT))
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)

    with pytest.raises(BrokenOff, match="damaged"):
        lines_of(path)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing.csv", "missing.csv cannot be opened: No such file or directory."),
        ("folder", "folder is not a file."),
        ("text.gz", "text.gz is named .gz but is not a gzip file."),
        ("empty.gz", "empty.gz is named .gz but is not a gzip file."),
    ],
)
def test_what_is_no_readable_file_is_one_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.gz").write_bytes(b"show_id,type\n")
    (tmp_path / "empty.gz").touch()

    with pytest.raises(Unreadable) as caught, opened(tmp_path / name):
        pass

    assert str(caught.value) == f"{tmp_path}/{sentence}"
