"""seaborn: the tables that `load_dataset` brings, and their columns."""

from __future__ import annotations

TABLES = {
    "diamonds": "carat cut color clarity depth table price x y z",
    "flights": "year month passengers",
    "iris": "sepal_length sepal_width petal_length petal_width species",
    "mpg": "mpg cylinders displacement horsepower weight acceleration model_year origin name",
    "penguins": "species island bill_length_mm bill_depth_mm flipper_length_mm body_mass_g sex",
    "planets": "method number orbital_period mass distance year",
    "tips": "total_bill tip sex smoker day time size",
    "titanic": "survived pclass sex age sibsp parch fare embarked class who adult_male deck embark_town alive alone",
}


def header(name: object) -> tuple[str, ...] | None:
    """The columns of a table, where they are known."""
    return tuple(TABLES[name].split()) if isinstance(name, str) and name in TABLES else None
