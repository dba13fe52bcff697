"""How often strangers may ask."""

from config.errors import TooManyTries


class AskedTooOften(TooManyTries):
    """More than is allowed from there; the same whatever was asked for."""

    def __init__(self) -> None:
        super().__init__(
            "Terlalu banyak percobaan dari sini. Coba lagi nanti, atau telepon kami.",
            "Too many tries from here. Try again later, or call us.",
        )
