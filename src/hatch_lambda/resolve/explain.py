"""Why there is no wheel, or only an older one, in words about the runtime instead of words about pip."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name
from packaging.version import Version

from hatch_lambda.resolve.pip_log import Offer, name_in, specifier_in
from hatch_lambda.runtimes import RUNTIMES
from hatch_lambda.target import Target, wheel_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.tags import Tag
    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Demand, Pin
    from hatch_lambda.resolve.pip_log import Missing, PipLog, Unfetched
    from hatch_lambda.runtimes import Runtime

UNAUTHORIZED, FORBIDDEN = 401, 403
"""Source: https://www.rfc-editor.org/rfc/rfc9110#section-15.5."""

_UNFIT = frozenset({"tags", "sdist"})
_SOURCES = frozenset({"sdist", "yanked"})


def explain_failure(log: PipLog, target: Target, roots: Sequence[Demand]) -> list[str]:
    """Return what kept pip from resolving, a line each; empty if its log does not tell."""
    if log.prompted or log.mismatched or log.broken_off:
        return explain_download(log)
    if log.unfetched and not any(log.offers(missing.name) for missing in log.missing):
        return [_unfetched(failure) for failure in log.unfetched]
    if log.causes:
        return [_conflicting(log, target, roots)]
    return [_nothing_found(missing, log, target, roots) for missing in log.missing]


def explain_download(log: PipLog) -> list[str]:
    """Return what was wrong with the file at which pip gave up, if its log tells."""
    if log.prompted:
        asking = [failure.url for failure in log.unfetched if failure.status == UNAUTHORIZED] or [
            " or ".join(log.indexes)
        ]
        return [
            f"{url}: the index asks for a user name and a password, and none that it accepts were found; put them into "
            "the index URL, netrc or a keyring"
            for url in asking
        ]
    if log.mismatched:
        file = log.mismatched
        problem = f"its sha256 is {file.found}, {file.expected} was promised"
        return [f"{file.filename}: {problem}; build again, and if it stays so, ask whoever runs the index"]
    if log.broken_off:
        return [f"{log.broken_off}: its download broke off; check the network, then build again"]
    return [_unfetched(failure) for failure in log.unfetched]


def explain_older(pins: Iterable[Pin], demands: Iterable[Demand], log: PipLog, target: Target) -> Iterator[str]:
    """Yield a note for each pin that is not the newest release the requirements admit, with the reason."""
    for pin, newest, offers in _newest_above(pins, demands, log):
        if any(offer.reason == "taken" for offer in offers):
            reason = _conflict(f"{pin.name} {newest}", pin.name, log)
        elif all(offer.reason in _UNFIT for offer in offers) and not _only_sdists(offers):
            reason = f"{newest} has no wheel for {target}, {_lacks(offers, target)}"
        else:
            reason = None  # newer Pythons only, or yanked: nobody expects those
        if reason:
            yield f"{pin.name} {pin.version} instead of {newest}: {reason}"


def explain_sdists(pins: Iterable[Pin], demands: Iterable[Demand], log: PipLog) -> Iterator[str]:
    """Yield a warning for each pin that is older than a release which has nothing but an sdist."""
    for pin, newest, offers in _newest_above(pins, demands, log):
        if _only_sdists(offers):
            yield (
                f"{pin} is taken instead of {newest}, which has only an sdist ({offers[0].filename}); "
                f'build-from-source = ["{pin.name}"] takes it, if it is pure Python.'
            )


def explain_fallbacks(
    pins: Iterable[Pin], filenames: Mapping[NormalizedName, Sequence[str]], target: Target
) -> dict[NormalizedName, str]:
    """Return a warning for each pin whose wheel is for any platform, and whose release has others for Linux.

    ``filenames`` are those of the files of each release, as far as they are known. Wheels for other implementations
    than CPython don't count. A release with others for Windows or macOS only has its wheel for any platform for Linux.
    """
    others = {pin: [name for name in filenames.get(pin.name, ()) if _is_for_linux(name)] for pin in pins}
    return {
        pin.name: _fallback(pin, sorted(names), target)
        for pin, names in others.items()
        if names and pin.filename.endswith("-any.whl")
    }


def _fallback(pin: Pin, others: Sequence[str], target: Target) -> str:
    offers = [Offer(name, pin.version, "tags") for name in others]
    runtimes = [runtime for runtime in RUNTIMES if _suits(offers, Target(runtime, target.architecture))]
    other = Target(target.runtime, "arm64" if target.architecture == "x86_64" else "x86_64")
    if runtimes:
        fix = f"use runtime {_best(runtimes)}"
    elif _suits(offers, other):
        fix = f"use architecture {other.architecture}"
    else:
        fix = "use a release with a wheel for it"
    return (
        f"{pin}: might lack a library, because {target} gets its wheel for any platform instead of one for Linux "
        f"({shortfall(others, target)}); test it, or {fix}"
    )


