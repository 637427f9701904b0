from hypothesis import given
from hypothesis import strategies as st

from flows.summaries import escaped, page, plain


def test_a_title_out_of_the_data_cannot_pose_as_markup():
    text = page("List", {"first": "a|b\n# <script>alert(1)</script> [x](http://y)"}, ["**bold**"])
    assert r"a\|b \# \<script\>alert\(1\)\</script\> \[x\]\(http\://y\)" in text
    assert r"- \*\*bold\*\*" in text


@given(st.text())
def test_a_remark_stays_one_line_whatever_it_holds(text):
    assert len(escaped(text).splitlines()) <= 1
    assert all(letter.isprintable() for letter in plain(text))
