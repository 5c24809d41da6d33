"""What people call the channels: a name that a person writes by hand, and which of ours it means.

What comes in from intake has the right name already and is not looked up here.
"""

_WRITTEN = {
    "mail": (
        "mail email imap smtp pop pop3 gmail outlook mailbox amazonses brevo mailersend mailgun "
        "mailjet mailtrap mandrill postal postmark resend sendgrid sparkpost unisendergo"
    ),
    "chat": "chat livechat webchat web website widget webwidget chatwidget",
    "whatsapp": "whatsapp wa whatsappbusiness",
    "messenger": "messenger fb facebook facebookmessenger fbmessenger",
    "instagram": "instagram ig insta instagramdm",
    "telegram": "telegram",
    "line": "line",
    "viber": "viber",
    "wechat": "wechat weixin",
    "kakaotalk": "kakaotalk kakao",
    "zalo": "zalo",
    "x": "x twitter",
    "tiktok": "tiktok",
    "vk": "vk vkontakte",
    "sms": "sms mms rcs text textmessage",
    "generic": "generic",
    **{name: name for name in ("twilio", "vonage", "messagebird", "infobip", "shopee")},
    **{name: name.replace("-", "") for name in ("amazon-sp-api", "tiktok-shop")},
}
_MEANT = {each: name for name, written in _WRITTEN.items() for each in written.split()}


def channel_of(written: str) -> str | None:
    """The channel that a name means, however it is spelt; None when it means none of ours.

    >>> channel_of("E-Mail"), channel_of("live_chat"), channel_of("WhatsApp"), channel_of("fax")
    ('mail', 'chat', 'whatsapp', None)
    """
    return _MEANT.get("".join(filter(str.isalnum, written.casefold())))
