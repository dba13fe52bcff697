"""What the hotline says: the book of prompts, and where their sounds lie."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.errors import NotFound
from config.office import OFFICE_FOLDER
from config.yaml_files import read

PROMPTS_FILE = "prompts.id.yaml"
LANGUAGE_FOLDER = "id"
MENU_FIELDS = ("window_seconds", "tries", "keys")
NORMAL, SLOW = "hotline", "hotline-pelan"


@dataclass(frozen=True, slots=True)
class PromptBook:
    """Every prompt's text by its name."""

    texts: dict[str, str]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __getitem__(self, name: str) -> str:
        if name not in self.texts:
            raise NotFound(f"Tidak ada suara '{name}'.", f"There is no prompt '{name}'.")
        return self.texts[name]


def load(folder: Path) -> PromptBook:
    """The office's prompts; raises ConfigurationFault, also where one lacks that the hotline itself says."""
    top = read(folder / PROMPTS_FILE)
    texts = {name: value.text() for name, value in top.pairs()}
    for name in sorted(_needed() - texts.keys()):
        top.refuse(
            f"Suara '{name}' tidak ada, padahal selalu dipakai. Tambahkan baris '{name}: ...'.",
            f"The prompt '{name}' is missing, and it is always needed. Add a line '{name}: ...'.",
        )
    return PromptBook(texts)


@cache
def _needed() -> frozenset[str]:
    """What is said whatever the menus say: every prompt that comes with the hotline, but the menus' own."""
    shipped = {name for name, _ in read(OFFICE_FOLDER / PROMPTS_FILE).pairs()}
    menus = (menu.fields(("prompts",), MENU_FIELDS) for _, menu in read(OFFICE_FOLDER / "menus.yaml").pairs())
    return frozenset(shipped - {prompt.text() for menu in menus for prompt in menu["prompts"].items()})


def sound(name: str, *, slow: bool = False) -> str:
    """The prompt's sound as Asterisk names it, without folder of the language and ending."""
    return f"{SLOW if slow else NORMAL}/{name}"


def sounds(names: Iterable[str], *, slow: bool = False) -> list[str]:
    """The sounds of several prompts, in order."""
    return [sound(name, slow=slow) for name in names]
