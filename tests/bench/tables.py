"""How the benchmarks show their figures: tables with the goals beside them."""

import statistics

median = statistics.median


def met(good):
    return "met" if good else "NOT MET"


def spread(ratios):
    """The median and the range: a wide one says that the run is worth little."""
    return f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def table(title, heads, rows):
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *rows)]
    print(f"\n{title}\n")
    for row in (heads, ["-" * w for w in widths], *rows):
        print("  " + "  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip())
