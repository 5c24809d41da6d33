"""Opens what intake needs and says who answers what."""

from collections.abc import Sequence

from intake import api
from intake.api import Doors
from intake.api.files import FilesDoor
from intake.api.hooks import Hooks
from intake.api.messages import Messages
from intake.api.smtp import SmtpListener
from intake.api.sockets import Chat
from intake.api.uploads import Uploads
from intake.channels.mail import OurOwn
from intake.channels.mailers import sns
from intake.clients.amazon import Sns
from intake.clients.objects import Objects
from intake.clients.scanner import Scanner
from intake.handlers.chat import send_to_chat
from intake.handlers.doors import Around
from intake.handlers.keeping import Keeper
from intake.settings import Settings
from intake.workers import mailboxes as mailboxes_worker
from intake.workers.files import Files
from intake.workers.housekeeping import Housekeeper
from intake.workers.mails import Mails
from intake.workers.orders import Orders
from intake.workers.sns import SnsErrands
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
        seal = settings.seal()
        keeper = Keeper(runtime.db, tokens, settings.public_url, seal)
        chat = Chat(runtime.db, stores, tokens, keeper, settings)
        own = OurOwn.of(stores, tokens)
        accounts = [one for one in stores.accounts if isinstance(one, MailAccount)]
        mailboxes = mailboxes_worker.Mailboxes(
            runtime.db, own, keeper, accounts, settings.smtp_max_octets
        )
        around, objects = Around(stores, own), Objects(settings.files_url)
        scanner = Scanner(settings.clamd_host, settings.clamd_port) if settings.clamd_host else None
        doors = Doors(
            Hooks(around, keeper, settings.public_url, settings.smtp_max_octets),
            chat,
            Messages(runtime.db, stores, keeper),
            FilesDoor(runtime.db, tokens, objects, settings.public_url),
            Uploads(runtime.db, stores, tokens, objects, scanner, settings.file_max_octets),
        )
        routes = api.app(
            doors,
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
            Files(
                runtime.db,
                around,
                objects,
                scanner,
                seal=seal,
                most_octets=settings.file_max_octets,
            ).run,
            Mails(runtime.db, around, keeper, settings.smtp_max_octets).run,
            Orders(runtime.db, around, keeper).run,
            SnsErrands(Sns(), sns.WANTED).run,
            Housekeeper(runtime.db, settings.raw_days).run,
        )
