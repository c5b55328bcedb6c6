from __future__ import annotations

import pytest

from lockhook._authoring import cpu_policy, pins
from lockhook._authoring.cpu_policy import INDEX, LABEL, NAME, SOURCE, Leak, Policy
from lockhook._authoring.pin import Pin

CPU = "https://mirror.example.org/cpu"
DEFAULT = "https://mirror.example.org/simple"
POLICY = Policy(cpu_index=CPU)
MACOS = "sys_platform == 'darwin'"


def kinds(*found: Pin, policy: Policy = POLICY) -> list[str]:
    return [leak.kind for leak in cpu_policy.leaks(found, policy)]


@pytest.mark.parametrize(
    ("pin", "expected"),
    [
        # The torch family: from a CPU index, labelled, or for macOS only.
        (Pin("torch", "2.9.1", "", DEFAULT), [SOURCE]),
        (Pin("torch", "2.9.1", ""), [SOURCE]),
        (Pin("torch", "2.9.1+cpu", ""), []),
        (Pin("torch", "2.9.1+cpu.cxx11.abi", "", DEFAULT), []),
        (Pin("torch", "2.9.1", "", CPU), []),
        (Pin("torch", "2.9.1", "", f"{CPU}/"), []),
        (Pin("torch", "2.9.1", "", f"{CPU}/torch/torch-2.9.1-cp311-none-any.whl"), []),
        (Pin("torch", "2.9.1", "", "https://u:p@mirror.example.org/cpu"), []),
        (Pin("torch", "2.9.1", "", f"{CPU}-no"), [SOURCE]),
        (Pin("torch", "2.9.1", "", "https://download.pytorch.org/whl/cpu"), []),
        (Pin("torch", "2.9.1", "", "https://download.pytorch.org/whl/cu128"), [SOURCE]),
        (Pin("torchvision", "0.24.1", "", DEFAULT), [SOURCE]),
        (Pin("torchaudio", "2.9.1", "", DEFAULT), [SOURCE]),
        (Pin("torchmetrics", "1.0", "", DEFAULT), []),
        # Where it applies.
        (Pin("torch", "2.9.1", MACOS, DEFAULT), []),
        (Pin("torch", "2.9.1", "platform_system == 'Darwin'", DEFAULT), []),
        (Pin("torch", "2.9.1", f"{MACOS} and python_full_version >= '3.12'"), []),
        (Pin("torch", "2.9.1", f"{MACOS} or sys_platform == 'linux'"), [SOURCE]),
        (Pin("torch", "2.9.1", "sys_platform != 'darwin'"), [SOURCE]),
        (Pin("torch", "2.9.1", "platform_machine == 'aarch64'", DEFAULT), [SOURCE]),
        (Pin("torch", "2.9.1", "platform_machine == 's390x'", DEFAULT), [SOURCE]),
        (Pin("torch", "2.9.1", "python_full_version < '3.11.4'", DEFAULT), [SOURCE]),
        (Pin("torch", "2.9.1", "sys_platform == 'never'", DEFAULT), []),
        (Pin("torch", "2.9.1", "implementation_name == 'pypy'", DEFAULT), [SOURCE]),
        # Labels, wherever they come from.
        (Pin("torch", "2.9.1+cu128", "", CPU), [LABEL]),
        (Pin("torch", "2.9.1+rocm6.4", ""), [LABEL]),
        (Pin("torch", "2.9.1+xpu", ""), [LABEL]),
        (Pin("flash-attn", "2.8+cu12torch2.9", ""), [LABEL]),
        (Pin("torch", "2.9.1+cu128", "sys_platform == 'win32'"), [LABEL]),
        # Direct references tell it in the name of the file.
        (Pin("torch", "", "", url=f"{CPU}/torch-2.9.1%2Bcpu-cp311-none-any.whl"), []),
        (Pin("torch", "", "", url="https://x.org/torch-2.9.1%2Bcu128-cp311-none-any.whl"), [LABEL]),
        (Pin("torch", "", "", url="https://x.org/torch-2.9.1-cp311-none-any.whl"), [SOURCE]),
        (Pin("torch", "", "", url="git+https://github.com/pytorch/pytorch"), [SOURCE]),
        # Names.
        (Pin("nvidia-cublas-cu12", "12.8.4.1", "", DEFAULT), [NAME]),
        (Pin("nvidia-cublas-cu12", "12.8.4.1", "sys_platform == 'linux'"), [NAME]),
        (Pin("nvidia-cublas-cu12", "12.8.4.1", "sys_platform == 'never'"), []),
        (Pin("cuda-bindings", "12.9", "", DEFAULT), [NAME]),
        (Pin("triton", "3.5.1", "", DEFAULT), [NAME]),
        (Pin("pytorch-triton-rocm", "3.5.1", "", DEFAULT), [NAME]),
        (Pin("cupy-cuda12x", "13.0", "", DEFAULT), [NAME]),
        (Pin("tritonclient", "2.50", "", DEFAULT), []),
        # What else the CPU index carries.
        (Pin("jinja2", "3.1.3", "", CPU), [INDEX]),
        (Pin("jinja2", "3.1.6", "", DEFAULT), []),
        (Pin("numpy", "2.3.5", ""), []),
    ],
)
def test_one_pin(pin: Pin, expected: list[str]) -> None:
    assert kinds(pin) == expected


