"""The doors of mail services: one line each."""

from collections.abc import Mapping

from intake.channels.mailers import (
    amazon_ses,
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    sendgrid,
    sparkpost,
    unisender_go,
)
from intake.handlers.door import Door
from shared.stores.accounts import mail
from shared.webhooks import Scheme

MAIL_DOORS: Mapping[str, Door] = {
    "amazon-ses": Door(
        mail.SesAccount,
        "webhook_secret",
        Scheme(amazon_ses.verify),
        amazon_ses.read,
        delivery_id=amazon_ses.delivery_id,
        takes_mails=True,
    ),
    "brevo": Door(
        mail.BrevoAccount, "webhook_secret", Scheme(brevo.verify), brevo.read, takes_mails=True
    ),
    "mailersend": Door(
        mail.MailerSendAccount,
        "signing_secret",
        Scheme(mailersend.verify),
        mailersend.read,
        takes_mails=True,
    ),
    "mailgun": Door(
        mail.MailgunAccount,
        "signing_key",
        Scheme(mailgun.verify, signed_at=mailgun.signed_at),
        mailgun.read,
        delivery_id=mailgun.delivery_id,
        takes_mails=True,
    ),
    "mailjet": Door(
        mail.MailjetAccount,
        "webhook_secret",
        Scheme(mailjet.verify),
        mailjet.read,
        takes_mails=True,
    ),
    "mailtrap": Door(
        mail.MailtrapAccount,
        "signing_secret",
        Scheme(mailtrap.verify),
        mailtrap.read,
        takes_mails=True,
    ),
    "mandrill": Door(
        mail.MandrillAccount,
        "webhook_key",
        Scheme(mandrill.verify),
        mandrill.read,
        handshake=mandrill.handshake,
        takes_mails=True,
    ),
    "postal": Door(
        mail.PostalAccount, "webhook_key", Scheme(postal.verify), postal.read, takes_mails=True
    ),
    "postmark": Door(
        mail.PostmarkAccount,
        "webhook_secret",
        Scheme(postmark.verify),
        postmark.read,
        takes_mails=True,
    ),
    "resend": Door(
        mail.ResendAccount,
        "signing_secret",
        Scheme(resend.verify, signed_at=resend.signed_at),
        resend.read,
        delivery_id=resend.delivery_id,
    ),
    "sendgrid": Door(
        mail.SendGridAccount,
        "verification_key",
        Scheme(sendgrid.verify, signed_at=sendgrid.signed_at),
        sendgrid.read,
        takes_mails=True,
    ),
    "sparkpost": Door(
        mail.SparkPostAccount,
        "webhook_secret",
        Scheme(sparkpost.verify),
        sparkpost.read,
        takes_mails=True,
    ),
    "unisender-go": Door(
        mail.UniSenderGoAccount,
        "api_key",
        Scheme(unisender_go.verify),
        unisender_go.read,
        handshake=unisender_go.handshake,
    ),
}
