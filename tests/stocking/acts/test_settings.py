import pytest
from pydantic import ValidationError

from stocking.acts.settings import Acts


def test_advice_is_taken_back_only_below_the_chance_at_which_it_is_given(acts):
    with pytest.raises(ValidationError, match="clear_at"):
        Acts(**acts.model_dump() | {"clear_at": acts.raise_at})
    with pytest.raises(ValidationError, match="sure_at"):
        Acts(**acts.model_dump() | {"sure_at": acts.raise_at - 0.1})


def test_an_unknown_setting_is_refused(acts):
    with pytest.raises(ValidationError, match="cooldown"):
        Acts(**acts.model_dump() | {"cooldown": 1.0})


def test_every_setting_is_explained():
    assert [name for name, field in Acts.model_fields.items() if not field.description or not field.is_required()] == []
