"""numpy: functions that work element by element along the rows."""

from __future__ import annotations

ELEMENT_WISE = frozenset(
    """
    abs absolute add arccos arcsin arctan array asarray around cbrt ceil clip cos cosh deg2rad degrees divide equal exp exp2 expm1
    fabs floor floor_divide fmax fmin greater greater_equal hypot isfinite isinf isnan less less_equal log log10 log1p
    log2 logical_and logical_not logical_or maximum minimum mod multiply nan_to_num negative not_equal power rad2deg
    radians reciprocal remainder rint round round_ select sign sin sinh sqrt square subtract tan tanh true_divide trunc where
    ascontiguousarray float32 float64 int32 int64
""".split()
)
SIDE_BY_SIDE = frozenset({"hstack", "column_stack"})
RESHAPES = frozenset({"ravel", "reshape", "squeeze", "expand_dims"})
