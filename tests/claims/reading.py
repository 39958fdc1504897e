"""Reads a lesson the way its table of claims needs it: sentences, and what cells show."""

import importlib
import re
from pathlib import Path
from types import SimpleNamespace

DETAILS = re.compile(r"<details>.*?</details>", re.DOTALL)
DROPPED = re.compile(
    r"```.*?```|\$\$.*?\$\$|^#+ [^\n]*$|^\|[^\n]*$|<summary>.*?</summary>|^\*\d[^\n]*points?\*$|!\[[^\]]*\]\([^)]*\)",
    re.S | re.M,
)
ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|cf|vs|et al|[A-Z])\.$")
ITEM = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+", re.MULTILINE)
NUMBER = re.compile(
    r"(?<![\w.,])[+−-]?\d{1,3}(?:,\d{3})+(?!\d)|(?<![\w.])[+−-]?\d+(?:\.\d+)?(?:e[+−-]?\d+)?(?![\w]|\.\d)"
)
EXACT = re.compile(r"\d\s?%|\d\.\d")  # what makes a sentence state a result wherever it stands


def table_of(stem):
    """The lesson's table of claims; an empty one where there is none yet, so that what belongs into it is listed."""
    if not Path(__file__).with_name(f"{stem}.py").exists():
        return SimpleNamespace(CLAIMS={}, LOOKED={}, SAID=())
    return importlib.import_module(f"claims.{stem}")


def plain(text):
    """Text without emphasis, code quotes and line breaks, in which sentences are looked for."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[*`]|</?\w+[^>]*>", "", text).split())


def sentences(markdown):
    """The sentences of a text, in order, as `plain` has them; headings, formulas, tables and code are left out."""
    blocks = ITEM.sub("\n\n", DROPPED.sub("\n\n", markdown))
    for block in re.split(r"\n\s*\n", blocks):
        sentence = ""
        for piece in re.split(r"(?<=[.!?:])\s+", plain(block)):
            sentence = f"{sentence} {piece}".strip()
            if not re.search(r"[.!?]\W*$", sentence) or ABBREVIATIONS.search(sentence):
                continue
            yield sentence
            sentence = ""
        if sentence:
            yield sentence


def numbers(text):
    """The numbers of a text: 67.4 for "67.4 %", −0.37 for "−0.37", 27648 for "27,648"."""
    text = text.replace("±", " ").replace("–", " ")
    return [float(found.replace(",", "").replace("−", "-")) for found in NUMBER.findall(text)]


class Shown:
    """What a cell shows, as a check reads it."""

    def __init__(self, cell):
        texts = []
        for output in cell.get("outputs", []):
            text = output.get("text", output.get("data", {}).get("text/plain", ""))
            texts += [] if text.startswith("<IPython.core.display") else [text]
        self.text = "\n".join(texts)
        self.lines = [line for line in self.text.split("\n") if line.strip()]

    @property
    def rows(self):
        """The numbers of each line that has some."""
        return [found for line in self.lines if (found := numbers(line))]

    def row(self, name):
        """The numbers of the first line that begins with `name`, those in the name left out."""
        for line in self.lines:
            if line.strip().startswith(name):
                return numbers(line.strip()[len(name) :])
        raise KeyError(f"no line begins with {name!r}: {self.lines}")


def table(shown, caption, at=0):
    """{row: [the numbers of each cell]} of the table with this caption, of the at-th of those that begin so."""
    start = [k for k, line in enumerate(shown.lines) if line.startswith(caption)][at]
    rows = {}
    for line in shown.lines[start + 2 :]:
        name, *cells = re.split(r"\s{2,}", line.strip())
        if not cells:
            break
        rows[name.removesuffix(" (control)")] = [numbers(cell) for cell in cells]
    return rows


def cell_with(notebook, piece):
    """The one code cell that contains this piece of code."""
    found = [cell for cell in notebook.cells if cell.cell_type == "code" and piece in cell.source]
    if len(found) != 1:
        raise ValueError(f"{len(found)} cells contain {piece!r}; it has to be one")
    return found[0]


def shows(cell):
    """Whether a cell shows something that the text below may speak of: any output but a check's note."""
    return cell.cell_type == "code" and bool(cell.get("outputs")) and " = check(" not in cell.source


