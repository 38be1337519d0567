"""Files shaped as the public IMDb dumps, of any size: for tests and measurements.

    python -m bench.imdb_files DIR [--titles N] [--seed N] [--gzip]

`--titles` is the number of rows of title.basics, episodes among them; the other files follow from it: about half as
many people, four other titles and eight credits for what is no episode, ratings for a third. The same arguments
give the same bytes. Rows are written as they are drawn, so memory is flat.
"""

import argparse
import gzip
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import orjson

HEADERS = {
    "title.basics": "tconst titleType primaryTitle originalTitle isAdult startYear endYear runtimeMinutes genres",
    "title.akas": "titleId ordering title region language types attributes isOriginalTitle",
    "title.crew": "tconst directors writers",
    "title.principals": "tconst ordering nconst category job characters",
    "title.episode": "tconst parentTconst seasonNumber episodeNumber",
    "title.ratings": "tconst averageRating numVotes",
    "name.basics": "nconst primaryName birthYear deathYear primaryProfession knownForTitles",
}
NULL = "\\N"
# As in the dumps of 2024, but for episodes: there they are three rows in four.
TYPES = {
    "tvEpisode": 600,
    "movie": 140,
    "short": 120,
    "tvSeries": 60,
    "video": 30,
    "tvMovie": 20,
    "tvMiniSeries": 12,
    "tvSpecial": 8,
    "videoGame": 6,
    "tvShort": 4,
}
SERIES = ("tvSeries", "tvMiniSeries")
GENRES = (
    *("Drama", "Comedy", "Documentary", "Short", "Action", "Romance", "Thriller", "Crime", "Horror"),
    *("Adventure", "Animation", "Family", "Music", "Fantasy", "Mystery", "Biography", "History", "Sci-Fi"),
    *("Sport", "War", "Western", "News", "Reality-TV", "Talk-Show", "Game-Show"),
)
CATEGORIES = (
    *("actor", "actor", "actress", "actress", "self", "director", "writer", "producer", "composer"),
    *("cinematographer", "editor", "production_designer", "casting_director", "archive_footage"),
)
JOBS = {"writer": ("screenplay", "story by", "novel", NULL), "producer": ("executive producer", NULL)}
REGIONS = ("US", "DE", "FR", "BR", "JP", "RU", "IN", "XWW", "SUHH", NULL)
LANGUAGES = (*[NULL] * 12, "en", "ja", "tr", "cmn")
TITLE_TYPES = (*["imdbDisplay"] * 12, *[NULL] * 6, "alternative", "working", "dvd", "festival", "tv")
ATTRIBUTES = (*[NULL] * 30, "transliterated title", "short title", "complete title")
LATIN = (
    *("ka", "ri", "mon", "tes", "lu", "vard", "so", "bel", "an", "chi", "dro", "ne", "pra", "wil", "thé"),
    *("lä", "ño", "quo", "sha", "eve", "rum", "tal", "gin", "or"),
)
CYRILLIC = ("ка", "ри", "мон", "тес", "лу", "со", "бел", "ан", "дро", "не", "пра", "ше", "рум", "тал", "ко")
KANA = ("か", "り", "も", "て", "る", "そ", "べ", "あ", "ち", "ど", "ね", "ぷ", "し", "え", "ら", "た", "お")
PEOPLE_PER_TITLE = 0.5
RATED = 0.33
MOST_SEVEN_DIGITS = 9_999_999


def write_dump(folder: Path, *, titles: int, seed: int = 1, zipped: bool = False) -> None:
    """Writes the seven files into `folder`, which must be there."""
    with ExitStack() as stack:
        files = {name: stack.enter_context(_opened(folder, name, zipped)) for name in HEADERS}
        for name, columns in HEADERS.items():
            files[name].write("\t".join(columns.split()) + "\n")
        people = max(20, int(titles * PEOPLE_PER_TITLE))
        files["name.basics"].writelines(_people(people, seed))
        _write_titles(files, titles, people, random.Random(seed))


def _opened(folder: Path, name: str, zipped: bool) -> TextIO:
    path = folder / f"{name}.tsv{'.gz' if zipped else ''}"
    if zipped:
        return gzip.open(path, "wt", encoding="utf-8", newline="\n", compresslevel=4)
    return path.open("w", encoding="utf-8", newline="\n")


def _people(count: int, seed: int) -> Iterator[str]:
    chance = random.Random(f"{seed}:people")
    for number in range(1, count + 1):
        born = chance.randint(1870, 2005) if chance.random() < 0.3 else None
        died = born + chance.randint(20, 95) if born and chance.random() < 0.3 else None
        work = ",".join(chance.sample(("actor", "actress", "writer", "director", "producer"), 2))
        name = f"{_word(chance, LATIN)} {_word(chance, LATIN)} {_word(chance, LATIN)}".title()
        yield f"{_id('nm', number, count)}\t{name}\t{_cell(born)}\t{_cell(died)}\t{work}\t{NULL}\n"


