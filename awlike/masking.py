"""Passwords and other secrets, taken out of texts that are shown."""

import re

_NAME = r'[\w.-]*(?:password|passwd|passphrase|pwd|secret|token|access_?key|account_?key|api_?key)\w*'
_VALUE = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[^\s&;,}\])\'"]+'
_NAMED = re.compile(rf'({_NAME}["\']?\s*(?:=|%3D|(?<=["\']):)\s*|["\']key["\']\s*:\s*|[?&]key=)(?:{_VALUE})', re.IGNORECASE)
_IN_URL = re.compile(r'(\w[\w+.-]*(?:://|%3A%2F%2F|%3A//)[^\s:/@%]*(?::|%3A))\S*(@|%40)', re.IGNORECASE)
_ENCODED = re.compile(r'(%3A)(?!%2F%2F|//)\S*(%40)', re.IGNORECASE)


def masked(text: object) -> str:
    """Return `text`, which is a URL or the like, without the secrets in it, also where the URL is malformed."""
    text = re.sub(r':(?!//)\S*@', ':***@', str(text))
    text = _NAMED.sub(r'\1***', _ENCODED.sub(r'\1***\2', text))
    return text.replace('%2F', '/')  # the folder of a socket, as people write it


def without_secrets(text: str) -> str:
    """Return `text`, which may quote URLs, options and the like, without the passwords and keys in them."""
    return _NAMED.sub(r'\1***', _IN_URL.sub(r'\1***\2', text))
