import pytest
from pydantic import ValidationError

from stocking.policy import Policy


def test_a_misspelt_knob_is_refused(policy):
    with pytest.raises(ValidationError, match="default_cost_shar\n"):
        Policy(**policy.model_dump(), default_cost_shar=0.5)


def test_no_value_hides_in_the_code(policy):
    for name in Policy.model_fields:
        with pytest.raises(ValidationError, match="Field required"):
            Policy(**{key: value for key, value in policy.model_dump().items() if key != name})


def test_every_knob_is_explained():
    assert all(field.description for field in Policy.model_fields.values())


@pytest.mark.parametrize(
    "change",
    [
        {"default_cost_share": 1.2},
        {"default_return_rate": float("nan")},
        {"service_level_max": 1.0},
        {"rank_by": "luck"},
    ],
)
def test_a_value_that_makes_no_sense_is_refused(policy, change):
    with pytest.raises(ValidationError):
        Policy(**policy.model_dump() | change)


def test_a_policy_cannot_be_changed_afterwards(policy):
    with pytest.raises(ValidationError, match="frozen"):
        policy.rank_by = "expected_profit"
