"""Known substitutes that the index provides for the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.resolve.known_packages import SUBSTITUTES
from hatch_lambda.resolve.pip.advice import is_loadable
from hatch_lambda.resolve.pip.command import index_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Host
    from hatch_lambda.runtime.target import Target


def usable_substitutes(names: Iterable[NormalizedName], target: Target, host: Host) -> dict[NormalizedName, str]:
    """Return the substitute of each name that has one, unless the index has no wheel of it for the target.

    A substitute that the index doesn't list at all is still returned.
    """
    found = {}
    for name in sorted(SUBSTITUTES.keys() & set(names)):
        offers, _ = index_files(canonicalize_name(SUBSTITUTES[name]), target, host)
        if not offers or any(is_loadable(offer, target) for offer in offers):
            found[name] = SUBSTITUTES[name]
    return found
