"""TLS: whom we trust, who we are, and what went wrong, in words."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from depmap.errors import InputError

_UNVERIFIED = "CERTIFICATE_VERIFY_FAILED"
# How a server that got no certificate, or one it does not take, ends the connection.
_UNKNOWN_CLIENT = (
    "CERTIFICATE_REQUIRED",
    "HANDSHAKE_FAILURE",
    "BAD_CERTIFICATE",
    "UNKNOWN_CA",
    "CERTIFICATE_UNKNOWN",
)


WANTED = "cert_file and key_file name ours"


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM; None where the system's authorities, or no certificate of ours, will do.

    Attributes:
        ca_file: authorities that the server's certificate is verified with.
        cert_file: our own certificate, for servers that want one (mTLS).
        key_file: its key, where it is not in the same file.
    """

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @property
    def verify(self) -> str | bool:
        """What requests is to verify with."""
        return str(self.ca_file) if self.ca_file else True

    @property
    def certificate(self) -> str | tuple[str, str] | None:
        """What requests is to show."""
        if self.cert_file and self.key_file:
            return str(self.cert_file), str(self.key_file)
        return str(self.cert_file) if self.cert_file else None

    def check(self) -> None:
        """Load the files once: what is wrong with them is no fault of the server's.

        Raises:
            InputError: one cannot be used.
        """
        if self.key_file and not self.cert_file:
            raise InputError("key_file is given without cert_file")
        for path in filter(None, (self.ca_file, self.cert_file, self.key_file)):
            if not path.is_file():
                raise InputError("there is no such file", where=str(path))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            if self.ca_file:
                context.load_verify_locations(self.ca_file)
        except (ssl.SSLError, OSError):
            raise InputError("holds no certificate in PEM", where=str(self.ca_file)) from None
        try:
            if self.cert_file:
                # Without a password of its own, OpenSSL would ask on the terminal.
                context.load_cert_chain(self.cert_file, self.key_file, password=lambda: "")
        except (ssl.SSLError, OSError):
            raise InputError(
                "no certificate with its key can be read",
                where=str(self.cert_file),
                hint="both in PEM, the key without a password; key_file names another file",
            ) from None


def told(error: Exception) -> tuple[str, str]:
    """Return what went wrong, and what to do about it."""
    text = str(error)
    if _UNVERIFIED in text:
        reason = text.partition("certificate verify failed: ")[2].partition(" (_ssl")[0]
        why = f": {reason}" if reason else ""
        hint = "ca_file names the certificates of the authority that signed it"
        return f"its TLS certificate could not be verified{why}", hint
    if wants_certificate(error):
        return "does not accept our TLS certificate, or wants one", WANTED
    if "EOF occurred" in text:
        return "ended the TLS connection without a reason", f"it may want a certificate: {WANTED}"
    if "WRONG_VERSION_NUMBER" in text:
        return "does not speak TLS", "write the address with http:// if that is meant"
    return "no TLS connection could be made", "is the address right?"


def wants_certificate(error: Exception) -> bool:
    """Whether a server ended the connection for want of a certificate of ours."""
    text = str(error).upper().replace(" ", "_")
    return any(reason in text for reason in _UNKNOWN_CLIENT)