def _is_for_linux(filename: str) -> bool:
    try:
        tags = wheel_tags(filename)
    except InvalidWheelFilename:
        return False
    return any(re.match("(many)?linux", tag.platform) and tag.interpreter[:2] in {"cp", "py"} for tag in tags)


def _newest_above(
    pins: Iterable[Pin], demands: Iterable[Demand], log: PipLog
) -> Iterator[tuple[Pin, Version, list[Offer]]]:
    """Yield each pin that is not the newest release the requirements admit, that release, and its files.

    A release for other versions of Python, or one that was yanked, is none that anybody expects.
    """
    wanted: dict[NormalizedName, SpecifierSet] = {}
    for demand in demands:
        name = canonicalize_name(demand.requirement.name)
        wanted[name] = wanted[name] & demand.requirement.specifier if name in wanted else demand.requirement.specifier
    for pin in pins:
        if pin.name not in wanted:
            continue
        offers = log.offers(pin.name)
        unexpected = {offer.version for offer in offers if offer.reason in {"python", "yanked"}}
        newer = [
            offer for offer in offers if offer.version not in unexpected and _is_newer(offer, pin, wanted[pin.name])
        ]
        if newer:
            newest = max(offer.version for offer in newer)
            yield pin, newest, [offer for offer in newer if offer.version == newest]


def _only_sdists(offers: Iterable[Offer]) -> bool:
    return all(offer.reason == "sdist" for offer in offers)


def _is_newer(offer: Offer, pin: Pin, wanted: SpecifierSet) -> bool:
    final = pin.version.is_prerelease or not offer.version.is_prerelease
    return offer.version > pin.version and final and wanted.contains(offer.version, prereleases=True)


def _conflict(newer: str, name: str, log: PipLog) -> str | None:
    """Return who kept ``newer`` out, from the notes of pip's going back."""
    for block in log.conflicts:
        if any(canonical_start(line) == newer for line in block):
            return _causes(block)
    for block in log.conflicts:
        if any(re.search(rf"(?:depends on|requested) {re.escape(name)}\b", line, re.IGNORECASE) for line in block):
            return _causes(block)
    return None


def canonical_start(line: str) -> str:
    """Return ``name version`` of a line such as ``Name 1.0 depends on other``, the name normalized."""
    words = line.split(" ")
    return f"{canonicalize_name(words[0])} {words[1]}" if len(words) > 1 else line


def _conflicting(log: PipLog, target: Target, roots: Sequence[Demand]) -> str:
    """Say who wants what; or, where a release would do for all of them, why there is no wheel of it."""
    wanted: dict[NormalizedName, SpecifierSet] = {}
    for cause in log.causes:
        text = re.split(r" depends on |The user requested (?:\(constraint\) )?", cause)[-1]
        wanted[name_in(text)] = wanted.get(name_in(text), SpecifierSet()) & specifier_in(text)
    for name, specifier in wanted.items():
        offers = log.offers(name)
        fitting = [offer for offer in offers if specifier.contains(offer.version, prereleases=True)]
        if fitting and all(offer.reason in _UNFIT | {"python"} for offer in fitting):
            loadable = [str(offer.version) for offer in offers if offer.reason == "taken"]
            return f"{_unfit(name, fitting, loadable, target)}; {_causes(log.causes)}"
    where = " and ".join(sorted({root.by for root in roots}))
    return f"{where}: no versions meet all requirements; {_causes(log.causes)}; loosen one of them"


def _causes(lines: Iterable[str]) -> str:
    """Return pip's lines on who wants what, less its talk of a user."""
    words = (("The user requested (constraint)", "a constraint says"), ("The user requested", "the project requires"))
    text = "; ".join(lines)
    for pips, ours in words:
        text = text.replace(pips, ours)
    return text


def _nothing_found(missing: Missing, log: PipLog, target: Target, roots: Sequence[Demand]) -> str:
    name = missing.name
    where = missing.parent or _where(name, roots)
    offers = log.offers(name)
    if not offers:
        looked = ", ".join(log.indexes) or "any index"
        check = f"use another version of {missing.parent}" if missing.parent else "check the spelling"
        return f"{where}: no distribution {name!r} in {looked}; {check}, or name the index that has it for pip"
    fitting = [offer for offer in offers if missing.specifier.contains(offer.version, prereleases=True)]
    if not fitting:
        newest = max(offer.version for offer in offers)
        loosen = f"use another version of {missing.parent}" if missing.parent else "loosen the requirement"
        return f"{where}: no release of {name} meets {missing.requirement}; the newest is {newest}; {loosen}"
    unfit = [offer for offer in fitting if offer.reason != "taken"]
    taken = [offer for offer in fitting if offer.reason == "taken"]
    if taken:
        return _passed_over(where, missing.requirement, taken, log)
    return _unfit(name, unfit, missing.versions, target, f" (needed by {missing.parent})" if missing.parent else "")


