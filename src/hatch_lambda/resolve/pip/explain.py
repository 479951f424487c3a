"""Why there is no wheel, or only an older one, in words about the runtime instead of words about pip."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, canonicalize_name

from hatch_lambda.resolve.advice import Release, best_runtime, fixes, is_loadable
from hatch_lambda.resolve.pip.log import IndexFile, name_in
from hatch_lambda.resolve.pip.requirers import Requirer, read_requirer, requirers_text
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import Target, wheel_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.tags import Tag
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.advice import Alternatives
    from hatch_lambda.resolve.base import Dependency, Pin
    from hatch_lambda.resolve.pip.log import FetchFailure, Missing, PipLog

UNAUTHORIZED, FORBIDDEN = 401, 403
"""Source: https://www.rfc-editor.org/rfc/rfc9110#section-15.5."""

_UNFIT = frozenset({"tags", "sdist"})


def explain_failure(alternatives: Alternatives, roots: Sequence[Dependency]) -> list[str]:
    """Return what kept pip from resolving, a line each; empty if its log does not tell."""
    log = alternatives.log
    if log.prompted or log.file_mismatches or log.broken_off:
        return explain_download(log)
    if log.fetch_failures and not any(log.files(missing.name) for missing in log.missing):
        return [_unfetched(failure) for failure in log.fetch_failures]
    requirers = list(filter(None, map(read_requirer, log.causes)))
    if requirers:
        return [_conflicting(requirers, alternatives, roots)]
    return [_nothing_found(missing, alternatives, roots) for missing in log.missing]


def explain_download(log: PipLog) -> list[str]:
    """Return what was wrong with the file at which pip gave up, if its log tells."""
    if log.prompted:
        asking = [failure.url for failure in log.fetch_failures if failure.status == UNAUTHORIZED] or [
            " or ".join(log.indexes)
        ]
        return [
            f"{url}: the index asks for a user name and a password, and none that it accepts were found; put them into "
            "the index URL, netrc or a keyring"
            for url in asking
        ]
    if log.file_mismatches:
        file = log.file_mismatches
        problem = f"its sha256 is {file.found}, {file.expected} was promised"
        return [f"{file.filename}: {problem}; build again, and if it stays so, ask whoever runs the index"]
    if log.broken_off:
        return [f"{log.broken_off}: its download broke off; check the network, then build again"]
    return [_unfetched(failure) for failure in log.fetch_failures]


def explain_older(
    pins: Iterable[Pin], dependencies: Iterable[Dependency], log: PipLog, target: Target
) -> Iterator[str]:
    """Yield a note for each pin that is not the newest release the requirements admit, with the reason."""
    for pin, newest, offers in _newest_above(pins, dependencies, log):
        if any(offer.reason == "taken" for offer in offers):
            reason = _conflict(pin.name, newest, log)
        elif all(offer.reason in _UNFIT for offer in offers) and not _only_sdists(offers):
            reason = f"{newest} has no wheel for {target}, {_lacks(offers, target)}"
        else:
            reason = None  # newer Pythons only, or yanked: nobody expects those
        if reason:
            yield f"{pin.name} {pin.version} instead of {newest}: {reason}"


def explain_sdists(pins: Iterable[Pin], dependencies: Iterable[Dependency], log: PipLog) -> Iterator[str]:
    """Yield a warning for each pin that is older than a release which has nothing but an sdist."""
    for pin, newest, offers in _newest_above(pins, dependencies, log):
        if not _only_sdists(offers):
            continue
        release = Release(name=pin.name, version=newest, files=tuple(offers), offers=log.files(pin.name))
        if release.is_native:
            yield (
                f"{pin} is taken instead of {newest}, which has only an sdist with native code "
                f"({offers[0].filename}); build a wheel of it on Amazon Linux to use it."
            )
        else:
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
    offers = [IndexFile(name, pin.version, "tags") for name in others]
    runtimes = [
        runtime
        for runtime in RUNTIMES
        if runtime.state != "deprecated"
        and any(is_loadable(offer, Target(runtime, target.architecture)) for offer in offers)
    ]
    other = Target(target.runtime, "arm64" if target.architecture == "x86_64" else "x86_64")
    if runtimes:
        fix = f"use runtime {best_runtime(runtimes)}"
    elif any(is_loadable(offer, other) for offer in offers):
        fix = f"use architecture {other.architecture}"
    else:
        fix = "use a release with a wheel for it"
    return (
        f"{pin}: might lack a library, because {target} gets its wheel for any platform instead of one for Linux "
        f"({no_wheel_reason(others, target)}); test it, or {fix}"
    )


