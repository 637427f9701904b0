"""What a run came to, as a page in Prefect and as lines at a terminal; names out of the data cannot pose as markup."""

import re
from collections.abc import Mapping, Sequence

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|<>&~$^:-])")


def published(key: str, page: str) -> str:
    """Put a page beside its run, where Prefect's pages show it."""
    from prefect.artifacts import create_markdown_artifact

    create_markdown_artifact(page, key=key, description=page.splitlines()[0].lstrip("# "))
    return page


def page(title: str, facts: Mapping[str, object], remarks: Sequence[str] = ()) -> str:
    """A short page: a title, a table of facts, and one line a remark."""
    rows = [f"| {escaped(name)} | {escaped(fact)} |" for name, fact in facts.items()]
    return "\n".join(
        [f"# {escaped(title)}", "", "| | |", "|---|---|", *rows, "", *(f"- {escaped(one)}" for one in remarks)]
    )


def escaped(value: object) -> str:
    r"""One line of text in which nothing is markup.

    >>> print(escaped("a|b <script>"))
    a\|b \<script\>
    """
    return _MARKUP.sub(r"\\\1", plain(value))


def plain(value: object) -> str:
    """One line of text without control characters, which could paint over a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in str(value))
