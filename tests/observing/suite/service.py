"""A service: `python -m tests.observing.suite.service PORT [PROVIDER]`; it calls its provider."""

from __future__ import annotations

import sys

import requests
from flask import Flask
from werkzeug.serving import make_server

from tests.observing.suite import telemetry

telemetry.configure()
app = Flask(__name__)
port, providers = int(sys.argv[1]), sys.argv[2:]


@app.get("/items/<int:number>")
def items(number: int) -> tuple[str, int]:
    if not providers:
        return ("stock", 503 if number == 13 else 200)
    answer = requests.get(f"{providers[0]}/items/{number}", timeout=10)
    return ("cart", answer.status_code)


telemetry.instrument(app)
make_server("127.0.0.1", port, app, threaded=True).serve_forever()
