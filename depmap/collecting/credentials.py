"""Credentials: read from the environment or from a command, sent, and never told to anybody."""

from __future__ import annotations

import base64
import os
import re
import shlex
import subprocess
from threading import Lock
from typing import TYPE_CHECKING

from depmap.errors import InputError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMAND_SECONDS = 60.0
"""How long a command may take that prints a token."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Credentials:
    """The headers that show who asks. Several threads may use it."""

    def __init__(
        self,
        *,
        token_env: str = "",
        basic_env: str = "",
        token_command: str = "",
        header_env: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Read nothing and run nothing yet.

        Args:
            token_env: environment variable that holds a bearer token; empty for none.
            basic_env: environment variable that holds ``user:password``.
            token_command: command line, run without a shell, that prints a bearer token.
            header_env: further headers, each with the variable that holds its value.
            headers: further headers with their values.

        Raises:
            InputError: there are two ways to log in, or a header that cannot be sent.
        """
        if sum(map(bool, (token_env, basic_env, token_command))) > 1:
            raise InputError("give only one of token_env, basic_env and token_command")
        self._token_env = token_env
        self._basic_env = basic_env
        self._command = _words(token_command)
        self._header_env = dict(sorted((header_env or {}).items()))
        self._plain = {name: _sendable(name, value) for name, value in (headers or {}).items()}
        for name in (*self._header_env, *self._plain):
            if not _NAME.fullmatch(name):
                raise InputError(f"{name!r} is not the name of a header")
        self._lock = Lock()
        self._token = ""

    def headers(self) -> dict[str, str]:
        """Return the headers. The environment is read each time: tokens may be renewed there.

        Raises:
            SourceUnavailable: a variable is empty, or a command gives no token.
        """
        found = self._plain | {name: _secret(env) for name, env in self._header_env.items()}
        if self._token_env:
            found["Authorization"] = f"Bearer {_secret(self._token_env)}"
        elif self._basic_env:
            found["Authorization"] = f"Basic {_basic(self._basic_env)}"
        elif self._command:
            with self._lock:
                self._token = self._token or _printed(self._command)
                found["Authorization"] = f"Bearer {self._token}"
        return found

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Get a fresh token where one was refused; return whether there is another one now."""
        if not self._command:
            return False
        with self._lock:
            # Another thread may have been faster.
            if f"Bearer {self._token}" == refused.get("Authorization"):
                self._token = _printed(self._command)
            return f"Bearer {self._token}" != refused.get("Authorization")

    def hide(self, text: str) -> str:
        """Return a text with every credential in it replaced by stars."""
        secrets = [self._token, *map(_raw, self._header_env.values()), *self._plain.values()]
        secrets.append(_raw(self._token_env))
        if basic := _raw(self._basic_env):
            secrets += [basic, basic.partition(":")[2], _encoded(basic)]
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def _raw(env: str) -> str:
    return os.environ.get(env, "").strip() if env else ""


def _secret(env: str) -> str:
    value = _raw(env)
    if not value:
        hint = "it is to hold the credential"
        raise SourceUnavailable(f"the environment variable {env} is empty", hint=hint)
    if not (value.isascii() and value.isprintable()):
        raise SourceUnavailable(f"the environment variable {env} holds what no header can carry")
    return value


def _basic(env: str) -> str:
    value = _raw(env)
    if not value:
        hint = "it is to hold user:password"
        raise SourceUnavailable(f"the environment variable {env} is empty", hint=hint)
    if ":" not in value:
        raise SourceUnavailable(f"the environment variable {env} does not hold user:password")
    return _encoded(value)


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _sendable(name: str, value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise InputError(f"the value of the header {name!r} is one that no header can carry")
    return value


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise InputError(f"token_command is no command line: {error}") from None


def _printed(command: tuple[str, ...]) -> str:
    """Run a command; its arguments and what it says may be secrets, so errors leave them out."""
    where, what = "token_command", command[0]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"{what} did not end within {COMMAND_SECONDS:g} s"
        raise SourceUnavailable(message, where=where) from None
    except OSError as error:
        message = f"{what} cannot be run: {error.strerror}"
        raise SourceUnavailable(message, where=where) from None
    if done.returncode:
        hint = "run it by hand: it is to print a token and nothing else"
        message = f"{what} ended with code {done.returncode}"
        raise SourceUnavailable(message, where=where, hint=hint)
    token = done.stdout.decode(errors="replace").strip()
    if not token or not (token.isascii() and token.isprintable()) or " " in token:
        raise SourceUnavailable(f"{what} printed no token", where=where)
    return token
