"""What libraries removed and added, and in which version: the table, and where a notebook uses what is in it."""

from nb2prod.apis.table import Change, changes
from nb2prod.apis.uses import Use, find

__all__ = ["Change", "Use", "changes", "find"]
