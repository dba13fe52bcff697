"""What the hotline says: the book of prompts, and where their sounds lie."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from config.errors import NotFound
from config.yaml_files import read

PROMPTS_FILE = "prompts.id.yaml"
LANGUAGE_FOLDER = "id"
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
    """The office's prompts; raises ConfigurationFault."""
    return PromptBook({name: value.text() for name, value in read(folder / PROMPTS_FILE).pairs()})


def sound(name: str, *, slow: bool = False) -> str:
    """The prompt's sound as Asterisk names it, without folder of the language and ending."""
    return f"{SLOW if slow else NORMAL}/{name}"


def sounds(names: Iterable[str], *, slow: bool = False) -> list[str]:
    """The sounds of several prompts, in order."""
    return [sound(name, slow=slow) for name in names]
