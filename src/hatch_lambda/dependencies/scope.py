"""The extra or the group that a requirement belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.utils import NormalizedName


@dataclass(frozen=True)
class Scope:
    """The extra or the dependency group that a requirement belongs to, if any."""

    extra: NormalizedName | None = None
    group: NormalizedName | None = None

    def distance(self, entry: Mapping[str, Any]) -> int:
        """Return 0 for an entry of this extra or group, 1 for one without, and 2 for one of another."""
        named = {key: canonicalize_name(str(entry[key])) for key in ("extra", "group") if key in entry}
        if not named:
            return 1
        return 0 if named in ({"extra": self.extra}, {"group": self.group}) else 2


NO_SCOPE = Scope()
