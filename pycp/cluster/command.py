"""The option --cluster: which engine, and how a copy by one begins and ends."""

import sys

from pycp.cluster.nodes import Nodes
from pycp.system.ending import BeforeTheEnd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from pycp.options import CopyOptions

RANKS = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")
"""Variables in which launchers of MPI tell each process its number."""


def is_told_by_another(words: "list[str]", environ: "Mapping[str, str]") -> bool:
    """Return whether the first process of the same job has the same mistake to tell.

    A scheduler has its workers, so one process of a job may well be the only one to call it.
    """
    if any(word.rpartition("=")[2].startswith("dask:") for word in words):
        return False
    return any(environ.get(name, "0") != "0" for name in RANKS)


def copy_with_cluster(options: "CopyOptions", copy: "Callable[[Nodes], int]") -> "NoReturn":
    """Have a function copy with the nodes that the options name, and exit with its status.

    Where this process is itself a node, it is one until the coordinator lets it go.

    Raise CopyError, and do nothing, if there is no such cluster.
    """
    if options.cluster == "mpi":
        from pycp.cluster.mpi import Ranks

        ranks = Ranks()
        if not ranks.is_first:
            ranks.serve()
            sys.exit()  # by the long way: MPI has things to do at the end of a process
        nodes = Nodes(ranks, options.jobs)
    else:
        from pycp.cluster.address import trusted_address
        from pycp.cluster.dask import Workers

        word = options.cluster.removeprefix("dask:")
        address = trusted_address(word, options.cluster_insecure)
        nodes = Nodes(Workers(address), options.jobs)
    end = BeforeTheEnd(nodes.interrupted)
    status = 1
    try:
        status = copy(nodes)
    finally:
        end.is_over()
        nodes.end(status)
    sys.exit(status)
