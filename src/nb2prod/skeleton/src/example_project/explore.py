"""What the notebook looked at (cells 2 and 7)."""

from __future__ import annotations

import matplotlib.pyplot as plt

from example_project import data, pictures


def explore() -> None:
    """Show the data; figures are saved by `pictures`."""
    shipments = data.load()
    print(shipments.describe())
    shipments["weight"].hist(bins=20)
    plt.title("Weight")
    plt.show()
    shipments.groupby("depot")["late"].value_counts().unstack().plot(kind="bar")
    pictures.save("cell-7")
