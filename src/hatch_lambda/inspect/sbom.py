"""The software bill of materials (SBOM) of a zip, in the JSON format of CycloneDX 1.6."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hatch_lambda.archive.plan import open_content
from hatch_lambda.archive.read import described_wheels
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import OutputError
from hatch_lambda.zipfiles.metadata_headers import MAX_HEADERS, read_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from email.message import Message

    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from packaging.utils import NormalizedName

    from hatch_lambda.archive.plan import Entry, Origin
    from hatch_lambda.runtime.target import Target

_SERIAL_NUMBERS = UUID("6f3a4c3e-4a0f-5f0e-9c1b-0d7d3c1f5b52")
"""The namespace of serial numbers, which are derived from the rest of the document so that it is reproducible."""

_LICENSE_CLASSIFIER = "License :: "
_LONGEST_LICENSE = 100
"""Characters of a License field that is still a name; longer ones contain the text of the license."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A distribution in a zip: the headers of its METADATA, and the row about its wheel in ``lambda.json``."""

    name: NormalizedName
    version: str
    metadata: Message
    wheel: Mapping[str, str]

    def requirements(self, target: Target, extra: str) -> Iterator[Requirement]:
        """Yield what the distribution requires on the target with an extra; malformed requirements are skipped."""
        for text in self.metadata.get_all("Requires-Dist", ()):
            try:
                requirement = Requirement(text)
                if target.holds(requirement.marker, extra):
                    yield requirement
            except (InvalidRequirement, ValueError):
                continue


def check_sbom_library() -> None:
    """Raise ``OutputError`` if the library that makes SBOMs isn't installed."""
    try:
        import cyclonedx.model.bom  # noqa: F401
    except ImportError:
        raise OutputError(
            Diagnostic(
                code="sbom-extra-missing",
                where="cyclonedx-python-lib",
                problem="not installed, but an SBOM needs it",
                fix="require hatch-lambda[sbom] where hatch-lambda is required",
            )
        ) from None


def sbom_json(name: str, entries: Iterable[Entry], described: Mapping[str, Any] | None, target: Target) -> str:
    """Return the SBOM of a zip with these entries: the same text for the same zip.

    ``described`` is the value of ``lambda.json``, ``None`` for a zip from another tool, whose main component is called
    ``name``. Raises ``OutputError`` if the library isn't installed.
    """
    check_sbom_library()
    project, packages = _packages(list(entries), described)
    facts = described or {}
    version = str(facts.get("version", ""))
    root = project or Package(name=canonicalize_name(name), version=version, metadata=read_headers(""), wheel={})
    properties = {f"hatch-lambda:{key}": str(facts[key]) for key in _FACTS if key in facts}
    return _serialized(_bom(root, packages, _dependencies(root, packages, target), properties))


_FACTS = ("architecture", "kind", "runtime")
"""Fields of ``lambda.json`` that become properties of the main component."""


def _packages(
    entries: Sequence[Entry], described: Mapping[str, Any] | None
) -> tuple[Package | None, dict[NormalizedName, Package]]:
    """Return the project, if its metadata is in the zip, and each distribution by its name."""
    wheels = described_wheels(described)
    metadata = {
        entry.origin: _headers(entry)
        for entry in entries
        if entry.origin.dist_info and entry.path.endswith(f"{entry.origin.dist_info}/METADATA")
    }
    found: dict[bool, dict[NormalizedName, Package]] = {True: {}, False: {}}
    for origin in sorted({entry.origin for entry in entries if entry.origin.dist_info}, key=str):
        package = _package(origin, metadata.get(origin, read_headers("")), wheels)
        found[origin.project][package.name] = package
    return next(iter(found[True].values()), None), found[False]


def _package(origin: Origin, metadata: Message, wheels: Mapping[NormalizedName, Mapping[str, str]]) -> Package:
    name = canonicalize_name(origin.name)
    return Package(name=name, version=origin.version, metadata=metadata, wheel=wheels.get(name, {}))


