"""Names of the notebook become locals of a function: `global` in its nested functions becomes `nonlocal`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from nb2prod.refactor.cells import CstStatement


class _NonlocalForGlobal(cst.CSTTransformer):
    def leave_Global(self, original_node: cst.Global, updated_node: cst.Global) -> cst.Nonlocal:  # noqa: N802 - libcst's name
        return cst.Nonlocal(names=updated_node.names, whitespace_after_nonlocal=updated_node.whitespace_after_global)


def nonlocal_for_global(node: CstStatement) -> CstStatement:
    """The statement with `nonlocal` where it says `global`."""
    changed = node.visit(_NonlocalForGlobal())
    return changed if isinstance(changed, cst.SimpleStatementLine | cst.BaseCompoundStatement) else node
