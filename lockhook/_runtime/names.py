"""Package names, and text from elsewhere on its way to a terminal."""

from __future__ import annotations


def normalize(name: str) -> str:
    """Return the name that two spellings of one package share (PEP 503)."""
    name = name.lower().replace("_", "-").replace(".", "-")
    while "--" in name:
        name = name.replace("--", "-")
    return name


def is_name(text: str) -> bool:
    """Tell whether text is a package name: ASCII, ends in letters or digits (PEP 508)."""
    return (
        text.isascii()
        and text[:1].isalnum()
        and text[-1:].isalnum()
        and text.replace("-", "a").replace("_", "a").replace(".", "a").isalnum()
    )


def visible(text: str) -> str:
    r"""Return text with everything that a terminal would obey or hide written as an escape.

    Names, versions and paths come from files that may be hostile: escape sequences, carriage
    returns, bidirectional overrides and lone surrogates are all not printable.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def without_credentials(url: str) -> str:
    """Return a URL with ``user:password@`` taken out of it (RFC 3986, section 3.2.1)."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    end = min((i for i in map(rest.find, "/?#") if i >= 0), default=len(rest))
    _, at, host = rest[:end].rpartition("@")
    return f"{scheme}://{host}{rest[end:]}" if at else url
