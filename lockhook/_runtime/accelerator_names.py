"""Which names and versions mean a build for an accelerator: rules over text, and their data.

They decide nothing about installed files; `lockhook._runtime.accelerator` reads those.
"""

from __future__ import annotations

# Packages of which PyTorch's own index serves builds for each accelerator, and the module that
# carries the build's label in a `version.py`, "" where none does. uv sends the same names to
# that index (`--torch-backend`), but for those that exist for accelerators only: see below.
TORCH_FAMILY = {
    "torch": "torch",
    "torchvision": "torchvision",
    "torchaudio": "torchaudio",
    "torchtext": "torchtext",
    "torchcodec": "torchcodec",
    "xformers": "xformers",
    "fbgemm-gpu": "",
    "fbgemm-gpu-genai": "",
    "torchao": "",
    "torcharrow": "",
    "torchcsprng": "",
    "torchdistx": "",
    "torchrec": "",
    "torchserve": "",
    "torchtune": "",
}

# Names that no rule below covers. No CPU build of torch wants `triton`; `tritonclient` and
# `triton-model-navigator` belong to another Triton, so there is no rule for how a name begins.
_NAMES = frozenset(
    {
        "triton",
        "triton-nightly",
        "triton-windows",
        "amdsmi",
        "cupy",
        "pycuda",
        "pynvjitlink",
        "pynvvideocodec",
        "intel-pti",
        "libtpu",
        "libtpu-nightly",
    }
)

_PREFIXES = ("nvidia-", "pytorch-triton")
_SUFFIXES = ("-gpu",)

# One word of a name, between hyphens. Intel's oneMKL, OpenMP and compiler run-time packages are
# not here: `mkl` brings most of them to CPU-only environments. Those with SYCL are for GPUs.
_WORDS = frozenset({"xpu", "sycl", "directml", "tensorrt", "hip"})
_WORD_BEGINNINGS = ("cuda", "rocm")

# What has CPU builds, though its name says otherwise.
_CPU_NAMES = frozenset({"fbgemm-gpu"})


def is_torch_family(name: str) -> bool:
    """Tell whether PyTorch's own index serves builds of a package for CPU and accelerators.

    Args:
        name: normalised (PEP 503).
    """
    return name in TORCH_FAMILY


def is_accelerator_name(name: str) -> bool:
    """Tell whether a package is of use with an accelerator only, as its name has it.

    Args:
        name: normalised (PEP 503).
    """
    if name in _CPU_NAMES:
        return False
    return (
        name in _NAMES
        or name.startswith(_PREFIXES)
        or name.endswith(_SUFFIXES)
        or any(_is_accelerator_word(word) for word in name.split("-"))
    )


def _is_accelerator_word(word: str) -> bool:
    """Tell it of ``cu12``, ``cuda12x``, ``rocm7`` or ``xpu``; not of ``cu`` or ``cupid``."""
    if word[:2] == "cu" and len(word) >= 4 and word[2:].isdigit():
        return True
    return word in _WORDS or word.startswith(_WORD_BEGINNINGS)


def is_accelerator_label(version: str) -> bool:
    """Tell whether the local part of a version (PEP 440) names an accelerator.

    ``+cu128``, ``+pt29cu128``, ``+rocm6.4``, ``+xpu`` and ``+40ec155e58.nv24.03`` do, ``+cpu``
    and ``+cpu.cxx11.abi`` do not. ``+git1234567`` says nothing either way.
    """
    return bool(build_of_label(version)) and not is_cpu_label(version)


def is_cpu_label(version: str) -> bool:
    """Tell whether the local part of a version names a build for CPUs."""
    return build_of_label(version) == "cpu"


def build_of_label(version: str) -> str:
    """Return ``"cpu"``, ``"cuda 12.8"``, ``"rocm 6.4"``, ``"xpu"``; "" if there is no such label.

    None of the words looked for can stand in a commit's hash: its letters are a to f.
    """
    label = version.partition("+")[2].lower().replace("-", ".").replace("_", ".")
    if "rocm" in label or "hip" in label:
        number = _number(label.partition("rocm")[2], "0123456789.").strip(".")
        return f"rocm {number}".strip()
    if "xpu" in label:
        return "xpu"
    parts = label.replace("cuda", "cu").split("cu")[1:]
    number = next((n for part in parts if (n := _number(part))), "")
    if number or "cuda" in label or _is_from_nvidia(label):
        return f"cuda {_dotted(number)}".strip()
    return "cpu" if "cpu" in label else ""


def _dotted(number: str) -> str:
    """Return 12.8 for 128, 9.2 for 92 and 12 for 12: a minor version has one digit."""
    if len(number) < 2 or (len(number) == 2 and number[0] == "1"):
        return number
    return f"{number[:-1]}.{number[-1]}"


def _number(text: str, digits: str = "0123456789") -> str:
    return text[: len(text) - len(text.lstrip(digits))]


def _is_from_nvidia(label: str) -> bool:
    """Tell whether it is the label of a build in NVIDIA's containers, such as ``nv24.03``."""
    return any(part[:2] == "nv" and part[2:].isdigit() for part in label.split("."))
