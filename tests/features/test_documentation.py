from features.documentation import PAGE, page


def test_the_page_of_features_is_current():
    assert PAGE.read_text(encoding="utf-8") == page()
