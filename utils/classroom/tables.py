"""Tables of results: in a notebook with a caption and header cells, which a screen reader reads out with each number
and a narrow screen scrolls; in plain text a line for each row, which the tests compare.
"""

import html
import math
import re

from IPython.display import display

STAR, CONTROL = " ★", " (control)"
CELL = "white-space: nowrap"  # on each cell: the style sheet of JupyterLab sets it there
HEAD = f"text-align: left; {CELL}"


def show_table(rows, *, caption, corner="", form="{:.3g}", best=None, controls=()):
    """Shows results as a table.

    rows      name of the row → {header of the column: value}. A value is a number, a text, None where there is none, or
              (mean, lower, upper) as `interval` gives it. Columns stand in the order in which the rows name them.
    caption   what the table shows, in a few words; corner: what the rows are, over their names
    form      how numbers are written, "{:.1%}", or for some columns only: {header: form}
    best      max or min: the best number of each column gets a star, or {header: max or min} for some columns only
    controls  names of rows, or headers of columns, that are controls. They are marked and get no star
    """
    display(Table(rows, caption=caption, corner=corner, form=form, best=best, controls=controls))


class Table:
    """A table in a notebook, lines of text elsewhere."""

    def __init__(self, rows, *, caption, corner="", form="{:.3g}", best=None, controls=()):
        if not rows:
            raise ValueError("rows: expected one or more to show, got none")
        if not isinstance(caption, str) or not caption.strip():
            raise ValueError(f"caption: expected what the table shows, in a few words, got {caption!r}")
        controls = (controls,) if isinstance(controls, str) else tuple(controls)
        headers = list(dict.fromkeys(header for row in rows.values() for header in row))
        for name, given in {"form": form, "best": best}.items():
            if isinstance(given, dict) and (unknown := set(given) - set(headers)):
                raise ValueError(f"{name}: there is no column {sorted(unknown)[0]!r}, only {headers}")
        if unknown := set(controls) - set(headers) - set(rows):
            raise ValueError(f"controls: there is no row or column {sorted(unknown)[0]!r}")
        if best is not None and not all(each in (min, max) for each in _by_column(best, headers).values()):
            raise ValueError(f"best: expected max or min, the functions, or {{header: max or min}}, got {best!r}")
        self.caption, self.corner, self.headers, self.controls = caption.strip(), corner, headers, controls
        forms = {header: "{:.3g}" for header in headers} | _by_column(form, headers)
        self.cells = {
            row: {header: _written(values.get(header), forms[header]) for header in headers}
            for row, values in rows.items()
        }
        self.best = {
            (row, header)
            for header, better in _by_column(best, headers).items()
            if better and header not in controls
            for row in _best(rows, header, better, self.cells, set(controls))
        }

    def _marked(self, name):
        return name + CONTROL * (name in self.controls)

    def _cell(self, row, header):
        return self.cells[row][header] + STAR * ((row, header) in self.best)

    def __repr__(self):
        lines = [[self.corner, *map(self._marked, self.headers)]]
        lines += [[self._marked(row), *(self._cell(row, header) for header in self.headers)] for row in self.cells]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        lines = [
            "  ".join([name.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True))])
            for name, *cells in lines
        ]
        return "\n".join([self.caption, *(line.rstrip() for line in lines)])

    def _repr_html_(self):
        def head(name, scope):
            shown = html.escape(self._marked(name))
            shown = f"<em>{shown}</em>" if name in self.controls else shown
            return f'<th scope="{scope}" style="{HEAD}">{shown}</th>'

        def cell(row, header):
            shown = html.escape(self.cells[row][header])
            if (row, header) in self.best:
                shown = f'<strong>{shown}</strong><span role="img" aria-label=", the best">{STAR}</span>'
            elif row in self.controls or header in self.controls:
                shown = f"<em>{shown}</em>"
            return f'<td style="{CELL}">{shown}</td>'

        corner = f'<th scope="col" style="{HEAD}">{html.escape(self.corner)}</th>' if self.corner else "<td></td>"
        heads = "".join(head(header, "col") for header in self.headers)
        rows = "".join(
            f"<tr>{head(row, 'row')}{''.join(cell(row, header) for header in self.headers)}</tr>" for row in self.cells
        )
        caption = html.escape(self.caption)
        return (
            f'<div style="overflow-x: auto" tabindex="0" role="region" aria-label="{caption}">'
            f'<table style="margin: 0; text-align: right">'
            f'<caption style="caption-side: top; text-align: left; padding: .2em 0">{caption}</caption>'
            f"<thead><tr>{corner}{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )


def _by_column(given, headers):
    return dict(given) if isinstance(given, dict) else {header: given for header in headers if given is not None}


def _numbers(value):
    """A value's numbers, one or three; none where it is a text or missing."""
    if value is None or isinstance(value, str):
        return []
    numbers = value.tolist() if hasattr(value, "tolist") else value
    numbers = [float(number) for number in (numbers if isinstance(numbers, (list, tuple)) else [numbers])]
    if len(numbers) not in (1, 3):
        raise ValueError(f"rows: a value is a number, a text, None or (mean, lower, upper), got {value!r}")
    return numbers


def _written(value, form):
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    written = [form.format(number) for number in _numbers(value)]
    written = [(text if re.search("[1-9a-z]", text) else text.replace("-", "")).replace("-", "−") for text in written]
    return written[0] if len(written) == 1 else f"{written[0]} ({written[1]} to {written[2]})"


def _best(rows, header, better, cells, controls):
    """The rows whose number in this column is the best as it is written: there may be several."""
    means = {
        row: numbers[0]
        for row, values in rows.items()
        if row not in controls and (numbers := _numbers(values.get(header))) and not math.isnan(numbers[0])
    }
    if len(means) < 2:
        return []
    first = cells[better(means, key=means.get)][header].partition(" (")[0]
    return [row for row in means if cells[row][header].partition(" (")[0] == first]
