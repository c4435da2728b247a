"""Addresses of stores in the forms that drivers have, brought into one."""

from __future__ import annotations

import re

_PREFIX = re.compile(r"^(?:jdbc:|r2dbc:(?:pool:)?|odbc:)+", re.IGNORECASE)
_TCP = re.compile(r"^(?:[^@/]*@)?tcp\(([^)\s]+)\)(/[^?]*)?")
_PDO = re.compile(r"^(mysql|pgsql|sqlsrv|dblib):(?=[\w ]+=)", re.IGNORECASE)
_PAIRS = re.compile(r"\s*([\w ]+?)\s*=\s*([^;]*)(?:;|$)")
_HOSTS = ("server", "data source", "host", "address", "addr", "hostname", "network address")
_SPACES = ("database", "initial catalog", "dbname")
_ORACLE = re.compile(r"^(oracle):thin:(?:@//|@)", re.IGNORECASE)
_SQLSERVER = re.compile(r"^(sqlserver://[^;/]+);.*?databaseName=([^;]+).*$", re.IGNORECASE)


def plain(text: str) -> str:
    """Return an address as ``scheme://host:port/namespace``; other texts as they are.

    >>> plain("jdbc:postgresql://db:5432/x"), plain("u:***@tcp(db:3306)/x?parseTime=true")
    ('postgresql://db:5432/x', 'db:3306/x')
    >>> plain("Server=tcp:sql,1433;Database=x;User Id=sa"), plain("mysql:host=h;dbname=x")
    ('sql:1433/x', 'mysql://h/x')
    """
    bare = _PREFIX.sub("", text)
    bare = _ORACLE.sub(r"\1://", bare)
    bare = _SQLSERVER.sub(r"\1/\2", bare)
    driver = _TCP.match(bare)
    if driver is not None:
        return f"{driver[1]}{driver[2] or ''}"
    pdo = _PDO.match(bare)
    scheme = f"{pdo[1].lower()}:" if pdo is not None else ""
    inner = bare[pdo.end() :] if pdo is not None else bare
    if "://" in bare or "=" not in inner or (";" not in inner and pdo is None):
        return bare
    return _from_pairs(scheme, inner) or bare


def _from_pairs(scheme: str, text: str) -> str:
    """``Server=db,1433;Database=x`` and its relatives."""
    held = {key.strip().lower(): value.strip() for key, value in _PAIRS.findall(text)}
    host = next((held[key] for key in _HOSTS if key in held), "").removeprefix("tcp:")
    if not host:
        return ""
    host, _, port = host.replace(",", ":").partition(":")
    port = port or held.get("port", "")
    space = next((held[key] for key in _SPACES if key in held), "")
    head = f"{scheme}//" if scheme else ""
    return f"{head}{host}" + (f":{port}" if port else "") + (f"/{space}" if space else "")