def _write_titles(files: dict[str, TextIO], titles: int, people: int, chance: random.Random) -> None:
    kinds = list(TYPES)
    drawn: Iterator[str] = iter(())
    series: list[int] = []  # the last few, so that an episode's series stands before or behind it
    for number in range(1, titles + 1):
        kind = next(drawn, "")
        if not kind:
            drawn = iter(chance.choices(kinds, list(TYPES.values()), k=1000))
            kind = next(drawn)
        tconst = _id("tt", number, titles)
        title = _write_basics(files["title.basics"], tconst, kind, number, chance)
        if kind == "tvEpisode":
            _write_episode(files["title.episode"], tconst, series, (number, titles), chance)
            continue
        if kind in SERIES:
            series = [*series[-200:], number]
        _write_akas(files["title.akas"], tconst, title, chance)
        _write_credits(files, tconst, people, chance)
        if chance.random() < RATED:
            votes = 5 + int(10 ** (chance.random() ** 2 * 6))
            mean = min(10.0, max(1.0, chance.gauss(6.8, 1.3)))
            files["title.ratings"].write(f"{tconst}\t{mean:.1f}\t{votes}\n")


def _write_basics(file: TextIO, tconst: str, kind: str, number: int, chance: random.Random) -> str:
    if kind == "tvEpisode" and chance.random() < 0.3:
        title = f"Episode #{chance.randint(1, 9)}.{chance.randint(1, 99)}"
    else:
        words = [_word(chance, LATIN) for _ in range(chance.choice((1, 2, 2, 3, 4)))]
        title = f"{' '.join(words).capitalize()} {number}"
    if chance.random() < 0.02:
        title = f'"{title}'  # a quote is an ordinary character, closed or not
    original = f"{_word(chance, CYRILLIC)} {number}" if chance.random() < 0.1 else title
    year = chance.randint(1900, 2026) if chance.random() < 0.95 else None
    minutes = chance.randint(1, 200) if chance.random() < 0.6 else None
    genres = ",".join(dict.fromkeys(chance.choices(GENRES, GENRE_WEIGHTS, k=chance.choice((1, 1, 2, 3)))))
    adult = int(chance.random() < 0.01)
    file.write(
        f"{tconst}\t{kind}\t{title}\t{original}\t{adult}\t{_cell(year)}\t{NULL}\t{_cell(minutes)}\t{genres}\n"
    )
    return title


GENRE_WEIGHTS = [1 / (place + 2) for place in range(len(GENRES))]


def _write_episode(
    file: TextIO, tconst: str, series: Sequence[int], place: tuple[int, int], chance: random.Random
) -> None:
    number, titles = place
    if not series or chance.random() < 0.02:
        parent = min(titles, number + chance.randint(1, 50))  # which may be no series at all
    else:
        parent = chance.choice(series)
    numbered = chance.random() < 0.9
    # Drawn from the number, so that hardly two of one series have one place.
    season, episode = (1 + number // 97 % 12, 1 + number % 97) if numbered else (None, None)
    file.write(f"{tconst}\t{_id('tt', parent, titles)}\t{_cell(season)}\t{_cell(episode)}\n")


def _write_akas(file: TextIO, tconst: str, title: str, chance: random.Random) -> None:
    file.write(f"{tconst}\t1\t{title}\t{NULL}\t{NULL}\toriginal\t{NULL}\t1\n")
    for ordering in range(2, 2 + int(chance.expovariate(0.25))):
        syllables = chance.choice((LATIN, LATIN, LATIN, CYRILLIC, KANA))
        other = title if chance.random() < 0.4 else f"{_word(chance, syllables)} {_word(chance, syllables)}"
        file.write(
            f"{tconst}\t{ordering}\t{other}\t{chance.choice(REGIONS)}\t{chance.choice(LANGUAGES)}"
            f"\t{chance.choice(TITLE_TYPES)}\t{chance.choice(ATTRIBUTES)}\t0\n"
        )


def _write_credits(files: dict[str, TextIO], tconst: str, people: int, chance: random.Random) -> None:
    directors: list[str] = []
    writers: list[str] = []
    seen = set()
    for ordering in range(1, 1 + min(20, int(chance.gauss(9, 4)))):
        # Cubed: a few people are in many titles.
        nconst = _id("nm", 1 + int(people * chance.random() ** 3), people)
        category = chance.choice(CATEGORIES)
        if (nconst, category) in seen:
            continue
        seen.add((nconst, category))
        {"director": directors, "writer": writers}.get(category, []).append(nconst)
        characters = NULL
        if category in ("actor", "actress") and chance.random() < 0.8:
            named = [_word(chance, LATIN).title() for _ in range(chance.choice((1, 1, 1, 2)))]
            characters = orjson.dumps(named).decode()
        job = chance.choice(JOBS.get(category, (NULL,)))
        files["title.principals"].write(f"{tconst}\t{ordering}\t{nconst}\t{category}\t{job}\t{characters}\n")
    writers += [_id("nm", 1 + int(people * chance.random()), people) for _ in range(chance.choice((0, 0, 1)))]
    files["title.crew"].write(f"{tconst}\t{','.join(directors) or NULL}\t{','.join(writers) or NULL}\n")


def _word(chance: random.Random, syllables: Sequence[str]) -> str:
    return "".join(chance.choices(syllables, k=chance.choice((2, 3, 3, 4))))


def _id(prefix: str, number: int, of: int) -> str:
    """In the order of numbers and of texts alike: all of seven digits, or all of eight."""
    return f"{prefix}{number if of <= MOST_SEVEN_DIGITS else number + MOST_SEVEN_DIGITS:07}"


def _cell(value: object) -> str:
    return NULL if value is None else str(value)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.imdb_files", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--titles", type=int, default=100_000, metavar="N", help="rows of title.basics")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gzip", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    write_dump(options.folder, titles=options.titles, seed=options.seed, zipped=options.gzip)
    return 0


if __name__ == "__main__":
    sys.exit(main())
