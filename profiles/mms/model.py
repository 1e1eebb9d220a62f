"""What a VMD holds: domains with their variables, data sets and report control blocks.

One model may serve many associations. It has no clock: what changes a value says when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conform62351.profiles.mms.data import Data, mismatch
from conform62351.profiles.mms.names import DataAccessError
from conform62351.profiles.mms.nodes import Leaf, Node, assignments
from conform62351.profiles.mms.reporting import Member, ReportControl

QUALITY: Final = "q"
TIMESTAMP: Final = "t"


class ModelError(Exception):
    """A model that cannot be, or a variable that a model does not have. Every fault is in ``faults``."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Vmd:
    """What Identify and Status tell of the VMD."""

    vendor_name: str
    model_name: str
    revision: str
    logical_status: int = 0
    physical_status: int = 0


class Domain:
    """A logical device: its variables by their names, and its data sets."""

    def __init__(
        self, name: str, variables: Mapping[str, Node], data_sets: Mapping[str, Sequence[Member]]
    ) -> None:
        self.name = name
        self.variables = variables
        self.data_sets = data_sets
        self.variable_names: Sequence[str] = sorted(variables)
        self.data_set_names: Sequence[str] = sorted(data_sets)


class Model:
    """The VMD: domains by name, and the report control blocks of all of them."""

    def __init__(
        self,
        vmd: Vmd,
        domains: Sequence[Domain],
        blocks: Sequence[ReportControl],
    ) -> None:
        self.vmd = vmd
        self.domains: Mapping[str, Domain] = {domain.name: domain for domain in domains}
        self.domain_names: Sequence[str] = sorted(self.domains)
        self.blocks = tuple(blocks)
        self._attributes = {leaf: (block, leaf.name) for block in self.blocks for leaf in block.node.leaves()}

    def find(self, domain: str, item: str) -> Node | None:
        """Return the variable, or None."""
        found = self.domains.get(domain)
        return None if found is None else found.variables.get(item)

    def data_set(self, domain: str, item: str) -> Sequence[Member] | None:
        """Return the members of a data set, or None."""
        found = self.domains.get(domain)
        return None if found is None else found.data_sets.get(item)

    def read(self, domain: str, item: str) -> Data:
        """Return the value of a variable. Raises ModelError when there is none of that name."""
        return self._variable(domain, item).read()

    def change(self, domain: str, item: str, data: Data, now: float) -> None:
        """Give a variable a new value, as the process behind the device does; access rights do not matter.

        Raises:
            ModelError: no such variable, a value of another type, or an attribute of a report control block.
        """
        node = self._variable(domain, item)
        if mismatch(node.specification, data) is not None:
            raise ModelError(f"{domain}/{item} cannot have the value {data!r}")
        if any(leaf in self._attributes for leaf in node.leaves()):
            raise ModelError(f"{domain}/{item} belongs to a report control block")
        self._assign(node, data, now)

    def refusal(self, node: Node, data: Data, client: object) -> DataAccessError | None:
        """Return why the report control that ``node`` belongs to does not let ``client`` write ``data``."""
        if not isinstance(node, Leaf) or node not in self._attributes:
            return None
        block, name = self._attributes[node]
        return block.refusal(name, data, client)

    def write(self, node: Node, data: Data, client: object, now: float) -> None:
        """Carry out the write of a client; nothing is checked any more."""
        if isinstance(node, Leaf) and node in self._attributes:
            block, name = self._attributes[node]
            block.write(name, data, client, now)
        else:
            self._assign(node, data, now)

    def release(self, client: object) -> None:
        """Free what an association that has ended had reserved."""
        for block in self.blocks:
            block.release(client)

    def _variable(self, domain: str, item: str) -> Node:
        node = self.find(domain, item)
        if node is None:
            raise ModelError(f"there is no variable {domain}/{item}")
        return node

    def _assign(self, node: Node, data: Data, now: float) -> None:
        reasons = {}
        for leaf, value in assignments(node, data):
            if leaf.name != TIMESTAMP:
                if leaf.data == value:
                    reasons[leaf] = "data-update"
                else:
                    reasons[leaf] = "quality-change" if leaf.name == QUALITY else "data-change"
            leaf.data = value
        for block in self.blocks:
            block.changed(reasons, now)