def _is_for_linux(filename: str) -> bool:
    try:
        tags = wheel_tags(filename)
    except InvalidWheelFilename:
        return False
    return any(re.match("(many)?linux", tag.platform) and tag.interpreter[:2] in {"cp", "py"} for tag in tags)


def _newest_above(
    pins: Iterable[Pin], dependencies: Iterable[Dependency], log: PipLog
) -> Iterator[tuple[Pin, Version, list[IndexFile]]]:
    """Yield each pin that is not the newest release the requirements admit, that release, and its files.

    A release for other versions of Python, or one that was yanked, is none that anybody expects.
    """
    wanted: dict[NormalizedName, SpecifierSet] = {}
    for dependency in dependencies:
        name = canonicalize_name(dependency.requirement.name)
        wanted[name] = (
            wanted[name] & dependency.requirement.specifier if name in wanted else dependency.requirement.specifier
        )
    for pin in pins:
        if pin.name not in wanted:
            continue
        offers = log.files(pin.name)
        unexpected = {offer.version for offer in offers if offer.reason in {"python", "yanked"}}
        newer = [
            offer for offer in offers if offer.version not in unexpected and _is_newer(offer, pin, wanted[pin.name])
        ]
        if newer:
            newest = max(offer.version for offer in newer)
            yield pin, newest, [offer for offer in newer if offer.version == newest]


def _only_sdists(offers: Iterable[IndexFile]) -> bool:
    return all(offer.reason == "sdist" for offer in offers)


def _is_newer(offer: IndexFile, pin: Pin, wanted: SpecifierSet) -> bool:
    final = pin.version.is_prerelease or not offer.version.is_prerelease
    return offer.version > pin.version and final and wanted.contains(offer.version, prereleases=True)


def _conflict(name: NormalizedName, newest: Version, log: PipLog) -> str | None:
    """Return who kept the newest release out, from the notes of pip's going back: those who exclude it, or those who
    want other versions of what it requires.
    """
    blocks = [list(filter(None, map(read_requirer, block))) for block in log.conflicts]
    for block in blocks:
        excluding = [one for one in block if one.name == name and not one.admits(newest)]
        if excluding:
            return requirers_text(excluding)
    for block in blocks:
        required = {one.name for one in block if one.is_release(name, newest)}
        if required:
            return requirers_text(one for one in block if one.name in required)
    return None


def _conflicting(requirers: Sequence[Requirer], alternatives: Alternatives, roots: Sequence[Dependency]) -> str:
    """Say who wants what; or, where a release would do for all of them, why there is no wheel of it."""
    for name in dict.fromkeys(one.name for one in requirers):
        of_name = [one for one in requirers if one.name == name]
        offers = alternatives.log.files(name)
        fitting = [offer for offer in offers if all(one.admits(offer.version) for one in of_name)]
        if fitting and all(offer.reason in _UNFIT | {"python"} for offer in fitting):
            return f"{_unfit_reason(name, fitting, of_name, alternatives)}; {requirers_text(of_name)}"
    where = " and ".join(sorted({root.required_by for root in roots}))
    return f"{where}: no versions meet all requirements; {requirers_text(requirers)}; loosen one of them"


def _nothing_found(missing: Missing, alternatives: Alternatives, roots: Sequence[Dependency]) -> str:
    name, log = missing.name, alternatives.log
    where = missing.parent or _where(name, roots)
    offers = log.files(name)
    if not offers:
        looked = ", ".join(log.indexes) or "any index"
        check = f"use another version of {missing.parent}" if missing.parent else "check the spelling"
        return f"{where}: no distribution {name!r} in {looked}; {check}, or name the index that has it for pip"
    fitting = [offer for offer in offers if missing.specifier.contains(offer.version, prereleases=True)]
    if not fitting:
        newest = max(offer.version for offer in offers)
        loosen = f"use another version of {missing.parent}" if missing.parent else "loosen the requirement"
        return f"{where}: no release of {name} meets {missing.requirement}; the newest is {newest}; {loosen}"
    taken = [offer for offer in fitting if offer.reason == "taken"]
    if taken:
        return _passed_over(where, missing.requirement, taken, log)
    return _unfit_reason(name, fitting, [Requirer(missing.parent, None, missing.requirement)], alternatives)