def test_every_leak_is_found() -> None:
    found = [Pin("torch", "2.9.1", ""), Pin("numpy", "2", ""), Pin("triton", "3", "")]
    assert kinds(*found) == [SOURCE, NAME]


def test_any_accelerator_is_welcome_where_the_project_says_so() -> None:
    everything = [Pin("torch", "2.9.1+cu128", ""), Pin("triton", "3", "")]
    assert kinds(*everything, policy=Policy(accelerator="any", cpu_index=CPU)) == []


def test_an_exemption_is_by_name_and_listed_while_it_is_in_force() -> None:
    policy = Policy(
        cpu_index=CPU, accept={"nvidia-dali-cuda120": "the loader needs it", "triton": "unused"}
    )
    found = [Pin("nvidia-dali-cuda120", "1.50.0", ""), Pin("torch", "2.9.1", "")]
    assert kinds(*found, policy=policy) == [SOURCE]
    assert list(cpu_policy.accepted(found, policy)) == [
        "accepted: nvidia-dali-cuda120 1.50.0: the loader needs it"
    ]
    assert list(cpu_policy.accepted(found, Policy(accelerator="any", accept=policy.accept))) == []


def test_a_lock_for_one_system_is_judged_there() -> None:
    plain = Pin("torch", "2.9.1", "", DEFAULT)
    assert kinds(plain, policy=Policy(cpu_index=CPU, system="darwin")) == []
    assert kinds(plain, policy=Policy(cpu_index=CPU, system="linux")) == [SOURCE]
    windows = Pin("triton", "3", "sys_platform == 'win32'")
    assert kinds(windows, policy=Policy(system="linux")) == []


def test_without_a_cpu_index_nothing_is_taken_for_it() -> None:
    assert kinds(Pin("jinja2", "3", "", CPU), policy=Policy()) == []
    assert kinds(Pin("torch", "2.9.1", "", "https://x.org/simple"), policy=Policy()) == [SOURCE]


@pytest.mark.parametrize(
    ("kind", "cpu_index", "expected"),
    [
        (SOURCE, "", "name the CPU index in pyproject.toml: `lockhook init` does, or the README"),
        (SOURCE, CPU, 'allow it in pyproject.toml: [tool.lockhook.accept] x = "why it is needed"'),
        (NAME, CPU, 'allow it in pyproject.toml: [tool.lockhook.accept] x = "why it is needed"'),
        (LABEL, CPU, "change the source of x under [tool.uv.sources] to the CPU index"),
        (INDEX, CPU, "set `explicit = true` for the CPU index under [[tool.uv.index]]"),
    ],
)
def test_one_change_mends_it(kind: str, cpu_index: str, expected: str) -> None:
    leak = Leak(pin=Pin("x", "1", ""), kind=kind, message="1 is wrong")
    assert expected in cpu_policy.mend([leak], Policy(cpu_index=cpu_index))


PYLOCK = """\
lock-version = "1.0"
[[packages]]
name = "torch"
version = "2.9.1"
marker = "sys_platform != 'darwin'"
{}
"""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("r.txt", "torch==2.9.1\n    # via x\n    # from https://mirror.example.org/cpu\n", []),
        ("r.txt", "torch==2.9.1\n    # via x\n", [SOURCE]),
        ("r.txt", "torch==2.9.1 --hash=sha256:{0}\n    # from {1}\n", []),
        ("r.txt", "torch @ {1}/torch-2.9.1-cp311-none-any.whl\n", []),
        ("pylock.toml", PYLOCK.format('index = "{1}"\nwheels = [{{url = "https://x/y"}}]'), []),
        ("pylock.toml", PYLOCK.format('wheels = [{{url = "{1}/torch/torch-2.9.1.whl"}}]'), []),
        ("pylock.toml", PYLOCK.format('wheels = [{{url = "https://x.org/torch.whl"}}]'), [SOURCE]),
        ("pylock.toml", PYLOCK.format('sdist = {{url = "{1}/torch-2.9.1.tar.gz"}}'), []),
    ],
)
def test_formats_tell_where_a_pin_comes_from(path: str, text: str, expected: list[str]) -> None:
    assert kinds(*pins.read(text.format("0" * 64, CPU), path)) == expected
