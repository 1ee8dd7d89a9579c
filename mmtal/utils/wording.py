"""Words for numbers, in messages and pictures."""


def counted(number: int, noun: str) -> str:
    """(1, 'recording') -> '1 recording', (2, 'class') -> '2 classes', (1200, 'x') -> '1,200 xs'."""
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{number:,} {noun if number == 1 else plural}"
