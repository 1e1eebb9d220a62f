"""Conditions over PICS answers: grammar, bounds, three values, and the code to blame."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conform62351.pics.conditions import MAX_DEPTH, MAX_LENGTH, Answer, ConditionError, parse

CODES = ("T6.OSI.server", "T7.native.server", "LOG.security-events.client")

texts = st.recursive(
    st.sampled_from([*CODES, "always"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
        inner.map(lambda text: f"not ({text})"),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=12,
)
decided = st.fixed_dictionaries({code: st.sampled_from([Answer.YES, Answer.NO]) for code in CODES})
any_answers = st.fixed_dictionaries({code: st.sampled_from(list(Answer)) for code in CODES})


def as_python(text: str, answers: dict[str, Answer]) -> bool:
    """What Python makes of the same text: its operators bind alike."""
    for code in CODES:
        text = text.replace(code, str(answers[code] is Answer.YES))
    return bool(eval(text.replace("always", "True")))


@settings(deadline=None, max_examples=100)
@given(texts, decided)
def test_truth_is_that_of_the_same_expression_in_python(text: str, answers: dict[str, Answer]) -> None:
    assert parse(text).truth(answers) is as_python(text, answers)


@settings(deadline=None, max_examples=100)
@given(texts, any_answers)
def test_what_is_decided_stays_so_whatever_the_unknown_is(text: str, answers: dict[str, Answer]) -> None:
    condition = parse(text)
    unknown = [code for code in CODES if answers[code] is Answer.UNKNOWN]
    outcomes = set()
    for number in range(2 ** len(unknown)):
        filled = dict(answers)
        for position, code in enumerate(unknown):
            filled[code] = Answer.YES if number >> position & 1 else Answer.NO
        outcomes.add(condition.truth(filled))
    if condition.truth(answers) is not None:
        assert outcomes == {condition.truth(answers)}
    if not unknown:
        assert condition.truth(answers) is not None


@settings(deadline=None, max_examples=100)
@given(texts, decided)
def test_the_code_to_blame_is_one_of_the_condition(text: str, answers: dict[str, Answer]) -> None:
    condition = parse(text)
    blamed = condition.first_false(answers)
    assume("always" not in text)
    if condition.holds(answers):
        assert blamed is None
    else:
        assert blamed in condition.codes


OSI, NATIVE = "T6.OSI.server", "T7.native.server"


@pytest.mark.parametrize(
    ("text", "osi", "native", "blamed"),
    [
        (f"{OSI} and {NATIVE}", "no", "yes", OSI),
        (f"{OSI} and {NATIVE}", "yes", "no", NATIVE),
        (f"{OSI} and not {NATIVE}", "yes", "yes", NATIVE),
        (f"{OSI} or {NATIVE}", "no", "no", OSI),
        (f"not ({OSI} or {NATIVE})", "no", "yes", NATIVE),
        (OSI, "unknown", "no", None),
        (NATIVE, "no", "yes", None),
    ],
)
def test_first_false(text: str, osi: str, native: str, blamed: str | None) -> None:
    assert parse(text).first_false({OSI: Answer(osi), NATIVE: Answer(native)}) == blamed


def test_an_unknown_answer_is_tried_but_decides_nothing() -> None:
    answers = {"T6.OSI.server": Answer.UNKNOWN, "T7.native.server": Answer.NO}
    assert parse("T6.OSI.server").holds(answers)
    assert parse("T6.OSI.server").truth(answers) is None
    assert parse("T6.OSI.server and T7.native.server").truth(answers) is False
    assert parse("T6.OSI.server or not T7.native.server").truth(answers) is True


def test_codes_come_once_in_the_order_of_the_text() -> None:
    assert parse("B.b.client or (A.a.client and not B.b.client)").codes == ("B.b.client", "A.a.client")
    assert parse("always").codes == ()


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "a PICS code is missing"),
        ("T6.OSI.server and", 17, "a PICS code is missing"),
        ("and T6.OSI.server", 0, "a PICS code is missing"),
        ("(T6.OSI.server", 14, "a closing parenthesis is missing"),
        ("T6.OSI.server)", 13, "unexpected ')'"),
        ("T6.OSI.server T7.native.server", 14, "unexpected 'T7.native.server'"),
        ("T6.OSI.server & T7.native.server", 14, "unexpected '&'"),
        ("server", 0, "'server' is no PICS code"),
        ("not not", 7, "a PICS code is missing"),
        ("T6.OSI.server ü", 14, "unexpected 'ü'"),
    ],
)
def test_errors_name_the_position(text: str, position: int, message: str) -> None:
    with pytest.raises(ConditionError, match=r"at character \d+") as error:
        parse(text)
    assert error.value.position == position
    assert str(error.value).startswith(message)


def test_bounds() -> None:
    assert parse("(" * MAX_DEPTH + OSI + ")" * MAX_DEPTH).codes == (OSI,)
    for text in ("(" * (MAX_DEPTH + 1) + OSI, "not " * (MAX_DEPTH + 1) + OSI):
        with pytest.raises(ConditionError, match="nested deeper"):
            parse(text)
    for text in ("a.b or " * MAX_LENGTH, "(" * 100_000):
        with pytest.raises(ConditionError, match="longer than"):
            parse(text)


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="()andortl .T6x-\té", max_size=60) | st.text(max_size=40))
def test_anything_else_is_a_condition_error(text: str) -> None:
    try:
        condition = parse(text)
    except ConditionError as error:
        position = error.position
    else:
        position = len(condition.text)
    assert 0 <= position <= len(text)
