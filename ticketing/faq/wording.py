"""How people write, brought to what they mean: slang, Javanese, endings and Indonesian stems. Pure."""

import re
import unicodedata
from collections.abc import Iterable

from snowballstemmer.indonesian_stemmer import IndonesianStemmer

from config.faq import FaqWords

READ_LETTERS, READ_WORDS = 200, 12
"""A whole page pasted into the search costs no more than this much of it."""
_TOKEN = re.compile(r"[^\W_]+")


class Wording:
    """Reads texts by the office's words; safe to use from any thread."""

    def __init__(self, words: FaqWords) -> None:
        self._means = {_plain(written): tuple(map(_plain, meant)) for written, meant in words.means.items()}
        self._stop = frozenset(map(_plain, words.stop))
        self._topics = frozenset(map(_plain, words.topics))
        self._endings = tuple(map(_plain, words.endings))
        phrases = sorted((written for written in self._means if " " in written), key=len, reverse=True)
        self._phrases = re.compile(rf"\b(?:{'|'.join(phrases) or '(?!)'})\b")
        self.slang = tuple(written for written in self._means if " " not in written)

    def asked(self, text: str) -> list[str]:
        """The words of a search that say something, phrases taken for what they mean."""
        return self._telling(self._phrases.sub(self._meant, _plain(text[:READ_LETTERS])))[:READ_WORDS]

    def written(self, text: str) -> set[str]:
        """The words of an article, and what its phrases mean besides: half a phrase finds it too."""
        plain = _plain(text)
        return {*self._telling(plain), *self._telling(self._phrases.sub(self._meant, plain))}

    def stems(self, word: str) -> tuple[str, ...]:
        """The stems of what a word means."""
        return tuple(stem(meant) for meant in self._means.get(word, (word,)))

    def without_ending(self, word: str) -> Iterable[str]:
        """The word without each ending it may have: 'ktpku' and 'ktpne' are 'ktp'."""
        return (word.removesuffix(ending) for ending in self._endings if word.endswith(ending))

    def is_topic(self, word: str) -> bool:
        """Whether the office named the word as one to count."""
        return word in self._topics

    def _telling(self, plain: str) -> list[str]:
        return [word for word in plain.split() if word not in self._stop and not _lone_letter(word)]

    def _meant(self, found: re.Match[str]) -> str:
        return " ".join(self._means[found[0]])


def stem(word: str) -> str:
    """The Indonesian stem: 'melaporkan' and 'pelaporan' are 'lapor'."""
    # A stemmer holds the word it works on; one for all would mix up threads, and making one costs nothing.
    return str(IndonesianStemmer().stemWord(word))


def has_digits(word: str) -> bool:
    """Whether a word may be part of a number of somebody's."""
    return any(letter.isnumeric() for letter in word)


def _plain(text: str) -> str:
    """Small letters without accents, one space between words."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(_TOKEN.findall("".join(one for one in letters if not unicodedata.combining(one))))


def _lone_letter(word: str) -> bool:
    return len(word) == 1 and not has_digits(word)
