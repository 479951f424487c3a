"""Which wheels are pure."""

from __future__ import annotations

import pytest

from hatch_lambda.dependencies.sdist_builds import native_reason
from tests.support.make_elf import JAVA, UNIVERSAL
from tests.support.make_sdist import NATIVE
from tests.support.make_wheel import make_wheel


def test_a_pure_wheel_has_no_problem(tmp_path):
    wheel = make_wheel(
        tmp_path, "lib", files={"lib/__init__.py": "", "lib/empty.bin": b"", "lib/so": "so", "lib/Main.class": JAVA}
    )

    assert native_reason(wheel) is None


def test_a_wheel_for_one_platform_is_not_pure(tmp_path):
    wheel = make_wheel(tmp_path, "lib", tag="py3-none-linux_x86_64.macosx_11_0_arm64")

    assert native_reason(wheel) == "is only for linux_x86_64, macosx_11_0_arm64"


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("lib/data.bin", NATIVE),
        ("lib/data.bin", b"\xcf\xfa\xed\xfe" + bytes(28)),
        ("lib/data.bin", UNIVERSAL),
        ("lib/_x.so", b""),
        ("lib/_x.cp313-win_amd64.pyd", b"MZ"),
        ("lib/x.dll", b"MZ"),
        ("lib-1.0.data/scripts/x.exe", b"MZ"),
    ],
)
def test_a_wheel_with_native_code_is_not_pure_whatever_its_tag(tmp_path, member, content):
    wheel = make_wheel(tmp_path, "lib", files={member: content})

    assert native_reason(wheel) == f"contains native code for the build machine ({member})"
