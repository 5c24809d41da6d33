"""Opens what intake needs and says who answers what."""

from collections.abc import Sequence

from intake import api
from intake.api.hooks import Hooks
from intake.api.messages import Messages
from intake.api.smtp import SmtpListener
from intake.api.sockets import Chat
from intake.channels.mail import Mailboxes, OurOwn
from intake.handlers.chat import send_to_chat
from intake.handlers.doors import Around
from intake.handlers.keeping import Keeper
from intake.settings import Settings
from intake.workers import mailboxes as mailboxes_worker
from intake.workers.housekeeping import Housekeeper
from shared import service
from shared.bus import Bus
from shared.contracts.intake import SendToChat
from shared.service import Runtime
from shared.stores import MailAccount


def buses(runtime: Runtime) -> Sequence[Bus]:
    """What intake hears."""
    return [runtime.bus({SendToChat: send_to_chat})]


async def run(settings: Settings) -> None:
    """Run intake until it is told to stop."""
    async with service.opened("intake", settings) as runtime:
        stores, tokens = runtime.stores, runtime.stores.tokens()
        keeper = Keeper(runtime.db)
        chat = Chat(runtime.db, stores, tokens, keeper, settings)
        own = OurOwn(Mailboxes.of(stores), tokens)
        accounts = [one for one in stores.accounts if isinstance(one, MailAccount)]
        mailboxes = mailboxes_worker.Mailboxes(
            runtime.db, own, keeper, accounts, settings.smtp_max_octets
        )
        routes = api.app(
            Hooks(Around(stores, own), keeper, settings.public_url),
            chat,
            Messages(runtime.db, stores, keeper),
            callers=runtime.callers,
            ready=runtime.ready,
            max_body=settings.hook_max_octets,
        )
        await runtime.run(
            *(bus.run for bus in buses(runtime)),
            runtime.relay().run,
            runtime.serve(routes),
            SmtpListener(own, keeper, settings).run,
            chat.run,
            mailboxes.run,
            Housekeeper(runtime.db, settings.raw_days).run,
        )
