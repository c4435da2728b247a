"""Values that a program takes from its configuration: settings classes, documents, ``.env``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.code.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

CALL = "\nimport requests\nrequests.get(URL + '/x')\n"


def targets(folder: Path, source: str, files: dict[str, str] | None = None) -> list[str]:
    """The addresses that ``URL`` stands for, each with the default of its variable."""
    found = only(Use, read(folder, {"a/main.py": source + CALL, **(files or {})}))
    return [
        "".join(
            f"{{{part.text}={part.default}}}" if part.kind == "env" else part.text
            for part in value.parts
        )
        for use in found
        for value in use.targets
    ]


NESTED = """
from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict
class Inner(BaseModel):
    url: str = "http://inner"
class Outer(BaseModel):
    inner: Inner = Inner()
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__")
    outer: Outer = Outer()
URL = Settings().outer.inner.url
"""
PLAIN = """
from pydantic import BaseModel
from pydantic_settings import BaseSettings
class Inner(BaseModel):
    url: str = "http://inner"
class Settings(BaseSettings):
    inner: Inner = Inner(url="http://given")
URL = Settings().inner.url
"""
ASSEMBLED = """
from pydantic import BaseSettings, PostgresDsn, validator
class Settings(BaseSettings):
    HOST: str = "db"
    DSN: str = ""
    @validator("DSN", pre=True)
    def assemble(cls, v, values):
        return PostgresDsn.build(scheme="http", host=values.get("HOST"), path="/main")
URL = Settings().DSN
"""
AFTERWARDS = """
from pydantic import model_validator
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    HOST: str = "db"
    DSN: str = ""
    @model_validator(mode="after")
    def assemble(self):
        self.DSN = f"http://{self.HOST}/main"
        return self
URL = Settings().DSN
"""
OF_THE_DATA = """
from pydantic import field_validator
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    HOST: str = "db"
    DSN: str = ""
    @field_validator("DSN", mode="before")
    def assemble(cls, v, info):
        return f"http://{info.data['HOST']}/main"
