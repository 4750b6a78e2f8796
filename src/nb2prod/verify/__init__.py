"""Proof, not hope: runs the notebook and the project made from it, and compares their values.

The only part of nb2prod that runs a notebook's code.
"""

from nb2prod.verify.proof import verify
from nb2prod.verify.verdict import Verdict

__all__ = ["Verdict", "verify"]