def to_be_placed(notebook):
    """The sentences that have to be in the lesson's table, in order."""
    taken_away = False
    for before, cell in zip([None, *notebook.cells], notebook.cells, strict=False):
        if cell.cell_type != "markdown":
            continue
        if cell.source.startswith(("**Model answer**", "### Exercise", "# ", "| |")):
            continue
        if cell.source.startswith("## "):
            title = cell.source.split("\n")[0].lower()
            taken_away = "take away" in title or "take-away" in title
            if title.startswith(("## quiz", "## in your own words", "## on your own")):
                continue
        text = DETAILS.sub("\n\n", cell.source).split("**Further reading")[0].split("**Next:")[0]
        below = before is not None and shows(before)
        for sentence in sentences(text):
            if below or taken_away or EXACT.search(sentence):
                yield sentence
        for sentence in sentences("\n\n".join(DETAILS.findall(cell.source))):
            if EXACT.search(sentence):
                yield sentence


def prose(notebook):
    """All text of the lesson in one line, in which the table's sentences have to be."""
    return plain("\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))


def faults(table, notebook):
    """What is wrong between a lesson and its table of claims, a line each."""
    text, found = prose(notebook), []
    placed = [*table.CLAIMS, *table.LOOKED, *table.SAID]
    for piece in placed:
        if text.count(plain(piece)) != 1:
            found.append(f"stands {text.count(plain(piece))} times in the lesson, not once: {piece!r}")
    for sentence in to_be_placed(notebook):
        if not any(plain(piece) in sentence or sentence in plain(piece) for piece in placed):
            found.append(f"in none of CLAIMS, LOOKED and SAID: {sentence!r}")
    for sentence, piece in table.LOOKED.items():
        try:
            if not any(
                "<img" in output.get("data", {}).get("text/html", "") for output in cell_with(notebook, piece).outputs
            ):
                found.append(f"the cell with {piece!r} shows no picture to look at for {sentence!r}")
        except ValueError as error:
            found.append(f"{error}, for {sentence!r}")
    return found + [fault for sentence in table.CLAIMS if (fault := not_borne_out(table, notebook, sentence))]


def not_borne_out(table, notebook, sentence, anew=False):
    """Why the cell does not show what the sentence says; None where it does.

    anew: the notebook is a blank one that was run, maybe where photographs are missing. What it cannot show then (cells
    that learners fill, cells that had no photographs) bears out everything.
    """
    pieces, holds = table.CLAIMS[sentence]
    pieces = (pieces,) if isinstance(pieces, str) else pieces
    if anew and not all(any(piece in cell.source for cell in notebook.cells) for piece in pieces):
        return None
    try:
        cells = [cell_with(notebook, piece) for piece in pieces]
        shown = [Shown(cell) for cell in cells]
        if anew and not all(each.text and "No photographs here" not in each.text for each in shown):
            return None
        if not holds(*shown):
            return f"not borne out: {sentence!r} by\n" + "\n".join(each.text for each in shown)
    except Exception as error:  # a check that cannot read what is shown is a fault of the table
        return f"{type(error).__name__}: {error}, for {sentence!r}"
    printed = [number for each in shown for number in numbers(each.text)]
    for number, exactly in zip(numbers(plain(sentence)), NUMBER.findall(plain(sentence)), strict=True):
        places = len(exactly.partition(".")[2])
        if not any(abs(abs(each) - abs(number)) <= 0.5 * 10**-places + 1e-9 for each in printed):
            return f"says {exactly}, which the cell does not show: {sentence!r} by\n" + "\n".join(s.text for s in shown)
    return None
