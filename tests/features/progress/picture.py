"""Draw man/progress.svg: a copy as it looked on a terminal, from the beginning to the end.

Run as `python -m tests.features.progress.picture`. The copy is a real one, of a tree made for it,
and every line of the picture is what pycp wrote at that moment.
"""

import os
import sys
import tempfile
import time
from html import escape
from pathlib import Path

from tests.features.progress.terminal import COLUMNS, Terminal

ROOT = Path(__file__).parents[3]
WORDS = ["-ag", "holiday", "backup"]
FILMS, FILM_BYTES = 4, 600_000_000
PICTURES, PICTURE_BYTES = 3000, 60_000
FEWEST_FRAMES = 8
"""A copy that showed less is too quick to tell anything."""
LAST_SECONDS = 2.0
"""How long the end is shown before all begins again."""
CELL, LINE, MARGIN = 8.43, 20, 16
"""Units of a column and of a line, and around the text; the text is 14 units high."""


def make_tree(directory: Path) -> None:
    """Make something to copy that takes a few seconds."""
    pictures = directory / "holiday/pictures"
    pictures.mkdir(parents=True)
    for number in range(PICTURES):
        (pictures / f"{number:04}.jpg").write_bytes(os.urandom(PICTURE_BYTES))
    for number in range(FILMS):
        with open(directory / f"holiday/film{number}.mp4", "wb") as file:
            for _ in range(FILM_BYTES // 1_000_000):
                file.write(os.urandom(1_000_000))


def record(directory: Path) -> list[tuple[float, str]]:
    """Copy, and return what the terminal showed from each moment on, in seconds."""
    start = time.monotonic()
    frames = [(0.0, "")]
    terminal = Terminal(WORDS, directory)
    while terminal.read():
        shown = terminal.screen.lines[0]
        if shown != frames[-1][1]:
            frames.append((time.monotonic() - start, shown))
    assert terminal.end() == 0
    assert terminal.screen.lines[1:] == [""]
    return frames


def drawn(frames: list[tuple[float, str]]) -> str:
    """Return the picture: one frame after the other, or the last where nothing moves."""
    end = frames[-1][0] + LAST_SECONDS
    width, height = COLUMNS * CELL + 2 * MARGIN, 3 * LINE + 2 * MARGIN
    style, texts = [], []
    for number, (begin, line) in enumerate(frames):
        until = frames[number + 1][0] if number + 1 < len(frames) else end
        shares = f"{100 * begin / end:.2f}%", f"{100 * until / end:.2f}%"
        hidden = "" if until == end else f"{shares[1]}{{visibility:hidden}}"
        before = "0%{visibility:hidden}" if begin else ""
        shown = f"{shares[0]}{{visibility:visible}}"
        style.append(f"@keyframes f{number}{{{before}{shown}{hidden}}}")
        rest = "" if until == end else ' visibility="hidden"'
        texts.append(
            f'<text x="{MARGIN}" y="{MARGIN + 2 * LINE}"{rest}'
            f' style="animation:f{number} {end:.2f}s step-end infinite">{escape(line)}</text>'
        )
    newline = "\n"
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}">
<title>{escape("pycp " + " ".join(WORDS))}</title>
<style>
text{{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#d8dee9;\
white-space:pre}}
{newline.join(style)}
@media(prefers-reduced-motion:reduce){{text{{animation:none!important}}}}
</style>
<rect width="100%" height="100%" rx="8" fill="#1d2129"/>
<text x="{MARGIN}" y="{MARGIN + LINE}">$ pycp {escape(" ".join(WORDS))}</text>
{newline.join(texts)}
</svg>
"""


def main() -> None:
    """Make the tree, copy it, and write the picture."""
    with tempfile.TemporaryDirectory() as name:
        make_tree(Path(name))
        frames = record(Path(name))
    if len(frames) < FEWEST_FRAMES:
        sys.exit(f"the copy was over after {len(frames)} pictures: copy more")
    (ROOT / "man/progress.svg").write_text(drawn(frames))
    print(f"man/progress.svg: {len(frames)} pictures, the last: {frames[-1][1]}")


if __name__ == "__main__":
    main()
