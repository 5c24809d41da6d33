"""What is fetched for SNS outside the request, from a server behind the real client."""

import json
from typing import Any

import httpx
import pytest

from intake.channels.mailers import sns
from intake.clients.amazon import Sns
from intake.workers.sns import SnsErrands
from shared.errors import Unavailable

URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"


def asking(posted: Any, url: str = URL) -> Any:
    return posted(json.dumps({"Type": "SubscriptionConfirmation", "SubscribeURL": url}))


async def test_a_subscription_is_confirmed_before_it_is_answered_200(posted: Any) -> None:
    asked: list[str] = []
    answers = iter([500, 200])

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(next(answers))

    wanted = sns.Wanted(sns.Certificates(), sns.Confirmations())
    errands = SnsErrands(Sns(httpx.MockTransport(answer)), wanted)
    for _ in range(2):  # the first try fails, SNS comes again
        with pytest.raises(Unavailable):
            sns.confirm(asking(posted), wanted.confirmations)
        await errands.some()
    sns.confirm(asking(posted), wanted.confirmations)
    await errands.some()

    assert asked == [URL, URL]


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "http://sns.eu-west-1.amazonaws.com/", ""]
)
async def test_nobody_but_sns_is_asked(posted: Any, url: str) -> None:
    confirmations = sns.Confirmations()
    sns.confirm(asking(posted, url), confirmations)

    assert confirmations.wanted() == []


@pytest.mark.parametrize(
    "answer", [httpx.Response(302), httpx.Response(200, content=b"x" * 70_000)]
)
async def test_what_is_no_certificate_is_asked_for_again(answer: httpx.Response) -> None:
    wanted = sns.Wanted(sns.Certificates(), sns.Confirmations())
    errands = SnsErrands(Sns(httpx.MockTransport(lambda _: answer)), wanted)
    with pytest.raises(Unavailable):
        wanted.certificates.key(CERTIFICATE)
    await errands.some()

    assert wanted.certificates.wanted() == []
    with pytest.raises(Unavailable):
        wanted.certificates.key(CERTIFICATE)


async def test_a_certificate_is_fetched_once() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, content=b"no certificate at all")

    wanted = sns.Wanted(sns.Certificates(), sns.Confirmations())
    errands = SnsErrands(Sns(httpx.MockTransport(answer)), wanted)
    with pytest.raises(Unavailable):
        wanted.certificates.key(CERTIFICATE)
    await errands.some()
    await errands.some()

    assert (asked, wanted.certificates.key(CERTIFICATE)) == ([CERTIFICATE], None)
