"""What all pages are rendered in: texts from data escaped, one style block and its hash, nothing else allowed in."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stocking.papers.voice import plain

TEMPLATES = Path(__file__).parent / "templates"


def frame(templates: Path = TEMPLATES, *more: str) -> Environment:
    """The templates of a folder, with `style`, the style of all pages and what is laid over it, and `style_hash`.

    Args:
        templates: the folder.
        more: style files in it.
    """
    made = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plain"] = plain
    parts = [TEMPLATES / "style.css", *(templates / name for name in more)]
    style = "".join(path.read_text(encoding="utf-8") for path in parts)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    made.globals |= {"style": Markup(style), "style_hash": f"sha256-{digest}"}  # noqa: S704 - our own files
    return made
