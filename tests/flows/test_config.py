import pytest
import yaml

from flows.config import BASE, ConfigError, load


def laid(tmp_path, text, name="mine.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_later_file_changes_only_what_it_says(tmp_path):
    base = load()
    config = load([laid(tmp_path, "market: {currency: EUR}")])
    assert config.market.currency == "EUR"
    assert config.market.timezone == base.market.timezone
    assert config.models == base.models


def test_of_two_files_the_last_one_counts(tmp_path):
    first, second = (
        laid(tmp_path, "policy: {default_pack_units: 5}", "a.yaml"),
        laid(tmp_path, "policy: {default_pack_units: 6}"),
    )
    assert load([first, second]).policy.default_pack_units == 6
    assert load([second, first]).policy.default_pack_units == 5


def test_an_empty_file_changes_nothing(tmp_path):
    assert load([laid(tmp_path, "# nothing\n")]) == load()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("market: {curency: EUR}", "market.curency"),
        ("market: {name: cn/live}", "market: Value error, name is 'cn/live', expected letters"),
        ("tracking: {predictor: 'a:b'}", "tracking.predictor"),
        ("labels: {hit_share: 2}", "labels.hit_share"),
        ("labels: {hit_share: many}", "labels.hit_share"),
        ("markets: {currency: EUR}", "markets"),
        ("market: EUR", "market"),
        ("- market", "found list"),
        ("market: [", "no YAML"),
        ("market: !!python/object/apply:os.system ['true']", "no YAML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_file_and_key(tmp_path, text, told):
    path = laid(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        load([path])
    assert str(error.value).startswith(f"{path}: ")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_the_file_that_said_it_is_named_not_the_one_beside_it(tmp_path):
    bad, good = laid(tmp_path, "labels: {hit_share: 2}", "bad.yaml"), laid(tmp_path, "market: {currency: EUR}")
    with pytest.raises(ConfigError, match=r"bad\.yaml: labels\.hit_share"):
        load([bad, good])


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read"):
        load([tmp_path / "nowhere.yaml"])


def test_settings_cannot_be_changed_after_loading():
    with pytest.raises(ValueError, match="frozen"):
        load().market.currency = "EUR"


def test_production_says_only_what_differs():
    path = BASE.parent / "production.yaml"
    told, base = yaml.safe_load(path.read_text("utf-8")), yaml.safe_load(BASE.read_text("utf-8"))
    same = [(part, key) for part, values in told.items() for key, value in values.items() if base[part][key] == value]
    assert load([path]) != load()
    assert same == []
