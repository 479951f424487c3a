"""Explain why there is no wheel, or only an older one, in terms of the runtime instead of pip."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.resolve.pip.advice import BUILD_WHEEL, Release, fixes, from_source
from hatch_lambda.resolve.pip.log import name_in
from hatch_lambda.resolve.pip.requirers import Requirer, read_requirer, requirers_text
from hatch_lambda.runtime.target import wheel_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.tags import Tag
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.diagnostics import Code
    from hatch_lambda.resolve.base import Dependency, Pin
    from hatch_lambda.resolve.pip.advice import Alternatives
    from hatch_lambda.resolve.pip.log import FetchFailure, IndexFile, Missing, PipLog
    from hatch_lambda.runtime.target import Target

UNAUTHORIZED, FORBIDDEN = 401, 403
"""Source: https://www.rfc-editor.org/rfc/rfc9110#section-15.5."""

_UNFIT = frozenset({"tags", "sdist"})


_CREDENTIALS_FIX = "put the user name and password into the index URL, netrc, or a keyring"

_REBUILD_FIX = "rebuild, and if that doesn't help, report it to the index owner"


def explain_failure(alternatives: Alternatives, roots: Sequence[Dependency]) -> list[Diagnostic]:
    """Return what kept pip from resolving; empty if its log doesn't show it."""
    log = alternatives.log
    if log.prompted or log.file_mismatches or log.broken_off:
        return explain_download(log)
    if log.fetch_failures and not any(log.files(missing.name) for missing in log.missing):
        return [_unfetched(failure) for failure in log.fetch_failures]
    requirers = list(filter(None, map(read_requirer, log.causes)))
    if requirers:
        return [_conflicting(requirers, alternatives, roots)]
    return [_nothing_found(missing, alternatives, roots) for missing in log.missing]


def explain_download(log: PipLog) -> list[Diagnostic]:
    """Return what is wrong with the file at which pip stopped, if its log shows it."""
    if log.prompted:
        asking = [failure.url for failure in log.fetch_failures if failure.status == UNAUTHORIZED] or [
            " or ".join(log.indexes) or "pip"  # with raw output, pip doesn't log the URLs of files
        ]
        problem = "the index requires a user name and password, and pip found none that it accepts"
        return [_problem("index-access", url, problem, _CREDENTIALS_FIX) for url in asking]
    if log.file_mismatches:
        file = log.file_mismatches
        problem = f"its SHA-256 is {file.found} instead of {file.expected}"
        return [_problem("hash-mismatch", file.filename, problem, _REBUILD_FIX)]
    if log.broken_off:
        return [
            _problem("fetch-failed", log.broken_off, "the download was interrupted", "check the network, then rebuild")
        ]
    return [_unfetched(failure) for failure in log.fetch_failures]


def explain_older(
    pins: Iterable[Pin],
    dependencies: Iterable[Dependency],
    log: PipLog,
    target: Target,
    conflicts: Sequence[Sequence[str]],
) -> Iterator[str]:
    """Yield a note for each pin that isn't the newest release the requirements admit, with the reason.

    ``conflicts`` are conflicting requirements, as pip writes them, for each release that the resolver gave up.
    """
    for pin, newest, offers in _newest_above(pins, dependencies, log):
        if any(offer.reason == "taken" for offer in offers):
            reason = _conflict(pin.name, newest, conflicts)
        elif all(offer.reason in _UNFIT for offer in offers) and not _only_sdists(offers):
            reason = f"{newest} has no wheel for {target} ({_lacks(offers, target)})"
        else:
            reason = None  # for newer Pythons only, or yanked: not a surprise
        if reason:
            yield f"{pin.name} {pin.version} instead of {newest}, because {reason}"


def explain_sdists(pins: Iterable[Pin], dependencies: Iterable[Dependency], log: PipLog) -> Iterator[Diagnostic]:
    """Yield a warning for each pin that is older than a release with only an sdist."""
    for pin, newest, offers in _newest_above(pins, dependencies, log):
        if not _only_sdists(offers):
            continue
        release = Release(name=pin.name, version=newest, files=tuple(offers), offers=log.files(pin.name))
        kind, fix = (
            ("an sdist with native code", BUILD_WHEEL) if release.is_native else ("an sdist", from_source(pin.name))
        )
        yield _warning(
            "sdist-only", str(pin), f"used instead of {newest}, which has only {kind} ({offers[0].filename})", fix
        )


def _newest_above(
    pins: Iterable[Pin], dependencies: Iterable[Dependency], log: PipLog
) -> Iterator[tuple[Pin, Version, list[IndexFile]]]:
    """Yield each pin that isn't the newest release the requirements admit, that release, and its files.

    A release for other versions of Python, or a yanked one, doesn't count.
    """
    wanted: dict[NormalizedName, SpecifierSet] = {}
    for dependency in dependencies:
        name = dependency.name
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


def _conflict(name: NormalizedName, newest: Version, conflicts: Sequence[Sequence[str]]) -> str | None:
    """Return the requirements that exclude the newest release, or the versions that it requires."""
    blocks = [list(filter(None, map(read_requirer, block))) for block in conflicts]
    for block in blocks:
        excluding = [one for one in block if one.name == name and not one.admits(newest)]
        if excluding:
            return requirers_text(excluding)
    for block in blocks:
        required = {one.name for one in block if one.is_release(name, newest)}
        if required:
            return requirers_text(one for one in block if one.name in required)
    return None


