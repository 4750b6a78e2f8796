"""IPython syntax: as Python of the same lines, and what magics do to the notebook's names."""

from nb2prod.magics.effects import Unknown, bound_by, deleted_by, read_by
from nb2prod.magics.translate import is_python, to_python

__all__ = ["Unknown", "bound_by", "deleted_by", "is_python", "read_by", "to_python"]
