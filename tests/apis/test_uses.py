from __future__ import annotations

import pytest

from nb2prod.apis import find
from nb2prod.lint.nodes import Nodes
from nb2prod.notebook import Notebook
from nb2prod.program import parse


def used(code: str) -> list[str]:
    program = parse(Notebook.from_prompts(f"# In [1]:\n{code}\n"))
    found = list(find(program))
    assert list(find(program, Nodes(program).of)) == found
    return [each.change.shown for each in found]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from sklearn.datasets import load_boston", ["sklearn.datasets.load_boston"]),
        ("from sklearn.externals import joblib", ["sklearn.externals.joblib"]),
        ("import sklearn.cross_validation as cv", ["sklearn.cross_validation"]),
        ("import numpy as np\nx = np.float(1)", ["numpy.float"]),
        ("import pandas as pd\ndf.ix[0]", ["pandas.DataFrame.ix"]),
        ("import pandas as pd\ndf = df.append(row)", ["pandas.DataFrame.append"]),
        ("import pandas as pd\nrows.append(row)", []),
        ("import pandas as pd\ndf.append(a).reset_index()", ["pandas.DataFrame.append"]),
        ("df.ix[0]", []),
        ("import pandas as pd\npd.read_csv('a', squeeze=True)", ["pandas.read_csv(squeeze=)"]),
        ("import pandas as pd\npd.read_csv('a', sep=';')", []),
        ("import pandas as pd\ndf['a'].dt.week", ["pandas.Series.dt.week"]),
        ("import pandas as pd\ndf.week", []),
        ("import pandas as pd\nx.dt.isocalendar().week", []),
        (
            "from sklearn.linear_model import SGDClassifier\nSGDClassifier(loss='log')",
            ["sklearn.linear_model.SGDClassifier(loss='log')"],
        ),
        ("from sklearn.linear_model import SGDClassifier\nSGDClassifier(loss='hinge')", []),
        ("import matplotlib.pyplot as plt\nplt.style.use('seaborn')", ["matplotlib.pyplot.style.use('seaborn')"]),
        ("import matplotlib.pyplot as plt\nplt.style.use('ggplot')", []),
        (
            "import seaborn as sns\nsns.boxplot(a, b)",
            ["seaborn.boxplot(), with more than 1 arguments by position"],
        ),
        ("import seaborn as sns\nsns.boxplot(*both)", []),
        (
            "from sklearn.metrics import *\nplot_confusion_matrix(m, x, y)",
            ["sklearn.metrics.plot_confusion_matrix"] * 2,
        ),
        ("from numpy import float as f\nx = f(1)", ["numpy.float", "numpy.float"]),
        (
            "import numpy as np\n\n@np.float\n@keep(lambda x=np.bool: x)\ndef f(x=np.object):\n  class A(np.int): 1",
            ["numpy.object", "numpy.int", "numpy.float", "numpy.bool"],
        ),
        (
            "import numpy as np\nx = [y for y in z if f'{np.float(y)}' == y[np.int:]]\nwith a as np.bool: del np.str",
            ["numpy.float", "numpy.int"],
        ),
    ],
)
def test_uses_are_found(code: str, expected: list[str]) -> None:
    assert used(code) == expected


def test_a_use_in_a_try_is_guarded() -> None:
    code = "# In [1]:\ntry:\n    from sklearn.externals import joblib\nexcept ImportError:\n    import joblib\n"
    (only,) = find(parse(Notebook.from_prompts(code)))
    assert only.guarded
    assert (only.where.line, only.where.column) == (2, 5)
