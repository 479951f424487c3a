"""Why there is no wheel, or only an older one, in words about the runtime instead of words about pip."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name
from packaging.version import Version

from hatch_lambda.runtimes import RUNTIMES
from hatch_lambda.target import Target, wheel_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.tags import Tag
    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Demand, Pin
    from hatch_lambda.resolve.pip_log import Missing, Offer, PipLog

_UNFIT = frozenset({"tags", "sdist"})


def explain_failure(log: PipLog, target: Target, roots: Sequence[Demand]) -> list[str]:
    """Return what kept pip from resolving, a line each; empty if its log does not tell."""
    if log.unfetched and not any(log.offers(_name(missing.requirement)) for missing in log.missing):
        return explain_unfetched(log)
    if log.prompted:
        return [_unfetched(" or ".join(log.indexes), "it asks for a user name", refused=True)]
    if log.causes:
        where = " and ".join(sorted({root.by for root in roots}))
        return [f"{where}: no versions meet all requirements; {'; '.join(log.causes)}; loosen one of them"]
    return [_nothing_found(missing, log, target, roots) for missing in log.missing]


def explain_unfetched(log: PipLog) -> list[str]:
    """Return a line for each page or file that pip could not get."""
    return [_unfetched(failure.url, failure.reason, refused=failure.refused) for failure in log.unfetched]


def explain_older(pins: Iterable[Pin], demands: Iterable[Demand], log: PipLog, target: Target) -> Iterator[str]:
    """Yield a note for each pin that is not the newest release the requirements admit, with the reason."""
    wanted: dict[NormalizedName, SpecifierSet] = {}
    for demand in demands:
        name = canonicalize_name(demand.requirement.name)
        wanted[name] = wanted[name] & demand.requirement.specifier if name in wanted else demand.requirement.specifier
    for pin in pins:
        if pin.name not in wanted:
            continue
        newer = [offer for offer in log.offers(pin.name) if _is_newer(offer, pin, wanted[pin.name])]
        if not newer:
            continue
        newest = max(offer.version for offer in newer)
        offers = [offer for offer in newer if offer.version == newest]
        if any(offer.reason == "taken" for offer in offers):
            reason = _conflict(f"{pin.name} {newest}", pin.name, log)
        elif all(offer.reason in _UNFIT for offer in offers):
            reason = f"{newest} has no wheel for {target}, {_lacks(offers, target)}"
        else:
            reason = None  # newer Pythons only, or yanked: nobody expects those
        if reason:
            yield f"{pin.name} {pin.version} instead of {newest}: {reason}"


def _is_newer(offer: Offer, pin: Pin, wanted: SpecifierSet) -> bool:
    final = pin.version.is_prerelease or not offer.version.is_prerelease
    return offer.version > pin.version and final and wanted.contains(offer.version, prereleases=True)


def _conflict(newer: str, name: str, log: PipLog) -> str | None:
    """Return who kept ``newer`` out, from the notes of pip's going back."""
    for block in log.conflicts:
        if any(canonical_start(line) == newer for line in block):
            return "; ".join(block)
    for block in log.conflicts:
        if any(re.search(rf"(?:depends on|requested) {re.escape(name)}\b", line, re.IGNORECASE) for line in block):
            return "; ".join(block)
    return None


def canonical_start(line: str) -> str:
    """Return ``name version`` of a line such as ``Name 1.0 depends on other``, the name normalized."""
    words = line.split(" ")
    return f"{canonicalize_name(words[0])} {words[1]}" if len(words) > 1 else line


def _nothing_found(missing: Missing, log: PipLog, target: Target, roots: Sequence[Demand]) -> str:
    name = _name(missing.requirement)
    asked = f"{missing.requirement} (needed by {missing.parent})" if missing.parent else missing.requirement
    where = missing.parent or _where(name, roots)
    offers = log.offers(name)
    if not offers:
        looked = ", ".join(log.indexes) or "any index"
        return (
            f"{where}: no distribution {name!r} in {looked}; check the spelling, or name the index that has it for pip"
        )
    fitting = [offer for offer in offers if _specifier(missing.requirement).contains(offer.version, prereleases=True)]
    if not fitting:
        newest = max(offer.version for offer in offers)
        return f"{where}: no release of {name} meets {asked}; the newest is {newest}; loosen the requirement"
    newest = max((offer.version for offer in fitting), key=lambda version: (not version.is_prerelease, version))
    newest_offers = [offer for offer in fitting if offer.version == newest]
    lacks = _lacks(newest_offers, target)
    return f"{name} {newest}: no wheel for {target}; {lacks}; {_remedy(name, newest_offers, missing.versions, target)}"


