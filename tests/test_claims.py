"""Every sentence of a lesson that states a result is bound to the cell that shows it: see claims/README.md."""

from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from claims.reading import Shown, faults, not_borne_out, numbers, sentences, table_of, to_be_placed
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "solutions").glob("*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_says_what_it_shows(path):
    found = faults(table_of(path.stem[3:]), nbformat.read(path, as_version=4))
    assert not found, f"{path.name} and tests/claims/{path.stem[3:]}.py:\n" + "\n".join(found)


# the gate itself: planted faults --------------------------------------------------------------------------------------

PRINT = "for name, share in shares.items():\n    print(name, share)"


def lesson(text="The gradient puts 67 % on the hand, more than *its area* of 31 %. Why?", **more):
    shown = new_output("stream", text="gradient 67.4%\narea 30.5%\n")
    return new_notebook(
        cells=[
            new_markdown_cell("# 00 · A title with 12.5 % in it"),
            new_markdown_cell("Before anything is shown. A sentence with 12 of them."),
            new_code_cell(PRINT, outputs=[shown]),
            new_markdown_cell(text),
            new_markdown_cell("### Exercise 0.1 · `f`\n\nWrite 0.5 of it."),
            new_code_cell(
                "from utils import check\n\nf = check(f)", outputs=[new_output("stream", text="✓ f: Right.")]
            ),
            new_markdown_cell("Below a check. " + more.get("below", "")),
            new_markdown_cell("## Take away\n\n- A short lesson.\n\n**Further reading.** 3.14 pages."),
        ]
    )


def table(claims=None, looked=None, said=("Why?", "A short lesson")):
    sure = {"The gradient puts 67 % on the hand, more than its area of 31": ("print(name", more_than_the_area)}
    return SimpleNamespace(CLAIMS=sure if claims is None else claims, LOOKED=looked or {}, SAID=said)


def more_than_the_area(shown):
    return shown.row("gradient")[0] > shown.row("area")[0]


def test_a_lesson_that_says_what_it_shows_passes():
    assert faults(table(), lesson()) == []


FAULTS = {
    "a sentence in no table": (table(), lesson("The gradient puts 67 % on the hand, more than its area of 31. So?"),
                               "in none of CLAIMS, LOOKED and SAID: 'So?'"),
    "another number": (table({"The gradient puts 68 %": ("print(name", more_than_the_area)}),
                       lesson("The gradient puts 68 % on it. Why?"), "says 68, which the cell does not show"),
    "the contrary": (table({"The area is more": ("print(name", lambda shown: not more_than_the_area(shown))}),
                     lesson("The area is more. Why?"), "not borne out"),
    "a sentence that is gone": (table(), lesson("Why?"), "stands 0 times in the lesson"),
    "a sentence twice": (table(), lesson(below="Why?"), "stands 2 times in the lesson"),
    "a cell that is gone": (table({"The gradient puts 67 %": ("no such code", more_than_the_area)}), lesson(),
                            "0 cells contain 'no such code'"),
    "a check that cannot read": (table({"The gradient puts 67 %": ("print(name", lambda shown: shown.row("guided"))}),
                                 lesson(), "KeyError"),
    "a look at nothing": (table({}, {"The gradient puts 67 %": "print(name"}), lesson(), "shows no picture"),
    "a number anywhere": (table(), lesson(below="It was 12.5 before."), "in none of CLAIMS, LOOKED and SAID: 'It was"),
    "the take-away": (table(said=("Why?",)), lesson(), "in none of CLAIMS, LOOKED and SAID: 'A short lesson.'"),
}  # fmt: skip


@pytest.mark.parametrize("table, notebook, said", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_told(table, notebook, said):
    assert any(said in fault for fault in faults(table, notebook)), faults(table, notebook)


def test_a_run_anew_is_held_to_the_claims_where_it_shows_something():
    claims = table()
    (sentence,) = claims.CLAIMS
    run = lesson()
    shown = run.cells[2].outputs
    assert not_borne_out(claims, run, sentence, anew=True) is None
    shown[0].text = "gradient 20.4%\narea 30.5%\n"
    assert "not borne out" in not_borne_out(claims, run, sentence, anew=True)
    for nothing in ("No photographs here: no network. The lesson goes on without them.\n", ""):
        shown[0].text = nothing
        assert not_borne_out(claims, run, sentence, anew=True) is None
        assert not_borne_out(claims, run, sentence)


def test_only_what_may_be_a_result_has_to_be_placed():
    assert list(to_be_placed(lesson())) == [
        "The gradient puts 67 % on the hand, more than its area of 31 %.",
        "Why?",
        "A short lesson.",
    ]


def test_sentences_by_hand():
    text = (
        "# Title\n\nOne is 0.5. **Two**, e.g. `a.b`, is 2 %! Three:\n\n$$x.y$$\n\n- an item\n- [linked](x.ipynb) item."
    )
    text += "\n\n| a | b. |"
    assert list(sentences(text)) == ["One is 0.5.", "Two, e.g. a.b, is 2 %!", "Three:", "an item", "linked item."]


def test_numbers_by_hand():
    assert numbers("67.4% of 27,648, −0.37 (−1 to +0.25), x2, 3:2, 1e−06, layer 12.") == [
        67.4, 27648, -0.37, -1, 0.25, 3, 2, 1e-06, 12]  # fmt: skip


def test_what_is_shown_by_hand():
    table = {"text/plain": "Shares\ngradient 1  0.5 (0.4 to 0.6) ★\nguided −2%", "text/html": "<table></table>"}
    picture = {"text/plain": "<IPython.core.display.HTML object>", "text/html": '<img alt="9.9">'}
    shown = Shown(new_code_cell("", outputs=[new_output("display_data", table), new_output("display_data", picture)]))
    assert shown.rows == [[1, 0.5, 0.4, 0.6], [-2]] and shown.row("gradient 1") == [0.5, 0.4, 0.6]
