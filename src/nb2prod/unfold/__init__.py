"""A notebook whose calls of its own functions are written out where they stand, so that it reads like plain cells."""

from nb2prod.unfold.columns import applied_to
from nb2prod.unfold.program import Frame, Unfolded, callable_names, unfolded

__all__ = ["Frame", "Unfolded", "applied_to", "callable_names", "unfolded"]
