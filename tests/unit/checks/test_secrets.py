"""Files of the project that might contain secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hatch_lambda.checks.secrets import check_secrets
from tests.support.samples import candidate, config, entry, origin, plan

if TYPE_CHECKING:
    from hatch_lambda.archive.plan import Entry

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PUBLIC_KEY = CERTIFICATE.replace("CERTIFICATE", "PUBLIC KEY")
PRIVATE_KEY = CERTIFICATE.replace("CERTIFICATE", "RSA PRIVATE KEY")


def found(*entries: Entry, kind: str = "function") -> list[str]:
    """Return the text of each warning."""
    diagnostics = list(check_secrets(candidate(plan(*entries), config(kind=kind))))
    assert all(diagnostic.severity == "warning" for diagnostic in diagnostics)
    return [str(diagnostic).removesuffix(" [secret-file]") for diagnostic in diagnostics]


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "shop/.env",
        "shop/.env.production",
        "shop/.envrc",
        "shop/prod.env",
        "shop/key.pem",
        "id_rsa",
        "shop/id_ed25519",
        "shop/id_ecdsa_sk",
        "shop/ID_RSA",
        "shop/store.p12",
        "shop/store.PFX",
        "shop/credentials.json",
        "shop/credentials-prod.json",
        "shop/credentials.csv",
        "shop/orders_accessKeys.csv",
        "shop/client_secret_1.apps.json",
        "shop/service-account.json",
        "shop/.aws/credentials",
        ".aws/config",
        ".ssh/config",
        ".netrc",
        "shop/.pypirc",
        "shop/.docker/config.json",
    ],
)
def test_a_file_that_might_contain_secrets_is_reported(path):
    problem = "might contain secrets that everyone with access to the function's code can read"

    assert found(entry(path, "x")) == [f'{path}: {problem}; exclude it with exclude-files = ["/{path}"]']


@pytest.mark.parametrize(
    "path",
    [
        ".env.example",
        "shop/.env.sample",
        "shop/.env.template",
        "shop/example.env",
        "shop/credentials.example.json",
        "shop/credentials_schema.json",
        "shop/credentials.py",
        "shop/env.py",
        "shop/env/__init__.py",
        "shop/environment.json",
        "shop/id_rsa.pub",
        "shop/id_rsa.py",
        "shop/secrets.py",
        "shop/aws/credentials",
        "shop/netrc.py",
        "shop/key.pem.txt",
        "shop/service_account.py",
    ],
)
def test_a_file_with_a_name_for_something_else_passes(path):
    assert found(entry(path, "x")) == []


@pytest.mark.parametrize(
    ("name", "text", "is_told"),
    [
        ("ca.pem", CERTIFICATE, False),
        ("bundle.pem", CERTIFICATE * 3 + PUBLIC_KEY, False),
        ("both.pem", CERTIFICATE + PRIVATE_KEY, True),
        ("key.pem", PRIVATE_KEY.replace("RSA", "ENCRYPTED"), True),
        ("key.pem", "", True),
        ("key.key", PRIVATE_KEY.replace("RSA ", ""), True),
        ("public.key", PUBLIC_KEY, False),
        ("slides.key", "PK\x03\x04", False),
    ],
)
def test_a_certificate_or_public_key_passes(name, text, is_told):
    assert bool(found(entry(f"shop/{name}", text))) is is_told


def test_what_a_dependency_ships_is_public():
    lib = origin("certifi")

    assert found(entry("certifi/cacert.pem", PRIVATE_KEY, lib), entry("certifi/.env", "x", lib)) == []


def test_in_a_layer_the_pattern_has_no_prefix():
    assert found(entry("python/shop/.env", "x"), kind="layer") == [
        (
            "python/shop/.env: might contain secrets that everyone with access to the function's code can read; "
            'exclude it with exclude-files = ["/shop/.env"]'
        )
    ]


def test_a_long_list_of_files_ends_with_their_number():
    files = [entry(f"shop/{number}.pfx") for number in range(10, 30)]

    nine, many = found(*files[:9]), found(*files)

    assert [text.partition(":")[0] for text in found(*files[:8])] == [f"shop/{number}.pfx" for number in range(10, 18)]
    assert [text.partition(":")[0] for text in nine][-1] == "shop/17.pfx (and 1 more file)"
    assert [text.partition(":")[0] for text in many][-1] == "shop/17.pfx (and 12 more files)"
    assert len(many) == 8
