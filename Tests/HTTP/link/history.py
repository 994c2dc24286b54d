"""A history to import: an SMS backup as Android writes it, always the same for the same numbers."""
import base64
import pathlib
import random

HERE = pathlib.Path(__file__).parent

WORDS = """the of and to in a is that for it was on are as with his they at be this have from or one had by word but not
what all were we when your can said there use an each which she do how their if will up other about out many then them
these so some her would make like him into time has look two more write go see number no way could people""".split()


def write(path, count, seed=1, conversations=200, files=0, first=0):
    """Writes `count` messages, the n-th of which says so, and as many messages with a small file."""
    chance = random.Random(seed)
    with open(path, "w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<smses>\n')
        for number in range(first, first + count):
            text = f"{number} " + " ".join(chance.choices(WORDS, k=chance.randint(2, 30)))
            out.write(
                f'<sms address="+1555{number % conversations:07}" date="{1_600_000_000_000 + number * 10_000}" '
                f'type="{chance.randint(1, 2)}" body="{text}" />\n')
        for number in range(files):
            data = base64.b64encode(chance.randbytes(3_000)).decode()
            out.write(
                f'<mms date="{1_700_000_000_000 + number * 10_000}" msg_box="1" address="+15550000000" m_type="132" '
                'ct_t="application/vnd.wap.multipart.related"><parts>'
                f'<part seq="0" ct="image/png" name="{number}.png" cl="{number}.png" data="{data}" />'
                f'<part seq="1" ct="text/plain" text="file {number}" /></parts>'
                '<addrs><addr address="+15550000000" type="137" /></addrs></mms>\n')
        out.write("</smses>\n")