def _conflicting(requirers: Sequence[Requirer], alternatives: Alternatives, roots: Sequence[Dependency]) -> Diagnostic:
    """Return the conflict; or, if a release satisfies all requirements, why it has no wheel."""
    for name in dict.fromkeys(one.name for one in requirers):
        of_name = [one for one in requirers if one.name == name]
        offers = alternatives.log.files(name)
        fitting = [offer for offer in offers if all(one.admits(offer.version) for one in of_name)]
        if fitting and all(offer.reason in _UNFIT | {"python"} for offer in fitting):
            return _unfit_problem(name, fitting, of_name, alternatives)
    where = " and ".join(sorted({root.required_by for root in roots}))
    problem = f"no versions satisfy all requirements ({requirers_text(requirers)})"
    return _problem("conflict", where, problem, "loosen one of them")


def _nothing_found(missing: Missing, alternatives: Alternatives, roots: Sequence[Dependency]) -> Diagnostic:
    name, log = missing.name, alternatives.log
    where = missing.parent or _where(name, roots)
    offers = log.files(name)
    if not offers:
        looked = ", ".join(log.indexes) or "any index"
        check = f"use another version of {missing.parent}" if missing.parent else "check the spelling"
        fix = f"{check}, or set PIP_INDEX_URL to an index that has it"
        return _problem("unknown-package", where, f"no package {name!r} in {looked}", fix)
    fitting = [offer for offer in offers if missing.specifier.contains(offer.version, prereleases=True)]
    if not fitting:
        newest = max(offer.version for offer in offers)
        loosen = f"use another version of {missing.parent}" if missing.parent else "loosen the requirement"
        problem = f"no release of {name} satisfies {missing.requirement} (the newest is {newest})"
        return _problem("no-release", where, problem, loosen)
    taken = [offer for offer in fitting if offer.reason == "taken"]
    if taken:
        return _passed_over(where, missing.requirement, taken, log)
    return _unfit_problem(name, fitting, [Requirer(missing.parent, None, missing.requirement)], alternatives)


def _passed_over(where: str, requirement: str, offers: Sequence[IndexFile], log: PipLog) -> Diagnostic:
    """Return why pip did not use a release that has a wheel for the target."""
    names = {offer.filename for offer in offers}
    for file in log.discarded:
        if file.filename in names:
            problem = f"pip rejects the wheel, because the {file.field} in its metadata is {file.found!r}"
            return _problem("bad-metadata", file.filename, problem, "report it to the index owner")
    newest = max(offer.version for offer in offers)
    name = name_in(requirement)
    if str(newest) in log.yanked:
        problem = f"every release of {name} that satisfies {requirement} was yanked (the newest is {newest})"
        return _problem("yanked", where, problem, f"require {name}=={newest} to use it anyway")
    problem = f"pip uses no release of {name} that satisfies {requirement} (the newest is {newest})"
    return _problem("no-release", where, problem, "run 'hatch -v build -t lambda' to see why")


def _unfit_problem(
    name: NormalizedName, fitting: Sequence[IndexFile], requirers: Sequence[Requirer], alternatives: Alternatives
) -> Diagnostic:
    """Return why the target can't use the newest of the fitting releases, and the fix."""
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
    return _no_wheel(release, requirers, alternatives)


def _no_wheel(release: Release, requirers: Sequence[Requirer], alternatives: Alternatives) -> Diagnostic:
    """Return what a release has instead of a wheel for the target, who requires it, and the fix."""
    target, fix = alternatives.target, fixes(release, alternatives)
    can_be_built = release.can_be_built(target)
    if can_be_built and release.is_native and not release.has_linux_wheel:
        problem = "no Linux wheel, only an sdist with native code"
    else:
        also = ", and it has an sdist" if can_be_built and release.is_pure else ""
        problem = f"no wheel for {target}, because {_lacks(release.files, target)}{also}"
    if len(requirers) > 1:
        problem += f", and {requirers_text(requirers)}"
    required_by = f" (required by {release.parent})" if len(requirers) == 1 and release.parent else ""
    return _problem("no-wheel", f"{release.name} {release.version}{required_by}", problem, fix)


def _problem(code: Code, where: str, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=where, problem=problem, fix=fix)


def _warning(code: Code, where: str, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=where, problem=problem, fix=fix, severity="warning")


def _lacks(offers: Sequence[IndexFile], target: Target) -> str:
    """Return what a release has instead of a wheel for the target."""
    here = target.python_full_version
    excluding = [offer for offer in offers if not offer.pythons.contains(here, prereleases=True)]
    if len(excluding) == len(offers) or any(offer.reason == "python" for offer in excluding):
        ordered = [offer for offer in excluding if offer.reason == "python"] or excluding
        pythons = sorted({offer.requires_python for offer in ordered})
        return f"it requires Python {', '.join(pythons)}, the runtime has {here}"
    return no_wheel_reason([offer.filename for offer in offers], target)


def no_wheel_reason(filenames: Sequence[str], target: Target) -> str:
    """Return why the target can't load any of these files of a release."""
    tags = {name: wheel_tags(name) for name in filenames if name.endswith(".whl")}
    if not tags:
        return f"it has only an sdist ({filenames[0]})"
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


def _unfetched(failure: FetchFailure) -> Diagnostic:
    if failure.status in {UNAUTHORIZED, FORBIDDEN}:
        problem = f"the index denies access ({failure.reason})"
        return _problem("index-access", failure.url, problem, _CREDENTIALS_FIX)
    if failure.status:
        return _problem("index-failed", failure.url, f"the index answers with {failure.reason}", _REBUILD_FIX)
    problem = f"can't be downloaded ({failure.reason})"
    return _problem("fetch-failed", failure.url, problem, "check the URL and the network, then rebuild")


def _where(name: NormalizedName, roots: Sequence[Dependency]) -> str:
    return next((root.required_by for root in roots if root.name == name), "project.dependencies")


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