def _passed_over(where: str, requirement: str, offers: Sequence[Offer], log: PipLog) -> str:
    """Say why pip did not use a release that has a wheel for the target."""
    names = {offer.filename for offer in offers}
    for file in log.discarded:
        if file.filename in names:
            return (
                f"{file.filename}: the {file.field} in its metadata is {file.found!r}; pip refuses it; ask whoever "
                "runs the index"
            )
    newest = max(offer.version for offer in offers)
    name = name_in(requirement)
    if str(newest) in log.yanked:
        return (
            f"{where}: every release of {name} that meets {requirement} was yanked from its index; the newest is "
            f"{newest}; require {name}=={newest} to use it all the same"
        )
    return f"{where}: pip uses no release of {name} that meets {requirement}; the newest is {newest}; see what it said"


def _unfit(
    name: NormalizedName, offers: Sequence[Offer], loadable: Sequence[str], target: Target, needed_by: str = ""
) -> str:
    """Say what the newest of the releases lacks for the target, and what would help."""
    newest = max((offer.version for offer in offers), key=lambda version: (not version.is_prerelease, version))
    newest_offers = [offer for offer in offers if offer.version == newest]
    lacks, remedy = _lacks(newest_offers, target), _remedy(name, newest_offers, loadable, target)
    return f"{name} {newest}{needed_by}: no wheel for {target}; {lacks}; {remedy}"


def _lacks(offers: Sequence[Offer], target: Target) -> str:
    """Say what a release offers instead of a wheel for the target."""
    pythons = sorted({offer.detail for offer in offers if offer.reason == "python"})
    if pythons:
        return f"it requires Python {', '.join(pythons)}, the runtime has {target.python_full_version}"
    return shortfall([offer.filename for offer in offers], target)


def shortfall(filenames: Sequence[str], target: Target) -> str:
    """Say what these files of a release are, none of which is a wheel that the target can load."""
    tags = {name: wheel_tags(name) for name in filenames if name.endswith(".whl")}
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
    wheels = [offer for offer in offers if offer.filename.endswith(".whl")]
    remedies = []
    files = [offer for offer in offers if offer in wheels or offer.reason == "python"]
    runtimes = [runtime for runtime in RUNTIMES if _suits(files, Target(runtime, target.architecture))]
    if runtimes:
        remedies.append(f"use runtime {_best(runtimes)}")
    other = Target(target.runtime, "arm64" if target.architecture == "x86_64" else "x86_64")
    if _suits(wheels, other):
        remedies.append(f"use architecture {other.architecture}")
    if versions:
        remedies.append(f"admit {name} {max(map(Version, versions))}, the newest with a wheel for it")
    platforms = {tag.platform for offer in wheels for tag in wheel_tags(offer.filename)}
    if platforms and not any("linux" in platform or platform == "any" for platform in platforms):
        return "it is not made for Linux; give the requirement a marker such as sys_platform == 'win32'"
    if all(offer.reason in _SOURCES for offer in offers):
        remedies.insert(0, from_source(name))
    return ", or ".join(remedies) or "build a wheel of it on Amazon Linux and name its folder in pip's find-links"


def from_source(name: str) -> str:
    """Say how a distribution that has only an sdist can be had all the same."""
    return f'add build-from-source = ["{canonicalize_name(name)}"] to the table if it is pure Python'


def _suits(files: Iterable[Offer], target: Target) -> bool:
    """Return whether a target that one would still choose loads one of the wheels, or builds one of the sdists."""
    return target.runtime.state != "deprecated" and any(
        (not offer.filename.endswith(".whl") or target.loads(wheel_tags(offer.filename)))
        and _pythons(offer).contains(target.python_full_version, prereleases=True)
        for offer in files
    )


def _best(runtimes: Sequence[Runtime]) -> str:
    """Return which of some runtimes to take: all from one on, if they go up to the newest; else the last supported."""
    newest = list(takewhile(runtimes.__contains__, reversed(RUNTIMES)))
    if len(newest) > 1:
        return f"{newest[-1].name} or newer"
    return max(runtimes, key=lambda runtime: (runtime.state == "supported", runtime.python)).name


def _pythons(offer: Offer) -> SpecifierSet:
    try:
        return SpecifierSet(offer.detail)
    except InvalidSpecifier:
        return SpecifierSet("<0")


def _unfetched(failure: Unfetched) -> str:
    if failure.status in {UNAUTHORIZED, FORBIDDEN}:
        return (
            f"{failure.url}: the index refuses access ({failure.reason}); put the right user name and password into "
            "the index URL, netrc or a keyring"
        )
    if failure.status:
        return f"{failure.url}: the index answers with {failure.reason}; build again later, or ask whoever runs it"
    return f"{failure.url}: cannot be fetched ({failure.reason}); check the address and the network, then build again"


def _where(name: NormalizedName, roots: Sequence[Demand]) -> str:
    return next((root.by for root in roots if canonicalize_name(root.requirement.name) == name), "project.dependencies")


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
