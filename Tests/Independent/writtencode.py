"""Written codes (section 8.3): corrected by trying, since the code says what is right."""
import unicodedata

from primitives import Refused, refuse_unless

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GENERATOR = [4, 25, 25, 27, 25, 9, 5, 0, 23, 5, 5, 7, 27]
CONSTANTS = {"recovery key": "REC0VERYKEY01", "join code": "J01NC0DE00001"}
VALUES = {letter: value for value, letter in enumerate(ALPHABET)} | {"I": 1, "L": 1, "O": 0}


def multiply(left, right):
    product = 0
    for bit in range(5):
        if right >> bit & 1:
            product ^= left << bit
    for bit in range(8, 4, -1):
        if product >> bit & 1:
            product ^= 0b100101 << bit - 5
    return product


TABLE = [[multiply(left, right) for right in range(32)] for left in range(32)]


def remainder(word):
    rest = [0] * 13
    for symbol in word:
        top = rest[0]
        rest = [
            (rest[index + 1] if index < 12 else symbol) ^ TABLE[top][GENERATOR[index]] for index in range(13)]
    return rest


def key(values):
    number = 0
    for value in values:
        number = number << 5 | value
    return number


# What one wrong symbol adds to the remainder, by place and difference.
SINGLES = [[key(remainder([0] * place + [difference] + [0] * (64 - place))) for difference in range(32)]
           for place in range(65)]


def corrections(residue):
    """Places and differences that explain a residue: pairs are matched with pairs."""
    if residue == 0:
        return {}
    pairs = {0: {}}
    for first in range(65):
        for difference in range(1, 32):
            pairs.setdefault(SINGLES[first][difference], {first: difference})
    for first in range(65):
        for second in range(first + 1, 65):
            for one in range(1, 32):
                left = SINGLES[first][one]
                for two in range(1, 32):
                    pairs.setdefault(left ^ SINGLES[second][two], {first: one, second: two})
    for value, found in pairs.items():
        other = pairs.get(residue ^ value)
        if other is not None and not set(found) & set(other):
            return found | other
    raise Refused("more than four wrong characters")


def read(purpose, written):
    characters = [c.upper() for c in written if not c.isspace() and unicodedata.category(c) != "Pd"]
    refuse_unless(len(characters) == 65, "length")
    unreadable = {place for place, c in enumerate(characters) if c not in VALUES}
    word = [VALUES.get(c, 0) for c in characters]
    constant = [VALUES[c] for c in CONSTANTS[purpose]]
    wrong = corrections(key(remainder(word)) ^ key(constant))
    places = sorted(set(wrong) | unreadable)
    refuse_unless(len(places) <= 4, "more than four wrong characters")
    for place, difference in wrong.items():
        word[place] ^= difference
    number = key(word[:52])
    refuse_unless(number & 15 == 0, "spare bits")
    return (number >> 4).to_bytes(32, "big"), sorted({place // 5 + 1 for place in places})
