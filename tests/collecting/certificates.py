"""Certificates for tests, made by OpenSSL when they are needed, and servers that use them."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.missing import program


@dataclass(frozen=True)
class Authority:
    """An authority in a folder of its own."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    @classmethod
    def new(cls, folder: Path) -> Authority:
        folder.mkdir()
        authority = cls(folder)
        authority._openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key"),
            *("-out", "ca.pem", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )
        return authority

    def signed(self, name: str, address: str = "IP:127.0.0.1") -> tuple[Path, Path]:
        """Return a certificate and its key."""
        self._openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr"),
        )
        (self.folder / "ext").write_text(f"subjectAltName={address}\n")
        self._openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
            *("-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", f"{name}.pem"),
        )
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def _openssl(self, *words: str) -> None:
        openssl = program("openssl", packages=("openssl",))
        subprocess.run((openssl, *words), cwd=self.folder, check=True, capture_output=True)


def server_context(certificate: Path, key: Path, clients: Path | None = None) -> ssl.SSLContext:
    """Return what a server speaks TLS with; it may want certificates of its clients."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if clients:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
