"""How grave an unseeded draw is, and what the message advises."""

import pytest

from nb2prod.lint.rule import Context, Finding
from nb2prod.lint.rules.unseeded_randomness import RULE
from nb2prod.notebook import Notebook
from nb2prod.program import parse


def _found(code: str) -> Finding:
    (found,) = RULE.check(Context(parse(Notebook.from_prompts(f"# In [1]:\n{code}\n"))))
    return found


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("import numpy as np\nnp.random.rand(3)", "info"),
        ("import numpy as np\nx = np.random.rand(3)", None),
        ("import numpy as np\nnp.random.shuffle(x)", None),
        ("import pandas as pd\ndf = pd.read_csv('a')\ndf.sample(5)", "info"),
        ("import pandas as pd\ndf = pd.read_csv('a')\ndf.sample(5)\ndf = df.sample(frac=1)", None),
    ],
)
def test_what_is_only_shown_is_information(code: str, severity: str | None) -> None:
    assert _found(code).severity == severity


@pytest.mark.parametrize(
    ("code", "way"),
    [
        ("from keras.layers import Dense\nmodel = Dense(3)", "call `keras.utils.set_random_seed(0)`"),
        ("import tensorflow as tf\nx = tf.random.normal([3])", "call `tf.random.set_seed(0)`"),
        ("df = pd.read_csv('a')\ndf = df.sample(3).head()", "(`df.sample`): pass `random_state=0` or call `np.ran"),
        ("from sklearn.cluster import KMeans\nk = KMeans(3).fit(x)", "(`KMeans(…).fit`): make the object with"),
    ],
)
def test_the_message_says_how_to_seed(code: str, way: str) -> None:
    assert way in _found(code).message
