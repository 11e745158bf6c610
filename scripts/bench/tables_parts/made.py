"""Tables that are made, the same in every run: each has something that tables of this world have."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from tuner.seeds import derive_seed

Floats = NDArray[np.float64]


def seeded(name: str) -> RandomState:
    """The random numbers of one table."""
    return RandomState(derive_seed(0, "table", name))


def write_rows(path: Path, rows: Iterator[Sequence[object]], separator: str = ",") -> None:
    """Rows as lines; a header is a row like the others."""
    text = "".join(separator.join(map(str, row)) + "\n" for row in rows)
    data = text.encode()
    # Without the time of the packing, so that the same rows are the same file.
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def write_flats(path: Path) -> None:
    """1,200 rents as a German spreadsheet writes them: semicolons, decimal commas, dates, gaps."""
    random = seeded("flats")

    def german(value: float) -> str:
        return f"{value:.2f}".replace(".", ",")

    def rows() -> Iterator[Sequence[object]]:
        yield "Nr", "Lage", "Fläche", "Baujahr", "Balkon", "frei ab", "Miete"
        worth = {"Nord": 0.0, "Süd": 90.0, "Ost": -60.0, "West": 30.0, "Mitte": 160.0}
        for number in range(1, 1201):
            place = str(random.choice([*worth]))
            area, built = random.uniform(22, 140), int(random.randint(1895, 2024))
            balcony, day = random.rand() < 0.45, datetime(2015, 1, 1) + timedelta(int(random.randint(3400)))
            rent = 150 + 9 * area + worth[place] * area / 60 + 55 * balcony + 0.02 * (built - 1960) ** 2
            rent += 0.06 * (day - datetime(2015, 1, 1)).days + 45 * random.randn()
            yield (
                number,
                place,
                "k. A." if random.rand() < 0.06 else german(area),
                "" if random.rand() < 0.1 else built,
                "ja" if balcony else "nein",
                day.strftime("%d.%m.%Y"),
                german(rent),
            )

    write_rows(path, rows(), ";")


def write_clinic(path: Path) -> None:
    """900 patients with gaps in most columns: -999, `unknown`, `?` and nothing at all; an ordinal; a constant."""
    random = seeded("clinic")

    def rows() -> Iterator[Sequence[object]]:
        yield "patient_id", "ward", "age", "bmi", "pressure", "smoker", "pain", "lab", "country", "recovered"
        pains = ["none", "mild", "strong", "unbearable"]
        for number in range(900):
            age, bmi, lab = random.uniform(18, 90), 19 + 9 * random.rand() + 4 * random.rand(), random.gamma(2, 20)
            pressure = 95 + 0.5 * age + 9 * random.randn()
            smoker, pain = random.rand() < 0.3, int(random.randint(4))
            score = 2.4 - 0.035 * age - 0.9 * smoker - 0.5 * pain + 0.004 * (pressure - 120) * (26 - bmi) + 0.02 * lab
            recovered = score + 0.8 * random.randn() > 0
            yield (
                48_000 + 7 * number,
                random.choice(["A", "B", "C"]),
                _or(random, 0.05, "unknown", f"{age:.0f}"),
                _or(random, 0.2, "", f"{bmi:.1f}"),
                _or(random, 0.1, "-999", f"{pressure:.0f}"),
                _or(random, 0.15, "?", "yes" if smoker else "no"),
                _or(random, 0.05, "NA", pains[pain]),
                _or(random, 0.4, "", f"{lab:.2f}"),
                "NZ",
                "yes" if recovered else "no",
            )

    write_rows(path, rows())


def write_towns(path: Path) -> None:
    """2,400 orders whose towns have names, beside test rows of which every fourth is of a town that is new."""
    random = seeded("towns")
    kinds = ["express", "parcel", "letter"]
    towns = [f"{start}{end}" for start in ("Alt", "Neu", "Ober", "Unter", "Bad ") for end in _ENDS]
    taste = random.randn(len(towns), 3)
    makes = {"shoes": 1.2, "books": -1.0, "toys": 0.0, "garden": 0.5}

    def rows(count: int, known: int, new: float) -> Iterator[Sequence[object]]:
        yield "town", "goods", "weight", "customer since", "way"
        for _ in range(count):
            town = int(random.randint(known, len(towns)) if random.rand() < new else random.randint(known))
            goods, weight, since = str(random.choice([*makes])), random.gamma(2, 1.5), int(random.randint(1998, 2025))
            pull = 1.3 * taste[town] + np.array([makes[goods], 0.5 * weight - 1.5, 1.0 - weight / 2]) + random.randn(3)
            yield towns[town], goods, f"{weight:.2f}", since, kinds[int(np.argmax(pull))]

    write_rows(path, rows(2400, known=40, new=0.0))
    write_rows(path.with_name("towns-test.csv"), rows(600, known=40, new=0.25))


_ENDS = ["bach", "berg", "burg", "dorf", "feld", "furt", "hausen", "heim", "hof", "kirchen"]


def write_fraud(path: Path) -> None:
    """6,000 payments, of which about 2 % are fraud."""
    random = seeded("fraud")
    x = random.randn(6000, 10)
    odd = 1.6 * x[:, 0] * x[:, 1] + 1.2 * x[:, 2] + np.abs(x[:, 3]) + 0.7 * random.randn(len(x))
    fraud = odd >= np.sort(odd)[-120]

    def rows() -> Iterator[Sequence[object]]:
        yield *(f"v{column}" for column in range(1, 11)), "amount", "fraud"
        for values, is_fraud in zip(x, fraud, strict=True):
            yield *(f"{value:.4f}" for value in values), f"{random.lognormal(3, 1.2):.2f}", int(is_fraud)

    write_rows(path, rows())


def write_few(path: Path) -> None:
    """60 rows of two classes."""
    random = seeded("few")

    def rows() -> Iterator[Sequence[object]]:
        yield "length", "width", "colour", "hardness", "sort"
        for number in range(60):
            good = number % 2 == 0
            length, width = random.normal(5.2 + good, 0.9), random.normal(3.0 - 0.5 * good, 0.6)
            colour = random.choice(["red", "green"] if good == (random.rand() < 0.7) else ["brown", "green"])
            yield f"{length:.1f}", f"{width:.1f}", colour, int(random.randint(1, 9)), "sweet" if good else "sour"

    write_rows(path, rows())


def write_wide(path: Path) -> None:
    """500 rows of 800 numbers, 12 of which matter; packed."""
    random = seeded("wide")
    x = random.randn(500, 800)
    x[:, 400:] += 0.5 * x[:, :400]
    healthy = x[:, :12] @ np.linspace(1.2, 0.4, 12) + 0.5 * random.randn(len(x)) > 0

    def rows() -> Iterator[Sequence[object]]:
        yield "status", *(f"gene_{column}" for column in range(800))
        for values, is_healthy in zip(x, healthy, strict=True):
            yield "healthy" if is_healthy else "ill", *(f"{value:.3f}" for value in values)

    write_rows(path, rows())


def write_hundred(path: Path) -> None:
    """5,000 rows of 100 classes, some of them rare."""
    random = seeded("hundred")
    centres = 1.6 * random.randn(100, 16)
    often = 1 / np.arange(1, 101) ** 0.4
    labels = np.concatenate([np.repeat(np.arange(100), 8), random.choice(100, 4200, p=often / often.sum())])

    def rows() -> Iterator[Sequence[object]]:
        yield *(f"f{column}" for column in range(16)), "species"
        for label in random.permutation(labels):
            values = centres[label] + random.randn(16)
            yield *(f"{value:.3f}" for value in values), f"species {label + 1:03}"

    write_rows(path, rows())


def write_sensors(path: Path) -> None:
    """1,500 readings of eight sensors without a header, with tabs between them; the state comes first."""
    random = seeded("sensors")

    def rows() -> Iterator[Sequence[object]]:
        for _ in range(1500):
            values = random.randn(8)
            radius = float(np.hypot(values[0], values[1]))
            state = int(radius > 0.8) + int(radius > 1.5) + int(radius > 0.8 and values[2] * values[3] > 0.3)
            yield state, *(f"{100 + 12 * value:.2f}" for value in values)

    write_rows(path, rows(), "\t")


def write_visits(path: Path) -> None:
    """1,600 visits of 200 patients, whose rows are alike."""
    random = seeded("visits")

    def rows() -> Iterator[Sequence[object]]:
        yield "patient", "visit", "dose", "weight", "glucose", "response"
        for patient in range(200):
            base, weight = 8 * random.randn(), random.normal(76, 13)
            for visit in range(1, 9):
                dose = int(random.choice([5, 10, 20, 40]))
                glucose, weight = random.normal(6 + base / 12, 0.7), weight + 0.6 * random.randn()
                response = 30 + base + 9 * np.log(dose) - 0.15 * (weight - 76) + 1.5 * glucose + 3 * random.randn()
                yield f"P{patient:04}", visit, dose, f"{weight:.1f}", f"{glucose:.1f}", f"{response:.1f}"

    write_rows(path, rows())


def write_sales(path: Path) -> None:
    """Four years of days of a shop: a trend, seasons, and weeks; the date is what there is to learn from."""
    random = seeded("sales")

    def rows() -> Iterator[Sequence[object]]:
        yield "date", "opens", "promotion", "temperature", "sold"
        for number in range(1461):
            day = datetime(2021, 1, 1) + timedelta(number)
            season = np.sin(2 * np.pi * number / 365.25)
            promotion, warm = random.rand() < 0.12, 11 - 9 * np.cos(2 * np.pi * number / 365.25) + 3 * random.randn()
            sold = 240 + 0.08 * number + 60 * season + [0, -20, -10, 5, 40, 110, -90][day.weekday()]
            sold *= 1 + 0.35 * promotion
            opens = "closed early" if day.weekday() == 6 else "9:00 to 18:00"
            yield day.strftime("%Y-%m-%d"), opens, str(promotion), f"{warm:.1f}", round(sold + 15 * random.randn())

    write_rows(path, rows())


def write_claims(path: Path) -> None:
    """3,000 claims of a skewed size; one in a hundred is out of all proportion."""
    random = seeded("claims")

    def rows() -> Iterator[Sequence[object]]:
        yield "age", "power", "fuel", "region", "years insured", "claim"
        regions = {f"R{number:02}": 0.35 * random.randn() for number in range(22)}
        for _ in range(3000):
            age, power, years = random.uniform(18, 85), random.gamma(9, 9), int(random.poisson(6))
            fuel, region = random.choice(["petrol", "diesel", "electric"]), str(random.choice([*regions]))
            size = 6.2 + 0.02 * abs(age - 47) + 0.008 * power - 0.05 * years + regions[region] + 0.6 * random.randn()
            claim = np.exp(size) * (25 if random.rand() < 0.01 else 1)
            yield f"{age:.0f}", f"{power:.0f}", fuel, region, years, f"{claim:.2f}"

    write_rows(path, rows())


def _or(random: RandomState, share: float, marker: str, value: str) -> str:
    """A value, or with some probability what stands for none."""
    return marker if random.rand() < share else value