def _passed_over(where: str, requirement: str, offers: Sequence[IndexFile], log: PipLog) -> str:
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
    return f"{where}: pip uses no release of {name} that meets {requirement}; the newest is {newest}; -v shows why"


def _unfit_reason(
    name: NormalizedName, fitting: Sequence[IndexFile], requirers: Sequence[Requirer], alternatives: Alternatives
) -> str:
    """Say what the newest of the fitting releases lacks for the target, and what would help."""
    newest = max((offer.version for offer in fitting), key=lambda version: (not version.is_prerelease, version))
    offers = alternatives.log.files(name)
    distributions = [one for one in requirers if one.by]
    loadable = {offer.version for offer in offers if offer.reason == "taken"}
    release = Release(
        name=name,
        version=newest,
        files=tuple(offer for offer in fitting if offer.version == newest),
        offers=offers,
        loadable=tuple(version for version in loadable if all(one.admits(version) for one in distributions)),
        parent=distributions[0].by if distributions else "",
    )
    needed_by = f" (needed by {release.parent})" if len(requirers) == 1 and release.parent else ""
    return _no_wheel(f"{name} {newest}{needed_by}", release, alternatives)


def _no_wheel(subject: str, release: Release, alternatives: Alternatives) -> str:
    """Say what a release has instead of a wheel for the target, and what would help."""
    target, fix = alternatives.target, fixes(release, alternatives)
    can_be_built = release.can_be_built(target)
    if can_be_built and release.is_native and not release.has_linux_wheel:
        return f"{subject}: no Linux wheel, only an sdist with native code; {fix}"
    also = ", and it has an sdist" if can_be_built and release.is_pure else ""
    return f"{subject}: no wheel for {target}; {_lacks(release.files, target)}{also}; {fix}"


def _lacks(offers: Sequence[IndexFile], target: Target) -> str:
    """Say what a release offers instead of a wheel for the target."""
    here = target.python_full_version
    excluding = [offer for offer in offers if not offer.pythons.contains(here, prereleases=True)]
    if len(excluding) == len(offers) or any(offer.reason == "python" for offer in excluding):
        ordered = [offer for offer in excluding if offer.reason == "python"] or excluding
        pythons = sorted({offer.requires_python for offer in ordered})
        return f"it requires Python {', '.join(pythons)}, the runtime has {here}"
    return no_wheel_reason([offer.filename for offer in offers], target)


def no_wheel_reason(filenames: Sequence[str], target: Target) -> str:
    """Say what these files of a release are, none of which is a wheel that the target can load."""
    tags = {name: wheel_tags(name) for name in filenames if name.endswith(".whl")}
    if not tags:
        return f"it has only an sdist ({filenames[0]}), and nothing is compiled on this machine"
    here = {name: found for name, found in tags.items() if _on_machine(found, target.machine)}
    if not here:
        families = sorted({family for found in tags.values() for family in _families(found)})
        return f"its wheels are for {', '.join(families)}"
    objections = sorted({problem for problem in map(target.wheel_problem, here.values()) if problem})
    glibc = [problem for problem in objections if problem.startswith("needs glibc")]
    if glibc:
        return f"it {min(glibc, key=_numbers).replace('; ', ', ')}"
    made_for = sorted({_python(tag) for found in here.values() for tag in found}, key=_numbers)
    return f"its wheels are for {', '.join(made_for)}, the runtime is {target.abi}"


def _unfetched(failure: FetchFailure) -> str:
    if failure.status in {UNAUTHORIZED, FORBIDDEN}:
        return (
            f"{failure.url}: the index refuses access ({failure.reason}); put the right user name and password into "
            "the index URL, netrc or a keyring"
        )
    if failure.status:
        return f"{failure.url}: the index answers with {failure.reason}; build again later, or ask whoever runs it"
    return f"{failure.url}: cannot be fetched ({failure.reason}); check the address and the network, then build again"


def _where(name: NormalizedName, roots: Sequence[Dependency]) -> str:
    return next(
        (root.required_by for root in roots if canonicalize_name(root.requirement.name) == name), "project.dependencies"
    )


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
