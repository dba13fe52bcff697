"""The private parts: a real Asterisk 22, Redis and SIPp (and Chromium for the tests), nothing installed.

Debian's packages are fetched by apt into a root of their own, unpacked beside the system and run by
their own loader. Needs apt-get and dpkg-deb, which every Debian has; root or not makes no difference.
"""

import fcntl
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.errors import Unavailable
from config.settings import Settings

Tell = Callable[[str, str], None]
"""Says something to a person: in Indonesian, in English."""

LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = f"{LIBRARIES}/ld-linux-x86-64.so.2"
_INST = re.compile(r"Inst ([^ :]+)\S* (?:\[\S+\] )?\((\S+) .*\[([a-z0-9]+)\]\)")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Packages that come together, and the programs in them."""

    name: str
    packages: tuple[str, ...]
    programs: dict[str, str]
    suites: tuple[str, ...]
    megabytes: int
    without: tuple[str, ...]


TELEPHONES = Bundle(
    name="telephones",
    packages=("asterisk", "asterisk-modules", "redis-server", "sip-tester"),
    programs={
        "asterisk": "usr/sbin/asterisk",
        "redis-server": "usr/bin/redis-server",
        "sipp": "usr/bin/sipp",
    },
    # Debian stable has no Asterisk; testing loses a package for weeks at times.
    suites=("forky", "sid"),
    megabytes=100,
    without=(
        "perl",
        "libperl",
        "systemd",
        "asterisk-core-sounds",
        "gnupg",
        "gpg",
        "dirmngr",
        "tzdata",
        "debconf",
    ),
)
BROWSER = Bundle(
    name="browser",
    packages=("chromium", "fonts-dejavu-core"),
    programs={"chromium": "usr/lib/chromium/chromium"},
    # The system's own suite, so that the system's own C library fits.
    suites=("",),
    megabytes=170,
    without=("libc6", "perl", "libperl", "systemd", "tzdata", "debconf", "gnupg", "gpg", "dpkg", "apt"),
)
BUNDLES = (TELEPHONES, BROWSER)
ON_PATH = ("redis-server", "sipp", "chromium")
"""Programs of the system that serve as well; its Asterisk may be any version, so it has to be named."""


class PartsMissing(Unavailable):
    """A part cannot be had on this machine, and why."""

    def __init__(self, id: str, en: str) -> None:
        super().__init__(f"Bagian privat tidak dapat diambil: {id}", f"The private parts cannot be had: {en}")


def find(name: str, settings: Settings) -> Path | None:
    """The program: as the settings name it, else the system's, else the private one."""
    named: Path | None = getattr(settings, name.replace("-", "_"))
    if named:
        return named
    if name in ON_PATH and (found := shutil.which(name)):
        return Path(found)
    launcher = settings.parts / _bundle_of(name).name / name
    return launcher if launcher.exists() else None


def bring(names: Sequence[str], settings: Settings, tell: Tell) -> None:
    """Fetch the bundles of the programs that are not here yet; raises PartsMissing."""
    wanted = [b for b in BUNDLES if any(n in b.programs and find(n, settings) is None for n in names)]
    for bundle in wanted:
        _check_machine()
        tell(
            f"Mengambil {', '.join(bundle.programs)} dari Debian, sekitar {bundle.megabytes} MB. "
            "Tidak ada yang dipasang di sistem.",
            f"Fetching {', '.join(bundle.programs)} from Debian, about {bundle.megabytes} MB. "
            "Nothing is installed on the system.",
        )
        with _locked(settings.parts):
            if any(not (settings.parts / bundle.name / program).exists() for program in bundle.programs):
                _bring(bundle, settings.parts / bundle.name, tell)


def asterisk_root(program: Path) -> Path:
    """The folder the private Asterisk was unpacked into."""
    return program.parent / "root"


def _bundle_of(program: str) -> Bundle:
    return next(bundle for bundle in BUNDLES if program in bundle.programs)


def _check_machine() -> None:
    if platform.machine() != "x86_64":
        raise PartsMissing(f"komputer ini {platform.machine()}, hanya x86_64 yang didukung.",
                           f"this machine is {platform.machine()}; only x86_64 is supported.")  # fmt: skip
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise PartsMissing(f"{tool} tidak ada (bukan Debian?).", f"there is no {tool} (not a Debian?).")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process builds; those that wait find it built."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _bring(bundle: Bundle, folder: Path, tell: Tell) -> None:
    faults = []
    for suite in bundle.suites:
        try:
            apt = _Apt(folder / "apt", suite)
            debs = apt.download(bundle.packages)
            tell(f"Membongkar {len(debs)} paket.", f"Unpacking {len(debs)} packages.")
            _unpack(debs, folder / "root", bundle.without)
        except subprocess.CalledProcessError as fault:
            output = (fault.stderr or b"").decode(errors="replace").strip().splitlines()
            faults.append(output[-1] if output else f"apt {fault.returncode}")
            continue
        for name, program in bundle.programs.items():
            _write_launcher(folder / name, program, bundle)
        return
    why = "; ".join(faults)
    raise PartsMissing(f"apt tidak berhasil ({why}). Periksa jaringan dan /etc/apt.",
                       f"apt did not succeed ({why}). Check the network and /etc/apt.")  # fmt: skip


