"""A kernel of any interpreter, without a kernelspec of it being installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from nb2prod.verify.folders import PROBE

if TYPE_CHECKING:
    from pathlib import Path


def kernel_of(python: Path, root: Path) -> type[AsyncKernelManager]:
    """Give a kernel manager that starts `python`'s own ipykernel with the probe as an extension."""
    arguments = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}", f"--ext={PROBE}.kernel"]

    class Kernel(AsyncKernelManager):
        """Starts one given interpreter."""

        def _transport_default(self) -> str:
            return "ipc"  # sockets in our own folder: nobody else can connect

        def _ip_default(self) -> str:
            return str(root / "socket")

        def _connection_file_default(self) -> str:
            return str(root / "kernel.json")

        @property
        def kernel_spec(self) -> KernelSpec:
            """How the kernel is started."""
            return KernelSpec(argv=arguments, display_name=str(python), language="python")

    return Kernel
