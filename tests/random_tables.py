"""Random tables for random notebooks: columns of the same names and kinds, whose values and missing ones differ."""

from __future__ import annotations

import random

NUMBERS = ("age", "income", "visits", "score")
TEXTS = ("city", "sex", "size")
OTHERS = ("id", "member", "joined", "seen", "note", "fee", "mixed", "smoker", "code")
_NAMES = ["id", "age", "income", "city", "sex", "member", "size", "joined", "visits", "score", "note"]
_NAMES += ["seen", "fee", "mixed", "smoker", "code"]
_CITIES = ["Bonn", "Ulm", "Jena", "Kiel", "Köln", "Bad Urach", "Aix, Nord"]
_DAYS = ("{y}-{m:02}-{d:02}", "{d:02}.{m:02}.{y}", "{m}/{d}/{y}", "{y}-{m:02}-{d:02} 10:30:00")


def people(seed: int, count: int = 0, *, part: int = 0, labelled: bool = True) -> bytes:
    """Make the table of this number; its parts have their own rows, with values and forms of the same kinds."""
    form, draw = random.Random(-seed), random.Random(f"{seed} {part}")  # noqa: S311 - no secret
    count = count or form.choice([40, 90, 140])
    lacking = {name: form.choice([0, 0, 0.05, 0.2]) for name in (*NUMBERS, *TEXTS, "note", "seen")}
    cities = form.sample(_CITIES, form.randint(2, 6))
    whole = {name: form.random() < 0.5 for name in NUMBERS}
    dates = form.choice(_DAYS)
    lines = [",".join([*_NAMES, "price", "bought"] if labelled else _NAMES)]
    for number in range(count):
        late = number / count
        drawn = (draw.gauss(30 + 25 * late, 9), draw.lognormvariate(7 + late, 0.6), draw.gauss(6 * late, 4), late * 3)
        values: dict[str, object] = {
            name: int(value) if whole[name] else round(value + draw.random(), 3)
            for name, value in zip(NUMBERS, drawn, strict=True)
        }
        values |= {"city": f'"{draw.choice(cities)}"', "sex": draw.choice(["male", "female"])}
        values |= {"size": draw.choice(["small", "medium", "large"]), "member": draw.choice(["True", "False"])}
        values |= {"note": " ".join(draw.choices(["good", "bad", "late", "kind"], k=draw.randint(1, 4)))}
        day = dates.format(y=draw.randint(2015, 2023), m=draw.randint(1, 12), d=draw.randint(1, 28))
        values |= {"seen": f"2023-{draw.randint(1, 12):02}-{draw.randint(1, 28):02} {draw.randint(0, 23):02}:15"}
        price = 20 + drawn[0] + drawn[2] * 4 + abs(draw.gauss(0, 8))
        values = {name: "" if draw.random() < lacking.get(name, 0) else value for name, value in values.items()}
        values |= {"fee": f'"${draw.randint(1, 9)},{draw.randint(100, 999)}.50"', "code": f"{draw.randint(0, 300):04}"}
        values |= {"mixed": draw.choice([draw.randint(1, 99)] * 9 + ["?"])}
        values |= {"smoker": draw.choice(["Yes", "No", "yes ", " no"])}
        values |= {"id": 100 + 1000 * part + number, "joined": day}
        row = [str(values[name]) for name in _NAMES]
        if labelled:
            row += [str(round(abs(price), 2)), str(int(price + draw.gauss(0, 9) > 70))]
        lines.append(",".join(row))
        if draw.random() < 0.02 and number + 1 < count:
            lines.append(lines[-1])
    return ("\n".join(lines) + "\n").encode()