class _Apt:
    """apt with a root, lists and cache of its own; signatures are checked as ever."""

    def __init__(self, folder: Path, suite: str) -> None:
        self._folder = folder
        for part in ("state/lists/partial", "cache/archives/partial", "etc", "log"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        # An empty status file: the whole closure is wanted, whatever the system has.
        (folder / "state/status").write_text("")
        config = folder / "apt.conf"
        config.write_text(self._config(suite))
        self._environment = os.environ | {"APT_CONFIG": str(config), "LC_ALL": "C"}

    def download(self, packages: Sequence[str]) -> list[Path]:
        """The packages' files with all they depend on."""
        self._run("update")
        self._run("-y", "--download-only", "install", *packages)
        # A simulated install lists what the cache already holds as well.
        simulated = self._run("-y", "-s", "install", *packages)
        return [self._file(line) for line in simulated.splitlines() if line.startswith("Inst ")]

    def _file(self, line: str) -> Path:
        """`Inst name (version source [arch])` is `name_version_arch.deb` in the cache."""
        match = _INST.match(line)
        assert match is not None, line
        name, version, architecture = match.groups()
        return self._folder / "cache/archives" / f"{name}_{version.replace(':', '%3a')}_{architecture}.deb"

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            ["apt-get", "-q", *arguments], env=self._environment, capture_output=True, check=True
        )
        return done.stdout.decode(errors="replace")

    def _config(self, suite: str) -> str:
        folder = self._folder
        own_sources = ""
        if suite:
            # The system's own mirror and keyring serve the other suite too.
            keyring = next(Path("/usr/share/keyrings").glob("debian-archive-keyring.[gp][pg][gp]"), None)
            signed = f"[signed-by={keyring}] " if keyring else ""
            (folder / "etc/sources.list").write_text(f"deb {signed}{_mirror()} {suite} main\n")
            own_sources = (
                f'Dir::Etc::sourcelist "{folder}/etc/sources.list"; Dir::Etc::sourceparts "/dev/null";\n'
            )
        return f"""Dir::State "{folder}/state"; Dir::State::status "{folder}/state/status";
Dir::Cache "{folder}/cache"; Dir::Log "{folder}/log"; Dir::Etc::preferencesparts "/dev/null";
{own_sources}APT::Architecture "amd64"; APT::Architectures {{ "amd64"; }};
APT::Install-Recommends "false"; APT::Install-Suggests "false";
APT::Sandbox::User ""; Debug::NoLocking "true"; APT::Keep-Downloaded-Packages "true";
Binary::apt-get::APT::Keep-Downloaded-Packages "true";
Acquire::Check-Valid-Until "false"; Acquire::Languages "none"; Acquire::Retries "3";
"""


def _mirror() -> str:
    """The Debian mirror this machine uses already."""
    sites = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, check=True
    ).stdout.decode()
    mirrors = [site for site in dict.fromkeys(sites.split()) if site.rstrip("/").endswith("/debian")]
    if not mirrors:
        raise PartsMissing("sumber paket Debian tidak ditemukan di /etc/apt.",
                           "no Debian mirror is named in /etc/apt.")  # fmt: skip
    return mirrors[0]


def _unpack(debs: Sequence[Path], root: Path, without: tuple[str, ...]) -> None:
    """Unpack beside the system; no script of any package is run."""
    fresh = root.with_name("root.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for folder in ("bin", "sbin", "lib", "lib64"):
        (fresh / "usr" / folder).mkdir(parents=True, exist_ok=True)
        (fresh / folder).symlink_to(f"usr/{folder}")
    for deb in debs:
        if deb.name.startswith(without):
            continue
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as archive:
            subprocess.run(
                ["tar", "-x", "-C", str(fresh), "--no-same-owner", "--keep-directory-symlink",
                 "--exclude=./usr/share/doc", "--exclude=./usr/share/man", "--exclude=./usr/share/locale"],
                stdin=archive.stdout, capture_output=True, check=True,
            )  # fmt: skip
    shutil.rmtree(root, ignore_errors=True)
    fresh.rename(root)


def _write_launcher(launcher: Path, program: str, bundle: Bundle) -> None:
    script = _BROWSER_LAUNCHER if bundle is BROWSER else _LAUNCHER
    text = script.format(libraries=LIBRARIES, loader=LOADER, program=program)
    draft = launcher.with_suffix(".new")
    draft.write_text(text)
    draft.chmod(0o755)
    draft.replace(launcher)


# LD_LIBRARY_PATH would reach the children, which run on the system's C library: the loader is told instead.
_LAUNCHER = """#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
unset LD_PRELOAD
exec "$root/{loader}" --library-path "$root/{libraries}:$root/{libraries}/asterisk:$root/usr/lib" \\
  "$root/{program}" "$@"
"""

# Chromium starts itself again and needs the system's loader; its fonts come along.
_BROWSER_LAUNCHER = """#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
libraries="$root/{libraries}"
export LD_LIBRARY_PATH="$libraries:$libraries/pulseaudio:$root/usr/lib/chromium"
fonts=$(dirname "$root")/fonts.conf
[ -e "$fonts" ] || cat > "$fonts" <<END
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>$root/usr/share/fonts</dir><dir>/usr/share/fonts</dir></fontconfig>
END
export FONTCONFIG_FILE="$fonts"
exec "$root/{program}" "$@"
"""
