"""What lies around a project changes neither bytes nor verdict: variables, settings, Pythons."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import packaging
import pytest
import tomli

from lockhook._authoring import uv_settings
from lockhook._authoring.uv import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

FULL = '[project.optional-dependencies]\nfull = ["pandas<2.3"]\n'
LOCKS = ("requirements.txt", "requirements-full.txt", "pylock.toml", "uv.lock")
BARE = '[project]\nname = "bench"\nversion = "1"\nrequires-python = ">=3.10"\n'
# Each changes what uv locks when it is in force.
SETTINGS = 'override-dependencies = ["numpy<2"]\n[pip]\nresolution = "lowest"\n'


def hostile(folder: Path, world: Indexes) -> dict[str, str]:
    """Return variables of uv that would change or break a resolution, and active environments."""
    folder.mkdir()
    (folder / "old").write_text("numpy<2\n")
    (folder / "uv.toml").write_text(SETTINGS)
    old = str(folder / "old")
    return {
        "UV_CONFIG_FILE": str(folder / "uv.toml"),
        "UV_CONSTRAINT": old,
        "UV_BUILD_CONSTRAINT": old,
        "UV_OVERRIDE": old,
        "UV_EXCLUDE": old,
        "UV_EXCLUDE_NEWER": "2001-01-01",
        "UV_EXTRA_INDEX_URL": world.cpu,
        "UV_INDEX": f"other={world.cpu}",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": str(folder),
        "UV_FORK_STRATEGY": "fewest",
        "UV_FROZEN": "1",
        "UV_LOCKED": "1",
        "UV_ISOLATED": "1",
        "UV_NO_BINARY": "1",
        "UV_NO_BINARY_PACKAGE": "numpy torch",
        "UV_NO_BUILD": "1",
        "UV_NO_BUILD_ISOLATION": "1",
        "UV_NO_BUILD_PACKAGE": "numpy torch",
        "UV_NO_SOURCES": "1",
        "UV_NO_SOURCES_PACKAGE": "torch",
        "UV_NO_DEFAULT_GROUPS": "1",
        "UV_NO_DEV": "1",
        "UV_NO_EDITABLE": "1",
        "UV_NO_GROUP": "dev",
        "UV_NO_PROJECT": "1",
        "UV_NO_SYNC": "1",
        "UV_NO_SYSTEM_CONFIG": "1",
        "UV_NO_VERIFY_HASHES": "1",
        "UV_NO_CONFIG": "1",
        "UV_PRERELEASE": "allow",
        "UV_PRERELEASE_PACKAGE": "numpy=allow",
        "UV_PREVIEW": "1",
        "UV_PREVIEW_FEATURES": "pylock",
        "UV_PROJECT": str(folder),
        "UV_PROJECT_ENVIRONMENT": str(folder / "nowhere"),
        "UV_PYTHON": "3.99",
        "UV_PYTHON_PREFERENCE": "only-managed",
        "UV_PYTHON_SEARCH_PATH": str(folder),
        "UV_MANAGED_PYTHON": "1",
        "UV_ACTIVE": "1",
        "UV_ENV_FILE": str(folder / "nowhere"),
        "UV_GIT_LFS": "1",
        "UV_LIBC": "musl",
        "UV_CUDA_DRIVER_VERSION": "550.1",
        "UV_AMD_GPU_ARCHITECTURE": "gfx942",
        "UV_REQUIRE_BUILD_HASHES": "1",
        "UV_SKIP_WHEEL_FILENAME_CHECK": "1",
        "UV_INTERNAL__TEST_CURRENT_TIMESTAMP": "2001-01-01T00:00:00Z",
        "UV_INTERNAL__TEST_PYTHON_MANAGED": "3.99",
        "UV_REQUIRE_HASHES": "1",
        "UV_RESOLUTION": "lowest",
        "UV_SYSTEM_PYTHON": "1",
        "UV_TORCH_BACKEND": "cu128",
        "UV_CUSTOM_COMPILE_COMMAND": "make locks",
        "UV_WORKING_DIR": str(folder),
        "UV_WORKING_DIRECTORY": str(folder),
        "VIRTUAL_ENV": str(folder / "venv"),
        "CONDA_PREFIX": str(folder / "conda"),
        "CONDA_DEFAULT_ENV": "base",
        "DEPENDABOT": "true",
        "CI": "1",
        "RUST_LOG": "uv=trace",
        "MACOSX_DEPLOYMENT_TARGET": "9.0",
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Tokyo",
    }


# Every other variable that uv 0.13 knows says where to fetch, with whose rights, or how fast.
WHERE = (
    "UV_API_KEY", "UV_ASTRAL_MIRROR_URL", "UV_AUTH_TOKEN", "UV_AZURE_ENDPOINT_URL", "UV_CACHE_DIR",
    "UV_CONCURRENT_BUILDS", "UV_CONCURRENT_CACHE_READS", "UV_CONCURRENT_DOWNLOADS",
    "UV_CONCURRENT_INSTALLS", "UV_CREDENTIALS_DIR", "UV_DEFAULT_INDEX", "UV_GCS_ENDPOINT_URL",
    "UV_GITHUB_FAST_PATH_URL", "UV_GITHUB_TOKEN", "UV_GRAALPY_INSTALL_MIRROR",
    "UV_HTTP_CONNECT_TIMEOUT", "UV_HTTP_RETRIES", "UV_HTTP_TIMEOUT", "UV_INDEX_CORP_PASSWORD",
    "UV_INDEX_CORP_USERNAME", "UV_INDEX_URL", "UV_INSECURE_HOST", "UV_KEYRING_PROVIDER",
    "UV_LINK_MODE", "UV_LOCK_TIMEOUT", "UV_NATIVE_TLS", "UV_NO_CACHE", "UV_NO_GITHUB_FAST_PATH",
    "UV_NO_HF_TOKEN", "UV_NO_PROGRESS", "UV_OFFLINE", "UV_PYODIDE_INSTALL_MIRROR",
    "UV_PYPY_INSTALL_MIRROR", "UV_PYTHON_CACHE_DIR", "UV_PYTHON_DOWNLOADS",
    "UV_PYTHON_DOWNLOADS_JSON_URL", "UV_PYTHON_INSTALL_DIR", "UV_PYTHON_INSTALL_MIRROR",
    "UV_REQUEST_TIMEOUT", "UV_S3_ENDPOINT_URL", "UV_SYSTEM_CERTS",
)  # fmt: skip
# These have nothing to do with making a lock, and do not reach uv either.
ELSEWHERE = (
    "UV_BREAK_SYSTEM_PACKAGES", "UV_COMPILE_BYTECODE", "UV_COMPILE_BYTECODE_TIMEOUT",
    "UV_DOWNLOAD_URL", "UV_HIDE_BUILD_OUTPUT", "UV_INIT_BARE", "UV_INIT_BUILD_BACKEND",
    "UV_INSECURE_NO_ZIP_VALIDATION", "UV_INSTALL_DIR", "UV_INSTALLER_GITHUB_BASE_URL",
    "UV_LEGACY_TAR_BACKEND", "UV_LOG_CONTEXT", "UV_MALWARE_CHECK", "UV_MALWARE_CHECK_URL",
    "UV_NO_INSTALL_LOCAL", "UV_NO_INSTALL_PROJECT", "UV_NO_INSTALL_WORKSPACE", "UV_NO_WRAP",
    "UV_NO_INSTALLER_METADATA", "UV_ONLY_INSTALL_LOCAL", "UV_PUBLISH_PASSWORD", "UV_PUBLISH_TOKEN",
    "UV_PUBLISH_URL", "UV_PYTHON_BIN_DIR", "UV_PYTHON_CPYTHON_BUILD", "UV_PYTHON_NO_REGISTRY",
    "UV_REQUIRE_METADATA_RANGE_REQUESTS", "UV_RUN_MAX_RECURSION_DEPTH", "UV_SHOW_RESOLUTION",
    "UV_STACK_SIZE", "UV_TOOL_BIN_DIR", "UV_TOOL_DIR", "UV_UPLOAD_HTTP_TIMEOUT", "UV_VENV_CLEAR",
    "UV_VENV_SEED", "UV_SOMETHING_NEW",
)  # fmt: skip


def test_which_variables_reach_uv(tmp_path: Path, world: Indexes) -> None:
    bad = {name for name in hostile(tmp_path / "x", world) if name.startswith("UV_")}
    every = dict.fromkeys((*WHERE, *ELSEWHERE, *bad), "1")
    assert clean_environment(every) == dict.fromkeys(WHERE, "1")


def settings(folder: Path, kind: str) -> dict[str, str]:
    """Write a configuration of uv of a kind, and return the variables that lead there."""
    file = {
        "user": folder / "home" / ".config" / "uv" / "uv.toml",
        "xdg": folder / "xdg" / "uv" / "uv.toml",
        "system": folder / "etc" / "uv" / "uv.toml",
        "given": folder / "given" / "uv.toml",
        "above": folder / "uv.toml",
        "pyproject above": folder / "pyproject.toml",
    }[kind]
    file.parent.mkdir(parents=True, exist_ok=True)
    is_pyproject = file.name == "pyproject.toml"
    file.write_text(
        '[tool.uv]\noverride-dependencies = ["numpy<2"]\n' if is_pyproject else SETTINGS
    )
    return {
        "user": {"HOME": str(folder / "home")},
        "xdg": {"XDG_CONFIG_HOME": str(folder / "xdg")},
        "system": {"XDG_CONFIG_DIRS": str(folder / "etc")},
        "given": {"UV_CONFIG_FILE": str(file)},
    }.get(kind, {})


KINDS = ("user", "xdg", "system", "given", "above", "pyproject above")


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in LOCKS if (folder / name).exists()}


def ask_for_all(folder: Path) -> None:
    tables = "".join(f'[tool.lockhook.locks."{name}"]\n' for name in (LOCKS[0], *LOCKS[2:]))
    full = '[tool.lockhook.locks."requirements-full.txt"]\nextras = ["full"]\nhashes = true\n'
    with (folder / "pyproject.toml").open("a") as file:
        file.write(tables + full)


def pythons() -> list[str]:
    """Return other Pythons that can run lockhook with the packages of this one: two at most."""
    places = [*map(shutil.which, (f"python3.{n}" for n in range(10, 15)))]
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    places += sorted(glob.glob(f"{glob.escape(pyenv)}/versions/3.1[0-9].*/bin/python"))
    found: dict[str, str] = {}
    for python in filter(None, places):
        done = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2], sep='.')"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0 and done.stdout.strip() != "{}.{}".format(*sys.version_info[:2]):
            found.setdefault(done.stdout.strip(), python)
    others = [found[key] for key in sorted(found)]
    return list(dict.fromkeys([*others[:1], *others[-1:]]))


OTHERS = pythons()


def test_the_same_bytes_in_another_folder_under_another_python_among_hostile_variables(
    project: Make,
    run: Run,
    world: Indexes,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    here = project("torch", "numpy", "accelerate", more=FULL)
    ask_for_all(here)
    pyproject = here / "pyproject.toml"
    # A source alone does not bind what is transitive in uv's own lock; torch is direct here.
    assert run("sync").code == 1
    mine = contents(here)
    assert len(mine) == 4
    # The pure packages of this environment; the compiled ones have pure stand-ins.
    site = str(Path(packaging.__file__).parents[1])
    variables = hostile(tmp_path / "hostile", world) | settings(tmp_path / "machine", "user")
    for number, python in enumerate([sys.executable, *OTHERS]):
        there = tmp_path_factory.mktemp(f"elsewhere-{number}") / "deep" / "er"
        there.mkdir(parents=True)
        shutil.copy(pyproject, there)
        done = subprocess.run(
            [python, "-m", "lockhook", "sync"],
            cwd=there,
            env={**os.environ, **variables, "PYTHONPATH": f"{Path(__file__).parents[2]}:{site}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (1, "")
        assert contents(there) == mine


def test_the_verdict_stays_among_hostile_variables(
    project: Make, run: Run, world: Indexes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project("torch", "numpy", more=FULL)
    ask_for_all(folder)
    assert run("sync").code == 1
    quiet = run("check")
    assert quiet.code == 0
    for name, value in hostile(tmp_path / "hostile", world).items():
        monkeypatch.setenv(name, value)
    assert run("check") == quiet
    assert run("sync") == quiet


@pytest.mark.parametrize("own", ["", "[tool.uv]\nmanaged = true\n"])
@pytest.mark.parametrize("kind", KINDS)
def test_settings_from_outside_change_no_byte(
    tmp_path: Path,
    run: Run,
    world: Indexes,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    own: str,
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", world.default)
    made = {}
    for name in ("plain", "set"):
        folder = tmp_path / name / "bench"
        folder.mkdir(parents=True)
        text = f'{BARE}dependencies = ["numpy"]\n{own}'
        (folder / "pyproject.toml").write_text(text + '[tool.lockhook.locks."requirements.txt"]\n')
        if name == "set":
            for key, value in settings(tmp_path / name, kind).items():
                monkeypatch.setenv(key, value)
        monkeypatch.chdir(folder)
        assert run("generate").code == 0
        made[name] = contents(folder)
    assert made["plain"] == made["set"]


@pytest.mark.parametrize("kind", KINDS)
def test_settings_from_outside_still_say_where_to_fetch(
    tmp_path: Path, run: Run, world: Indexes, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    folder = tmp_path / "set" / "bench"
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(f'{BARE}dependencies = ["numpy"]\n')
    for key, value in settings(tmp_path / "set", kind).items():
        monkeypatch.setenv(key, value)
    written = next((tmp_path / "set").rglob("uv.toml"), tmp_path / "set" / "pyproject.toml")
    written.write_text(
        f'[tool.uv]\nindex-url = "{world.default}"\n'
        if written.name == "pyproject.toml"
        else f'{SETTINGS}[[index]]\nurl = "{world.default}"\ndefault = true\n'
    )
    monkeypatch.chdir(folder)
    assert run("generate").err == ""
    assert "numpy==2.3.5" in (folder / "requirements.txt").read_text()


def test_what_is_kept_of_settings_from_outside(tmp_path: Path) -> None:
    one, other = tmp_path / "uv.toml", tmp_path / "home" / "uv" / "uv.toml"
    other.parent.mkdir(parents=True)
    (tmp_path / "home" / "git").mkdir()
    one.write_text(
        'keyring-provider = "subprocess"\nresolution = "lowest"\n'
        '[[index]]\nname = "a"\nurl = "wheels"\ndefault = true\n'
        '[[index]]\nname = "extra"\nurl = "https://example.org"\n'
    )
    other.write_text(
        'offline = true\nkeyring-provider = "disabled"\n[pip]\nlink-mode = "copy"\npre = true\n'
        '[[index]]\nname = "a"\nurl = "https://example.org/a"\n explicit = true\n'
    )
    project = tmp_path / "project"
    project.mkdir()
    variables = {"XDG_CONFIG_HOME": str(tmp_path / "home"), "XDG_CONFIG_DIRS": str(tmp_path / "no")}
    with uv_settings.confined(variables, str(project)) as found:
        assert tomli.loads(Path(found["UV_CONFIG_FILE"]).read_text()) == {
            "keyring-provider": "subprocess",
            "offline": True,
            "pip": {"link-mode": "copy"},
            "index": [{"name": "a", "url": (tmp_path / "wheels").as_uri(), "default": True}],
        }
    (project / "uv.toml").touch()
    with uv_settings.confined(variables, str(project)) as found:
        home = Path(found["XDG_CONFIG_HOME"])
        assert tomli.loads((home / "uv" / "uv.toml").read_text())["offline"] is True
        assert (home / "git").is_dir()
        assert "UV_CONFIG_FILE" not in found
    assert not home.exists()


def test_settings_of_the_workspace_are_the_projects_own(
    tmp_path: Path, run: Run, world: Indexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", world.default)
    member = tmp_path / "member"
    member.mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[tool.uv.workspace]\nmembers = ["member"]\n'
        '[tool.uv]\nconstraint-dependencies = ["numpy<2"]\n'
    )
    (member / "pyproject.toml").write_text(f'{BARE}dependencies = ["numpy"]\n')
    monkeypatch.chdir(member)
    assert run("generate").err == ""
    assert "numpy==1.26.4" in (member / "requirements.txt").read_text()


def test_without_settings_from_outside_nothing_is_set(tmp_path: Path) -> None:
    nowhere = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")}
    with uv_settings.confined(nowhere, str(tmp_path)) as found:
        assert found == nowhere


def test_uv_lock_of_a_project_that_excludes_the_hooks_python(
    project: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = sys.version_info[:2]
    is_newer = f"import sys; raise SystemExit(sys.version_info[:2] <= {tuple(ours)})"
    runs = (subprocess.run([python, "-c", is_newer], check=False) for python in OTHERS)
    other = next((done.args[0] for done in runs if done.returncode == 0), None)
    folder = project("click", more='[tool.lockhook.locks."uv.lock"]\n')
    text = (folder / "pyproject.toml").read_text()
    above = f">={sys.version_info[0]}.{sys.version_info[1] + 1}"
    (folder / "pyproject.toml").write_text(text.replace(">=3.10", above))
    if other:
        monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{os.path.dirname(other)}")
    result = run("sync")
    # Which Pythons there are is up to the machine; that ours will not do is not asked of the user.
    assert "requested interpreter" not in result.err
    assert result.code in ({1} if other else {1, 3})


@pytest.mark.parametrize("name", ["requirements.txt", "pylock.toml", "uv.lock"])
@pytest.mark.parametrize("by", ["url", "variable", "settings"])
def test_no_credential_is_told_when_an_index_fails(
    tmp_path: Path, spawn: Run, by: str, name: str
) -> None:
    folder = tmp_path / "bench"
    folder.mkdir()
    user = "agent:s3cr3t@" if by == "url" else ""
    index = f'[[tool.uv.index]]\nname = "corp"\nurl = "http://{user}127.0.0.1:9/simple"\n'
    asked = f'[tool.lockhook.locks."{name}"]\n'
    text = f'{BARE}dependencies = ["numpy"]\n{asked}{index}default = true\n'
    (folder / "pyproject.toml").write_text(text)
    variables = {"UV_OFFLINE": "", "UV_HTTP_RETRIES": "0"}
    if by == "variable":
        variables |= {"UV_INDEX_CORP_USERNAME": "agent", "UV_INDEX_CORP_PASSWORD": "s3cr3t"}
    if by == "settings":
        variables |= settings(tmp_path, "xdg")
        place = 'index-url = "http://agent:s3cr3t@127.0.0.1:9/simple"\n'
        (tmp_path / "xdg" / "uv" / "uv.toml").write_text(place)
    result = spawn("sync", cwd=folder, **variables)
    assert (result.code, result.out) == (3, "")
    assert "s3cr3t" not in result.err
    assert os.listdir(folder) == ["pyproject.toml"]
