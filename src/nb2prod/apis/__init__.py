"""What libraries removed and added, and in which version: the table, and where a notebook uses what is in it."""

from nb2prod.apis.table import Change, changes

__all__ = ["Change", "changes"]