def _lacks(offers: Sequence[Offer], target: Target) -> str:
    """Say what a release offers instead of a wheel for the target."""
    pythons = sorted({offer.detail for offer in offers if offer.reason == "python"})
    if pythons:
        return f"it requires Python {', '.join(pythons)}, the runtime has {target.python_full_version}"
    return shortfall([offer.filename for offer in offers], target)


def shortfall(filenames: Sequence[str], target: Target) -> str:
    """Say what these files of a release are, none of which is a wheel that the target can load."""
    tags = {name: _tags(name) for name in filenames if name.endswith(".whl")}
    if not tags:
        return f"it has only an sdist ({filenames[0]}), and nothing is compiled on this machine"
    here = {name: found for name, found in tags.items() if _on_machine(found, target.machine)}
    if not here:
        families = sorted({family for found in tags.values() for family in _families(found)})
        return f"its wheels are for {', '.join(families)}"
    objections = sorted({objection for objection in map(target.objection, here.values()) if objection})
    glibc = [objection for objection in objections if objection.startswith("needs glibc")]
    if glibc:
        return f"it {min(glibc, key=_numbers).replace('; ', ', ')}"
    made_for = sorted({_python(tag) for found in here.values() for tag in found}, key=_numbers)
    return f"its wheels are for {', '.join(made_for)}, the runtime is {target.abi}"


def _remedy(name: str, offers: Sequence[Offer], versions: Sequence[str], target: Target) -> str:
    """Say what would help: another runtime or architecture that has a wheel, an older release, a wheel of one's own."""
    tags = [_tags(offer.filename) for offer in offers if offer.filename.endswith(".whl")]
    remedies = []
    runtimes = [
        runtime
        for runtime in RUNTIMES
        if any(map(Target(runtime, target.architecture).loads, tags)) and runtime.state != "deprecated"
    ]
    if runtimes:
        more = " or newer" if runtimes[-1] == RUNTIMES[-1] and len(runtimes) > 1 else ""
        remedies.append(f"use runtime {runtimes[0].name}{more}" if more else f"use runtime {runtimes[-1].name}")
    other = Target(target.runtime, "arm64" if target.architecture == "x86_64" else "x86_64")
    if any(map(other.loads, tags)):
        remedies.append(f"use architecture {other.architecture}")
    if versions:
        remedies.append(f"admit {name} {max(map(Version, versions))}, the newest with a wheel for it")
    if tags and not any("linux" in tag.platform or tag.platform == "any" for found in tags for tag in found):
        return "it is not made for Linux; give the requirement a marker such as sys_platform == 'win32'"
    return ", or ".join(remedies) or "build a wheel of it on Amazon Linux and name its folder in pip's find-links"


def _unfetched(url: str, reason: str, *, refused: bool) -> str:
    if refused:
        return (
            f"{url}: the index refuses the credentials ({reason}); put the right ones into the index URL, netrc or "
            "a keyring"
        )
    return f"{url}: cannot be fetched ({reason}); check the address and the network, then build again"


def _where(name: NormalizedName, roots: Sequence[Demand]) -> str:
    return next((root.by for root in roots if canonicalize_name(root.requirement.name) == name), "project.dependencies")


def _name(requirement: str) -> NormalizedName:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return canonicalize_name(match[0] if match else requirement)


def _specifier(requirement: str) -> SpecifierSet:
    try:
        return Requirement(requirement).specifier
    except InvalidRequirement:
        return Requirement("any").specifier


def _tags(filename: str) -> frozenset[Tag]:
    try:
        return wheel_tags(filename)
    except InvalidWheelFilename:
        return frozenset()


def _python(tag: Tag) -> str:
    return tag.abi if tag.abi.startswith("cp") else f"{tag.interpreter}-{tag.abi}"


def _on_machine(tags: Iterable[Tag], machine: str) -> bool:
    return any(
        tag.platform == "any" or (tag.platform.endswith(machine) and "manylinux" in tag.platform) for tag in tags
    )


def _families(tags: Iterable[Tag]) -> Iterator[str]:
    for tag in tags:
        yield re.sub(r"(?<=[a-z])\d*(_\d+)+_|(?<=manylinux)\d+_", " ", tag.platform)


def _numbers(text: str) -> tuple[tuple[int, ...], str]:
    return tuple(map(int, re.findall(r"\d+", text))), text