def _headers(entry: Entry) -> Message:
    with open_content(entry.content) as file:
        return read_headers(file.read(MAX_HEADERS).decode("utf-8", "replace"))


def _dependencies(
    root: Package, packages: Mapping[NormalizedName, Package], target: Target
) -> dict[NormalizedName, set[NormalizedName]]:
    """Return the distributions in the zip that each one requires on the target, with the extras that are requested.

    The root requires in addition what nothing else does, such as the requirements of a dependency group.
    """
    everything = {root.name: root, **packages}
    found: defaultdict[NormalizedName, set[NormalizedName]] = defaultdict(set)
    pending = [(name, "") for name in everything]
    pending += [(root.name, extra) for extra in root.metadata.get_all("Provides-Extra", ())]
    seen = set(pending)
    while pending:
        name, extra = pending.pop()
        for requirement in everything[name].requirements(target, extra):
            required = canonicalize_name(requirement.name)
            if required in packages:
                found[name].add(required)
                extras = {(required, canonicalize_name(each)) for each in requirement.extras} - seen
                seen |= extras
                pending += extras
    required_by_others = {each for name, names in found.items() for each in names if each != name}
    found[root.name] |= packages.keys() - required_by_others
    return found


def _bom(
    root: Package,
    packages: Mapping[NormalizedName, Package],
    dependencies: Mapping[NormalizedName, set[NormalizedName]],
    properties: Mapping[str, str],
) -> Bom:
    """Return the document."""
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import ComponentType

    main = _component(root, ComponentType.APPLICATION)
    main.properties.update(Property(name=name, value=value) for name, value in properties.items())
    components = {name: _component(package, ComponentType.LIBRARY) for name, package in packages.items()}
    bom = Bom(metadata=BomMetaData(component=main), components=components.values(), serial_number=UUID(int=0))
    for name, component in {root.name: main, **components}.items():
        bom.register_dependency(component, [components[other] for other in sorted(dependencies.get(name, ()))])
    return bom


def _component(package: Package, kind: Any) -> Component:
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.component import Component
    from packageurl import PackageURL

    source = package.wheel.get("built-from", "")
    qualifiers = {"vcs_url": source} if "+" in source.partition(":")[0] else {}
    digest = package.wheel.get("sha256")
    return Component(
        name=package.name,
        version=package.version or None,
        type=kind,
        bom_ref=f"{package.name}=={package.version}".rstrip("="),
        description=package.metadata.get("Summary"),
        licenses=_licenses(package.metadata),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else [],
        purl=PackageURL("pypi", None, package.name, package.version or None, qualifiers),
        properties=[Property(name="hatch-lambda:built-from", value=source)] if source else [],
    )


def _licenses(metadata: Message) -> list[LicenseExpression | DisjunctiveLicense]:
    """Return the license expression of PEP 639 or, in older metadata, the license's name or classifiers."""
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from cyclonedx.spdx import fixup_id

    expression = metadata.get("License-Expression")
    if expression:
        return [LicenseExpression(expression)]
    text = metadata.get("License", "").strip()
    names = [text] if 0 < len(text) <= _LONGEST_LICENSE and "\n" not in text else []
    classifiers = [text for text in metadata.get_all("Classifier", ()) if text.startswith(_LICENSE_CLASSIFIER)]
    names = names or [text.rpartition(" :: ")[2] for text in classifiers]
    identifiers = {name: fixup_id(name) for name in names}
    return [
        DisjunctiveLicense(id=identifier) if identifier else DisjunctiveLicense(name=name)
        for name, identifier in identifiers.items()
    ]


def _serialized(bom: Bom) -> str:
    """Return the document without the time, and with a serial number that depends on nothing but its content."""
    from cyclonedx.output.json import JsonV1Dot6

    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["serialNumber"], document["metadata"]["timestamp"]
    document["serialNumber"] = uuid5(_SERIAL_NUMBERS, json.dumps(document, sort_keys=True)).urn
    return json.dumps(document, indent=2, sort_keys=True) + "\n"
