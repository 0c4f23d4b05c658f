"""The coupon flow, in whole conversations."""

from collections.abc import Callable

from tests.flows.driver import Conversation

Make = Callable[[str], Conversation]
MINUTE = 60.0


async def test_who_is_interested_gets_a_code_and_ten_minutes_later_a_mail(
    conversation: Make,
) -> None:
    talk = conversation("coupon")
    talk.tags, talk.fields = {"interested"}, {"email": "mike@example.com", "first_name": "Mike"}
    (told,) = await talk.begin("coupon")
    code = talk.fields["coupon_code"]
    assert told.endswith(code)
    assert len(code) == 8
    assert talk.tags == {"interested", "coupon_sent"}
    assert (talk.state, talk.session.status) == ("GIVEN", "dormant")
    await talk.waits(9 * MINUTE)
    assert talk.mails == []
    await talk.waits(2 * MINUTE)
    (mail,) = talk.mails
    assert mail.to == "mike@example.com"
    assert code in mail.text
    assert mail.text.startswith("Hello Mike,")
    assert talk.session.status == "ended"


async def test_without_the_tag_interest_is_asked_for(conversation: Make) -> None:
    talk = conversation("coupon")
    (question,) = await talk.begin("coupon")
    assert "Are you interested?" in question
    assert "coupon_code" not in talk.fields
    (told,) = await talk.says("yes")
    assert talk.fields["coupon_code"] in told
    assert talk.tags == {"interested", "coupon_sent"}
    await talk.waits(11 * MINUTE)
    assert len(talk.mails) == 1


async def test_a_no_gives_no_code(conversation: Make) -> None:
    talk = conversation("coupon")
    await talk.begin("coupon")
    (reply,) = await talk.says("no")
    assert reply.startswith("No problem!")
    assert (talk.tags, talk.fields) == (set(), {})
    assert talk.session.status == "ended"


async def test_who_has_a_code_is_told_the_same_and_gets_no_second_mail(conversation: Make) -> None:
    talk = conversation("coupon")
    talk.tags, talk.fields = {"interested"}, {"email": "mike@example.com"}
    await talk.begin("coupon")
    code = talk.fields["coupon_code"]
    await talk.waits(11 * MINUTE)
    for _ in range(2):
        (again,) = await talk.begin("coupon")
        assert again.endswith(code)
        assert "already" in again
        assert (talk.state, talk.session.status) == ("TOLD_AGAIN", "ended")
        await talk.waits(11 * MINUTE)
    assert talk.fields["coupon_code"] == code
    assert len(talk.mails) == 1


async def test_a_code_that_came_from_elsewhere_is_kept(conversation: Make) -> None:
    talk = conversation("coupon")
    talk.tags, talk.fields = {"interested"}, {"coupon_code": "IMPORTED"}
    (told,) = await talk.begin("coupon")
    assert told.endswith("IMPORTED")
    assert talk.fields["coupon_code"] == "IMPORTED"


async def test_asks_again_twice_and_then_leaves_it(conversation: Make) -> None:
    talk = conversation("coupon")
    await talk.begin("coupon")
    assert "YES or NO" in (await talk.says("blue"))[0]
    assert "YES or NO" in (await talk.says("blue"))[0]
    assert "Text COUPON" in (await talk.says("blue"))[0]
    assert talk.session.ended_because == "not_understood"


async def test_two_contacts_have_two_codes(conversation: Make) -> None:
    codes = set()
    for _ in range(20):
        talk = conversation("coupon")
        talk.tags = {"interested"}
        await talk.begin("coupon")
        codes.add(talk.fields["coupon_code"])
    assert len(codes) == 20
