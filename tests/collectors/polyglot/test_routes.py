"""Routes whose path is put together from several places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Route
from tests.collectors.polyglot.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

ROUTER = "const r = require('express').Router(); r.{0}; module.exports = r;"
GET = ROUTER.format("get('/x/:id', h)")
RAILS = """
    namespace :v1 do
      resources :xs, only: [:index]
      get "y", to: "z#y"
    end
"""
ROUTES = {
    "required where it is mounted": (
        {"app.js": "app.use('/v1', require('./x'));", "x.js": GET}, ["GET /v1/x/{}"]),
    "required before": (
        {"app.js": "const x = require('./x'); app.use('/v1', check, x);", "x.js": GET},
        ["GET /v1/x/{}"]),
    "imported by name": (
        {"app.ts": 'import { xRouter } from "./x"; app.use("/v1", xRouter);',
         "x.ts": 'const r = express.Router(); r.get("/x", h); export { r as xRouter };'},
        ["GET /v1/x"]),
    "mounted twice, one below the other": (
        {"app.js": "app.use('/v1', require('./a'));",
         "a.js": ROUTER.format("use('/a', require('./x'))"), "x.js": GET}, ["GET /v1/a/x/{}"]),
    "given the application": (
        {"app.js": "require('./x')(app);",
         "x.js": "module.exports = (app) => { app.get('/x', h); };"}, ["GET /x"]),
    "several methods of a path": (
        {"a.js": "app.route('/x').get(h).post(h);"}, ["GET /x", "POST /x"]),
    "fastify": (
        {"app.js": "app.register(require('./x'), { prefix: '/v1' });",
         "x.js": "module.exports = async (f) => { f.get('/x', h); };"}, ["GET /v1/x"]),
    "chi": (
        {"a.go": 'func f() { r.Route("/v1", func(r chi.Router) { r.Get("/x", h) }) }'},
        ["GET /v1/x"]),
    "gorilla": (
        {"a.go": 'func f() { r.HandleFunc("/x", h).Methods("PUT", http.MethodPost) }'},
        ["POST /x", "PUT /x"]),
    "a group that is handed on": (
        {"a.go": 'func (h *H) Add(g *gin.RouterGroup) { g.GET("/x", h.get) }\n'
                 'func main() { h.Add(gin.New().Group("/v1")) }'}, ["GET /v1/x"]),
    "a group of minimal apis": (
        {"A.cs": 'class A { void F() { var g = app.MapGroup("v1/x").HasVersion(1);'
                 ' g.MapGet("/{id}", F); } }'}, ["GET /v1/x/{}"]),
    "rails": ({"routes.rb": RAILS}, ["GET /v1/xs", "GET /v1/y"]),
    "laravel": (
        {"routes/api.php": "<?php Route::prefix('v1')->group(function () {"
                           " Route::post('x', 'X@s'); });"}, ["POST /api/v1/x"]),
}  # fmt: skip


@pytest.mark.parametrize(("files", "wanted"), ROUTES.values(), ids=ROUTES)
def test_routes(tmp_path: Path, files: dict[str, str], wanted: list[str]) -> None:
    found = only(Route, read(tmp_path, {**files, "package.json": ""}))
    assert sorted(f"{one.method} {one.path}" for one in found) == wanted


def test_files_that_mount_each_other_end(tmp_path: Path) -> None:
    files = {
        "a.js": ROUTER.format("use('/a', require('./b'))"), "package.json": "",
        "b.js": f"{GET} r.use('/b', require('./a'));",
    }  # fmt: skip
    assert only(Route, read(tmp_path, files))


def test_a_request_is_no_route(tmp_path: Path) -> None:
    text = 'Faraday.new(url: ENV["U"]).get("/y")'
    assert only(Route, read(tmp_path, {"a.rb": text, "Gemfile": ""})) == []