URL = Settings().DSN
"""
CLASSES = {
    "a model in settings": (NESTED, ["{APP_OUTER__INNER__URL=http://inner}/x"]),
    "a model without variables": (PLAIN, ["http://given/x"]),
    "a validator": (ASSEMBLED, ["{DSN=}/x", "http://{HOST=db}/main/x"]),
    "a validator of the data": (OF_THE_DATA, ["{DSN=}/x", "http://{HOST=db}/main/x"]),
    "a validator of the whole": (AFTERWARDS, ["{DSN=}/x", "http://{HOST=db}/main/x"]),
}


@pytest.mark.parametrize(("source", "wanted"), CLASSES.values(), ids=CLASSES)
def test_fields_of_settings(tmp_path: Path, source: str, wanted: list[str]) -> None:
    assert targets(tmp_path, source) == wanted


FILES = {
    "yaml": (
        'import yaml\nconfig = yaml.safe_load(open("config.yaml"))\nURL = config["b"]["url"]',
        {"a/config.yaml": "b: {url: 'http://b'}\n"},
        "http://b/x",
    ),
    "yaml by a path": (
        (
            "import yaml\nfrom pathlib import Path\n"
            'config = yaml.safe_load((Path(__file__).parent / "config.yaml").read_text())\n'
            'URL = config["b"]["url"]'
        ),
        {"a/config.yaml": "b: {url: 'http://b'}\n"},
        "http://b/x",
    ),
    "toml": (
        (
            'import tomllib\nwith open("settings.toml", "rb") as f:\n    c = tomllib.load(f)\n'
            'URL = c["b"]["url"]'
        ),
        {"a/settings.toml": '[b]\nurl = "http://b"\n', "other/settings.toml": ""},
        "http://b/x",
    ),
    "ini": (
        (
            "import configparser\nconfig = configparser.ConfigParser()\nconfig.read('app.ini')\n"
            "URL = config['b']['url']"
        ),
        {"a/app.ini": "[b]\nurl = http://b\n"},
        "http://b/x",
    ),
    "ini by a method": (
        (
            "import configparser\nconfig = configparser.ConfigParser()\nconfig.read('app.ini')\n"
            "URL = config.get('b', 'url')"
        ),
        {"a/app.ini": "[b]\nurl = http://b\n"},
        "http://b/x",
    ),
    "dynaconf": (
        (
            "from dynaconf import Dynaconf\nsettings = Dynaconf(envvar_prefix='APP')\n"
            "URL = settings.B_URL"
        ),
        {"a/settings.toml": '[default]\nb_url = "http://b"\n'},
        "{APP_B_URL=http://b}/x",
    ),
    "a section of dynaconf": (
        (
            "from dynaconf import Dynaconf\nsettings = Dynaconf(envvar_prefix='APP')\n"
            "URL = settings.b.url"
        ),
        {"a/settings.toml": '[default.b]\nurl = "http://b"\n'},
        "http://b/x",
    ),
    "flask": (
        (
            "from flask import Flask\napp = Flask(__name__)\n"
            "app.config.from_pyfile('settings.cfg')\n"
            "URL = app.config['B_URL']"
        ),
        {"a/settings.cfg": "B_URL = 'http://b'\n"},
        "http://b/x",
    ),
    "flask by a prefix": (
        (
            "from flask import Flask\napp = Flask(__name__)\napp.config.from_prefixed_env()\n"
            "URL = app.config['B_URL']"
        ),
        {},
        "{FLASK_B_URL=None}/x",
    ),
    "variables": (
        "import os\nfrom dotenv import load_dotenv\nload_dotenv()\nURL = os.environ['B_URL']",
        {"a/.env": "# of b\nexport B=b\nB_URL='http://${B}'  # there\n"},
        "{B_URL=http://b}/x",
    ),
    "variables that are only shown": (
        "import os\nfrom dotenv import load_dotenv\nload_dotenv()\nURL = os.environ['B_URL']",
        {"a/.env.example": "B_URL=http://b\n"},
        "{B_URL=http://b}/x",
    ),
    "variables as a mapping": (
        "from dotenv import dotenv_values\nURL = dotenv_values('.env')['B_URL']",
        {"a/.env": "B_URL=http://b\n"},
        "http://b/x",
    ),
    "variables that nothing loads": (
        "import os\nURL = os.environ['B_URL']",
        {"a/.env": "B_URL=http://b\n"},
        "{B_URL=None}/x",
    ),
    "a prefix of environs": (
        (
            "from environs import Env\nenv = Env()\n"
            "with env.prefixed('B_'):\n    URL = env.str('URL')"
        ),
        {},
        "{B_URL=None}/x",
    ),
    "a default by name": (
        (
            "from starlette.config import Config\nconfig = Config('.env')\n"
            "URL = config('B_URL', cast=str, default='http://b')"
        ),
        {},
        "{B_URL=http://b}/x",
    ),
}


@pytest.mark.parametrize(("source", "files", "wanted"), FILES.values(), ids=FILES)
def test_what_files_say(tmp_path: Path, source: str, files: dict[str, str], wanted: str) -> None:
    assert targets(tmp_path, source, files) == [wanted]


@pytest.mark.parametrize(
    "text", ["b: [", "- 1\n", "b: &a [*a]\n", "[" * 500, "b: 1\n" + "\x00", "[x\nurl=1"]
)
@pytest.mark.parametrize("name", ["config.yaml", "config.toml", "config.ini", "config.json"])
def test_a_document_that_cannot_be_read_says_nothing(tmp_path: Path, name: str, text: str) -> None:
    source = f'import yaml\nURL = yaml.safe_load(open("{name}"))["b"]["url"]'
    (found,) = targets(tmp_path, source, {f"a/{name}": text})
    assert "http" not in found


def test_a_variable_that_is_set_does_not_keep_the_default_of_the_code(tmp_path: Path) -> None:
    source = "from dotenv import load_dotenv\nimport os\nURL = os.getenv('B_URL', 'http://a')"
    assert targets(tmp_path, source, {"a/.env": "B_URL=http://b\n"}) == ["{B_URL=http://b}/x"]
    again = tmp_path / "again"
    assert targets(again, source, {"a/.env.example": "B_URL=http://b\n"}) == ["{B_URL=http://a}/x"]


def test_a_developers_machine_is_the_last_to_be_believed(tmp_path: Path) -> None:
    source = "from dotenv import load_dotenv\nimport os\nURL = os.getenv('B_URL', 'http://a')"
    local = {"a/.env": "B_URL=http://localhost:1\n"}
    assert targets(tmp_path / "1", source, local) == ["{B_URL=http://a}/x"]
    both = local | {"a/.env.production": "B_URL=http://b\n"}
    assert targets(tmp_path / "2", source, both) == ["{B_URL=http://b}/x"]
    bare = source.replace(", 'http://a'", "")
    assert targets(tmp_path / "3", bare, local) == ["{B_URL=http://localhost:1}/x"]
