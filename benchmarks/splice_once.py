"""Makes one archive of wheels that are in the store already: ``splice_once.py STORE OLD_ARCHIVE NEW_ARCHIVE``.

``lambda.json`` in the old archive names the wheels. The rest is the path of
``hatch_lambda.build.build`` from ``fetch`` on.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from hatch_lambda.archive.plan import PlanOptions, make_plan
from hatch_lambda.archive.write import write_archive
from hatch_lambda.checks import check_candidate
from hatch_lambda.checks.base import Candidate
from hatch_lambda.config.options import LambdaConfig
from hatch_lambda.dependencies.fetch import fetch
from hatch_lambda.project import Project, lambda_json, lambda_json_entry, project_entries
from hatch_lambda.resolve.base import Dependency, Host, Pin, Resolution
from hatch_lambda.resolve.validate import validate
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import Target
from hatch_lambda.wheels.cache import WheelCache
from hatch_lambda.wheels.wheel import wheel_entries


def main(store_folder: Path, old: Path, new: Path) -> None:
    """Find the wheels, prove, plan, check and write."""
    with zipfile.ZipFile(old) as archive:
        described = json.loads(archive.read("shop-1.0.dist-info/lambda.json"))
    listed = described["distributions"]
    pins = [Pin(item["name"], Version(item["version"]), item["wheel"], item["sha256"]) for item in listed]
    roots = [Dependency("project.dependencies", Requirement(f"{pin.name}=={pin.version}")) for pin in pins]
    runtime = next(runtime for runtime in RUNTIMES if runtime.name == described["runtime"])
    config = LambdaConfig(target=Target(runtime, described["architecture"]))
    project = Project(
        name="shop", version="1.0", dependencies=(), dist_info="shop-1.0.dist-info", metadata="Name: shop\n"
    )
    with WheelCache(store_folder) as store:
        wheels = fetch(pins, store, config.target, Host(os.environ, Path()))
        validate(roots, wheels, config.target, Resolution(tuple(pins)))
        described = lambda_json(project, config, wheels, ())
        entries = [
            *project_entries(project, config, whole=True),
            lambda_json_entry(project, config, described, whole=True),
        ]
        entries += [entry for wheel in wheels for entry in wheel_entries(wheel, scripts_for=None)]
        plan = make_plan(entries, PlanOptions(config.exclude_files, config.collisions))
        check_candidate(Candidate(filename=new.name, plan=plan, config=config, results=store.results))
        write_archive(plan, new, timestamp=0)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
